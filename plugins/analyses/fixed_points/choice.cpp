#include "choice.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "mrnn/duration.hpp"
#include "mrnn/random.hpp"

namespace fixed_points {
namespace {

constexpr const char* stream = "fixed_points";

Index read_time(const mrnn::ConfigNode& config, const char* key, double dt) {
  const double time = config.number(key);
  if (time < 0.0) config.fail(key, "is negative; it is a time in ms from the start of the run");
  return mrnn::to_steps(time, dt);
}

Eigen::VectorXd state(const mrnn::AnalysisContext& context, const Moment& at) {
  return context.simulations()[at.simulation]->state(context.network(), context.parameters(), at.trial, at.step - 1);
}

}  // namespace

SeedChoice::SeedChoice(const mrnn::ConfigNode& config, const mrnn::Network& network, mrnn::Selection units)
    : config_(config),
      units_(std::move(units)),
      count_(config.count_or("seeds", 1024)),
      noise_(config.at_least_zero("noise_scale", 0.0)) {
  const double dt = network.spec().dt;
  if (config.has("start")) first_ = read_time(config, "start", dt);
  if (config.has("stop")) last_ = read_time(config, "stop", dt);
  if (last_ >= 0 && last_ <= first_) config.fail("stop", "is not after start by at least one step");
  if (!config.has("others")) return;
  if (units_.size() == network.units()) {
    config.fail("others", "has no meaning where regions names all units: there are no others");
  }
  const std::string others = config.choice("others", std::vector<std::string>{"frozen", "mean", "zero"});
  others_ = others == "frozen" ? Others::frozen : others == "mean" ? Others::mean : Others::zero;
}

void SeedChoice::check(const std::vector<const mrnn::Simulation*>& simulations) const {
  candidates(simulations);
}

std::vector<Moment> SeedChoice::candidates(const std::vector<const mrnn::Simulation*>& simulations) const {
  std::vector<Moment> moments;
  for (std::size_t s = 0; s < simulations.size(); ++s) {
    const mrnn::Simulation& simulation = *simulations[s];
    for (Index trial = 0; trial < simulation.trials.count; ++trial) {
      for (const Index step : simulation.steps_with_state(trial)) {
        if (step >= first_ && (last_ < 0 || step < last_)) moments.push_back({s, trial, step});
      }
    }
  }
  if (moments.empty()) {
    config_.fail(config_.has("start")  ? "start"
                 : config_.has("stop") ? "stop"
                                       : "",
                 "leaves no step of simulation \"" + simulations.front()->name +
                     "\" whose state was recorded; it has " + std::to_string(simulations.front()->trials.steps) +
                     " steps");
  }
  return moments;
}

/// Uniformly over trials and steps, none twice before all were drawn once; more than once only with noise, since the
/// same state leads to the same place.
std::vector<Moment> SeedChoice::choose(std::vector<Moment> candidates, std::uint64_t seed) const {
  const Index available = std::ssize(candidates);
  if (noise_ == 0.0 && count_ >= available) return candidates;
  std::vector<Moment> chosen;
  for (Index k = 0; k < count_ / available; ++k) chosen.insert(chosen.end(), candidates.begin(), candidates.end());
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, stream);
  for (const std::int64_t k : random.choose(available, count_ % available)) {
    chosen.push_back(candidates[static_cast<std::size_t>(k)]);
  }
  return chosen;
}

void SeedChoice::hold_others(const mrnn::AnalysisContext& context, const std::vector<Moment>& candidates,
                             Eigen::MatrixXd& states) const {
  if (others_ == Others::frozen) return;
  Eigen::VectorXd held = Eigen::VectorXd::Zero(states.rows());
  if (others_ == Others::mean) {
    for (const Moment& moment : candidates) held += state(context, moment);
    held /= static_cast<double>(candidates.size());
  }
  for (const Index unit : units_.complement(states.rows()).indices()) states.row(unit).setConstant(held(unit));
}

Seeds SeedChoice::draw(const mrnn::AnalysisContext& context) const {
  const std::vector<Moment> candidates = this->candidates(context.simulations());
  Seeds seeds{choose(candidates, context.seed()), {}, std::ssize(candidates)};
  seeds.states.resize(context.network().units(), std::ssize(seeds.moments));
  const std::vector<Index> units = units_.indices();
  mrnn::RandomStream random(context.seed(), mrnn::Stream::analyses, "fixed_points noise");
  for (Index k = 0; k < seeds.states.cols(); ++k) {
    seeds.states.col(k) = state(context, seeds.moments[static_cast<std::size_t>(k)]);
    if (noise_ == 0.0) continue;
    for (const Index unit : units) seeds.states(unit, k) += noise_ * random.normal();
  }
  hold_others(context, candidates, seeds.states);
  return seeds;
}

InputChoice::InputChoice(const mrnn::ConfigNode& config, const mrnn::Network& network) : config_(config) {
  const Index channels = network.inputs();
  if (config.kind("input") == mrnn::ConfigKind::table) {
    read_moment(config.table("input"), network.spec().dt);
  } else if (config.kind("input") == mrnn::ConfigKind::list || config.kind("input") == mrnn::ConfigKind::number) {
    const std::vector<double> values = config.numbers("input");
    if (std::ssize(values) != channels) {
      config.fail("input", "has " + std::to_string(values.size()) + " values; the network has " +
                               std::to_string(channels) + " input channels");
    }
    kind_ = Kind::constant;
    constant_ = Eigen::Map<const Eigen::VectorXd>(values.data(), channels);
    words_ = "constant input";
  } else {
    const bool zero = config.choice("input", std::vector<std::string>{"step", "zero"}, "step") == "zero";
    kind_ = zero ? Kind::constant : Kind::step;
    constant_ = Eigen::VectorXd::Zero(channels);
    words_ = zero ? "zero input" : "the input of each seed's step";
  }
}

void InputChoice::read_moment(const mrnn::ConfigNode& table, double dt) {
  kind_ = Kind::moment;
  trial_ = table.count_or("trial", 0, 0);
  if (table.has("time") == table.has("step")) {
    config_.fail("input", "needs a time in ms or a step, and not both: { trial = 0, time = 200.0 }");
  }
  step_ = table.has("time") ? read_time(table, "time", dt) : table.count("step", 0);
  words_ = "the input of trial " + std::to_string(trial_) + " at step " + std::to_string(step_);
  table.finish();
}

void InputChoice::check(const mrnn::Simulation& first) const {
  if (kind_ == Kind::moment && (trial_ >= first.trials.count || step_ >= first.trials.steps)) {
    config_.fail("input", "names trial " + std::to_string(trial_) + " and step " + std::to_string(step_) +
                              "; simulation \"" + first.name + "\" has " + std::to_string(first.trials.count) +
                              " trials of " + std::to_string(first.trials.steps) + " steps");
  }
}

mrnn::Trials InputChoice::held(const mrnn::Simulation& simulation, const mrnn::Simulation& first) const {
  mrnn::Trials trials = simulation.trials;
  trials.targets = trials.mask = {};
  if (kind_ == Kind::step) return trials;
  check(first);
  const Eigen::VectorXd u =
      kind_ == Kind::moment ? Eigen::VectorXd(first.trials.inputs.at(step_).col(trial_)) : constant_;
  for (Index step = 0; step < trials.steps; ++step) trials.inputs.at(step).colwise() = u;
  return trials;
}

}  // namespace fixed_points
