#include "run/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "config/spec_names.hpp"
#include "mrnn/names.hpp"
#include "network/stuck_weights.hpp"

namespace mrnn {
namespace {

using Advice = std::vector<std::string>;

/// `striatum, snr have`, `snr has`
std::string have(const std::vector<std::string>& names) {
  return join(names) + (names.size() == 1 ? " has" : " have");
}

bool is_input(const NetworkSpec& spec, const std::string& selector) {
  return std::ranges::find(spec.inputs, selector, &InputRegion::name) != spec.inputs.end();
}

/// Whoever writes seconds has the right network, and tasks that last a thousandth of what they should.
void times_in_seconds(const NetworkSpec& spec, Advice& advice) {
  constexpr double shortest = 0.05;  // ms; steps of rate networks have a tenth of a millisecond to tens of them
  if (spec.dt >= shortest) return;
  advice.push_back(fmt::format("network.dt is {} ms, which is very short; all times are in ms", spec.dt));
}

/// Signs are the weights' own where the law is "none".
void signs_without_law(const NetworkSpec& spec, Advice& advice) {
  const bool free = spec.dale == Dale::none, free_inputs = spec.dale_input.value_or(spec.dale) == Dale::none;
  std::vector<std::string> named;
  for (const Region& region : spec.regions) {
    const auto inhibitory = [&](const CellType& type) { return type.sign == Sign::inhibitory; };
    const bool any = region.sign == Sign::inhibitory || std::ranges::any_of(region.cell_types, inhibitory);
    if (free && any) named.push_back(region.name);
  }
  for (const InputRegion& input : spec.inputs) {
    if (free_inputs && input.sign == Sign::inhibitory) named.push_back(input.name);
  }
  for (const Connection& connection : spec.connections) {
    const bool kept = !(is_input(spec, connection.from) ? free_inputs : free);
    if (connection.sign && !kept) named.push_back(connection.from + "->" + connection.to);
  }
  if (named.empty()) return;
  advice.push_back(
      fmt::format("{} a sign that has no effect, since {} is \"none\" and weights are free to be of either; "
                  "dale = \"clamp\", \"abs\" or \"project\" keeps signs",
                  have(named), free ? "network.dale" : "network.dale_input"));
}

/// Which of the units send weights of both signs: [excitatory, inhibitory] for each.
std::vector<std::pair<bool, bool>> signs_sent(const Network& network) {
  std::vector<std::pair<bool, bool>> sent(static_cast<std::size_t>(network.units()));
  for (const Block& block : network.recurrent_blocks()) {
    for (Index column = 0; column < block.from.size; ++column) {
      auto& [excitatory, inhibitory] = sent[static_cast<std::size_t>(block.from.start + column)];
      excitatory = excitatory || (block.pattern.col(column).array() > 0).any();
      inhibitory = inhibitory || (block.pattern.col(column).array() < 0).any();
    }
  }
  return sent;
}

void units_of_both_signs(const Network& network, Advice& advice) {
  if (network.dale() == Dale::none) return;
  const auto sent = signs_sent(network);
  std::vector<std::string> named;
  for (const RegionLayout& region : network.regions()) {
    const auto first = sent.begin() + region.range.start;
    const auto both = std::count(first, first + region.range.size, std::pair{true, true});
    if (both > 0) named.push_back(fmt::format("{} of {} in {}", both, region.range.size, region.name));
  }
  if (named.empty()) return;
  advice.push_back(
      fmt::format("some units both excite and inhibit, which Dale's law excludes ({}), since their connections "
                  "have signs of their own; cell types of one sign each keep the law",
                  join(named)));
}

void unconnected_parts(const Network& network, Advice& advice) {
  std::vector<std::string> named;
  const auto touches = [](UnitRange part, UnitRange other) {
    return part.start < other.end() && other.start < part.end();
  };
  for (const RegionLayout& region : network.regions()) {
    const auto recurrent = [&](const Block& block) {
      return touches(region.range, block.to) || touches(region.range, block.from);
    };
    const auto input = [&](const Block& block) { return touches(region.range, block.to); };
    if (std::ranges::none_of(network.recurrent_blocks(), recurrent) &&
        std::ranges::none_of(network.input_blocks(), input)) {
      named.push_back("region " + region.name);
    }
  }
  for (const NamedRange& input : network.input_regions()) {
    const auto reads = [&](const Block& block) { return touches(input.range, block.from); };
    if (std::ranges::none_of(network.input_blocks(), reads)) named.push_back("input " + input.name);
  }
  if (!named.empty()) advice.push_back(have(named) + " no connection");
}

void unused_manipulations(const ExperimentState& state, Advice& advice) {
  std::set<std::string> used;
  for (const SimulationPlan& plan : state.simulations)
    used.insert(plan.manipulations.begin(), plan.manipulations.end());
  if (state.training) {
    for (const TrainingManipulation& manipulation : state.training->manipulations) used.insert(manipulation.name);
  }
  std::vector<std::string> idle;
  for (const auto& [name, manipulation] : state.manipulations) {
    if (!used.contains(name)) idle.push_back(name);
  }
  if (idle.empty()) return;
  advice.push_back(fmt::format(
      "{} of no simulation; manipulations = [\"{}\"] in a [[simulation]] applies {}",
      idle.size() == 1 ? "manipulation " + idle.front() + " is part" : "manipulations " + join(idle) + " are part",
      idle.front(), idle.size() == 1 ? "it" : "the first"));
}

/// Has any block a weight that a trainable connection brought?
bool any_trainable(const std::vector<Block>& blocks, const std::vector<Connection>& connections) {
  return std::ranges::any_of(blocks, [&](const Block& block) {
    return std::ranges::any_of(block.pieces, [&](const Piece& piece) {
      const auto pattern = block.pattern.block(piece.to.start - block.to.start, piece.from.start - block.from.start,
                                               piece.to.size, piece.from.size);
      return connections[piece.connection].trainable && (pattern.array() != 0).any();
    });
  });
}

/// A training that has nothing to change, or nothing to change it by.
void idle_training(const ExperimentState& state, Advice& advice) {
  if (!state.training) return;
  const Network& network = *state.network;
  const NetworkSpec& spec = network.spec();
  const auto learns = [](const Region& region) {
    return region.learnable_bias || region.learnable_initial_state || region.learnable_tau;
  };
  const auto trained = [](const Output& output) { return output.trainable && output.readout == Readout::weights; };
  if (!any_trainable(network.recurrent_blocks(), spec.connections) &&
      !any_trainable(network.input_blocks(), spec.connections) && std::ranges::none_of(spec.regions, learns) &&
      std::ranges::none_of(spec.outputs, trained)) {
    advice.push_back("nothing in this network is trainable, so training will change nothing");
  }
  const Loss& loss = state.training->loss;
  if (!loss.outputs.empty() &&
      std::ranges::all_of(loss.outputs, [](const OutputLoss& output) { return output.weight == 0.0; })) {
    advice.push_back("train.loss gives every output a weight of 0, so nothing is learnt from the targets");
  }
}

/// Drawn weights that are not what init says.
void clipped_weights(const ExperimentState& state, Advice& advice) {
  constexpr double worth_saying = 0.01;
  const Network& network = *state.network;
  std::vector<std::string> named;
  for (const ClippedWeights& clipped : state.clipped) {
    const bool drawn = clipped.recurrent ? state.drawn_recurrent : state.drawn_input;
    if (!drawn || clipped.share() <= worth_saying) continue;
    const Connection& connection = network.spec().connections[clipped.connection];
    named.push_back(fmt::format("{:.0f} % of {}->{}", 100.0 * clipped.share(), connection.from, connection.to));
  }
  if (named.empty()) return;
  advice.push_back(
      fmt::format("initial weights are drawn outside network.bounds = [{:g}, {:g}] and put at the nearer "
                  "bound: {}; another init or wider bounds leave them as drawn",
                  network.lower_bound(), network.upper_bound(), join(named)));
}

/// Of loaded weights it is said where they are loaded.
void stuck_weights(const ExperimentState& state, Advice& advice) {
  if (!state.training) return;
  const auto look = [&](Dale dale, const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& free,
                        const char* matrix) {
    StuckWeights stuck(*state.network, dale);
    for (std::size_t k = 0; k < blocks.size(); ++k) stuck.add(blocks[k], blocks[k].pattern, free[k]);
    if (const std::string words = stuck.words(matrix); !words.empty()) {
      advice.push_back("as drawn, " + words + "; under dale = \"project\" it can");
    }
  };
  const Network& network = *state.network;
  if (state.drawn_recurrent) look(network.dale(), network.recurrent_blocks(), state.parameters.recurrent, "W_rec");
  if (state.drawn_input) look(network.dale_input(), network.input_blocks(), state.parameters.input, "W_inp");
}

}  // namespace

std::vector<std::string> advice(const ExperimentState& state) {
  Advice advice;
  times_in_seconds(state.network->spec(), advice);
  signs_without_law(state.network->spec(), advice);
  units_of_both_signs(*state.network, advice);
  unconnected_parts(*state.network, advice);
  unused_manipulations(state, advice);
  idle_training(state, advice);
  clipped_weights(state, advice);
  stuck_weights(state, advice);
  return advice;
}

}  // namespace mrnn
