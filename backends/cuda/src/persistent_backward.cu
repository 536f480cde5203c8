#include "backward_way.hpp"
#include "persistent_steps.hpp"

namespace mrnn::gpu {

void run_persistent_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                         int last) {
  if (run.model.plain) {
    return run_persistent_way(stream, BackwardWay<true>{run, last}, plan, run.model.adjoint_quads.quads,
                              last + 1 - first);
  }
  run_persistent_way(stream, BackwardWay<false>{run, last}, plan, run.model.adjoint_quads.quads, last + 1 - first);
}

}  // namespace mrnn::gpu
