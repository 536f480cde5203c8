#include "failure_words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mrnn::cuda {
namespace {

constexpr unsigned long long bits(int count) {
  return (1ULL << count) - 1;
}

}  // namespace

std::string failure_words(unsigned long long key, const Network& network, const Trials& trials) {
  constexpr int unit_bits = 22, trial_bits = 20;
  constexpr const char* remedy = "smaller weights, a smaller dt or a saturating activation keep it bounded";
  const auto unit = static_cast<Index>(key & bits(unit_bits));
  const auto trial = static_cast<Index>((key >> unit_bits) & bits(trial_bits));
  const auto step = static_cast<Index>(key >> (unit_bits + trial_bits));
  const auto region =
      std::ranges::find_if(network.regions(), [unit](const RegionLayout& one) { return one.range.contains(unit); });
  const bool told = trials.count <= static_cast<Index>(bits(trial_bits)) + 1 && trial < trials.count;
  if (!told || region == network.regions().end()) {
    return fmt::format("activity is no longer finite, in a batch of {} trials; {}", trials.count, remedy);
  }
  return fmt::format("activity is no longer finite: trial {}, step {}, region {}; {}",
                     trials.ids[static_cast<std::size_t>(trial)], step, region->name, remedy);
}

}  // namespace mrnn::cuda
