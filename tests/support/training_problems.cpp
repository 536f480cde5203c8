#include "training_problems.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "central_differences.hpp"
#include "config/spec_names.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/random.hpp"
#include "parameter_groups.hpp"
#include "problems.hpp"

using namespace mrnn;

namespace test {
namespace {

constexpr double low = 0.05, high = 0.3;  // bounds of clamp and project

bool has_bounds(Dale dale) {
  return dale == Dale::clamp || dale == Dale::project;
}

/// The description with all that can be learned learnable, but for what is frozen.
NetworkSpec make_learnable(NetworkSpec spec, const TrainingChoice& choice, double scale) {
  spec.dale_input = choice.dale_input;
  if (has_bounds(choice.dale) || has_bounds(choice.dale_input.value_or(choice.dale))) {
    spec.bounds = {{scale * low, scale * high}};
  }
  for (std::size_t k = 0; k < spec.regions.size(); ++k) {
    Region& region = spec.regions[k];
    const bool learnable = !choice.frozen || k > 0;
    region.learnable_bias = region.learnable_initial_state = learnable;
    region.learnable_tau = learnable && choice.dynamics != Dynamics::elman;
  }
  if (choice.frozen && spec.connections.size() > 1) {
    // Of connections merged into one block, one is frozen and the other is not.
    spec.connections[1].trainable = spec.connections.back().trainable = false;
    if (spec.outputs.size() > 2) spec.outputs[2].trainable = false;
  }
  return spec;
}

/// A free parameter off the kinks of its method.
double draw_weight(Dale dale, RandomStream& random) {
  if (dale == Dale::project) return random.uniform(low + 0.01, high - 0.01);
  if (dale == Dale::clamp) {
    const double v = random.uniform(low - 0.15, high + 0.15);
    const bool near = std::min(std::abs(v - low), std::abs(v - high)) < 0.01 || std::abs(v) < 0.01;
    return near ? 0.5 * (low + high) : v;
  }
  const double magnitude = random.uniform(0.03, 0.4);
  return random.uniform() < 0.5 ? magnitude : -magnitude;
}

void draw_weights(const std::vector<Block>& blocks, Dale dale, RandomStream& random,
                  std::vector<Eigen::MatrixXd>& free) {
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (Index place = 0; place < free[k].size(); ++place) {
      const double v = draw_weight(dale, random);
      free[k].reshaped()[place] = blocks[k].pattern.reshaped()[place] != 0 ? v : 0.0;
    }
  }
}

Parameters draw_parameters(const Network& network, std::uint64_t seed, double scale) {
  Parameters parameters = random_parameters(network, seed);
  RandomStream random(seed, Stream::analyses, "free");
  draw_weights(network.recurrent_blocks(), network.dale(), random, parameters.recurrent);
  draw_weights(network.input_blocks(), network.dale_input(), random, parameters.input);
  draw_weights(network.readout_blocks(), Dale::abs, random, parameters.readout);
  for (std::vector<Eigen::MatrixXd>* blocks : {&parameters.recurrent, &parameters.input, &parameters.readout}) {
    for (Eigen::MatrixXd& block : *blocks) block *= scale;
  }
  return parameters;
}

std::vector<Intervention> every_intervention(const Network& network, Index trials, Index steps) {
  using Source = ScaleWeights::Source;
  const Index units = network.units();
  const Selection some({{units / 3, std::max<Index>(1, units / 3)}}), last({{units - 1, 1}}), all({{0, units}});
  const Selection channels({{0, std::min<Index>(2, network.inputs())}});
  const StepRange early{0, (steps + 1) / 2}, late{steps / 2, steps}, always{0, steps};
  const std::vector<Index> one_trial{trials - 1};
  const Drive drive{some, Eigen::VectorXd::LinSpaced(some.size(), 0.2, 0.6),
                    Eigen::VectorXd::LinSpaced(late.size(), 1.0, 0.3)};
  return {{late, {}, drive},
          {{steps / 2, steps / 2 + 1}, {0}, Clamp{some, 0.7}},
          {early, one_trial, Clamp{last, -0.2}},
          {late, {}, ScaleWeights{Source::recurrent, some, all, 0.5}},
          {always, one_trial, ScaleWeights{Source::recurrent, all, last, -1.5}},
          {early, one_trial, ScaleWeights{Source::input, all, channels, 0.3}},
          {early, {}, ExtraNoise{some, 0.3}},
          {always, one_trial, ExtraNoise{last, 0.4}}};
}

/// Normals; distributions for softmax outputs, some of them with all on one channel.
Sequence draw_targets(const Network& network, const Trials& trials) {
  Sequence targets = random_sequence(network.outputs(), trials, 6);
  for (const OutputLayout& output : network.output_layouts()) {
    if (output.activation != OutputActivation::softmax) continue;
    for (Index step = 0; step < trials.steps; ++step) {
      for (Index trial = 0; trial < trials.count; ++trial) {
        auto own = targets.at(step).col(trial).segment(output.range.start, output.range.size);
        Eigen::VectorXd weights = own.cwiseAbs();
        if ((step + trial) % 2 == 0) weights = Eigen::VectorXd::Unit(output.range.size, trial % output.range.size);
        own = weights / weights.sum();
      }
    }
  }
  return targets;
}

/// Between 0 and 2, the same for all channels of a softmax output; a third of it 0.
Sequence draw_mask(const Network& network, const Trials& trials, const std::string& kind) {
  Sequence mask = random_sequence(network.outputs(), trials, 7);
  for (double& value : mask.data) value = std::clamp(0.5 + value, 0.0, 2.0);
  mask.at(trials.steps / 2).col(0).setOnes();
  if (kind == "single") {
    std::ranges::fill(mask.data, 0.0);
    mask.at(trials.steps / 2).col(trials.count - 1).setConstant(0.5);
  }
  for (std::size_t k = 0; k < network.output_layouts().size(); ++k) {
    const OutputLayout& output = network.output_layouts()[k];
    for (Index step = 0; step < trials.steps; ++step) {
      auto own = mask.at(step).middleRows(output.range.start, output.range.size);
      if (output.activation == OutputActivation::softmax) own = own.row(0).replicate(own.rows(), 1).eval();
      if (kind == "hole" && k == 2) own.setZero();
    }
  }
  return mask;
}

Trials draw_trials(const Network& network, const TrainingChoice& choice) {
  Trials trials = random_trials(network, choice.trials, choice.steps);
  trials.targets = draw_targets(network, trials);
  if (choice.mask != "none") trials.mask = draw_mask(network, trials, choice.mask);
  if (choice.stimulus) trials.stimulus = random_sequence(network.units(), trials, 8);
  if (choice.initial_per_trial) {
    trials.initial_state = random_sequence(network.units(), blank_trials(0, choice.trials, 1), 9).at(0);
  }
  if (choice.interventions) trials.interventions = every_intervention(network, choice.trials, choice.steps);
  return trials;
}

Loss make_loss(const Network& network, const TrainingChoice& choice) {
  Loss loss;
  const bool softmax = network.output_layouts().size() > 1;
  if (softmax && choice.loss == "cross_entropy") {
    loss.outputs = {{LossKind::mse, 0.0}, {LossKind::cross_entropy, 1.0}, {LossKind::mse, 0.0}, {LossKind::mse, 0.0}};
  } else if (softmax && choice.loss == "mixture") {
    loss.outputs = {{LossKind::mse, 0.7}, {LossKind::cross_entropy, 1.3}, {LossKind::mse, 2.0}, {LossKind::mse, 0.5}};
  }
  Penalties& penalties = loss.penalties;
  const auto factor = [&](const char* name, double value) {
    return choice.penalty == name || choice.penalty == "all" ? value : 0.0;
  };
  penalties.l1_weights = factor("l1_weights", 0.8);
  penalties.l2_weights = factor("l2_weights", 1.5);
  penalties.l1_rates = factor("l1_rates", 0.3);
  penalties.l2_rates = factor("l2_rates", 0.4);
  penalties.rate_target = factor("rate_target", 0.6);
  penalties.rate = 0.25;
  penalties.wiring = factor("wiring", 1.2);
  penalties.vanishing_gradient = factor("vanishing_gradient", 0.9);
  const auto regions = std::ssize(network.regions());
  penalties.distances = Eigen::VectorXd::LinSpaced(regions * regions, 0.5, 3.0).reshaped(regions, regions);
  return loss;
}

/// 0..count-1 in an order that belongs to a name.
std::vector<std::size_t> shuffled(std::size_t count, const std::string& name) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  RandomStream random(1, Stream::analyses, name);
  for (std::size_t k = count; k > 1; --k) std::swap(order[k - 1], order[random.below(k)]);
  return order;
}

}  // namespace

