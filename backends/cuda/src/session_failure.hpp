#pragma once

#include "device.hpp"
#include "mrnn/backend.hpp"
#include "mrnn/error.hpp"

namespace mrnn::cuda {

/// What was under way.
struct SessionWork {
  const Network& network;
  const SessionOptions& options;
  BatchShape batch;
  const Record& record;
};

/// The device's refusal in words for the user.
RunError session_failure(const gpu::DeviceFailure& failure, const SessionWork& work);

/// The largest number of trials whose batch takes at most `bytes`; 0 where not even one does.
Index largest_batch(const SessionWork& work, std::size_t bytes);

}  // namespace mrnn::cuda
