#include "forward_way.hpp"
#include "persistent_steps.hpp"

namespace mrnn::gpu {

void run_persistent(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last) {
  if (run.model.plain) {
    return run_persistent_way(stream, ForwardWay<true>{run, first}, plan, run.model.drive_quads.quads, last - first);
  }
  run_persistent_way(stream, ForwardWay<false>{run, first}, plan, run.model.drive_quads.quads, last - first);
}

}  // namespace mrnn::gpu
