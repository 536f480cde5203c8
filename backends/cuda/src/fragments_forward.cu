#include "forward_way.hpp"
#include "fragment_steps.hpp"

namespace mrnn::gpu {

void run_fragments(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last) {
  if (run.model.plain) {
    return run_fragment_way(stream, ForwardWay<true>{run, first}, run.model.drive_fragments, plan, last - first);
  }
  run_fragment_way(stream, ForwardWay<false>{run, first}, run.model.drive_fragments, plan, last - first);
}

}  // namespace mrnn::gpu
