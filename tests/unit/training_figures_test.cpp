// The figures of a training: which there are, its curves, and example trials.

#include "report/training_figures.hpp"

#include <cmath>

#include "catch.hpp"
#include "figures/figure_files.hpp"
#include "figures/gnuplot.hpp"
#include "temporary_folder.hpp"
#include "training_outcome.hpp"

using namespace test;

namespace {

/// A target of nine channels, so many that they are shown as colours.
Network network_with_map() {
  NetworkSpec spec;
  spec.regions = {{"v1", 2}};
  spec.outputs = {{"map", 9}};
  return build_network(spec, 1);
}

}  // namespace

TEST_CASE("training has figures of its curves, trials, choices, weights and eigenvalues", "[training figures]") {
  const Network network = small_network();

  const auto figures = figures_of(network, {}, small_outcome(network));

  CHECK(names_of(figures) == std::vector<std::string>{"training", "training_examples", "training_psychometric",
                                                      "training_weights", "training_eigenvalues"});
}

TEST_CASE("choices of several groups are drawn at their own values of the variable", "[training figures]") {
  const Network network = small_network();
  TrainingExamples examples = small_examples(network);
  add_psychometric(network, examples);
  const bool in_words = GENERATE(true, false);
  examples.psychometric.texts.erase("context");
  for (Index k = 0; k < 40; ++k) {
    const Index context = k / 4 % 5;
    if (in_words) examples.psychometric.texts["context"].push_back("context " + std::to_string(context));
    if (!in_words) examples.psychometric.numbers["context"].push_back(static_cast<double>(context));
  }

  const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples).at(2);

  int groups = 0;
  for (const Series& series : figure.panels.at(0).series) {
    if (series.kind != Series::Kind::scatter) continue;
    ++groups;
    CHECK(series.x == std::vector<double>{-2.0, -1.0, 1.0, 2.0});
  }
  CHECK(groups == 5);
  CHECK_THAT(figure.caption, StartsWith("Discs: shares of choices, bars: their 95 % intervals (Wilson). Lines: "));
}

TEST_CASE("figures of training without data are left out", "[training figures]") {
  const Network network = small_network();
  TrainingOutcome outcome = small_outcome(network);
  outcome.history = {};
  ChoosingTask task;
  task.has_curve = false;

  const auto figures = training_figures(network, {}, task, outcome, {});

  CHECK(names_of(figures) == std::vector<std::string>{"training_weights", "training_eigenvalues"});
}

TEST_CASE("eigenvalues of large networks are left out", "[training figures]") {
  NetworkSpec spec = small_network().spec();
  spec.regions[1].units = 3000;
  spec.connections.erase(spec.connections.begin() + 2);  // m1 to itself
  const Network network = build_network(spec, 1);

  const auto figures = training_figures(network, {}, ChoosingTask(), small_outcome(network), {});

  CHECK(names_of(figures) == std::vector<std::string>{"training", "training_weights"});
}

