#include "matching.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "mrnn/error.hpp"
#include "mrnn/random.hpp"

namespace communication_subspace {
namespace {

using mrnn::Index;
using Units = std::vector<Index>;

/// Equal intervals of mean rate within which targets are matched.
constexpr Index rate_bins = 10;

mrnn::RandomStream stream(std::uint64_t seed, const std::string& what, Index draw) {
  return {seed, mrnn::Stream::analyses, "communication_subspace:" + what + ":" + std::to_string(draw)};
}

void shuffle(Units& units, mrnn::RandomStream& random) {
  for (std::size_t k = units.size(); k > 1; --k) std::swap(units[k - 1], units[random.below(k)]);
}

/// So many of the units, at random, ascending.
Units thin(const Units& units, Index count, mrnn::RandomStream& random) {
  Units kept;
  for (const std::int64_t place : random.choose(std::ssize(units), count)) {
    kept.push_back(units[static_cast<std::size_t>(place)]);
  }
  return kept;
}

Units varying(const mrnn::Population& population, const Activity& activity) {
  Units units;
  for (const Index unit : population.units.indices()) {
    if (activity.varies[static_cast<std::size_t>(activity.row_of(unit))]) units.push_back(unit);
  }
  std::ranges::sort(units);
  return units;
}

/// Per bin of mean rate, the units in it.
std::vector<Units> binned(const Units& units, const Activity& activity, double low, double width) {
  std::vector<Units> bins(rate_bins);
  for (const Index unit : units) {
    const double place = width > 0.0 ? (activity.rates(activity.row_of(unit)) - low) / width : 0.0;
    bins[static_cast<std::size_t>(std::min(static_cast<Index>(place), rate_bins - 1))].push_back(unit);
  }
  return bins;
}

void match_rates(const Group& group, const Activity& activity, std::vector<Units>& targets,
                 mrnn::RandomStream& random) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Units& units : targets) {
    for (const Index unit : units) {
      low = std::min(low, activity.rates(activity.row_of(unit)));
      high = std::max(high, activity.rates(activity.row_of(unit)));
    }
  }
  std::vector<std::vector<Units>> bins;
  for (const Units& units : targets) {
    bins.push_back(binned(units, activity, low, (high - low) / static_cast<double>(rate_bins)));
  }
  for (Units& units : targets) units.clear();
  for (std::size_t bin = 0; bin < rate_bins; ++bin) {
    std::size_t common = std::numeric_limits<std::size_t>::max();
    for (const auto& of_target : bins) common = std::min(common, of_target[bin].size());
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const Units kept = thin(bins[t][bin], static_cast<Index>(common), random);
      targets[t].insert(targets[t].end(), kept.begin(), kept.end());
    }
  }
  if (targets.front().empty()) {
    throw mrnn::RunError("the targets of \"" + group.source.name +
                         "\" have no mean rates in common, so they cannot be matched by rate");
  }
  for (Units& units : targets) std::ranges::sort(units);
}

void match_numbers(std::vector<Units>& targets, mrnn::RandomStream& random) {
  std::size_t common = std::numeric_limits<std::size_t>::max();
  for (const Units& units : targets) common = std::min(common, units.size());
  for (Units& units : targets) units = thin(units, static_cast<Index>(common), random);
}

}  // namespace

std::vector<Group> varying_groups(const std::vector<Group>& groups, const Activity& activity,
                                  std::vector<std::string>& constant) {
  const auto varies = [&](const mrnn::Population& population, Index least) {
    if (std::ssize(varying(population, activity)) >= least) return true;
    if (std::ranges::find(constant, population.name) == constant.end()) constant.push_back(population.name);
    return false;
  };
  std::vector<Group> kept;
  for (const Group& group : groups) {
    // A source that is a target, too, is divided into two.
    const bool sends = varies(group.source, group.within >= 0 ? 2 : 1);
    Group left{group.source, {}, -1};
    for (std::size_t t = 0; t < group.targets.size(); ++t) {
      if (!varies(group.targets[t], 1)) continue;
      if (static_cast<int>(t) == group.within) left.within = static_cast<int>(left.targets.size());
      left.targets.push_back(group.targets[t]);
    }
    if (sends && !left.targets.empty()) kept.push_back(std::move(left));
  }
  return kept;
}

Populations draw_units(const Group& group, const Activity& activity, Match match, std::uint64_t seed, Index draw) {
  mrnn::RandomStream random = stream(seed, "units:" + group.source.name, draw);
  Populations drawn;
  drawn.source = varying(group.source, activity);
  Units other_half;
  if (group.within >= 0) {
    Units shuffled = drawn.source;
    shuffle(shuffled, random);
    const auto half = static_cast<std::ptrdiff_t>(shuffled.size() / 2);
    drawn.source.assign(shuffled.begin(), shuffled.begin() + half);
    other_half.assign(shuffled.begin() + half, shuffled.begin() + 2 * half);
    std::ranges::sort(drawn.source);
    std::ranges::sort(other_half);
  }
  for (std::size_t t = 0; t < group.targets.size(); ++t) {
    const bool within = static_cast<int>(t) == group.within;
    drawn.targets.push_back(within ? other_half : varying(group.targets[t], activity));
  }
  if (match == Match::number) match_numbers(drawn.targets, random);
  if (match == Match::rate) match_rates(group, activity, drawn.targets, random);
  return drawn;
}

std::vector<Index> draw_folds(const Activity& activity, Index folds, std::uint64_t seed, Index draw) {
  const Index trials = std::ssize(activity.trials);
  if (trials < folds) {
    throw mrnn::RunError("too few trials for cross-validation: " + std::to_string(trials) + " with samples for " +
                         std::to_string(folds) + " folds; simulate more trials, or ask for fewer folds");
  }
  Units order(activity.trials.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<Index>(k);
  mrnn::RandomStream random = stream(seed, "folds", draw);
  shuffle(order, random);
  std::vector<Index> fold(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) {
    fold[static_cast<std::size_t>(order[k])] = static_cast<Index>(k) % folds;
  }
  return fold;
}

}  // namespace communication_subspace
