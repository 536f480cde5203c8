#include "backward_way.hpp"
#include "fragment_steps.hpp"

namespace mrnn::gpu {

void run_fragments_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first,
                        int last) {
  if (run.model.plain) {
    return run_fragment_way(stream, BackwardWay<true>{run, last}, run.model.adjoint_fragments, plan, last + 1 - first);
  }
  run_fragment_way(stream, BackwardWay<false>{run, last}, run.model.adjoint_fragments, plan, last + 1 - first);
}

}  // namespace mrnn::gpu