TEST_CASE("the figures of training can be drawn", "[training figures]") {
  const Gnuplot gnuplot;
  if (!gnuplot.available()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  const test::TemporaryFolder folder;
  const Network network = small_network();

  for (const Figure& figure : figures_of(network, {}, small_outcome(network))) {
    CAPTURE(figure.name);
    const Rendered rendered = gnuplot.render(figure, folder.path());

    CHECK(rendered.warnings.empty());
    CHECK(rendered.files.size() == 3);
    CHECK(to_json(figure_from_json(to_json(figure))) == to_json(figure));
  }
}

TEST_CASE("curves of training mark where it stops and where a stage begins", "[training figures]") {
  const Network network = small_network();
  TrainingPlan plan;
  plan.stop_performance = 0.95;
  plan.stop_loss = 0.1;
  plan.optimiser.clip_norm = 1.0;

  const Figure figure = figures_of(network, plan, small_outcome(network)).at(0);

  REQUIRE(figure.panels.size() == 3);  // the rate is constant
  const Panel& loss = figure.panels[0];
  CHECK(loss.y.log);
  CHECK(series_called(loss, "batch").y == std::vector<double>{1.0, 0.5, 0.25, 0.125});
  CHECK(series_called(loss, "l2_rates").y.size() == 4);
  CHECK(series_called(loss, "validation").x == std::vector<double>{20.0, 40.0});
  REQUIRE(loss.guides.size() == 2);
  CHECK(loss.guides[0].kind == Guide::Kind::vertical);
  CHECK(loss.guides[0].position == 30.0);
  CHECK(loss.guides[0].label == "stage 2");
  CHECK(loss.guides[1].position == 0.1);
  CHECK(figure.panels[1].y.label == "share of correct choices");
  CHECK(figure.panels[1].guides[1].position == 0.95);
  CHECK(figure.panels[2].guides[1].label == "clip");
}

TEST_CASE("the first values of a training do not take the axis for themselves", "[training figures]") {
  const Network network = small_network();
  TrainingOutcome outcome = small_outcome(network);
  outcome.iterations = 400;
  outcome.history.loss.front() = 5000.0;
  for (std::int64_t& iteration : outcome.history.iteration) iteration *= iteration > 10 ? 10 : 1;

  const Figure figure = figures_of(network, {}, outcome).at(0);
  outcome.history.loss.front() = 5.0;
  const Figure whole = figures_of(network, {}, outcome).at(0);

  CHECK(figure.panels[0].y.high == 1.0);  // twice the largest later value
  CHECK(series_called(figure.panels[0], "batch").y.front() == 5000.0);
  CHECK_FALSE(figure.panels[2].y.high.has_value());
  CHECK_THAT(figure.caption, EndsWith("The first values of \"Loss\" lie above its axis: up to 5e+03."));
  CHECK_FALSE(whole.panels[0].y.high.has_value());
  CHECK_THAT(whole.caption, !Catch::Contains("above its axis"));
}

TEST_CASE("example trials say how well they were done", "[training figures]") {
  const Network network = small_network();
  class Unscored final : public Task {
    Trials make(const TrialRequest& /*request*/) const override { return {}; }
  };

  const Figure scored =
      training_figures(network, {}, ChoosingTask(), small_outcome(network), small_examples(network)).at(1);
  const Figure unscored =
      training_figures(network, {}, Unscored(), small_outcome(network), small_examples(network)).at(1);

  CHECK(scored.panels[0].title == "right (score 1)");
  CHECK_THAT(scored.caption, EndsWith("Score: how well the trial was done, from 0 to 1 (share of correct choices)."));
  CHECK(unscored.panels[0].title == "right");
  CHECK_THAT(unscored.caption, !Catch::Contains("Score"));
}

TEST_CASE("a loss that reaches zero is drawn on a linear axis", "[training figures]") {
  const Network network = small_network();
  TrainingOutcome outcome = small_outcome(network);
  outcome.history.loss[2] = 0.0;

  CHECK_FALSE(figures_of(network, {}, outcome).at(0).panels[0].y.log);
}

TEST_CASE("a loss to stop at that has no place on a logarithmic axis is not marked", "[training figures]") {
  const Network network = small_network();
  TrainingPlan plan;
  plan.stop_loss = 0.0;

  const Figure figure = figures_of(network, plan, small_outcome(network)).at(0);

  CHECK(figure.panels[0].y.log);
  CHECK(figure.panels[0].guides.size() == 1);  // of the stage
  CHECK_THAT(figure.caption, !Catch::Contains("marked stop"));
}

TEST_CASE("a rate that changes and a task without performance change the panels", "[training figures]") {
  const Network network = small_network();
  TrainingOutcome outcome = small_outcome(network);
  outcome.history.performance.assign(4, std::nan(""));
  outcome.history.validation_performance.assign(2, std::nan(""));
  TrainingPlan plan;
  plan.schedule.kind = RateSchedule::Kind::step;

  const Figure figure = figures_of(network, plan, outcome).at(0);

  REQUIRE(figure.panels.size() == 3);
  CHECK(figure.panels[1].title == "Gradient");
  CHECK(figure.panels[2].title == "Learning rate");
}

TEST_CASE("an example ends where its trial ends and shows targets where they count", "[training figures]") {
  const Network network = small_network();

  const Figure figure = figures_of(network, {}, small_outcome(network)).at(1);

  REQUIRE(figure.panels.size() == 3);  // all inputs, choice, state
  CHECK(figure.columns == 1);
  CHECK(figure.panels[0].title == "right (score 1)");
  CHECK(
      figure.caption ==
      "Solid: inputs (without their noise) and outputs. Dashed: targets, where the loss counts them. Lines from top "
      "to bottom: borders of the epochs named above. Score: how well the trial was done, from 0 to 1 (share of correct "
      "choices).");
  const Panel& choice = figure.panels[1];
  const Series& output = series_called(choice, "choice 0");
  CHECK(output.x == std::vector<double>{0.0, 20.0, 20.0, 40.0, 40.0, 60.0});  // each value for its step
  CHECK(output.y == std::vector<double>{0.0, 0.0, 0.1, 0.1, 0.2, 0.2});
  const Series& target = series_called(choice, "target");
  CHECK(target.dashed);
  REQUIRE(target.y.size() == 6);
  CHECK(std::isnan(target.y[3]));
  CHECK(target.y[4] == 1.0);
}

TEST_CASE("the epochs of an example stand above its first panel", "[training figures]") {
  const Network network = small_network();

  const Figure figure = figures_of(network, {}, small_outcome(network)).at(1);

  REQUIRE(figure.panels[0].guides.size() == 2);
  CHECK(figure.panels[0].guides[1].kind == Guide::Kind::epoch);
  CHECK(figure.panels[0].guides[1].label == "choice");
  CHECK(figure.panels[0].guides[1].position == 20.0);
  CHECK(figure.panels[0].guides[1].stop == 60.0);
  CHECK(figure.panels[1].guides[1].label.empty());
  CHECK(figure.panels[2].x.label == "time (ms)");
}

TEST_CASE("three channels and more stand one above the other with their names", "[training figures]") {
  const Network network = small_network();

  const Figure figure = figures_of(network, {}, small_outcome(network)).at(1);

  const std::vector<AxisName>& names = figure.panels[2].y.names;
  REQUIRE(names.size() == 3);
  CHECK(names[0].words == "state 0");
  CHECK(names[2].words == "state 2");
  CHECK(names[0].position > names[1].position);
  CHECK(figure.panels[1].y.names.empty());
  CHECK(figure.panels[0].y.names.at(0).words == "go");
  CHECK(figure.panels[0].y.names.at(2).words == "cue 1");
}

TEST_CASE("many channels are shown as colours with their targets on one scale", "[training figures]") {
  NetworkSpec spec;
  spec.regions = {{"v1", 2}};
  spec.inputs = {{"go", 1}, {"ring", 9}};
  spec.outputs = {{"map", 9}};
  const Network network = build_network(spec, 1);

  const Figure figure =
      training_figures(network, {}, ChoosingTask(), small_outcome(network), small_examples(network)).at(1);

  REQUIRE(figure.panels.size() == 4);  // go, ring, target, map
  CHECK(figure.panels[0].y.label == "go");
  CHECK(figure.panels[1].y.label == "ring");
  CHECK(figure.panels[1].heat_map->label == "input (a.u.)");
  CHECK(figure.panels[1].heat_map->values.rows() == 9);
  CHECK(figure.panels[1].heat_map->values.cols() == 3);
  CHECK(figure.panels[1].heat_map->y_low == -0.5);  // channels count from 0
  CHECK(figure.panels[2].y.label == "map (target)");
  CHECK(figure.panels[2].heat_map->label == "target (a.u.)");
  CHECK(figure.panels[3].heat_map->label == "output y (a.u.)");
  CHECK_FALSE(figure.panels[3].heat_map->diverging);
  CHECK(figure.panels[2].heat_map->low == 0.0);
  CHECK(figure.panels[2].heat_map->high == 1.0);
  CHECK(figure.panels[3].heat_map->low == 0.0);
  CHECK(figure.panels[3].heat_map->high == 1.0);
  CHECK(figure.caption ==
        "Solid: inputs (without their noise). Colours: inputs (without their noise), outputs and targets, channel by "
        "channel. Grey: targets that the loss does not count. Lines from top to bottom: borders of the epochs named "
        "above. Score: how well the trial was done, from 0 to 1 (share of correct choices).");
}

TEST_CASE("targets that do not count have no colour, and no part in the scale", "[training figures]") {
  const Network network = network_with_map();
  TrainingExamples examples = small_examples(network);
  Trials& trials = examples.trials;
  for (Index step = 0; step < 4; ++step) {
    for (Index k = 0; k < 9; ++k) {
      const bool recorded = k != 3 && k != 4;
      trials.mask(k, 0, step) = recorded ? 1.0 : 0.0;
      if (!recorded) trials.targets(k, 0, step) = -7.0;
    }
  }

  const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples).at(1);

  const Panel& target = figure.panels.at(0);
  CHECK(target.heat_map->values.row(3).array().isNaN().all());
  CHECK(target.heat_map->values.row(4).array().isNaN().all());
  CHECK(target.heat_map->values.row(5) == Eigen::RowVectorXd::Ones(3));
  CHECK(target.heat_map->low == 0.0);
  CHECK(target.heat_map->high == 1.0);
  REQUIRE(target.series.size() == 1);  // both channels in one
  CHECK(target.series[0].kind == Series::Kind::band);
  CHECK(target.series[0].x == std::vector<double>{0.0, 30.0});
  CHECK(target.series[0].y == std::vector<double>{2.5, 2.5});
  CHECK(target.series[0].upper == std::vector<double>{4.5, 4.5});
  CHECK(figure.panels.at(1).series.empty());  // the output
  CHECK_THAT(figure.caption, Catch::Contains("Grey: targets that the loss does not count."));
}

