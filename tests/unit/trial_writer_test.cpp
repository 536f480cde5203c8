// Laying out trials: boundaries, padding, metadata and mistakes.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/trial_writer.hpp"

namespace {

using mrnn::Index;
using mrnn::StepRange;
using mrnn::TrialWriter;

/// Two input channels, two outputs of one channel each.
mrnn::Network network(double dt = 10.0) {
  mrnn::NetworkSpec spec;
  spec.dt = dt;
  spec.regions.push_back(mrnn::Region{"area"});
  spec.inputs = {{"cue", 2}};
  spec.outputs = {{"left", 1}, {"right", 1}};
  return mrnn::build_network(spec, 1);
}

std::string mistake(const std::function<void()>& act) {
  try {
    act();
  } catch (const mrnn::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("epochs tile every trial at rounded times", "[trial_writer]") {
  const double dt = GENERATE(1.0, 7.0, 10.0, 16.0, 33.3);
  const std::vector<std::vector<double>> durations = {{25.0, 0.0, 13.0, 105.0}, {4.0, 60.0, 0.0, 1.0}};
  CAPTURE(dt);
  TrialWriter writer(network(dt), {.count = 2}, {"a", "b", "c", "d"}, durations);

  for (Index trial = 0; trial < 2; ++trial) {
    double time = 0.0;
    Index boundary = 0;
    for (std::size_t e = 0; e < 4; ++e) {
      const StepRange steps = writer.epoch(trial, std::string(1, static_cast<char>('a' + e)));
      time += durations[static_cast<std::size_t>(trial)][e];
      CHECK(steps.first == boundary);
      CHECK(steps.last == std::lround(time / dt));
      boundary = steps.last;
    }
    CHECK(writer.whole(trial) == StepRange{0, boundary});
  }
  CHECK(writer.take().steps == std::lround(143.0 / dt));
}

TEST_CASE("a shorter trial is continued at rest", "[trial_writer]") {
  TrialWriter writer(network(), {.first = 5, .count = 2}, {"wait", "go"}, {{10.0, 20.0}, {10.0, 0.0}});
  for (Index trial = 0; trial < 2; ++trial) {
    writer.input(trial, 1, writer.whole(trial), 2.0);
    writer.target(trial, 0, writer.whole(trial), 3.0);
    writer.mask(trial, {0, 2}, writer.epoch(trial, "go"), 1.0);
  }
  writer.mask(1, {1, 1}, writer.epoch(1, "wait"), 5.0);
  CHECK(writer.id(1) == 6);
  const mrnn::Trials made = writer.take();

  CHECK(writer.trials() == 0);
  CHECK(made.count == 2);
  CHECK(made.steps == 3);
  CHECK(made.ids == std::vector<std::uint64_t>{5, 6});
  // [channel of trial 0, channel of trial 1] per step, units of a trial side by side.
  CHECK(made.inputs.data == std::vector<double>{0, 2, 0, 2, 0, 2, 0, 0, 0, 2, 0, 0});
  CHECK(made.targets.data == std::vector<double>{3, 0, 3, 0, 3, 0, 0, 0, 3, 0, 0, 0});
  CHECK(made.mask.data == std::vector<double>{0, 0, 0, 5, 1, 1, 0, 0, 1, 1, 0, 0});
  REQUIRE(made.epochs.size() == 2);
  CHECK(made.epochs[1].name == "go");
  CHECK(made.epochs[1].first == std::vector<Index>{1, 1});
  CHECK(made.epochs[1].last == std::vector<Index>{3, 1});
}

TEST_CASE("metadata that a trial was not given is empty", "[trial_writer]") {
  TrialWriter writer(network(), {.count = 2}, {"wait"}, {{10.0}, {10.0}});
  writer.number(1, "coherence", 3.2);
  writer.text(0, "side", "left");
  const mrnn::Trials made = writer.take();

  CHECK(std::isnan(made.numbers.at("coherence")[0]));
  CHECK(made.numbers.at("coherence")[1] == 3.2);
  CHECK(made.texts.at("side") == std::vector<std::string>{"left", ""});
}

TEST_CASE("trials that cannot be laid out are told", "[trial_writer]") {
  const auto with = [](std::vector<double> durations, Index count = 1) {
    return mistake([&] { TrialWriter(network(), {.count = count}, {"wait", "go"}, {std::move(durations)}); });
  };
  CHECK(with({1.0, 3.0}) ==
        "task: a trial lasts 4 ms, less than one step of 10 ms; make its epochs longer, or dt shorter");
  CHECK(with({1.0, -3.0}) ==
        "task: epoch \"go\" lasts -3 ms; 0 ms or more is accepted, and up to 4294967295 steps of 10 ms in a trial");
  CHECK(
      with({1e30, 0.0}) ==
      "task: epoch \"wait\" lasts 1e+30 ms; 0 ms or more is accepted, and up to 4294967295 steps of 10 ms in a trial");
  CHECK(with({1.0}) == "trial 0 has 1 durations for 2 epochs");
  CHECK(with({10.0, 10.0}, 2) == "durations of 1 trials for 2 trials");
}

TEST_CASE("writing beyond the trials is told", "[trial_writer]") {
  TrialWriter writer(network(), {.count = 2}, {"wait", "go"}, {{10.0, 10.0}, {10.0, 20.0}});

  CHECK(mistake([&] { writer.epoch(0, "wit"); }) ==
        "no epoch called \"wit\"; available: wait, go. Did you mean \"wait\"?");
  CHECK(mistake([&] {
          writer.input(0, 2, {0, 1}, 1.0);
        }) == "input channel 2 of trial 0 at steps 0 to 1; there are 2 channels, 2 trials and 3 steps");
  CHECK(mistake([&] {
          writer.target(2, 0, {0, 1}, 1.0);
        }) == "target channel 0 of trial 2 at steps 0 to 1; there are 2 channels, 2 trials and 3 steps");
  CHECK(mistake([&] {
          writer.mask(0, {1, 1}, {0, 4}, 1.0);
        }) == "mask channel 1 of trial 0 at steps 0 to 4; there are 2 channels, 2 trials and 3 steps");
}

TEST_CASE("metadata of a trial that is not there are told", "[trial_writer]") {
  TrialWriter writer(network(), {.count = 2}, {"wait", "go"}, {{10.0, 10.0}, {10.0, 20.0}});

  CHECK(mistake([&] { writer.number(2, "angle", 1.0); }) == "there is no trial 2 among 2");
  CHECK(mistake([&] { writer.text(-1, "side", "left"); }) == "there is no trial -1 among 2");
  CHECK(mistake([&] { writer.whole(7); }) == "there is no trial 7 among 2");
  CHECK(mistake([&] { writer.epoch(2, "go"); }) == "the epoch \"go\" has no trial 2");
}

TEST_CASE("performance is the mean of the scores that count", "[task]") {
  const double none = std::nan("");

  CHECK(mrnn::performance({Eigen::Vector4d(1.0, none, 0.0, 0.5), {}}) == 0.5);
  CHECK(std::isnan(mrnn::performance({Eigen::Vector2d(none, none), {}})));
  CHECK(std::isnan(mrnn::performance({})));
}

TEST_CASE("every trial says how many steps are its own, whatever the request", "[trial_writer]") {
  TrialWriter two(network(), {.count = 2}, {"wait", "go"}, {{10.0, 20.0}, {10.0, 0.0}});
  TrialWriter one(network(), {.first = 1, .count = 1}, {"wait", "go"}, {{10.0, 0.0}});

  const mrnn::Trials both = two.take();

  CHECK(both.numbers.at(mrnn::trial_steps) == std::vector<double>{3.0, 1.0});
  CHECK(mrnn::trial_end(both, 1) == 1);
  CHECK(one.take().numbers.at(mrnn::trial_steps) == std::vector<double>{1.0});
}
