#pragma once

#include <string>

namespace mrnn::gpu {

/// Codes of CUDA that say what a user can do about them; device_cuda.cu checks that they are CUDA's.
enum Refusal : int {
  no_memory = 2,
  not_started = 3,
  old_driver = 35,
  busy = 46,
  no_device = 100,
  other_architecture = 209,
  uncorrectable_memory = 214,
  illegal_address = 700,
  too_long = 702,
  stopped = 719,
  not_ready = 802,
  driver_mismatch = 803,
};

/// A refusal as a sentence: what was wanted, what CUDA says about it, and what can be done.
/// @param wanted  `a copy to the device failed`
std::string refusal_text(const std::string& wanted, int code, const std::string& words);

}  // namespace mrnn::gpu
