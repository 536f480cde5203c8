// The reference network against values worked by hand: one or two units, one to three steps.

#include "reference_network.hpp"

#include <cmath>

#include "catch.hpp"
#include "mrnn/random.hpp"
#include "problems.hpp"

using namespace mrnn;

namespace {

constexpr double exact = 1e-15;

/// One unit that sends to itself, one input, one output; alpha = 0.5.
NetworkSpec one_unit(Dynamics dynamics, Activation activation) {
  NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = activation;
  spec.dt = 10.0;
  spec.tau = 20.0;
  spec.regions = {{"a", 1}};
  spec.inputs = {{"cue", 1}};
  spec.connections = {{"a", "a"}, {"cue", "a"}};
  spec.outputs = {{"out", 1}};
  return spec;
}

/// W = 2, W_in = 3, b = 0.1, W_out = -1, b_out = 0.25, initial state 0.4.
Parameters by_hand(const Network& network) {
  Parameters parameters = initial_parameters(network, 0);
  parameters.recurrent[0](0, 0) = 2.0;
  parameters.input[0](0, 0) = 3.0;
  parameters.readout[0](0, 0) = -1.0;
  parameters.bias[0] = 0.1;
  parameters.readout_bias[0] = 0.25;
  parameters.initial_state[0] = 0.4;
  return parameters;
}

/// u = (1, 0, 0)
Trials three_steps() {
  Trials trials = blank_trials(1, 1, 3);
  trials.inputs(0, 0, 0) = 1.0;
  return trials;
}

}  // namespace

TEST_CASE("the reference follows the equations of leaky dynamics", "[reference]") {
  const Network network = build_network(one_unit(Dynamics::leaky, Activation::tanh), 0);
  const test::ReferenceNetwork reference(network, by_hand(network));

  const test::Activity activity = reference.run(three_steps(), Noise::off, 0);

  const double x0 = 0.5 * 0.4 + 0.5 * (2.0 * std::tanh(0.4) + 3.0 + 0.1);
  const double x1 = 0.5 * x0 + 0.5 * (2.0 * std::tanh(x0) + 0.1);
  CHECK_THAT(activity.x(0, 0, 0), WithinRel(x0, exact));
  CHECK_THAT(activity.x(0, 0, 1), WithinRel(x1, exact));
  CHECK_THAT(activity.h(0, 0, 1), WithinRel(std::tanh(x1), exact));
  CHECK_THAT(activity.y(0, 0, 1), WithinRel(0.25 - std::tanh(x1), exact));
}

TEST_CASE("the reference follows the equations of elman dynamics", "[reference]") {
  const Network network = build_network(one_unit(Dynamics::elman, Activation::relu), 0);
  const test::ReferenceNetwork reference(network, by_hand(network));

  const test::Activity activity = reference.run(three_steps(), Noise::off, 0);

  const double x0 = 2.0 * 0.4 + 3.0 + 0.1;
  CHECK_THAT(activity.x(0, 0, 0), WithinRel(x0, exact));
  CHECK_THAT(activity.x(0, 0, 1), WithinRel(2.0 * x0 + 0.1, exact));
}

TEST_CASE("the reference follows the equations of rate dynamics", "[reference]") {
  const Network network = build_network(one_unit(Dynamics::rate, Activation::softplus), 0);
  const test::ReferenceNetwork reference(network, by_hand(network));

  const test::Activity activity = reference.run(three_steps(), Noise::off, 0);

  const double x0 = 2.0 * 0.4 + 3.0 + 0.1;
  const double h0 = 0.5 * 0.4 + 0.5 * std::log(1.0 + std::exp(x0));
  const double x1 = 2.0 * h0 + 0.1;
  CHECK_THAT(activity.x(0, 0, 0), WithinRel(x0, exact));
  CHECK_THAT(activity.h(0, 0, 0), WithinRel(h0, exact));
  CHECK_THAT(activity.x(0, 0, 1), WithinRel(x1, exact));
}

