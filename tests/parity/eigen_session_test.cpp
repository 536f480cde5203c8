// What the Eigen backend says about itself, what it records, and how it fails.

#include "build_note.hpp"
#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"
#include "mrnn/runtime.hpp"
#include "partial_reads.hpp"
#include "problems.hpp"

using namespace mrnn;

TEST_CASE("the Eigen backend registers and describes itself", "[eigen]") {
  Runtime runtime;
  runtime.attach("eigen", eigen::attach);

  const auto backend = runtime.backends.find("eigen")->make();

  CHECK(backend->name() == "eigen");
  CHECK(backend->availability().available);
  CHECK_THAT(backend->device({.threads = 1}), StartsWith("CPU, 1 thread, "));
  CHECK_THAT(backend->device({.threads = 3}), StartsWith("CPU, 3 threads, "));
}

TEST_CASE("a build that leaves a better instruction set unused says so, and how to build", "[eigen]") {
  CHECK(eigen::note_on("AVX-512", "AVX-512", "g++ 12.2.0").empty());
  CHECK(eigen::note_on("the base instruction set", "AVX2", "clang 16.0.6") ==
        "the inner loops of this build, by clang 16.0.6, use the base instruction set where this processor has AVX2, "
        "and are several times slower for it; built by g++ (cmake -DCMAKE_CXX_COMPILER=g++) they choose AVX2 by "
        "themselves");
}

TEST_CASE("the inner loops use the best instruction set of this processor", "[eigen]") {
  const auto backend = eigen::make_backend();

#if !defined(__clang__)
  CHECK(eigen::build_note().empty());
#endif
  CHECK(backend->availability().note == eigen::build_note());
  CHECK_THAT(backend->device({.threads = 1}), ContainsSubstring(eigen::instruction_set()));
}

TEST_CASE("the memory of a session counts what a batch holds besides inputs", "[eigen]") {
  const Network network = build_network(test::network_spec({.units = 129}), 1);
  const auto backend = eigen::make_backend();
  const auto trials = [&](const BatchShape& batch) { return backend->memory(network, {}, batch, {}).trials; };
  const auto outputs = static_cast<std::size_t>(network.outputs());
  constexpr std::size_t each = 64 * 1000 * sizeof(double);

  const std::size_t inputs = trials({64, 1000});

  CHECK(inputs == static_cast<std::size_t>(network.inputs()) * each);
  CHECK(trials({64, 1000, true}) - inputs == 129 * each);
  CHECK(trials({64, 1000, false, true}) - inputs == outputs * each);
  CHECK(trials({64, 1000, false, true, true}) - inputs == 2 * outputs * each);
}

TEST_CASE("the memory of a session grows with what is recorded", "[eigen]") {
  const Network network = build_network(test::network_spec({.units = 129}), 1);
  const auto backend = eigen::make_backend();
  const SessionOptions options{.precision = Precision::float32, .threads = 1};

  const std::size_t nothing = backend->memory(network, options, {64, 1000}, {}).total();
  const std::size_t activity = backend->memory(network, options, {64, 1000}, {.h = true}).total();
  const std::size_t part = backend->memory(network, options, {64, 1000}, {.h = true, .steps = {0, 500}}).total();
  const std::size_t twice =
      backend->memory(network, {.precision = Precision::float64}, {64, 1000}, {.h = true}).total();

  CHECK(nothing > 0);
  CHECK(activity - nothing == 129 * 64 * 1000 * sizeof(float));
  CHECK(part - nothing == (activity - nothing) / 2);
  CHECK(twice > activity + 129 * 64 * 1000 * sizeof(float) - 1);
}

