#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "steps.hpp"

namespace mrnn::cuda {

/// All that the submissions of a run depend on, as bytes to be compared. Bytes between members may differ where nothing
/// else does; then a run is recorded once more.
template <class Run>
std::vector<std::byte> step_key(const Run& run, const gpu::StepPlan& plan, int first, int last) {
  std::vector<std::byte> key;
  const auto add = [&key](const auto& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    key.insert(key.end(), bytes, bytes + sizeof value);
  };
  add(run);
  add(plan);
  add(first);
  add(last);
  return key;
}

}  // namespace mrnn::cuda
