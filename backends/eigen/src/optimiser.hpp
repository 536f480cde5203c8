#pragma once

#include "mrnn/optimiser.hpp"
#include "thread_pool.hpp"

namespace mrnn::eigen {

/// What an update works on.
struct Training {
  const Network& network;
  const Parameters& trainable;  ///< see trainable_parameters()
  Parameters& parameters;
  Parameters& gradients;  ///< clipped in place
  OptimiserState& state;
};

/// One step of the optimiser, as Session::update() says. Parameters that are not trainable keep their bits.
double update(const Training& training, const OptimiserStep& step, ThreadPool& threads);

}  // namespace mrnn::eigen