TEST_CASE("a record of chosen units and steps is that part of the whole", "[eigen]") {
  const Index count = GENERATE(1, 7, 40);
  const Network network = build_network(test::network_spec({}), 1);
  const auto session = eigen::make_backend()->open(network, {.threads = 2});
  session->write_parameters(test::random_parameters(network, 2));
  session->load(test::random_trials(network, count, 9));
  session->forward({.x = true, .h = true, .y = true}, Noise::off);
  const Sequence x = session->read_activity(Quantity::x), y = session->read_activity(Quantity::y);

  const Selection units({{20, 4}, {3, 5}});
  session->forward({.x = true, .y = true, .units = units, .steps = {2, 6}}, Noise::off);
  const Sequence part_x = session->read_activity(Quantity::x), part_y = session->read_activity(Quantity::y);

  REQUIRE(part_x.units == 9);
  REQUIRE(part_x.steps == 4);
  for (Index step = 0; step < 4; ++step) {
    CHECK(part_x.at(step) == units.rows_of(x.at(step + 2)));
    CHECK(part_y.at(step) == y.at(step + 2));
  }
  CHECK_THROWS_AS(session->read_activity(Quantity::h), ShapeError);
}

TEST_CASE("parts of a run are read into the trials of one array", "[eigen]") {
  const Index trials = GENERATE(1, 7, 70);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Network network = build_network(test::network_spec({}), 1);
  const auto session = eigen::make_backend()->open(network, {.precision = precision, .threads = 2});
  session->write_parameters(test::random_parameters(network, 2));
  session->load(test::random_trials(network, trials, 9));
  session->forward({.x = true, .h = true, .y = true, .steps = {1, 8}}, Noise::off);

  test::check_partial_reads(*session, trials);
}

TEST_CASE("reading in single precision loses nothing of a single-precision session", "[eigen]") {
  const Network network = build_network(test::network_spec({}), 1);
  const auto session = eigen::make_backend()->open(network, {.precision = Precision::float32});
  session->write_parameters(test::random_parameters(network, 2));
  session->load(test::random_trials(network, 3, 4));
  session->forward({.h = true}, Noise::off);

  const Sequence wide = session->read_activity(Quantity::h);
  const FloatSequence narrow = session->read_activity_float(Quantity::h);

  CHECK(std::equal(wide.data.begin(), wide.data.end(), narrow.data.begin(), narrow.data.end(),
                   [](double a, float b) { return a == static_cast<double>(b); }));
}

TEST_CASE("activity that is no longer finite is an error naming the id of the trial, step and region", "[eigen][bad]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index count = GENERATE(3, 50);
  const int threads = GENERATE(1, 3);
  const Network network = build_network(
      test::network_spec({.units = 33, .dynamics = dynamics, .activation = Activation::linear, .dale = Dale::none}), 1);
  const auto session = eigen::make_backend()->open(network, {.precision = precision, .threads = threads});
  session->write_parameters(test::random_parameters(network, 2));
  Trials trials = test::random_trials(network, count, 9);
  trials.stimulus = Sequence(network.units(), count, 9);
  trials.ids[2] = 102;
  trials.stimulus(25, 2, 4) = std::numeric_limits<double>::infinity();  // a unit of c

  session->load(trials);

  CHECK_THROWS_WITH(session->forward({}, Noise::off),
                    StartsWith("activity is no longer finite: trial 102, step 4, region c; "));
}

TEST_CASE("a session goes on working after a run that failed", "[eigen][bad]") {
  const Network network = build_network(test::network_spec({}), 1);
  const auto session = eigen::make_backend()->open(network, {.threads = 2});
  session->write_parameters(test::random_parameters(network, 2));
  Trials trials = test::random_trials(network, 70, 9);
  trials.inputs(0, 3, 2) = std::numeric_limits<double>::quiet_NaN();
  session->load(trials);
  CHECK_THROWS_AS(session->forward({.h = true}, Noise::off), RunError);
  CHECK_THROWS_AS(session->read_activity(Quantity::h), ShapeError);

  session->load(test::random_trials(network, 70, 9));
  session->forward({.h = true}, Noise::off);

  CHECK(session->read_activity(Quantity::h).at(8).allFinite());
}