std::vector<TrainingChoice> rotated_choices(Dynamics dynamics) {
  std::vector<TrainingChoice> choices;
  for (const Activation activation : {Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                      Activation::linear, Activation::retanh}) {
    for (const Dale dale : {Dale::none, Dale::clamp, Dale::abs, Dale::project}) {
      choices.push_back({.dynamics = dynamics, .activation = activation, .dale = dale});
    }
  }
  const auto turn = [&choices]<class Value>(Value TrainingChoice::*option, const std::string& name,
                                            const std::vector<Value>& from) {
    const std::vector<std::size_t> order = shuffled(choices.size(), name);
    for (std::size_t k = 0; k < choices.size(); ++k) choices[k].*option = from[order[k] % from.size()];
  };
  turn(&TrainingChoice::units, "units", {7, 13, 13, 1});
  turn(&TrainingChoice::trials, "trials", {1, 3, 3, 17, 3, 33});
  turn(&TrainingChoice::steps, "steps", {1, 5, 5, 11});
  turn(&TrainingChoice::dale_input, "dale_input", {std::nullopt, Dale::none, Dale::clamp, Dale::abs, Dale::project});
  turn(&TrainingChoice::loss, "loss", {"mse", "cross_entropy", "mixture"});
  turn(&TrainingChoice::penalty, "penalty", penalty_names());
  turn(&TrainingChoice::mask, "mask", {"none", "random", "hole", "single"});
  turn(&TrainingChoice::noise, "noise", {Noise::off, Noise::on});
  turn(&TrainingChoice::interventions, "interventions", {false, true});
  turn(&TrainingChoice::initial_per_trial, "initial_per_trial", {false, false, true});
  turn(&TrainingChoice::stimulus, "stimulus", {false, true});
  turn(&TrainingChoice::frozen, "frozen", {false, true});
  turn(&TrainingChoice::backward_every, "backward_every", {1, 2, 3, 4, 11});
  return choices;
}

