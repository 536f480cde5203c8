// Gradients of the Eigen backend in double precision against the reference gradient, which costs so little that the
// whole product of the options can be gone through; single against double precision.

#include "catch.hpp"
#include "checks.hpp"
#include "tolerances.hpp"
#include "training_problems.hpp"

using namespace mrnn;

namespace {

void check_against_reference(const test::Training& training, const test::TrainingChoice& choice) {
  CAPTURE(test::describe(choice));
  const test::ReferenceGradient expected = test::reference_gradient(training);

  const test::SessionGradient actual =
      test::run_backward(training, {.threads = 1, .backward_every = choice.backward_every});

  test::check_terms(actual.terms, expected.terms, test::double_tolerance);
  test::check_groups(actual.gradient, test::trainable_part(training.network, expected.gradient),
                     test::reference_gradient_tolerance);
}

void check_against_reference(const test::TrainingChoice& choice) {
  check_against_reference(test::make_training(choice), choice);
}

/// Every loss with every penalty, with and without noise and interventions, memory modes in turn.
void check_losses(test::TrainingChoice choice) {
  for (const char* loss : {"mse", "cross_entropy", "mixture"}) {
    for (const std::string& penalty : test::penalty_names()) {
      for (const Noise noise : {Noise::off, Noise::on}) {
        for (const bool interventions : {false, true}) {
          choice.loss = loss;
          choice.penalty = penalty;
          choice.noise = noise;
          choice.interventions = interventions;
          choice.backward_every = choice.backward_every % choice.steps + 1;
          check_against_reference(choice);
        }
      }
    }
  }
}

void check_product(Dynamics dynamics) {
  for (const Activation activation : {Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                      Activation::linear, Activation::retanh}) {
    for (const Dale dale : {Dale::none, Dale::clamp, Dale::abs, Dale::project}) {
      check_losses({.trials = 2, .steps = 4, .dynamics = dynamics, .activation = activation, .dale = dale});
    }
  }
}

}  // namespace

TEST_CASE("all options of leaky dynamics have the reference gradient", "[gradient][parity]") {
  check_product(Dynamics::leaky);
}

TEST_CASE("all options of elman dynamics have the reference gradient", "[gradient][parity]") {
  check_product(Dynamics::elman);
}

TEST_CASE("all options of rate dynamics have the reference gradient", "[gradient][parity]") {
  check_product(Dynamics::rate);
}

TEST_CASE("networks and batches of all sizes have the reference gradient", "[gradient][parity]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  for (const Index units : {1, 7, 13, 33, 70}) {
    for (const Index trials : {1, 3, 17, 33}) {
      for (const Index steps : {1, 5, 11}) {
        check_against_reference({.units = units,
                                 .trials = trials,
                                 .steps = steps,
                                 .dynamics = dynamics,
                                 .noise = Noise::on,
                                 .interventions = steps == 5,
                                 .stimulus = trials == 3,
                                 .backward_every = 4,
                                 .away_from_kinks = 0.0});
      }
    }
  }
}

TEST_CASE("long runs of batches of several slices have the reference gradient", "[gradient][parity]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const Index steps = GENERATE(32, 67);
  for (const Index every : {1, 5, 33, 67}) {
    check_against_reference({.units = 13,
                             .trials = every == 5 ? 70 : 3,
                             .steps = steps,
                             .dynamics = dynamics,
                             .penalty = "all",
                             .noise = Noise::on,
                             .interventions = true,
                             .backward_every = every,
                             .away_from_kinks = 0.0});
  }
}

TEST_CASE("gradients in single precision are close to those in double precision", "[gradient][parity]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  for (const test::TrainingChoice& choice : test::rotated_choices(dynamics)) {
    CAPTURE(test::describe(choice));
    const test::Training training = test::make_training(choice);
    const test::SessionGradient expected = test::run_backward(training, {.precision = Precision::float64});

    const test::SessionGradient actual =
        test::run_backward(training, {.precision = Precision::float32, .backward_every = choice.backward_every});

    test::check_terms(actual.terms, expected.terms, test::single_gradient_tolerance);
    test::check_groups(actual.gradient, expected.gradient, test::single_gradient_tolerance);
  }
}

TEST_CASE("trials whose weights are scaled alike at other steps have the reference gradient", "[gradient][parity]") {
  const test::TrainingChoice choice{.units = 13, .trials = 5, .steps = 6, .backward_every = GENERATE(1, 3)};
  test::Training training = test::make_training(choice);
  const ScaleWeights half{ScaleWeights::Source::recurrent, Selection({{2, 6}}), Selection({{0, 13}}), 0.5};
  training.trials.interventions = {{{1, 4}, {0, 2}, half}, {{3, 6}, {1}, half}, {{2, 4}, {2}, half}};

  check_against_reference(training, choice);
}
