// The reference gradient against values worked by hand and against central differences of the reference loss.

#include "reference_gradient.hpp"

#include <cmath>

#include "catch.hpp"
#include "central_differences.hpp"
#include "tolerances.hpp"
#include "training_problems.hpp"

using namespace mrnn;

namespace {

constexpr double exact = 1e-14;

/// One unit that sends to itself, one input, one output; alpha = 0.5, W = 2, W_in = 3, b = 0.1, W_out = -1, b_out =
/// 0.25, initial state 0.4, u = (1, 0), targets (1, 2).
test::Training by_hand(Dynamics dynamics) {
  NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = Activation::tanh;
  spec.dt = 10.0;
  spec.tau = 20.0;
  spec.regions = {{"a", 1}};
  spec.inputs = {{"cue", 1}};
  spec.connections = {{"a", "a"}, {"cue", "a"}};
  spec.outputs = {{"out", 1}};
  const Network network = build_network(spec, 0);
  Parameters parameters = initial_parameters(network, 0);
  parameters.recurrent[0](0, 0) = 2.0;
  parameters.input[0](0, 0) = 3.0;
  parameters.readout[0](0, 0) = -1.0;
  parameters.bias[0] = 0.1;
  parameters.readout_bias[0] = 0.25;
  parameters.initial_state[0] = 0.4;
  Trials trials = blank_trials(1, 1, 2);
  trials.inputs(0, 0, 0) = 1.0;
  trials.targets = Sequence(1, 1, 2);
  trials.targets.data = {1.0, 2.0};
  return {network, parameters, trials};
}

double tanh_slope(double x) {
  return 1.0 - std::tanh(x) * std::tanh(x);
}

void check_against_differences(const test::TrainingChoice& choice) {
  CAPTURE(test::describe(choice));
  const test::Training training = test::make_training(choice);
  const test::ReferenceGradient reference = test::reference_gradient(training);
  REQUIRE(test::distance_to_kinks(training, reference.course.activity) > choice.away_from_kinks);
  for (const test::GradientError& error : test::gradient_errors(training, reference.gradient, reference.course, 3)) {
    CAPTURE(error.group);
    CHECK(error.relative <= test::gradient_tolerance);
  }
}

}  // namespace

TEST_CASE("the reference gradient of leaky dynamics is that worked by hand", "[reference][gradient]") {
  const test::Training training = by_hand(Dynamics::leaky);

  const test::ReferenceGradient reference = test::reference_gradient(training);

  const double h_before = std::tanh(0.4);
  const double x0 = 0.5 * 0.4 + 0.5 * (2.0 * h_before + 3.0 + 0.1), h0 = std::tanh(x0);
  const double x1 = 0.5 * x0 + 0.5 * (2.0 * h0 + 0.1), h1 = std::tanh(x1);
  const double e0 = 0.25 - h0 - 1.0, e1 = 0.25 - h1 - 2.0;  // 2 (y - target) / 2
  const double d1 = tanh_slope(x1) * -e1;
  const double d0 = tanh_slope(x0) * (-e0 + 2.0 * 0.5 * d1) + 0.5 * d1;
  const Parameters& gradient = reference.gradient;
  CHECK_THAT(reference.terms.total, WithinRel((e0 * e0 + e1 * e1) / 2.0, exact));
  CHECK_THAT(gradient.recurrent[0](0, 0), WithinRel(0.5 * (d0 * h_before + d1 * h0), exact));
  CHECK_THAT(gradient.input[0](0, 0), WithinRel(0.5 * d0, exact));
  CHECK_THAT(gradient.readout[0](0, 0), WithinRel(e0 * h0 + e1 * h1, exact));
  CHECK_THAT(gradient.bias[0], WithinRel(0.5 * (d0 + d1), exact));
  CHECK_THAT(gradient.readout_bias[0], WithinRel(e0 + e1, exact));
  CHECK_THAT(gradient.initial_state[0], WithinRel(0.5 * d0 + tanh_slope(0.4) * 2.0 * 0.5 * d0, exact));
  const double by_alpha = d0 * (2.0 * h_before + 3.1 - 0.4) + d1 * (2.0 * h0 + 0.1 - x0);
  CHECK_THAT(gradient.tau[0], WithinRel(by_alpha * 0.25, exact));
}

TEST_CASE("the reference gradient of rate dynamics is that worked by hand", "[reference][gradient]") {
  const test::Training training = by_hand(Dynamics::rate);

  const test::ReferenceGradient reference = test::reference_gradient(training);

  const double x0 = 2.0 * 0.4 + 3.0 + 0.1, h0 = 0.5 * 0.4 + 0.5 * std::tanh(x0);
  const double x1 = 2.0 * h0 + 0.1, h1 = 0.5 * h0 + 0.5 * std::tanh(x1);
  const double e0 = 0.25 - h0 - 1.0, e1 = 0.25 - h1 - 2.0;
  const double g1 = -e1, q1 = 0.5 * tanh_slope(x1) * g1;
  const double g0 = -e0 + 0.5 * g1 + 2.0 * q1, q0 = 0.5 * tanh_slope(x0) * g0;
  const Parameters& gradient = reference.gradient;
  CHECK_THAT(gradient.recurrent[0](0, 0), WithinRel(q0 * 0.4 + q1 * h0, exact));
  CHECK_THAT(gradient.input[0](0, 0), WithinRel(q0, 1e-12));  // tanh(3.9) is close to 1
  CHECK_THAT(gradient.bias[0], WithinRel(q0 + q1, exact));
  CHECK_THAT(gradient.initial_state[0], WithinRel(0.5 * g0 + 2.0 * q0, exact));
  const double by_alpha = g0 * (std::tanh(x0) - 0.4) + g1 * (std::tanh(x1) - h0);
  CHECK_THAT(gradient.tau[0], WithinRel(by_alpha * 0.25, exact));
}

TEST_CASE("the vanishing-gradient penalty compares the adjoint before and after a step", "[reference][gradient]") {
  test::Training training = by_hand(Dynamics::leaky);
  const test::Course course = test::reference_gradient(training).course;
  training.loss.penalties.vanishing_gradient = 3.0;

  const LossTerms terms = test::reference_gradient(training).terms;

  // Of one unit the derivative of the loss cancels: what is left is (dx_1/dx_0)^2.
  const double ratio = 0.5 + 0.5 * 2.0 * tanh_slope(course.activity.x(0, 0, 0));
  REQUIRE(terms.terms.size() == 2);
  CHECK(terms.terms[1].first == "vanishing_gradient");
  CHECK_THAT(terms.terms[1].second, WithinRel(3.0 * std::pow(ratio * ratio - 1.0, 2), 1e-13));
  CHECK_THAT(terms.total, WithinRel(terms.terms[0].second + terms.terms[1].second, exact));
}

TEST_CASE("the reference gradient agrees with central differences", "[reference][gradient]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  for (test::TrainingChoice choice : test::rotated_choices(dynamics)) {
    choice.trials = std::min<Index>(choice.trials, 3);
    choice.steps = std::min<Index>(choice.steps, 5);
    check_against_differences(choice);
  }
}
