#include "backward_way.hpp"
#include "resident_steps.hpp"

namespace mrnn::gpu {

void run_resident_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first, int last) {
  const Adjoint<float>& adjoint = run.adjoint;
  const float* from = adjoint.delta + Size{adjoint.rows} * run.model.batch.lanes * last;
  const TensorTiles& tiles = run.model.adjoint_tensor;
  if (run.model.plain) {
    return run_resident_way(stream, BackwardWay<true>{run, last}, tiles, plan, from, adjoint.rows, last + 1 - first);
  }
  run_resident_way(stream, BackwardWay<false>{run, last}, tiles, plan, from, adjoint.rows, last + 1 - first);
}

}  // namespace mrnn::gpu
