// What drives the units of a network, worked by hand on four units.

#include "mrnn/currents.hpp"

#include <cmath>

#include "catch.hpp"
#include "mrnn/error.hpp"

using namespace mrnn;

namespace {

constexpr double exact = 1e-14;

/// a: 2 units, b: 1, c: 1; a -> a, a -> b, b -> a, c -> b; two input channels to a. Nothing reaches c.
struct Problem {
  explicit Problem(Dynamics dynamics = Dynamics::leaky) {
    NetworkSpec spec;
    spec.dynamics = dynamics;
    spec.activation = Activation::tanh;
    spec.dt = 10.0;
    spec.tau = 40.0;
    spec.regions = {{"a", 2}, {"b", 1}, {"c", 1}};
    spec.inputs = {{"cue", 2}};
    spec.connections = {{"a", "a"}, {"a", "b"}, {"b", "a"}, {"c", "b"}, {"cue", "a"}};
    network = build_network(spec, 1);
    parameters = initial_parameters(network, 1);
    weights = effective_weights(network, parameters);
    full = dense(network.recurrent_blocks(), weights.recurrent, 4, 4);
  }

  Network network;
  Parameters parameters;
  EffectiveWeights weights;
  Eigen::MatrixXd full;
};

/// Two trials of three steps; h = 100 trial + 10 step + unit, x = h / 7.
Simulation recording() {
  Simulation simulation;
  simulation.name = "control";
  simulation.trials = blank_trials(2, 2, 3);
  simulation.steps = {0, 3};
  Sequence h(4, 2, 3), x(4, 2, 3);
  for (Index step = 0; step < 3; ++step) {
    for (Index trial = 0; trial < 2; ++trial) {
      for (Index unit = 0; unit < 4; ++unit) {
        h(unit, trial, step) = 100.0 * double(trial) + 10.0 * double(step) + double(unit);
        x(unit, trial, step) = h(unit, trial, step) / 7.0;
      }
    }
  }
  simulation.h = h;
  simulation.x = x;
  return simulation;
}

}  // namespace

TEST_CASE("a pathway makes the current of its units and of no others", "[currents]") {
  const Problem problem;
  const Eigen::Vector4d activity(1.0, -2.0, 3.0, -4.0);

  const Pathway within(problem.network, Pathway::Source::recurrent, Selection({{0, 2}}), Selection({{0, 2}}));
  const Pathway to_all(problem.network, Pathway::Source::recurrent, Selection({{3, 1}, {0, 3}}), Selection({{2, 1}}));

  CHECK(within.current(problem.weights, activity).isApprox(problem.full.topLeftCorner(2, 2) * activity.head(2), exact));
  // In the order of the selection: c, which gets nothing, then a and b.
  Eigen::Vector4d expected;
  expected << 0.0, problem.full.col(2).head(3) * 3.0;
  CHECK(to_all.current(problem.weights, activity).isApprox(expected, exact));
}

TEST_CASE("a pathway without a connection is empty and makes no current", "[currents]") {
  const Problem problem;

  const Pathway pathway(problem.network, Pathway::Source::recurrent, Selection({{3, 1}}), Selection({{0, 4}}));

  CHECK(pathway.empty());
  CHECK(pathway.current(problem.weights, Eigen::MatrixXd::Ones(4, 5)).isZero(0.0));
  CHECK_FALSE(Pathway(problem.network, Pathway::Source::recurrent, Selection({{2, 1}}), Selection({{3, 1}})).empty());
}

TEST_CASE("excitatory and inhibitory parts are those of the weights, and add up", "[currents]") {
  Problem problem;
  problem.weights.recurrent[0].setZero();
  problem.weights.recurrent[0].topLeftCorner(2, 2) << 2.0, -3.0, -5.0, 7.0;
  const Pathway pathway(problem.network, Pathway::Source::recurrent, Selection({{0, 2}}), Selection({{0, 2}}));
  const Eigen::Vector4d activity(1.0, -1.0, 0.0, 0.0);

  // The part is that of the weight, whatever the sign of the activity.
  CHECK(pathway.current(problem.weights, activity, WeightPart::excitatory) == Eigen::Vector2d(2.0, -7.0));
  CHECK(pathway.current(problem.weights, activity, WeightPart::inhibitory) == Eigen::Vector2d(3.0, -5.0));
  CHECK(pathway.current(problem.weights, activity) == Eigen::Vector2d(5.0, -12.0));
}

TEST_CASE("a projection of a current is that of the whole current", "[currents]") {
  const Problem problem;
  const Pathway pathway(problem.network, Pathway::Source::recurrent, Selection({{0, 3}}), Selection({{0, 4}}));
  const Eigen::MatrixXd activity =
      Eigen::MatrixXd::NullaryExpr(4, 6, [](Index i, Index j) { return std::sin(i + 5 * j); });
  const Eigen::MatrixXd directions =
      Eigen::MatrixXd::NullaryExpr(3, 2, [](Index i, Index j) { return std::cos(i + j); });
  const WeightPart part = GENERATE(WeightPart::all, WeightPart::excitatory, WeightPart::inhibitory);

  const Eigen::MatrixXd projection = pathway.projection(problem.weights, directions, activity, part);

  CHECK(projection.isApprox(directions.transpose() * pathway.current(problem.weights, activity, part), exact));
}

TEST_CASE("currents from an input have the input's weights", "[currents]") {
  const Problem problem;
  const Eigen::MatrixXd weights = dense(problem.network.input_blocks(), problem.weights.input, 4, 2);

  const Pathway pathway(problem.network, Pathway::Source::input, Selection({{0, 4}}), Selection({{1, 1}}));

  CHECK(pathway.current(problem.weights, Eigen::Vector2d(9.0, 3.0)).isApprox(3.0 * weights.col(1), exact));
}

