// The same bits whatever the number of threads and the batch, and nothing allocated in the time loop.

#include <atomic>
#include <cstdlib>
#include <initializer_list>

#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"
#include "problems.hpp"
#include "slices.hpp"

using namespace mrnn;

namespace {

std::atomic<long> allocations{0};

}  // namespace

// Counts every allocation of the process. The sanitizers have a malloc of their own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MRNN_COUNTS_ALLOCATIONS
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}
#endif

namespace {

/// Interventions of every kind, so that all parts of the time loop run.
void intervene(Trials& trials) {
  const Selection some({{3, 20}});
  trials.interventions = {{{2, 9}, {}, Drive{some, Eigen::VectorXd::Ones(20), Eigen::VectorXd::LinSpaced(7, 0.0, 1.0)}},
                          {{4, 8}, {1, 5, 9}, Clamp{some, 0.2}},
                          {{5, 10}, {}, ExtraNoise{some, 0.4}},
                          {{3, 7}, {0, 1, 2}, ScaleWeights{ScaleWeights::Source::recurrent, some, some, 0.5}}};
}

/// A batch that runs differently from trial to trial.
Trials varied_trials(const Network& network, Index count, Index steps) {
  Trials trials = test::random_trials(network, count, steps);
  trials.stimulus = test::random_sequence(network.units(), trials, 4);
  intervene(trials);
  return trials;
}

/// The same activity on so many threads as on one.
void check_threads(const Network& network, const Trials& trials, Precision precision, std::initializer_list<int> more) {
  const Parameters parameters = test::random_parameters(network, 2);
  test::RunOptions options{.precision = precision, .noise = Noise::on, .threads = 1};
  const test::Activity one = test::run_eigen(network, parameters, trials, options);
  for (const int threads : more) {
    options.threads = threads;
    const test::Activity again = test::run_eigen(network, parameters, trials, options);
    CHECK(again.x.data == one.x.data);
    CHECK(again.h.data == one.h.data);
    CHECK(again.y.data == one.y.data);
  }
}

}  // namespace

TEST_CASE("any number of threads gives the same bits", "[determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto activation = GENERATE(Activation::tanh, Activation::relu);
  const Network network = build_network(test::network_spec({.units = 129, .activation = activation, .noise = 0.2}), 1);
  check_threads(network, varied_trials(network, 100, 12), precision, {2, 3});
}

TEST_CASE("threads that share a slice, as of few trials of a large network, give the same bits",
          "[determinism][team]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index count = GENERATE(1, 5, 40);
  const Network network = build_network(test::network_spec({.units = 500, .noise = 0.2}), 1);
  check_threads(network, test::random_trials(network, count, 7), precision, {2, 5});
}

TEST_CASE("9 to 16 trials of a network of a middling size are one slice, of the same bits on any number of threads",
          "[determinism][team]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index units = GENERATE(243, 684);  // 2^15 weights and 2^18, about
  const Index count = GENERATE(9, 16);
  const Network network = build_network(test::network_spec({.units = units, .noise = 0.2}), 1);
  REQUIRE(eigen::slice_width(network, count) == 16);
  check_threads(network, test::random_trials(network, count, 7), precision, {2, 3, 4});
}

TEST_CASE("any split of a batch gives the same bits", "[determinism]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto activation = GENERATE(Activation::tanh, Activation::softplus, Activation::relu);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index part = GENERATE(1, 7, 20, 33, 64);
  CAPTURE(static_cast<int>(precision), static_cast<int>(activation), static_cast<int>(dynamics), part);
  const Network network =
      build_network(test::network_spec({.dynamics = dynamics, .activation = activation, .noise = 0.2}), 1);
  const Parameters parameters = test::random_parameters(network, 2);
  const Trials trials = varied_trials(network, 66, 12);
  const test::RunOptions options{.precision = precision, .noise = Noise::on};
  const test::Activity whole = test::run_eigen(network, parameters, trials, options);

  for (Index first = 0; first < trials.count; first += part) {
    const Index count = std::min(part, trials.count - first);
    const test::Activity some = test::run_eigen(network, parameters, slice(trials, first, count), options);
    bool same = true;
    for (Index step = 0; step < trials.steps; ++step) {
      same &= some.x.at(step) == whole.x.at(step).middleCols(first, count);
      same &= some.h.at(step) == whole.h.at(step).middleCols(first, count);
    }
    REQUIRE(same);
  }
}

TEST_CASE("a second run of the same session gives the same bits", "[determinism]") {
  const Network network = build_network(test::network_spec({.noise = 0.2}), 1);
  const auto session = eigen::make_backend()->open(network, {.threads = 2});
  session->write_parameters(test::random_parameters(network, 2));
  session->load(varied_trials(network, 40, 12));

  session->forward({.x = true}, Noise::on);
  const Sequence first = session->read_activity(Quantity::x);
  session->forward({.x = true}, Noise::on);

  CHECK(session->read_activity(Quantity::x).data == first.data);
}

TEST_CASE("the time loop allocates nothing", "[determinism]") {
#ifndef MRNN_COUNTS_ALLOCATIONS
  WARN("skipped: allocations are counted with the GNU C library, without sanitizers");
#else
  const Network network = build_network(test::network_spec({.units = 129, .noise = 0.2}), 1);
  const auto session = eigen::make_backend()->open(network, {.threads = 2});
  session->write_parameters(test::random_parameters(network, 2));
  const auto allocated = [&](Index steps) {
    session->load(varied_trials(network, 40, steps));
    session->forward({.x = true, .h = true, .y = true}, Noise::on);
    const long before = allocations;
    session->forward({.x = true, .h = true, .y = true}, Noise::on);
    return allocations - before;
  };

  const long few = allocated(12);
  const long many = allocated(500);

  CHECK(allocations > 0);
  CHECK(many == few);
#endif
}
