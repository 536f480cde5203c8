// Losses and gradients on the device against those of the Eigen backend.

#include <limits>

#include "catch.hpp"
#include "checks.hpp"
#include "device_cases.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::DeviceCase;

namespace {

constexpr Dale dales[] = {Dale::abs, Dale::none, Dale::clamp, Dale::project};

}  // namespace

TEST_CASE("every loss with every penalty has the gradient of the processor on the device", "[cuda][gradient]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const std::string loss = GENERATE("mse", "cross_entropy", "mixture");
  const char* masks[] = {"none", "random", "hole", "single"};
  std::size_t turn = static_cast<std::size_t>(dynamics);
  for (const std::string& penalty : test::penalty_names()) {
    const DeviceCase one{.training = {.units = 33,
                                      .trials = 7,
                                      .steps = 23,
                                      .dynamics = dynamics,
                                      .loss = loss,
                                      .penalty = penalty,
                                      .mask = masks[turn % 4],
                                      .noise = turn % 2 == 0 ? Noise::on : Noise::off,
                                      .interventions = turn % 3 == 0}};
    CAPTURE(test::describe(one));
    constexpr Index every[] = {1, 7, 5};
    test::check_backward(test::make(one), every[turn++ % 3]);
  }
}

TEST_CASE("every activation with every Dale method has the gradient of the processor on the device",
          "[cuda][gradient]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  for (const Activation activation : {Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                      Activation::linear, Activation::retanh}) {
    const auto dale_input = static_cast<Dale>((static_cast<int>(dale) + static_cast<int>(activation)) % 4);
    const DeviceCase one{.training = {.units = 33,
                                      .trials = 5,
                                      .steps = 20,
                                      .dynamics = dynamics,
                                      .activation = activation,
                                      .dale = dale,
                                      .dale_input = dale_input,
                                      .noise = Noise::on}};
    CAPTURE(test::describe(one));
    test::check_backward(test::make(one), 4);
  }
}

TEST_CASE("networks and batches of all sizes have the gradient of the processor on the device", "[cuda][gradient]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  std::size_t turn = static_cast<std::size_t>(dynamics);
  constexpr Index channels[] = {40, 3, 0}, steps[] = {20, 31, 50}, regions[] = {5, 3, 1, 8, 2};
  for (const Index units : {1, 3, 33, 129, 350, 1024}) {
    for (const Index trials : {1, 7, 64}) {
      const DeviceCase one{.training = {.units = units,
                                        .trials = trials,
                                        .steps = units * trials > 20000 ? 20 : steps[turn % 3],
                                        .dynamics = dynamics,
                                        .activation = static_cast<Activation>(turn % 6),
                                        .dale = dales[turn % 4],
                                        .penalty = turn % 5 == 0 ? "all" : "l2_rates",
                                        .noise = Noise::on,
                                        .interventions = turn % 3 == 2,
                                        .initial_per_trial = turn % 4 == 1,
                                        .stimulus = turn % 2 == 1,
                                        .frozen = turn % 5 == 3},
                           .regions = regions[turn % 5],
                           .channels = channels[turn % 3],
                           .mixed = true};
      CAPTURE(test::describe(one));
      const Index every[] = {1, 7, test::sparsest_record(one.training.steps)};
      test::check_backward(test::make(one), every[turn++ % 3]);
    }
  }
}

TEST_CASE("targets may be missing where the mask is zero on the device", "[cuda][gradient]") {
  if (test::skipped()) return;
  const std::string loss = GENERATE("mse", "cross_entropy", "mixture"), mask = GENERATE("random", "hole", "single");
  const DeviceCase one{.training = {.units = 33, .trials = 7, .steps = 23, .loss = loss, .mask = mask}};
  CAPTURE(test::describe(one));
  test::Training training = test::make(one);
  std::size_t missing = 0;
  for (std::size_t k = 0; k < training.trials.mask.data.size(); ++k) {
    if (training.trials.mask.data[k] != 0.0) continue;
    training.trials.targets.data[k] = std::numeric_limits<double>::quiet_NaN();
    ++missing;
  }

  REQUIRE(missing > 0);
  test::check_backward(training, 1);
}

TEST_CASE("a mask that is zero throughout is the same error on the device", "[cuda][gradient][bad]") {
  if (test::skipped()) return;
  test::Training training = test::make({});
  std::ranges::fill(training.trials.mask.data, 0.0);
  const auto message = [&](test::On where) -> std::string {
    try {
      test::run_backward(*test::open(where, training), training, 1);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  };

  CHECK(message(test::On::device) == message(test::On::eigen));
  CHECK(message(test::On::device) != "no error");
}

TEST_CASE("what may not be trained has the gradient zero on the device", "[cuda][gradient]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make(
      {.training = {.units = 33, .trials = 7, .steps = 23, .dynamics = dynamics, .penalty = "all", .frozen = true}});

  const test::SessionGradient actual =
      test::run_backward(*test::open(test::On::device, training, precision), training, 1);

  test::check_same_bits(actual.gradient, test::trainable_part(training.network, actual.gradient));
}

TEST_CASE("storing and recomputing give the same gradients on the device", "[cuda][gradient]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const Index units = GENERATE(33, 129, 350);
  const DeviceCase one{.training = {.units = units,
                                    .trials = 19,
                                    .steps = 45,
                                    .dynamics = dynamics,
                                    .penalty = "all",
                                    .noise = Noise::on,
                                    .interventions = true,
                                    .stimulus = true},
                       .mixed = true};
  CAPTURE(test::describe(one), static_cast<int>(precision));
  const test::Training training = test::make(one);
  const auto session = test::open(test::On::device, training, precision);
  const test::SessionGradient stored = test::run_backward(*session, training, 1);
  const double tolerance = precision == Precision::float64 ? test::device_tolerance : test::single_gradient_tolerance;

  for (const Index every : {Index{2}, Index{7}, test::sparsest_record(45), Index{44}, Index{45}, Index{1000}}) {
    CAPTURE(every);
    const test::SessionGradient again = test::run_backward(*session, training, every);
    // The states have the same bits; what is summed over steps is summed up in another order.
    test::check_terms(again.terms, stored.terms, tolerance);
    test::check_groups(again.gradient, stored.gradient, tolerance);
  }
}

TEST_CASE("recording for backward changes no activity on the device", "[cuda][gradient]") {
  if (test::skipped()) return;
  const Index every = GENERATE(1, 3, 40);
  const test::Training training =
      test::make({.training = {.units = 33, .trials = 7, .steps = 40, .noise = Noise::on, .interventions = true}});
  const auto session = test::open(test::On::device, training);
  const test::Activity plain = test::run_forward(*session, training);

  session->forward({.x = true, .y = true, .backward_every = every}, Noise::on);
  session->backward(training.loss);

  CHECK(session->read_activity(Quantity::x).data == plain.x.data);
  CHECK(session->read_activity(Quantity::y).data == plain.y.data);
}
