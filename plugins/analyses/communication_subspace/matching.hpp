#pragma once

#include <cstdint>
#include <string>
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

/// The groups without sources and targets of which too few units vary; empty where nothing is left.
/// @param constant  names of those that are left out, each once
std::vector<Group> varying_groups(const std::vector<Group>& groups, const Activity& activity,
                                  std::vector<std::string>& constant);

/// Draws the units: where the source is also a target, its units are divided at random into two halves; then targets
/// are thinned at random until all have as many units, or as many in each bin of mean rate. Units that do not vary are
/// left out before.
/// @param group  one of varying_groups()  @throws RunError where no rates are shared.
Populations draw_units(const Group& group, const Activity& activity, Match match, std::uint64_t seed, mrnn::Index draw);

/// Folds of trials, of like size, at random: per trial with samples.
/// @throws RunError where there are fewer trials than folds.
std::vector<mrnn::Index> draw_folds(const Activity& activity, mrnn::Index folds, std::uint64_t seed, mrnn::Index draw);

}  // namespace communication_subspace
