#pragma once

#include <string>

#include "steps.hpp"

namespace mrnn::cuda {

/// A plan in words, for `mrnn check`: `all in one kernel: clusters of 2 blocks, with 1 trial each; IEEE products`.
std::string plan_words(const gpu::StepPlan& plan);

}  // namespace mrnn::cuda
