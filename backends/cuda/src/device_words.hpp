#pragma once

#include <string>

namespace mrnn::gpu {

/// Codes of CUDA that say what a user can do about them; device_cuda.cu checks that they are CUDA's.
namespace refusal {

constexpr int no_memory = 2;
constexpr int not_started = 3;
constexpr int old_driver = 35;
constexpr int busy = 46;
constexpr int no_device = 100;
constexpr int other_architecture = 209;
constexpr int uncorrectable_memory = 214;
constexpr int illegal_address = 700;
constexpr int too_long = 702;
constexpr int stopped = 719;
constexpr int not_ready = 802;
constexpr int driver_mismatch = 803;

}  // namespace refusal

/// A refusal as a sentence: what was wanted, what CUDA says about it, and what can be done.
/// @param wanted  `a copy to the device failed`
std::string refusal_text(const std::string& wanted, int code, const std::string& words);

}  // namespace mrnn::gpu