std::string describe(const TrainingChoice& choice) {
  std::ostringstream text;
  text << choice.units << " units, " << choice.trials << " trials, " << choice.steps << " steps, "
       << name_of(choice.dynamics) << " dynamics, activation " << name_of(choice.activation) << ", dale "
       << name_of(choice.dale) << " input " << (choice.dale_input ? name_of(*choice.dale_input) : "the same")
       << ", loss " << choice.loss << ", penalty " << choice.penalty << ", mask " << choice.mask << ", noise "
       << static_cast<int>(choice.noise) << ", interventions " << choice.interventions << ", initial state per trial "
       << choice.initial_per_trial << ", stimulus " << choice.stimulus << ", frozen " << choice.frozen
       << ", backward_every " << choice.backward_every;
  return text.str();
}

SessionGradient run_backward(const Training& training, const BackwardOptions& options) {
  const auto session =
      eigen::make_backend()->open(training.network, {options.precision, options.threads, training.seed});
  session->write_parameters(training.parameters);
  session->load(training.trials);
  session->forward({.backward_every = options.backward_every}, training.noise);
  LossTerms terms = session->backward(training.loss);
  return {std::move(terms), session->read_gradients()};
}

const std::vector<std::string>& penalty_names() {
  static const std::vector<std::string> names{"none",        "l1_weights", "l2_weights",         "l1_rates", "l2_rates",
                                              "rate_target", "wiring",     "vanishing_gradient", "all"};
  return names;
}

Parameters random_numbers(const Network& network, std::uint64_t seed) {
  Parameters numbers = zero_parameters(network);
  RandomStream random(seed, Stream::analyses, "numbers");
  for (const ParameterGroup& group : parameter_groups(numbers)) {
    for (double* value : group.values) *value = static_cast<float>(random.normal());
  }
  return trainable_part(network, numbers);
}

Training draw_training(const NetworkSpec& spec, const TrainingChoice& choice, std::uint64_t seed, double scale) {
  const Network network = build_network(make_learnable(spec, choice, scale), seed);
  return {network, draw_parameters(network, seed, scale), draw_trials(network, choice), make_loss(network, choice),
          choice.noise};
}

Training make_training(const TrainingChoice& choice) {
  const NetworkSpec spec = network_spec({.units = choice.units,
                                         .dynamics = choice.dynamics,
                                         .activation = choice.activation,
                                         .dale = choice.dale,
                                         .noise = 0.2});
  Training training = draw_training(spec, choice, 1, 1.0);
  const Network& network = training.network;
  constexpr std::uint64_t most_seeds = 3000;
  for (std::uint64_t seed = 1; seed < most_seeds; ++seed) {
    training.parameters = draw_parameters(network, seed, 1.0);
    const Activity activity =
        ReferenceNetwork(network, training.parameters).run(training.trials, choice.noise, training.seed);
    if (distance_to_kinks(training, activity) > choice.away_from_kinks) return training;
  }
  throw std::runtime_error("no seed keeps this training away from the kinks");
}

}  // namespace test