TEST_CASE("a trial is cut where its weights begin or cease to be scaled", "[currents]") {
  const ScaleWeights half{ScaleWeights::Source::recurrent, Selection({{0, 4}}), Selection({{0, 4}}), 0.5};
  const std::vector<Intervention> interventions{
      {{2, 5}, {}, half}, {{4, 99}, {1}, half}, {{3, 6}, {}, Clamp{Selection({{0, 1}}), 0.0}}};

  CHECK(stretches_of_weights(interventions, 0, {0, 8}) == std::vector<StepRange>{{0, 2}, {2, 5}, {5, 8}});
  CHECK(stretches_of_weights(interventions, 1, {0, 8}) == std::vector<StepRange>{{0, 2}, {2, 4}, {4, 5}, {5, 8}});
  CHECK(stretches_of_weights({}, 0, {3, 4}) == std::vector<StepRange>{{3, 4}});
  CHECK(stretches_of_weights({}, 0, {3, 3}).empty());
}

TEST_CASE("the activity before a step is that after the step before; before the first, of the initial state",
          "[currents]") {
  const Dynamics dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  Problem problem(dynamics);
  problem.parameters.initial_state << 0.5, 1.0, -1.0, 0.0;
  Simulation simulation = recording();

  const Eigen::MatrixXd network_start = activity_before(simulation, problem.network, problem.parameters, 1, {0, 2});
  simulation.trials.initial_state = Eigen::MatrixXd::Constant(4, 2, 0.25);
  const Eigen::MatrixXd trial_start = activity_before(simulation, problem.network, problem.parameters, 1, {0, 2});

  const bool rate = dynamics == Dynamics::rate;
  CHECK_THAT(network_start(1, 0), WithinRel(rate ? 1.0 : std::tanh(1.0), exact));
  CHECK_THAT(trial_start(1, 0), WithinRel(rate ? 0.25 : std::tanh(0.25), exact));
  CHECK(network_start(2, 1) == 102.0);  // trial 1, step 0, unit 2
}

TEST_CASE("activity recorded in single precision is read too", "[currents]") {
  const Problem problem;
  Simulation simulation = recording();
  FloatSequence single(4, 2, 3);
  single(2, 1, 0) = 1.5F;
  simulation.h = single;

  CHECK(activity_before(simulation, problem.network, problem.parameters, 1, {1, 2})(2, 0) == 1.5);
}

TEST_CASE("the stimulus is that of the trials and of every drive that acts", "[currents]") {
  Trials trials = blank_trials(2, 2, 4);
  trials.stimulus = Sequence(4, 2, 4);
  trials.stimulus(3, 1, 2) = 0.5;
  const Drive drive{Selection({{2, 2}}), Eigen::Vector2d(10.0, 20.0), Eigen::Vector3d(1.0, 2.0, 3.0)};
  trials.interventions = {{{1, 4}, {1}, drive}, {{2, 3}, {}, drive}};

  const Eigen::MatrixXd stimulus = stimulus_at(trials, 4, 1, {2, 4});

  CHECK(stimulus(2, 0) == 20.0 + 10.0);
  CHECK(stimulus(3, 0) == 0.5 + 40.0 + 20.0);
  CHECK(stimulus(3, 1) == 60.0);
  CHECK(stimulus_at(trials, 4, 0, {0, 2}).isZero(0.0));
}

TEST_CASE("inputs are those of the trial", "[currents]") {
  Trials trials = blank_trials(2, 2, 4);
  trials.inputs(1, 1, 3) = 7.0;

  CHECK(inputs_at(trials, 1, {2, 4})(1, 1) == 7.0);
  CHECK(inputs_at(blank_trials(0, 2, 4), 1, {2, 4}).size() == 0);
}

TEST_CASE("the drive is told from the states before and after a step", "[currents]") {
  const Simulation simulation = recording();
  const auto drive = [&](Dynamics dynamics) {
    const Problem problem(dynamics);
    return drive_of_state(simulation, problem.network, problem.parameters, 1, {0, 2});
  };

  // alpha = 10 / 40: (x_t - 0.75 x_{t-1}) / 0.25.
  CHECK_THAT(drive(Dynamics::leaky)(3, 1), WithinRel((113.0 / 7.0 - 0.75 * 103.0 / 7.0) / 0.25, exact));
  CHECK_THAT(drive(Dynamics::leaky)(3, 0), WithinRel(103.0 / 7.0 / 0.25, exact));  // from a state of 0
  CHECK_THAT(drive(Dynamics::elman)(3, 1), WithinRel(113.0 / 7.0, exact));
  CHECK_THAT(drive(Dynamics::rate)(3, 1), WithinRel(113.0 / 7.0, exact));
}

TEST_CASE("currents need the activity and the state of all units, of all steps asked for", "[currents][bad]") {
  const Problem problem;
  Simulation simulation = recording();
  const auto before = [&](StepRange steps) {
    return activity_before(simulation, problem.network, problem.parameters, 0, steps);
  };
  CHECK_THROWS_WITH(before({0, 4}), "the currents of simulation \"control\" need steps that were not recorded");
  simulation.steps = {1, 4};
  CHECK_THROWS_AS(before({1, 3}), ShapeError);
  CHECK_NOTHROW(before({2, 4}));

  simulation.h = std::monostate();
  simulation.x = std::monostate();

  CHECK_THROWS_WITH(before({2, 4}), "the currents of simulation \"control\" need h of all units recorded");
  CHECK_THROWS_WITH(drive_of_state(simulation, problem.network, problem.parameters, 0, {2, 4}),
                    "the currents of simulation \"control\" need x of all units recorded");
}
