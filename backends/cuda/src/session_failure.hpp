#pragma once

#include "device.hpp"
#include "memory_plan.hpp"
#include "mrnn/error.hpp"

namespace mrnn::cuda {

/// What was under way.
struct SessionWork {
  const Network& network;
  const SessionOptions& options;
  BatchShape batch;      ///< without trials: none is loaded yet
  const Record& record;  ///< of the last run
  bool has_run;          ///< otherwise it is not known what will be kept
  Demands demands;
  std::size_t held_bytes;  ///< of the session, which it will not hold in another run
};

/// The device's refusal in words for the user.
RunError session_failure(const gpu::DeviceFailure& failure, const SessionWork& work);

}  // namespace mrnn::cuda
