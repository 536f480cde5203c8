// Durations: what each form of the key draws, and the text of each mistake.

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/error.hpp"

namespace {

using mrnn::Duration;

mrnn::RandomStream stream(std::uint64_t id) {
  return {7, mrnn::Stream::simulation_trials, id};
}

Duration read(const std::string& value) {
  const auto root = mrnn::ConfigNode::parse("[task]\n" + (value.empty() ? "" : "delay = " + value), "x.toml");
  return Duration::read(root.table("task"), "delay", Duration::constant(250.0));
}

std::vector<double> drawn(const Duration& duration, std::uint64_t draws = 20000) {
  std::vector<double> times;
  for (std::uint64_t id = 0; id < draws; ++id) {
    auto random = stream(id);
    times.push_back(duration.draw(random));
  }
  return times;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::string mistake(const std::string& value) {
  try {
    read(value);
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("times become the nearest whole number of steps, and those beyond any run are cut", "[duration]") {
  CHECK(mrnn::to_steps(0.0, 10.0) == 0);
  CHECK(mrnn::to_steps(14.9, 10.0) == 1);
  CHECK(mrnn::to_steps(15.0, 10.0) == 2);
  CHECK(mrnn::to_steps(-15.0, 10.0) == -2);
  CHECK(mrnn::to_steps(1e300, 10.0) == 1'000'000'000'000);
  CHECK(mrnn::to_steps(-1e300, 10.0) == -1'000'000'000'000);
  CHECK(mrnn::to_steps(1e300, 1e-300) == 1'000'000'000'000);
}

TEST_CASE("a number is a constant duration and an absent key the fallback", "[duration]") {
  CHECK(drawn(read("500"), 3) == std::vector<double>(3, 500.0));
  CHECK(drawn(read("[500]"), 3) == std::vector<double>(3, 500.0));
  CHECK(drawn(read(""), 3) == std::vector<double>(3, 250.0));
  CHECK(read("0").longest() == 0.0);
}

TEST_CASE("two times are the ends of a uniform distribution", "[duration]") {
  const Duration delay = read("[200, 600]");
  const std::vector<double> times = drawn(delay);

  CHECK(delay.shortest() == 200.0);
  CHECK(delay.longest() == 600.0);
  for (const double time : times) CHECK((time >= 200.0 && time < 600.0));
  CHECK_THAT(mean(times), WithinAbs(400.0, 4.0));  // standard error 400 / sqrt(12 x 20000) = 0.8
}

TEST_CASE("choices are drawn equally often", "[duration]") {
  const Duration delay = read("{ choices = [800, 200, 400] }");
  const std::vector<double> times = drawn(delay);

  CHECK(delay.shortest() == 200.0);
  CHECK(delay.longest() == 800.0);
  CHECK(std::set<double>(times.begin(), times.end()) == std::set<double>{200.0, 400.0, 800.0});
  CHECK_THAT(mean(times), WithinAbs(1400.0 / 3.0, 9.0));  // standard error 250 / sqrt(20000) = 1.8
}

TEST_CASE("an exponential is truncated on both sides", "[duration]") {
  const Duration delay = read("{ mean = 600, low = 300, high = 3000 }");
  const std::vector<double> times = drawn(delay);

  CHECK(delay.shortest() == 300.0);
  CHECK(delay.longest() == 3000.0);
  for (const double time : times) CHECK((time >= 300.0 && time <= 3000.0));
  // Mean of an exponential above 300 cut off 2700 later: 300 + 600 - 2700 e^-4.5 / (1 - e^-4.5).
  const double expected = 900.0 - 2700.0 * std::exp(-4.5) / (1.0 - std::exp(-4.5));
  CHECK_THAT(mean(times), WithinAbs(expected, 20.0));
}

TEST_CASE("every kind of duration takes one uniform number", "[duration]") {
  for (const std::string value : {"500", "[200, 600]", "{ choices = [1, 2, 3] }", "{ mean = 1, low = 0, high = 2 }"}) {
    CAPTURE(value);
    auto random = stream(3), reference = stream(3);
    read(value).draw(random);
    reference.uniform();
    CHECK(random.word() == reference.word());
  }
}

TEST_CASE("a mistaken duration is told at its key", "[duration]") {
  CHECK(mistake("-5") == "x.toml:2:9: task.delay: is -5 ms; a time of 0 ms or more is accepted");
  CHECK(mistake("[600, 200]") == "x.toml:2:9: task.delay: is [600, 200]; the lower time comes first");
  CHECK(mistake("[1, 2, 3]") ==
        "x.toml:2:9: task.delay: is a list of 3 times; one time in ms, two as [low, high], { choices = [...] } or "
        "{ mean = ..., low = ..., high = ... } is accepted");
  CHECK(mistake("inf") == "x.toml:2:9: task.delay: is inf; a finite number is accepted");
  CHECK(mistake("{ choices = [] }") ==
        "x.toml:2:21: task.delay.choices: is an empty list; one time in ms or more is accepted");
  CHECK(mistake("{ choices = [1, -2] }") ==
        "x.toml:2:21: task.delay.choices: is -2 ms; a time of 0 ms or more is accepted");
  CHECK(mistake("{ mean = 5, low = 30, high = 20 }") == "x.toml:2:38: task.delay.high: is 20 ms, below low = 30 ms");
  CHECK(mistake("{ mean = 0, low = 3, high = 4 }") ==
        "x.toml:2:18: task.delay.mean: is 0; a number above 0 is accepted");
  CHECK(mistake("{ mean = 5, low = 3, hihg = 4 }") ==
        "x.toml:2:37: task.delay.high: is missing; a number is required. Is \"hihg\" meant to be it?");
}
