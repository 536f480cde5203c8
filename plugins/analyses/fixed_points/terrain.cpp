#include "terrain.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "points.hpp"

namespace fixed_points {
namespace {

/// Numbers in the states of the seeds that are searched from together, 32 MB.
constexpr Index batch_numbers = 4'000'000;

}  // namespace

Terrain::Terrain(const mrnn::AnalysisContext& context, const mrnn::Selection& units, const SeedChoice& seeds,
                 const InputChoice& inputs)
    : context_(context),
      units_(units),
      seeds_(seeds.draw(context)),
      starts_(seeds_.states(units.indices(), Eigen::all)),
      spread_(mean_distance(starts_)) {
  for (const mrnn::Simulation* simulation : context.simulations()) {
    grounds_.push_back(std::make_unique<Ground>(context, *simulation, inputs.held(*simulation, context.simulation())));
  }
  make_groups();
}

const mrnn::Simulation& Terrain::simulation_of(Index seed) const {
  return *context_.simulations()[seeds_.moments[static_cast<std::size_t>(seed)].simulation];
}

void Terrain::make_groups() {
  std::map<std::vector<double>, Index> networks;
  std::map<std::pair<std::size_t, Index>, std::vector<Index>> seeds;
  for (std::size_t k = 0; k < seeds_.moments.size(); ++k) {
    const Moment& at = seeds_.moments[k];
    const std::vector<double> key = circumstances(grounds_[at.simulation]->trials, at.trial, at.step);
    const Index network = networks.try_emplace(key, std::ssize(networks)).first->second;
    seeds[{at.simulation, network}].push_back(static_cast<Index>(k));
  }
  const Index most = std::max<Index>(1, batch_numbers / network().units());
  for (const auto& [key, all] : seeds) {
    for (Index first = 0; first < std::ssize(all); first += most) {
      const auto begin = all.begin() + first;
      groups_.push_back({key.first, key.second, {begin, begin + std::min(most, std::ssize(all) - first)}});
    }
  }
}

StepMap Terrain::map(const Group& group, const std::vector<Index>& seeds) const {
  std::vector<Moment> moments;
  for (const Index seed : seeds) moments.push_back(seeds_.moments[static_cast<std::size_t>(seed)]);
  return {context_, *grounds_[group.simulation], units_, std::move(moments), seeds_.states(Eigen::all, seeds)};
}

}  // namespace fixed_points
