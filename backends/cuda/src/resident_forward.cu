#include "forward_way.hpp"
#include "resident_steps.hpp"

namespace mrnn::gpu {

void run_resident(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last) {
  const Trajectory<float>& t = run.trajectory;
  const float* from = t.state + state_place(t, run.model.batch, first, 0);
  const TensorTiles& tiles = run.model.drive_tensor;
  if (run.model.plain) {
    return run_resident_way(stream, ForwardWay<true>{run, first}, tiles, plan, from, t.rows, last - first);
  }
  run_resident_way(stream, ForwardWay<false>{run, first}, tiles, plan, from, t.rows, last - first);
}

}  // namespace mrnn::gpu
