// R^2 and correlation by hand, of outputs and targets that are given.

#include <cmath>
#include <limits>

#include "made_activity.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-12;

/// Two outputs: `rates` of two channels and `level` of one, whose target never varies.
mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.regions = {{.name = "a", .units = 2}};
  spec.outputs = {{.name = "rates", .units = 2}, {.name = "level", .units = 1}};
  return mrnn::build_network(spec, 1);
}

/// Two trials of two steps. Targets of rates 0: 1, 2 | 3, 4, of rates 1: 0, 10 | 0, 10; outputs are off by 1 and by 2
/// upwards in the first trial, right in the second. `level` is 5 and is met.
test::Subject subject() {
  test::Subject made{network(), {}};
  mrnn::Simulation simulation;
  simulation.name = "control";
  simulation.trials = mrnn::blank_trials(0, 2, 2);
  simulation.record.y = true;
  simulation.steps = {0, 2};
  mrnn::Sequence targets(3, 2, 2);
  const double first[2][2] = {{1.0, 2.0}, {3.0, 4.0}};
  for (Index trial = 0; trial < 2; ++trial) {
    for (Index step = 0; step < 2; ++step) {
      targets(0, trial, step) = first[trial][step];
      targets(1, trial, step) = 10.0 * static_cast<double>(step);
      targets(2, trial, step) = 5.0;
    }
  }
  mrnn::Sequence outputs = targets;
  for (Index step = 0; step < 2; ++step) {
    outputs(0, 0, step) += 1.0;
    outputs(1, 0, step) += 2.0;
  }
  simulation.trials.targets = targets;
  simulation.trials.numbers["held_out"] = {0.0, 1.0};
  simulation.y = outputs;
  made.simulations.push_back(std::move(simulation));
  return made;
}

}  // namespace

TEST_CASE("the variance explained is that of all trials and steps", "[goodness_of_fit]") {
  const mrnn::AnalysisResults results = test::analyse(subject(), "goodness_of_fit", "");

  CHECK_THAT(at(results, "rates_r2", {0, 0}), WithinAbs(1.0 - 2.0 / 5.0, tolerance));
  CHECK_THAT(at(results, "rates_r2", {0, 1}), WithinAbs(1.0 - 8.0 / 100.0, tolerance));
  CHECK_THAT(at(results, "rates_total_r2", {0}), WithinAbs(1.0 - 10.0 / 105.0, tolerance));
  // Of targets 1, 2, 3, 4 and outputs 2, 3, 3, 4.
  CHECK_THAT(at(results, "rates_correlation", {0, 0}), WithinAbs(3.0 / std::sqrt(5.0 * 2.0), tolerance));
  CHECK(test::texts(results, "groups") == std::vector<std::string>{"all"});
  CHECK(results.summary.front() == "rates: 90.5 % of the variance of the targets explained");
}

TEST_CASE("a target that does not vary has no variance to explain", "[goodness_of_fit]") {
  const mrnn::AnalysisResults results = test::analyse(subject(), "goodness_of_fit", "");

  CHECK(std::isnan(at(results, "level_r2", {0, 0})));
  CHECK(std::isnan(at(results, "level_correlation", {0, 0})));
  CHECK(std::isnan(at(results, "level_total_r2", {0})));
  CHECK(results.summary.back() == "level: its targets do not vary, so there is nothing to explain");
}

TEST_CASE("a target that does not vary within a group has no score there, whatever the rounding of its mean",
          "[goodness_of_fit]") {
  test::Subject made = subject();
  mrnn::Simulation& simulation = made.simulations.front();
  const Index trials = 6, steps = 7;  // sums of so many times 0.1, 0.7 or 0.8 are rounded
  simulation.trials = mrnn::blank_trials(0, trials, steps);
  simulation.steps = {0, steps};
  mrnn::Sequence targets(3, trials, steps);
  for (Index trial = 0; trial < trials; ++trial) {
    simulation.trials.numbers["held_out"].push_back(trial < 3 ? 0.0 : 1.0);
    for (Index step = 0; step < steps; ++step) {
      targets(0, trial, step) = trial < 3 ? 0.1 : 0.7;
      targets(1, trial, step) = trial < 3 ? 0.8 : double(step);
      targets(2, trial, step) = 0.1;
    }
  }
  targets(0, 1, 2) = std::nextafter(0.1, 1.0);  // as good as 0.1
  mrnn::Sequence outputs = targets;
  for (Index trial = 0; trial < trials; ++trial) {
    for (Index step = 0; step < steps; ++step) outputs(0, trial, step) += 0.01 * double(step);
    for (Index step = 0; step < steps; ++step) outputs(1, trial, step) = 0.3;
  }
  simulation.trials.targets = targets;
  simulation.y = outputs;

  const mrnn::AnalysisResults results = test::analyse(made, "goodness_of_fit", "by = \"held_out\"");

  for (Index group = 0; group < 2; ++group) {
    CHECK(std::isnan(at(results, "rates_r2", {group, 0})));
    CHECK(std::isnan(at(results, "rates_correlation", {group, 0})));
    CHECK(std::isnan(at(results, "rates_correlation", {group, 1})));  // an output that does not vary
    CHECK(std::isnan(at(results, "level_total_r2", {group})));
  }
  CHECK(std::isnan(at(results, "rates_r2", {0, 1})));
  CHECK(std::isnan(at(results, "rates_total_r2", {0})));
  // Targets 0 ... 6 in three trials, outputs 0.3: squared error 3 (91 - 0.6 21 + 7 0.09), variance 3 28. The first
  // channel has no variance, but its error counts: 3 times 0.0001 91.
  const double missed = 3.0 * (91.0 - 0.6 * 21.0 + 7.0 * 0.09), varied = 3.0 * 28.0;
  CHECK_THAT(at(results, "rates_r2", {1, 1}), WithinAbs(1.0 - missed / varied, tolerance));
  CHECK_THAT(at(results, "rates_total_r2", {1}), WithinAbs(1.0 - (missed + 3.0 * 0.0091) / varied, tolerance));
  CHECK(results.figures.at(1).panels.front().y.label == "rates 1");  // by the group that has scores
  CHECK_THAT(results.summary.front(), EndsWith(" % (held_out 1) of the variance of the targets explained; the "
                                               "targets do not vary in held_out 0"));
}