TEST_CASE("the reference adds noise with the factors of each dynamics", "[reference]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  NetworkSpec spec = one_unit(dynamics, Activation::linear);
  spec.noise_recurrent = 0.3;
  spec.noise_input = 0.2;
  const Network network = build_network(spec, 0);
  const test::ReferenceNetwork reference(network, by_hand(network));
  Trials trials = three_steps();
  trials.ids = {9};

  const double with = reference.run(trials, Noise::on, 4).x(0, 0, 0);
  const double without = reference.run(trials, Noise::off, 4).x(0, 0, 0);

  double recurrent = 0.0, input = 0.0;
  fill_normals(4, Stream::recurrent_noise, 9, 0, std::span<double>(&recurrent, 1));
  fill_normals(4, Stream::input_noise, 9, 0, std::span<double>(&input, 1));
  const double alpha = dynamics == Dynamics::elman ? 1.0 : 0.5;
  const double drive = 3.0 * std::sqrt(2.0 / 0.5) * 0.2 * input;  // by dt and the network's tau alone
  const double expected = dynamics == Dynamics::rate ? drive + std::sqrt(2.0 / alpha) * 0.3 * recurrent
                                                     : alpha * drive + std::sqrt(2.0 * alpha) * 0.3 * recurrent;
  CHECK_THAT(with - without, WithinRel(expected, 1e-13));
}

TEST_CASE("the reference applies interventions as they are defined", "[reference]") {
  const Network network = build_network(one_unit(Dynamics::leaky, Activation::linear), 0);
  const test::ReferenceNetwork reference(network, by_hand(network));
  Trials trials = three_steps();
  const Selection unit({{0, 1}});
  const double x0 = 0.5 * 0.4 + 0.5 * (2.0 * 0.4 + 3.0 + 0.1);

  SECTION("a drive adds to the drive, by its course") {
    trials.interventions = {{{1, 3}, {}, Drive{unit, Eigen::VectorXd::Constant(1, 2.0), Eigen::Vector2d(0.5, 0.25)}}};
    const test::Activity activity = reference.run(trials, Noise::off, 0);
    const double x1 = 0.5 * x0 + 0.5 * (2.0 * x0 + 0.1 + 2.0 * 0.5);
    CHECK_THAT(activity.x(0, 0, 0), WithinRel(x0, exact));
    CHECK_THAT(activity.x(0, 0, 1), WithinRel(x1, exact));
    CHECK_THAT(activity.x(0, 0, 2), WithinRel(0.5 * x1 + 0.5 * (2.0 * x1 + 0.1 + 2.0 * 0.25), exact));
  }
  SECTION("a clamp holds the activity after a step and leaves the state alone") {
    trials.interventions = {{{0, 1}, {}, Clamp{unit, -1.0}}};
    const test::Activity activity = reference.run(trials, Noise::off, 0);
    CHECK_THAT(activity.x(0, 0, 0), WithinRel(x0, exact));
    CHECK(activity.h(0, 0, 0) == -1.0);
    CHECK_THAT(activity.y(0, 0, 0), WithinRel(1.25, exact));
    CHECK_THAT(activity.x(0, 0, 1), WithinRel(0.5 * x0 + 0.5 * (2.0 * -1.0 + 0.1), exact));
    CHECK(activity.h(0, 0, 1) == activity.x(0, 0, 1));
  }
  SECTION("overlapping factors of weights multiply") {
    trials.interventions = {{{0, 1}, {}, ScaleWeights{ScaleWeights::Source::recurrent, unit, unit, 0.5}},
                            {{0, 2}, {}, ScaleWeights{ScaleWeights::Source::recurrent, unit, unit, 3.0}},
                            {{0, 3}, {}, ScaleWeights{ScaleWeights::Source::input, unit, unit, 2.0}}};
    const test::Activity activity = reference.run(trials, Noise::off, 0);
    const double first = 0.5 * 0.4 + 0.5 * (1.5 * 2.0 * 0.4 + 2.0 * 3.0 + 0.1);
    CHECK_THAT(activity.x(0, 0, 0), WithinRel(first, exact));
    CHECK_THAT(activity.x(0, 0, 1), WithinRel(0.5 * first + 0.5 * (3.0 * 2.0 * first + 0.1), exact));
  }
  SECTION("variances of extra noise add, also where the network's noise is off") {
    trials.interventions = {{{0, 1}, {}, ExtraNoise{unit, 0.3}}, {{0, 1}, {}, ExtraNoise{unit, 0.4}}};
    double eta = 0.0;
    fill_normals(2, Stream::recurrent_noise, 0, 0, std::span<double>(&eta, 1));
    const test::Activity activity = reference.run(trials, Noise::off, 2);
    CHECK_THAT(activity.x(0, 0, 0), WithinRel(x0 + 0.5 * eta, exact));  // sqrt(2 alpha) = 1
  }
}
