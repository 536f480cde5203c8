// Gradients have the same bits whatever is stored, on any number of threads and in any session; they and the state of
// the optimiser can be read and put back.

#include <initializer_list>

#include "catch.hpp"
#include "checks.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/optimiser.hpp"
#include "problems.hpp"
#include "slices.hpp"
#include "training_problems.hpp"

using namespace mrnn;

namespace {

/// All options at once, in a batch of several slices.
test::Training large_training(Dynamics dynamics, Activation activation) {
  return test::make_training({.units = 34,
                              .trials = 70,
                              .steps = 40,
                              .dynamics = dynamics,
                              .activation = activation,
                              .dale = Dale::none,
                              .dale_input = Dale::project,
                              .penalty = "all",
                              .noise = Noise::on,
                              .interventions = true,
                              .stimulus = true,
                              .frozen = true,
                              .away_from_kinks = 0.0});
}

/// The same gradient on so many threads as on one.
void check_threads(const test::Training& training, test::BackwardOptions options,
                   std::initializer_list<int> several = {2, 3}) {
  options.threads = 1;
  const test::SessionGradient one = test::run_backward(training, options);
  for (const int threads : several) {
    options.threads = threads;
    const test::SessionGradient more = test::run_backward(training, options);
    CHECK(more.terms.terms == one.terms.terms);
    CHECK(more.terms.total == one.terms.total);
    test::check_same_bits(more.gradient, one.gradient);
  }
}

}  // namespace

TEST_CASE("storing and recomputing give gradients of the same bits", "[gradient][determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto activation = GENERATE(Activation::tanh, Activation::relu);
  const test::Training training = large_training(dynamics, activation);
  const test::SessionGradient stored = test::run_backward(training, {.precision = precision, .backward_every = 1});

  for (const Index every : {2, 7, 33, 40, 64}) {
    CAPTURE(every);
    const test::SessionGradient again = test::run_backward(training, {.precision = precision, .backward_every = every});
    CHECK(again.terms.terms == stored.terms.terms);
    CHECK(again.terms.total == stored.terms.total);
    test::check_same_bits(again.gradient, stored.gradient);
  }
}

TEST_CASE("any number of threads gives gradients of the same bits", "[gradient][determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index every = GENERATE(1, 4);
  check_threads(large_training(dynamics, Activation::softplus), {.precision = precision, .backward_every = every});
}

TEST_CASE("gradients that threads share a slice for have the same bits", "[gradient][determinism][team]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index count = GENERATE(1, 5);
  const Index every = GENERATE(1, 3);
  check_threads(
      test::make_training(
          {.units = 500, .trials = count, .steps = 7, .penalty = "all", .noise = Noise::on, .away_from_kinks = 0.0}),
      {.precision = precision, .backward_every = every});
}

TEST_CASE("gradients of 9 to 16 trials that are one slice have the same bits on any number of threads",
          "[gradient][determinism][team]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index units = GENERATE(243, 684);  // 2^15 weights and 2^18, about
  const Index count = GENERATE(9, 16);
  const test::Training training = test::make_training(
      {.units = units, .trials = count, .steps = 4, .penalty = "all", .noise = Noise::on, .away_from_kinks = 0.0});
  REQUIRE(eigen::slice_width(training.network, count) == 16);
  check_threads(training, {.precision = precision}, {2, 3, 4});
}

TEST_CASE("a session keeps nothing of the gradient before", "[gradient][determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make_training({.penalty = "all"});
  const test::Training other = test::make_training({.trials = 17, .steps = 9, .interventions = true});
  const test::SessionGradient expected = test::run_backward(training, {.precision = precision});
  const auto session = eigen::make_backend()->open(training.network, {precision, 2, training.seed});
  session->write_parameters(training.parameters);
  session->load(other.trials);
  session->forward({.backward_every = 2}, Noise::on);
  session->backward(other.loss);

  for (int run = 0; run < 2; ++run) {
    session->load(training.trials);
    session->forward({.backward_every = 1}, training.noise);
    CHECK(session->backward(training.loss).total == expected.terms.total);
    test::check_same_bits(session->read_gradients(), expected.gradient);
  }
}

TEST_CASE("recording for backward changes no activity", "[gradient][determinism]") {
  const Index every = GENERATE(1, 3, 40);
  const test::Training training = large_training(Dynamics::leaky, Activation::tanh);
  const auto session = eigen::make_backend()->open(training.network, {.threads = 2});
  session->write_parameters(training.parameters);
  session->load(training.trials);
  session->forward({.x = true, .y = true}, Noise::on);
  const Sequence x = session->read_activity(Quantity::x), y = session->read_activity(Quantity::y);

  session->forward({.x = true, .y = true, .backward_every = every}, Noise::on);
  session->backward(training.loss);

  CHECK(session->read_activity(Quantity::x).data == x.data);
  CHECK(session->read_activity(Quantity::y).data == y.data);
}

TEST_CASE("gradients and the state of the optimiser are read back as they were written", "[gradient][optimiser]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make_training({.units = 13, .frozen = true});
  const Network& network = training.network;
  const auto session = eigen::make_backend()->open(network, {.precision = precision, .threads = 1});
  session->write_parameters(training.parameters);
  const OptimiserState fresh = session->read_optimiser_state();
  const Parameters gradients = test::random_numbers(network, 1);
  const OptimiserState state{test::random_numbers(network, 2), test::random_numbers(network, 3)};

  session->write_gradients(gradients);
  session->write_optimiser_state(state);

  test::check_same_bits(fresh.first, zero_parameters(network));
  test::check_same_bits(fresh.second, zero_parameters(network));
  test::check_same_bits(session->read_gradients(), gradients);
  test::check_same_bits(session->read_optimiser_state().first, state.first);
  test::check_same_bits(session->read_optimiser_state().second, state.second);
}

TEST_CASE("another session goes on from parameters and optimiser state with the same bits",
          "[optimiser][determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto kind =
      GENERATE(Optimiser::Kind::adam, Optimiser::Kind::adamw, Optimiser::Kind::sgd, Optimiser::Kind::rmsprop);
  const test::Training training = test::make_training({.units = 13, .dale = Dale::project, .frozen = true});
  const auto open = [&] { return eigen::make_backend()->open(training.network, {precision, 2, training.seed}); };
  const auto train = [&](Session& session, Index first, Index last) {
    for (Index number = first; number <= last; ++number) {
      session.load(training.trials);
      session.forward({.backward_every = 2}, Noise::on);
      session.backward(training.loss);
      session.update({.optimiser = {.kind = kind, .momentum = 0.9}, .rate = 0.01, .number = number});
    }
  };
  const auto whole = open();
  whole->write_parameters(training.parameters);
  train(*whole, 1, 6);

  const auto first = open(), second = open();
  first->write_parameters(training.parameters);
  train(*first, 1, 3);
  second->write_parameters(first->read_parameters());
  second->write_optimiser_state(first->read_optimiser_state());
  train(*second, 4, 6);

  test::check_same_bits(second->read_parameters(), whole->read_parameters());
  test::check_same_bits(second->read_optimiser_state().first, whole->read_optimiser_state().first);
  test::check_same_bits(second->read_optimiser_state().second, whole->read_optimiser_state().second);
}
