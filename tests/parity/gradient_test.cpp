// Gradients of the Eigen backend in double precision against central differences of the reference loss: every option
// with every dynamics, every activation with every Dale method.

#include <algorithm>
#include <limits>

#include "catch.hpp"
#include "central_differences.hpp"
#include "comparison.hpp"
#include "parameter_groups.hpp"
#include "tolerances.hpp"
#include "training_problems.hpp"

using namespace mrnn;

namespace {

/// Compares with `samples` slopes per group of parameters.
void check_gradient(const test::TrainingChoice& choice, Index samples) {
  CAPTURE(test::describe(choice));
  const test::Training training = test::make_training(choice);
  const test::Course course = test::reference_gradient(training).course;
  REQUIRE(test::distance_to_kinks(training, course.activity) > choice.away_from_kinks);

  const test::SessionGradient actual = test::run_backward(training, {.backward_every = choice.backward_every});

  for (const test::GradientError& error : test::gradient_errors(training, actual.gradient, course, samples)) {
    CAPTURE(error.group);
    CHECK(error.relative <= test::gradient_tolerance);
    CHECK(error.frozen_is_zero);
  }
}

void check_rotated_options(Dynamics dynamics) {
  for (const test::TrainingChoice& choice : test::rotated_choices(dynamics)) {
    const bool large = choice.units * choice.trials * choice.steps > 1000;
    check_gradient(choice, large ? 2 : 12);
  }
}

/// The gradient that was stored and the recomputed one, along one direction per group of parameters.
void check_stored_and_recomputed(const test::TrainingChoice& choice) {
  CAPTURE(test::describe(choice));
  const test::Training training = test::make_training(choice);
  const test::Course course = test::reference_gradient(training).course;
  test::SessionGradient stored = test::run_backward(training, {.threads = 1});
  test::SessionGradient recomputed =
      test::run_backward(training, {.threads = 1, .backward_every = choice.backward_every});

  for (const test::GradientError& error : test::gradient_errors(training, stored.gradient, course, 0)) {
    CAPTURE(error.group);
    CHECK(error.relative <= test::gradient_tolerance);
  }
  const auto kept = test::parameter_groups(stored.gradient), again = test::parameter_groups(recomputed.gradient);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    CAPTURE(kept[k].name);
    CHECK(again[k].copy() == kept[k].copy());
  }
}

/// Every Dale method, loss, penalty and memory mode, with and without noise and interventions.
void check_product(Dynamics dynamics, Activation activation) {
  for (const Dale dale : {Dale::none, Dale::clamp, Dale::abs, Dale::project}) {
    for (const char* loss : {"mse", "cross_entropy", "mixture"}) {
      for (const std::string& penalty : test::penalty_names()) {
        for (const Noise noise : {Noise::off, Noise::on}) {
          for (const bool interventions : {false, true}) {
            check_stored_and_recomputed({.trials = 2,
                                         .steps = 4,
                                         .dynamics = dynamics,
                                         .activation = activation,
                                         .dale = dale,
                                         .loss = loss,
                                         .penalty = penalty,
                                         .noise = noise,
                                         .interventions = interventions,
                                         .backward_every = 2});
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("gradients of leaky dynamics agree with central differences", "[gradient]") {
  check_rotated_options(Dynamics::leaky);
}

TEST_CASE("gradients of elman dynamics agree with central differences", "[gradient]") {
  check_rotated_options(Dynamics::elman);
}

TEST_CASE("gradients of rate dynamics agree with central differences", "[gradient]") {
  check_rotated_options(Dynamics::rate);
}

TEST_CASE("the whole product of options has gradients that agree with central differences", "[gradient]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto activation = GENERATE(Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                   Activation::linear, Activation::retanh);
  check_product(dynamics, activation);
}

TEST_CASE("gradients of every penalty alone agree with central differences", "[gradient]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  for (const std::string& penalty : test::penalty_names()) {
    check_gradient({.dynamics = dynamics,
                    .dale = Dale::none,
                    .penalty = penalty,
                    .noise = Noise::on,
                    .interventions = true,
                    .backward_every = 3},
                   12);
  }
}

TEST_CASE("cross entropy of a softmax output that underflows is finite", "[gradient]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  test::Training training = test::make_training({.units = 13, .loss = "cross_entropy", .mask = "none"});
  const UnitRange choice = training.network.output_layouts()[1].range;
  training.parameters.readout_bias.segment(choice.start, choice.size) = Eigen::Vector3d(2000.0, 0.0, 0.0);
  for (Index step = 0; step < training.trials.steps; ++step) {
    auto targets = training.trials.targets.at(step).middleRows(choice.start, choice.size);
    targets = Eigen::Vector3d(0.0, 1.0, 0.0).replicate(1, training.trials.count);
  }

  const test::SessionGradient actual = test::run_backward(training, {.precision = precision});

  CHECK_THAT(actual.terms.total, WithinAbs(2000.0, 20.0));
  const Eigen::VectorXd slopes = actual.gradient.readout_bias.segment(choice.start, choice.size);
  CHECK(test::relative_error(slopes, Eigen::Vector3d(1.0, -1.0, 0.0)) <= test::tolerance(precision));
}

TEST_CASE("targets may be missing where their mask is zero", "[gradient]") {
  const std::string loss = GENERATE("mse", "mixture");
  test::Training training = test::make_training({.loss = loss});
  Trials& trials = training.trials;
  REQUIRE(std::ranges::count(trials.mask.data, 0.0) > 0);
  const test::SessionGradient expected = test::run_backward(training, {});
  for (std::size_t k = 0; k < trials.mask.data.size(); ++k) {
    if (trials.mask.data[k] == 0.0) trials.targets.data[k] = std::numeric_limits<double>::quiet_NaN();
  }

  const test::SessionGradient actual = test::run_backward(training, {});

  CHECK(actual.terms.terms == expected.terms.terms);
  CHECK(actual.gradient.recurrent == expected.gradient.recurrent);
  CHECK(actual.gradient.readout == expected.gradient.readout);
}

TEST_CASE("backward refuses masks that leave no loss or differ where they may not", "[gradient][bad]") {
  test::Training training = test::make_training({.loss = "mixture"});
  Sequence& mask = training.trials.mask;

  SECTION("zero everywhere") {
    std::ranges::fill(mask.data, 0.0);
    CHECK_THROWS_WITH(test::run_backward(training, {}),
                      "the mask is zero in every trial, step and output of the batch, so there is no loss");
  }
  SECTION("different within an output with cross entropy") {
    std::ranges::fill(mask.data, 1.0);
    mask(training.network.output_layouts()[1].range.start + 1, 2, 3) = 0.5;
    CHECK_THROWS_WITH(test::run_backward(training, {}),
                      "the mask of output \"choice\" differs between its channels in trial 2, step 3; cross_entropy "
                      "needs one mask for all of them");
  }
}
