// advance() and jacobian() of the Eigen backend: one step of forward(), and its derivative by central differences.

#include <algorithm>

#include "catch.hpp"
#include "comparison.hpp"
#include "mrnn/eigen_backend.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;

namespace {

/// A network, a batch with interventions of every kind, and states before all steps of three trials.
struct Problem {
  explicit Problem(Dynamics dynamics)
      : network(
            build_network(test::network_spec({.units = 12, .dynamics = dynamics, .activation = Activation::tanh}), 1)),
        parameters(test::random_parameters(network, 2)),
        trials(test::random_trials(network, 3, 8)) {
    trials.stimulus = test::random_sequence(network.units(), trials, 8);
    const Selection some({{2, 5}}), all({{0, 12}});
    trials.interventions = {
        {{1, 4}, {}, Drive{some, Eigen::VectorXd::LinSpaced(5, 0.1, 0.5), Eigen::Vector3d(1.0, 0.5, 0.2)}},
        {{2, 6}, {0, 2}, Clamp{some, 0.3}},
        {{3, 8}, {1, 2}, ScaleWeights{ScaleWeights::Source::recurrent, some, all, 0.5}},
        {{0, 5}, {0}, ScaleWeights{ScaleWeights::Source::input, all, Selection({{0, 2}}), 2.0}}};
    Index column = 0;
    points.states.resize(network.units(), trials.count * trials.steps);
    const Sequence states = test::random_sequence(network.units(), trials, 11);
    for (Index trial = 0; trial < trials.count; ++trial) {
      for (Index step = 0; step < trials.steps; ++step) {
        points.states.col(column++) = states.at(step).col(trial);
        points.trials.push_back(trial);
        points.steps.push_back(step);
      }
    }
  }

  std::unique_ptr<Session> session(Precision precision) const {
    auto session = eigen::make_backend()->open(network, {.precision = precision});
    session->write_parameters(parameters);
    session->load(trials);
    return session;
  }

  Network network;
  Parameters parameters;
  Trials trials;
  StatePoints points;
};

bool is_clamp(const Intervention& intervention) {
  return std::holds_alternative<Clamp>(intervention.what);
}

}  // namespace

TEST_CASE("advance() is one noiseless step of the reference", "[parity][advance]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Problem problem(dynamics);

  const Eigen::MatrixXd next = problem.session(precision)->advance(problem.points);

  const test::ReferenceNetwork reference(problem.network, problem.parameters);
  for (Index k = 0; k < next.cols(); ++k) {
    const auto place = static_cast<std::size_t>(k);
    const Eigen::VectorXd expected = reference.advance(problem.trials, problem.points.trials[place],
                                                       problem.points.steps[place], problem.points.states.col(k));
    CHECK(test::relative_error(next.col(k), expected) <= test::double_tolerance);
  }
}

TEST_CASE("advance() from the states of a run gives the states that follow", "[parity][advance]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  Problem problem(dynamics);
  const auto session = problem.session(Precision::float64);
  session->forward({.x = true, .h = true}, Noise::off);
  const Sequence states = session->read_activity(dynamics == Dynamics::rate ? Quantity::h : Quantity::x);

  StatePoints points;
  points.states.resize(problem.network.units(), problem.trials.steps - 1);
  for (Index step = 1; step < problem.trials.steps; ++step) {
    points.states.col(step - 1) = states.at(step - 1).col(2);
    points.trials.push_back(2);
    points.steps.push_back(step);
  }
  const Eigen::MatrixXd next = session->advance(points);

  for (Index step = 1; step < problem.trials.steps; ++step) {
    CHECK(test::relative_error(next.col(step - 1), states.at(step).col(2)) <= test::double_tolerance);
  }
}

TEST_CASE("what acts at a step has acted before it where it is constant", "[parity][advance]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  Problem problem(dynamics);
  std::erase_if(problem.trials.interventions, [](const Intervention& one) { return !is_clamp(one); });
  std::ranges::fill(problem.trials.inputs.data, 0.0);
  problem.trials.stimulus = {};
  const auto session = problem.session(Precision::float64);
  const auto next = [&](Index step, bool constant) {
    return session->advance({problem.points.states.leftCols(1), {0}, {step}, constant}).eval();
  };
  const auto slope = [&](Index step, bool constant) {
    const Jacobians all = session->jacobian({problem.points.states.leftCols(1), {0}, {step}, constant});
    return (Eigen::MatrixXd(all.leak.rows(), 3) << all.leak, all.post, all.pre).finished();
  };

  // Held in the steps from 2 to 5; free long before and after.
  for (const Index step : {2, 3, 5}) {
    CHECK(next(step, true) == next(4, false));
    CHECK(slope(step, true) == slope(4, false));
  }
  for (const Index step : {1, 6, 7}) {
    CHECK(next(step, true) == next(0, false));
    CHECK(slope(step, true) == slope(0, false));
  }
  CHECK(next(2, false) != next(4, false));
}

TEST_CASE("jacobian() is the derivative of advance()", "[parity][jacobian]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const Problem problem(dynamics);
  const auto session = problem.session(Precision::float64);

  const Jacobians jacobians = session->jacobian(problem.points);

  constexpr double step = 1e-5, difference_tolerance = 1e-8;
  const Index units = problem.network.units();
  const EffectiveWeights plain = effective_weights(problem.network, problem.parameters);
  for (Index k = 0; k < problem.points.states.cols(); ++k) {
    const auto place = static_cast<std::size_t>(k);
    const Index trial = problem.points.trials[place], moment = problem.points.steps[place];
    StatePoints around{problem.points.states.col(k).replicate(1, 2 * units),
                       std::vector<Index>(static_cast<std::size_t>(2 * units), trial),
                       std::vector<Index>(static_cast<std::size_t>(2 * units), moment)};
    around.states.leftCols(units).diagonal().array() += step;
    around.states.rightCols(units).diagonal().array() -= step;
    const Eigen::MatrixXd moved = session->advance(around);
    const Eigen::MatrixXd numeric = (moved.leftCols(units) - moved.rightCols(units)) / (2.0 * step);

    EffectiveWeights weights = plain;
    scale_weights(problem.network, weights, scalings_at(problem.trials.interventions, trial, moment));
    const Eigen::MatrixXd w = dense(problem.network.recurrent_blocks(), weights.recurrent, units, units);
    Eigen::MatrixXd exact = jacobians.post.col(k).asDiagonal() * w * jacobians.pre.col(k).asDiagonal();
    exact.diagonal() += jacobians.leak.col(k);

    CAPTURE(trial, moment);
    CHECK(test::relative_error(exact, numeric) <= difference_tolerance);
  }
}
