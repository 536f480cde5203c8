#include "slices.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "kernels.hpp"
#include "mrnn/parameters.hpp"

namespace mrnn::eigen {
namespace {

std::vector<Index> lanes_of(const Intervention& intervention, const Slice& slice) {
  std::vector<Index> lanes;
  for (Index lane = 0; lane < slice.width(); ++lane) {
    if (intervention.acts_on(slice.trials[static_cast<std::size_t>(lane)])) lanes.push_back(lane);
  }
  return lanes;
}

/// Units with noise as ranges whose starts are multiples of 4, as the generator wants them.
std::vector<UnitRange> noisy_units(const std::vector<bool>& noisy) {
  std::vector<UnitRange> ranges;
  const auto units = std::ssize(noisy);
  for (Index start = 0; start < units; start += 4) {
    const Index size = std::min<Index>(4, units - start);
    const auto first = noisy.begin() + start;
    if (std::none_of(first, first + size, [](bool one) { return one; })) continue;
    if (!ranges.empty() && ranges.back().end() == start) {
      ranges.back().size += size;
    } else {
      ranges.push_back({start, size});
    }
  }
  return ranges;
}

void find_noisy_units(const Network& network, Segment& segment) {
  for (const std::size_t on : {0, 1}) {
    std::vector<bool> noisy(static_cast<std::size_t>(network.units()), false);
    for (Index unit = 0; unit < network.units() && on == 1; ++unit) {
      noisy[static_cast<std::size_t>(unit)] = network.noise()[unit] > 0.0;
    }
    for (const LaneIntervention& extra : segment.noises) {
      for (const Index unit : std::get<ExtraNoise>(extra.intervention->what).units.indices()) {
        noisy[static_cast<std::size_t>(unit)] = true;
      }
    }
    segment.noisy_units[on] = noisy_units(noisy);
  }
}

void add_to(Segment& segment, LaneIntervention acting) {
  const auto& what = acting.intervention->what;
  if (std::holds_alternative<Drive>(what)) {
    segment.drives.push_back(std::move(acting));
  } else if (std::holds_alternative<Clamp>(what)) {
    segment.clamps.push_back(std::move(acting));
  } else if (std::holds_alternative<ExtraNoise>(what)) {
    segment.noises.push_back(std::move(acting));
  }
}

void make_segments(const Network& network, const Trials& trials, Slice& slice) {
  std::vector<LaneIntervention> acting;
  std::set<Index> edges = {0, trials.steps};
  for (const Intervention& intervention : trials.interventions) {
    if (intervention.steps.size() == 0) continue;
    std::vector<Index> lanes = lanes_of(intervention, slice);
    if (lanes.empty()) continue;
    edges.insert({intervention.steps.first, intervention.steps.last});
    acting.push_back({&intervention, std::move(lanes)});
  }
  for (auto edge = edges.begin(); std::next(edge) != edges.end(); ++edge) {
    Segment segment;
    segment.steps = {*edge, *std::next(edge)};
    for (const LaneIntervention& one : acting) {
      if (one.intervention->steps.contains(*edge)) add_to(segment, one);
    }
    segment.scalings = scalings_at(trials.interventions, slice.trials.front(), *edge);
    find_noisy_units(network, segment);
    slice.segments.push_back(std::move(segment));
  }
}

}  // namespace

Index slice_width(const Network& network, Index trials) {
  constexpr Index cached = Index{1} << 18;  // weights; more of them are read from beyond the second cache of a core
  // Weights whose rows two threads share: of 9 to 16 trials they make one full slice rather than two halves.
  constexpr Index sharable = Index{1} << 15;
  if (trials <= 1) return 1;
  Index weights = 0;
  for (const Block& block : network.recurrent_blocks()) weights += block.to.size * block.from.size;
  if (trials <= 16) return trials > 8 && weights >= sharable ? 16 : 8;
  return trials <= 48 && weights <= cached ? 16 : widest_slice;
}

std::vector<Slice> make_slices(const Network& network, const Trials& trials) {
  std::vector<Slice> slices;
  for (const std::vector<Index>& group : groups_by_weights(trials)) {
    const auto size = std::ssize(group);
    const Index width = slice_width(network, size);
    for (Index start = 0; start < size; start += width) {
      Slice slice;
      slice.count = std::min(width, size - start);
      for (Index lane = 0; lane < width; ++lane) {
        const Index trial = group[static_cast<std::size_t>(start + std::min(lane, slice.count - 1))];
        slice.trials.push_back(trial);
        slice.ids.push_back(trials.ids[static_cast<std::size_t>(trial)]);
      }
      make_segments(network, trials, slice);
      slices.push_back(std::move(slice));
    }
  }
  return slices;
}

}  // namespace mrnn::eigen
