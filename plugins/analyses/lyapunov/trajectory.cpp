#include "trajectory.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "mrnn/duration.hpp"
#include "mrnn/error.hpp"

namespace lyapunov {
namespace {

using mrnn::Index;

/// More trials add little to a mean, and each costs as much as the first.
constexpr Index default_trials = 10;

}  // namespace

TrajectoryChoice::TrajectoryChoice(const mrnn::ConfigNode& config, double dt) : config_(config) {
  if (config.has("trials")) {
    for (const double number : config.numbers("trials")) {
      if (number < 0.0 || number != std::floor(number) || number > 1e15) {
        config.fail("trials", "holds a number that is not 0, 1, 2, ...");
      }
      trials_.push_back(static_cast<Index>(number));
    }
    if (trials_.empty()) config.fail("trials", "is an empty list; leave it out for the first ten");
  }
  if (config.has("duration")) {
    duration_ = mrnn::to_steps(config.positive("duration"), dt);
    if (duration_ == 0) config.fail("duration", "is shorter than half a step");
  }
  if (config.has("hold_at")) {
    if (!continued()) config.fail("hold_at", "needs duration: inputs are held where the network is run on by itself");
    hold_at_ = mrnn::to_steps(config.at_least_zero("hold_at", 0.0), dt);
  }
}

std::vector<Index> TrajectoryChoice::trials(const mrnn::Simulation& simulation) const {
  std::vector<Index> trials = trials_;
  if (trials.empty()) {
    trials.resize(static_cast<std::size_t>(std::min(default_trials, simulation.trials.count)));
    std::iota(trials.begin(), trials.end(), Index{0});
  }
  for (const Index trial : trials) {
    if (trial < simulation.trials.count) continue;
    config_.fail("trials", "names trial " + std::to_string(trial) + "; simulation \"" + simulation.name +
                               "\" has trials 0 to " + std::to_string(simulation.trials.count - 1));
  }
  return trials;
}

mrnn::StepRange TrajectoryChoice::recorded(const mrnn::Simulation& simulation) const {
  const Index first = simulation.steps.first == 0 ? 0 : simulation.steps.first + 1;
  Index last = simulation.steps.last + 1;
  for (const Index trial : trials(simulation)) last = std::min(last, mrnn::trial_end(simulation.trials, trial));
  return {first, last};
}

Index TrajectoryChoice::held(const mrnn::Simulation& simulation) const {
  const mrnn::StepRange known = recorded(simulation);
  const Index step = hold_at_.value_or(known.last - 1);
  if (known.contains(step)) return step;
  config_.fail("hold_at", "is step " + std::to_string(step) + "; simulation \"" + simulation.name + "\" has steps " +
                              std::to_string(known.first) + " to " + std::to_string(known.last - 1));
}

Index TrajectoryChoice::steps(const mrnn::Simulation& simulation) const {
  return continued() ? duration_ : recorded(simulation).size();
}

Trajectory::Trajectory(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation,
                       const TrajectoryChoice& choice, const mrnn::Session& session, const std::vector<Index>& trials)
    : context_(context),
      simulation_(simulation),
      session_(session),
      continued_(choice.continued()),
      step_(continued_ ? choice.held(simulation) : choice.recorded(simulation).first),
      points_{Eigen::MatrixXd(context.network().units(), std::ssize(trials)), trials,
              std::vector<Index>(trials.size(), step_)} {}

const mrnn::StatePoints& Trajectory::next() {
  if (continued_ && done_ > 0) {
    points_.states = session_.advance(points_);
    check();
  } else {
    std::ranges::fill(points_.steps, step_);
    for (std::size_t k = 0; k < points_.trials.size(); ++k) {
      points_.states.col(static_cast<Index>(k)) =
          simulation_.state(context_.network(), context_.parameters(), points_.trials[k], step_ - 1);
    }
    if (!continued_) ++step_;
  }
  ++done_;
  return points_;
}

void Trajectory::check() const {
  for (std::size_t k = 0; k < points_.trials.size(); ++k) {
    if (points_.states.col(static_cast<Index>(k)).allFinite()) continue;
    throw mrnn::RunError("the activity of trial " + std::to_string(points_.trials[k]) + " of simulation \"" +
                         simulation_.name + "\" is no longer finite " + std::to_string(done_) +
                         " steps after its inputs are held");
  }
}

}  // namespace lyapunov