TEST_CASE("groups of trials are judged each on its own", "[goodness_of_fit]") {
  const mrnn::AnalysisResults results = test::analyse(subject(), "goodness_of_fit", "by = \"held_out\"");

  CHECK_THAT(at(results, "rates_r2", {0, 0}), WithinAbs(1.0 - 2.0 / 0.5, tolerance));
  CHECK_THAT(at(results, "rates_r2", {1, 0}), WithinAbs(1.0, tolerance));
  CHECK_THAT(at(results, "rates_total_r2", {0}), WithinAbs(1.0 - 10.0 / 50.5, tolerance));
  CHECK(test::texts(results, "groups") == std::vector<std::string>{"0", "1"});
  CHECK(results.summary.front() ==
        "rates: 80.2 % (held_out 0), 100.0 % (held_out 1) of the variance of the targets explained");
  const mrnn::Panel& scores = results.figures.front().panels.front();
  REQUIRE(scores.series.size() == 2);
  CHECK_THAT(scores.series[0].x[0], WithinAbs(0.85, tolerance));  // beside each other, so that none hides another
  CHECK_THAT(scores.series[1].x[0], WithinAbs(1.15, tolerance));
  CHECK(scores.guides.size() == 1);  // one fit is poor: 0 is in sight
}

TEST_CASE("what the mask leaves out, or comes after the end of a trial, is not judged", "[goodness_of_fit]") {
  test::Subject masked = subject();
  masked.simulations.front().trials.mask = mrnn::Sequence(3, 2, 2);
  for (Index step = 0; step < 2; ++step) masked.simulations.front().trials.mask.at(step).col(1).setOnes();
  masked.simulations.front().trials.targets(0, 0, 0) = std::numeric_limits<double>::quiet_NaN();
  test::Subject shorter = subject();
  shorter.simulations.front().trials.numbers["trial_steps"] = {1.0, 2.0};

  const mrnn::AnalysisResults results = test::analyse(masked, "goodness_of_fit", "");

  CHECK_THAT(at(results, "rates_r2", {0, 0}), WithinAbs(1.0, tolerance));
  // Targets 1 | 3, 4 and an output that is off by 1 in the first: the mean is 8 / 3.
  CHECK_THAT(at(test::analyse(shorter, "goodness_of_fit", ""), "rates_r2", {0, 0}),
             WithinAbs(1.0 - 1.0 / (42.0 / 9.0), tolerance));
}

TEST_CASE("weights of the mask count as they do in the loss", "[goodness_of_fit]") {
  test::Subject weighted = subject();
  weighted.simulations.front().trials.mask = mrnn::Sequence(3, 2, 2);
  for (Index step = 0; step < 2; ++step) {
    weighted.simulations.front().trials.mask.at(step).col(0).setConstant(3.0);
    weighted.simulations.front().trials.mask.at(step).col(1).setOnes();
  }

  // Mean (3 (1 + 2) + 3 + 4) / 8 = 2; variance 3 (1 + 0) + 1 + 4 = 8; squared error 3 (1 + 1) = 6.
  CHECK_THAT(at(test::analyse(weighted, "goodness_of_fit", ""), "rates_r2", {0, 0}), WithinAbs(0.25, tolerance));
}

TEST_CASE("traces are drawn of the best and the worst channel", "[goodness_of_fit]") {
  const mrnn::AnalysisResults results = test::analyse(subject(), "goodness_of_fit", "");

  const mrnn::Figure& traces = results.figures.at(1);
  REQUIRE(traces.panels.size() == 4);  // two channels of rates in two trials; level has no score
  CHECK(traces.panels[0].y.label == "rates 1");
  CHECK(traces.panels[2].y.label == "rates 0");
  CHECK(traces.panels[0].series[0].y == std::vector<double>{2.0, 12.0});
  CHECK(traces.panels[0].series[1].y == std::vector<double>{0.0, 10.0});
  CHECK(traces.panels[1].title == "trial 1");
}

TEST_CASE("a fit needs outputs, targets and one simulation", "[goodness_of_fit][bad]") {
  test::Subject bare = subject();
  bare.simulations.front().trials.targets = {};
  CHECK(test::failure(bare, "goodness_of_fit", "") ==
        "simulation \"control\" has no targets, so there is nothing that outputs could fit");
  CHECK(test::mistake({test::unconnected({{"a", 2}}), {}}, "goodness_of_fit", "") ==
        "x.toml:1:10: plugin: compares outputs with their targets; the network has no [[output]]");
  CHECK_THAT(test::mistake(subject(), "goodness_of_fit", "simulation = [\"control\", \"other\"]"),
             Catch::Contains("simulation: ") && Catch::Contains("a fit is that of one simulation"));
  CHECK_THAT(test::mistake(subject(), "goodness_of_fit", "by = \"hold_out\""),
             Catch::Contains("held_out") && Catch::Contains("hold_out"));
}