TEST_CASE("a trial without any target that counts is grey throughout", "[training figures]") {
  const Network network = network_with_map();
  TrainingExamples examples = small_examples(network);
  examples.trials.mask = Sequence(network.outputs(), 1, 4);

  const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples).at(1);

  REQUIRE(figure.panels.at(0).series.size() == 1);
  CHECK(figure.panels[0].heat_map->values.array().isNaN().all());
  CHECK(figure.panels[0].series[0].y.front() == -0.5);
  CHECK(figure.panels[0].series[0].upper.front() == 8.5);
}

TEST_CASE("values a little beyond zero do not take half of the colours", "[training figures]") {
  const Network network = network_with_map();
  TrainingExamples examples = small_examples(network);
  examples.outputs(4, 0, 1) = -0.05;  // noise of a recording, say

  const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples).at(1);

  for (const Panel& panel : figure.panels) {
    CHECK_FALSE(panel.heat_map->diverging);
    CHECK(panel.heat_map->low == -0.05);
    CHECK(panel.heat_map->high == 1.0);
  }
}

TEST_CASE("colours of values of both signs are centred on zero", "[training figures]") {
  const Network network = network_with_map();
  TrainingExamples examples = small_examples(network);
  examples.outputs(4, 0, 1) = -2.0;

  const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples).at(1);

  for (const Panel& panel : figure.panels) {
    CHECK(panel.heat_map->diverging);
    CHECK(panel.heat_map->low == -2.0);
    CHECK(panel.heat_map->high == 2.0);
  }
  CHECK_THAT(figure.caption, StartsWith("Colours: outputs and targets, channel by channel."));
}

TEST_CASE("an example without epochs to its end is shown to the end of its trial", "[training figures]") {
  const Network network = small_network();
  TrainingExamples examples = small_examples(network);
  examples.trials.numbers.clear();
  const auto last_time = [&] {
    const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples).at(1);
    return figure.panels[1].series.front().x.back();
  };

  CHECK(last_time() == 80.0);  // all 4 steps, not the 3 of its epochs
  examples.trials.numbers[trial_steps] = {2.0};
  CHECK(last_time() == 40.0);
}

TEST_CASE("examples are of different conditions where there are some", "[training figures]") {
  const Network network = small_network();
  TrainingExamples examples;
  examples.trials = blank_trials(network.inputs(), 4, 2);
  examples.outputs = Sequence(network.outputs(), 4, 2);
  examples.trials.texts["condition"] = {"left", "left", "left", "right"};
  examples.trials.texts["task"] = {"go", "go", "go", "go"};

  const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples).at(1);

  CHECK(figure.columns == 3);
  CHECK(figure.panels[0].title == "go: left (score 1)");
  CHECK(figure.panels[1].title == "go: left (score 1)");
  CHECK(figure.panels[2].title == "go: right (score 1)");
}
