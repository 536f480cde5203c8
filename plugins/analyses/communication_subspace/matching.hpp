#pragma once

#include <cstdint>
#include <vector>

#include "residual_activity.hpp"

namespace communication_subspace {

enum class Match : std::uint8_t { none, number, rate };

/// The units of one source and of its targets in one draw, network indices, ascending.
struct Populations {
  std::vector<mrnn::Index> source;
  std::vector<std::vector<mrnn::Index>> targets;
};

/// A source, its targets, and which of these is the source itself (-1: none).
struct Group {
  mrnn::Population source;
  std::vector<mrnn::Population> targets;
  int within = -1;
};

/// Draws the units: where the source is also a target, its units are divided at random into two halves; then targets
/// are thinned at random until all have as many units, or as many in each bin of mean rate. Units that do not vary are
/// left out before.
/// @throws RunError where too few units vary, or no rates are shared.
Populations draw_units(const Group& group, const Activity& activity, Match match, std::uint64_t seed, mrnn::Index draw);

/// Folds of trials, of like size, at random: per trial with samples.
/// @throws RunError where there are fewer trials than folds.
std::vector<mrnn::Index> draw_folds(const Activity& activity, mrnn::Index folds, std::uint64_t seed, mrnn::Index draw);

}  // namespace communication_subspace
