// Forward runs on the device against those of the Eigen backend.

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "partial_reads.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::DeviceCase;

namespace {

constexpr Dale dales[] = {Dale::abs, Dale::none, Dale::clamp, Dale::project};

}  // namespace

TEST_CASE("the device runs networks and batches of all sizes as the processor does", "[cuda][forward]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  // What else there is changes from case to case, with periods that have no common factor.
  std::size_t turn = static_cast<std::size_t>(dynamics);
  constexpr Index channels[] = {3, 0, 40}, steps[] = {20, 31, 50}, regions[] = {3, 1, 5, 8, 2};
  for (const Index units : {1, 3, 33, 129, 350, 1024}) {
    for (const Index trials : {1, 7, 64}) {
      DeviceCase one{.training = {.units = units,
                                  .trials = trials,
                                  .steps = units * trials > 20000 ? 20 : steps[turn % 3],
                                  .dynamics = dynamics,
                                  .activation = static_cast<Activation>(turn % 6),
                                  .dale = dales[turn % 4],
                                  .noise = Noise::on,
                                  .initial_per_trial = turn % 3 == 1,
                                  .stimulus = turn % 2 == 0},
                     .regions = regions[turn % 5],
                     .channels = channels[turn % 3],
                     .mixed = true};
      ++turn;
      CAPTURE(test::describe(one));
      test::check_forward(test::make(one));
    }
  }
}

TEST_CASE("the device computes all dynamics, activations and Dale methods as the processor does", "[cuda][forward]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  for (const Activation activation : {Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                      Activation::linear, Activation::retanh}) {
    const DeviceCase one{.training = {.units = 33,
                                      .trials = 7,
                                      .steps = 25,
                                      .dynamics = dynamics,
                                      .activation = activation,
                                      .dale = dale,
                                      .noise = Noise::on}};
    CAPTURE(test::describe(one));
    test::check_forward(test::make(one));
  }
}

TEST_CASE("input weights on the device follow their own Dale method at any number of channels", "[cuda][forward]") {
  if (test::skipped()) return;
  const Index channels = GENERATE(0, 1, 3, 40);
  const auto dale_input = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  for (const Noise noise : {Noise::off, Noise::on}) {
    const DeviceCase one{
        .training =
            {.units = 70, .trials = 9, .steps = 21, .dale = Dale::none, .dale_input = dale_input, .noise = noise},
        .channels = channels};
    CAPTURE(test::describe(one));
    test::check_forward(test::make(one));
  }
}

TEST_CASE("a stimulus and initial states per trial act on the device", "[cuda][forward]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const bool stimulus = GENERATE(false, true), initial = GENERATE(false, true);
  const Index trials = GENERATE(1, 19, 65);
  const DeviceCase one{.training = {.units = 129,
                                    .trials = trials,
                                    .steps = 22,
                                    .dynamics = dynamics,
                                    .initial_per_trial = initial,
                                    .stimulus = stimulus}};
  CAPTURE(test::describe(one));
  test::check_forward(test::make(one));
}

TEST_CASE("a time constant per unit acts on the device", "[cuda][forward]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  test::Training training = test::make(
      {.training = {.units = 33, .trials = 7, .steps = 30, .dynamics = dynamics, .noise = Noise::on}, .mixed = true});
  for (Index unit = 0; unit < 33; ++unit) training.parameters.tau[unit] = 15.0 + static_cast<double>(unit);

  test::check_forward(training);
}

TEST_CASE("a record of chosen units and steps is that part of the whole on the device", "[cuda][record]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index units = GENERATE(33, 350), trials = GENERATE(1, 7, 64);
  const DeviceCase one{.training = {.units = units, .trials = trials, .steps = 21, .noise = Noise::on}};
  CAPTURE(test::describe(one), static_cast<int>(precision));
  const test::Training training = test::make(one);
  const auto session = test::open(test::On::device, training, precision);
  const test::Activity whole = test::run_forward(*session, training);

  // Out of order, with a unit by itself.
  const Selection chosen({{units - 1, 1}, {20, 4}, {3, 5}});
  session->forward({.x = true, .h = true, .y = true, .units = chosen, .steps = {2, 17}}, Noise::on);

  const Sequence x = session->read_activity(Quantity::x), h = session->read_activity(Quantity::h),
                 y = session->read_activity(Quantity::y);
  REQUIRE(x.units == 10);
  REQUIRE(x.steps == 15);
  bool same = true;
  for (Index step = 0; step < 15; ++step) {
    same &= x.at(step) == chosen.rows_of(whole.x.at(step + 2));
    same &= h.at(step) == chosen.rows_of(whole.h.at(step + 2));
    // Outputs of many steps are one product, whose bits depend on how many.
    test::check_error(test::error_in_norm(y.at(step).reshaped(), whole.y.at(step + 2).reshaped()),
                      test::tolerance(precision));
  }
  CHECK(same);
}

TEST_CASE("parts of a run on the device are read into the trials of one array", "[cuda][record]") {
  if (test::skipped()) return;
  const Index trials = GENERATE(1, 7);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make({.training = {.units = 33, .trials = trials, .steps = 9}});
  const auto session = test::open(test::On::device, training, precision);
  session->load(training.trials);
  session->forward({.x = true, .h = true, .y = true, .steps = {1, 8}}, Noise::off);

  test::check_partial_reads(*session, trials);
}

TEST_CASE("each quantity can be recorded alone on the device", "[cuda][record]") {
  if (test::skipped()) return;
  const test::Training training = test::make({.training = {.units = 33, .trials = 7, .steps = 21}});
  const auto session = test::open(test::On::device, training);
  const test::Activity whole = test::run_forward(*session, training);

  session->forward({.x = true}, Noise::off);
  CHECK(session->read_activity(Quantity::x).data == whole.x.data);
  session->forward({.h = true, .steps = {20, 21}}, Noise::off);
  CHECK(session->read_activity(Quantity::h).at(0) == whole.h.at(20));
  session->forward({.y = true, .units = Selection({{0, 1}})}, Noise::off);
  CHECK(session->read_activity(Quantity::y).data == whole.y.data);
}

TEST_CASE("reading in single precision loses nothing of a single-precision session on the device", "[cuda][record]") {
  if (test::skipped()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make({.training = {.units = 33, .trials = 7, .steps = 21}});
  const auto session = test::open(test::On::device, training, precision);
  session->load(training.trials);
  session->forward({.h = true, .y = true}, Noise::off);

  for (const Quantity what : {Quantity::h, Quantity::y}) {
    const Sequence wide = session->read_activity(what);
    const FloatSequence narrow = session->read_activity_float(what);
    const auto rounded = [](double a, float b) { return static_cast<float>(a) == b; };
    const auto equal = [](double a, float b) { return a == static_cast<double>(b); };
    CHECK(std::equal(wide.data.begin(), wide.data.end(), narrow.data.begin(), narrow.data.end(), rounded));
    if (precision == Precision::float32) {
      CHECK(std::equal(wide.data.begin(), wide.data.end(), narrow.data.begin(), narrow.data.end(), equal));
    }
  }
}

TEST_CASE("the noise on the device is that of the processor", "[cuda][noise]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  // Without weights, inputs and biases x is made of noise alone. Many steps, so that the tails are met.
  test::Training training = test::make({.training = {.units = 70, .trials = 64, .steps = 100, .dynamics = dynamics}});
  for (auto* blocks : {&training.parameters.recurrent, &training.parameters.input}) {
    for (Eigen::MatrixXd& block : *blocks) block.setZero();
  }
  training.parameters.bias.setZero();
  training.noise = Noise::on;

  test::check_forward(training);
}
