// The figures of a training that show what became of the network: choices, weights, eigenvalues; and the report's
// table.

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "report/report.hpp"
#include "report/training_figures.hpp"
#include "training_outcome.hpp"

using namespace test;

namespace {

std::string fact(const ReportTraining& training, const std::string& name) {
  const auto found = std::ranges::find(training.facts, name, &ReportFact::name);
  return found == training.facts.end() ? "none" : found->value;
}

}  // namespace

TEST_CASE("a psychometric curve has shares, intervals and a logistic function", "[training figures]") {
  const Network network = small_network();

  const Figure figure = figures_of(network, {}, small_outcome(network)).at(2);

  const Panel& panel = figure.panels.at(0);
  REQUIRE(panel.series.size() == 3);
  const Series& bars = panel.series[0];
  const Series& fitted = panel.series[1];
  const Series& points = panel.series[2];
  CHECK(points.x == std::vector<double>{-2.0, -1.0, 1.0, 2.0});
  CHECK(points.y == std::vector<double>{0.0, 0.2, 0.8, 1.0});
  // Wilson: 10 of 10 leave 1 / (1 + z^2 / 10) as the lower limit.
  CHECK_THAT(bars.y.at(9), WithinRel(1.0 / (1.0 + 0.1 * 3.841458820694124), 1e-12));
  CHECK_THAT(bars.y.at(10), WithinAbs(1.0, 1e-12));
  CHECK(std::isnan(bars.y.at(11)));
  // As many choices on the right as there are none on the left: even at 0, rising, and near the shares.
  CHECK_THAT(fitted.y.at(100), WithinAbs(0.5, 1e-9));
  CHECK_THAT(fitted.y.at(150), WithinAbs(0.8, 0.06));
  CHECK(std::ranges::is_sorted(fitted.y));
  CHECK(panel.y.label == "share of choices to the right");
  CHECK(figure.caption ==
        "Discs: shares of choices, bars: their 95 % intervals (Wilson). Lines: logistic functions fitted by maximum "
        "likelihood. Trials: 40.");
}

TEST_CASE("values that differ by rounding are one point of a psychometric curve", "[training figures]") {
  const Network network = small_network();
  TrainingExamples examples;
  add_psychometric(network, examples);
  for (std::size_t k = 0; k < 20; ++k)
    examples.psychometric.numbers["coherence"][k] *= 1.0 + 1e-15 * static_cast<double>(k);

  const auto figures = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples);

  const Series& points = figures.at(1).panels.at(0).series.at(2);
  REQUIRE(points.x.size() == 4);
  CHECK(points.y == std::vector<double>{0.0, 0.2, 0.8, 1.0});
}

TEST_CASE("choices without a mistake leave the logistic function finite", "[training figures]") {
  const Network network = small_network();
  TrainingExamples examples;
  add_psychometric(network, examples);
  for (Index k = 0; k < 40; ++k) examples.psychometric_outputs(0, k, 0) = k % 4 >= 2 ? 1.0 : 0.0;

  const auto figures = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples);
  const Series& fitted = figures.at(1).panels.at(0).series.at(1);

  CHECK(std::ranges::all_of(fitted.y, [](double share) { return share >= 0.0 && share <= 1.0; }));
  CHECK(fitted.y.front() < 0.01);
  CHECK(fitted.y.back() > 0.99);
}

TEST_CASE("each group of a psychometric curve has its colour and its number of trials", "[training figures]") {
  const Network network = small_network();
  TrainingExamples examples;
  add_psychometric(network, examples);
  for (Index k = 0; k < 40; ++k) examples.psychometric.texts["context"].push_back(k < 24 ? "motion" : "colour");

  const auto figures = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples);
  const Figure& figure = figures.at(1);

  CHECK(series_called(figure.panels[0], "colour").colour == 0);
  CHECK(series_called(figure.panels[0], "motion").colour == 1);
  CHECK(series_called(figure.panels[0], "motion").x.front() == -2.0);  // both at the true values
  CHECK_THAT(figure.caption, EndsWith("Trials: colour 16, motion 24."));
}

TEST_CASE("a variable of many values is put into equal parts", "[training figures]") {
  const Network network = small_network();
  TrainingExamples examples;
  examples.psychometric = blank_trials(network.inputs(), 100, 1);
  examples.psychometric_outputs = Sequence(network.outputs(), 100, 1);
  for (Index k = 0; k < 100; ++k) examples.psychometric.numbers["coherence"].push_back(static_cast<double>(k));

  const auto figures = training_figures(network, {}, ChoosingTask(), small_outcome(network), examples);
  const Series& points = figures.at(1).panels[0].series.back();

  REQUIRE(points.x.size() == 25);
  CHECK(points.x[0] == 1.5);
  CHECK(points.x[24] == 97.5);
}

TEST_CASE("the matrix of weights has its first row at the top and one scale for both", "[training figures]") {
  const Network network = small_network();
  const TrainingOutcome outcome = small_outcome(network);

  const Figure figure = figures_of(network, {}, outcome).at(3);

  REQUIRE(figure.panels.size() == 2);
  const HeatMap& before = *figure.panels[0].heat_map;
  const HeatMap& after = *figure.panels[1].heat_map;
  const Eigen::MatrixXd weights =
      dense(network.recurrent_blocks(), effective_weights(network, outcome.initial).recurrent, 5, 5);
  CHECK(before.values == weights.colwise().reverse());
  CHECK(after.values.isApprox(2.0 * before.values));  // the best are the initial ones times 2
  CHECK(before.high == after.high);
  CHECK(*before.low == -*before.high);
  CHECK(before.diverging);
}

TEST_CASE("the matrix of weights names its regions and draws their borders", "[training figures]") {
  const Network network = small_network();

  const Figure figure = figures_of(network, {}, small_outcome(network)).at(3);

  const Panel& panel = figure.panels[0];
  std::vector<std::string> names;
  for (const AxisName& name : panel.x.names) names.push_back(name.words);
  CHECK(names == std::vector<std::string>{"v1.e", "v1.i", "m1"});
  CHECK(panel.x.names[2].position == 3.5);
  CHECK(panel.y.names[0].words == "m1");
  CHECK(panel.y.names[0].position == 1.5);
  REQUIRE(panel.guides.size() == 4);
  CHECK(panel.guides[2].kind == Guide::Kind::vertical);
  CHECK(panel.guides[2].position == 2.0);
  CHECK(panel.guides[3].kind == Guide::Kind::horizontal);
  CHECK(panel.guides[3].position == 3.0);
}

TEST_CASE("the matrix of weights names the cell types of all regions or of none", "[training figures]") {
  NetworkSpec spec;
  spec.regions = {{"v1", 40, {{"e", 0.8, {}}, {"i", 0.2, {}}}}, {"pfc", 300, {{"e", 0.8, {}}, {"i", 0.2, {}}}}};
  spec.connections = {{"v1", "v1"}, {"v1", "pfc"}};
  const Network network = build_network(spec, 1);

  const Figure figure = training_figures(network, {}, ChoosingTask(), small_outcome(network), {}).at(1);

  const std::vector<AxisName>& names = figure.panels[0].x.names;
  REQUIRE(names.size() == 2);  // v1.i has no room, though pfc.i had
  CHECK(names[0].words == "v1");
  CHECK(names[1].words == "pfc");
}

TEST_CASE("a large matrix of weights is shown as means", "[training figures]") {
  const Network network = small_network(498);  // two units a cell
  const TrainingOutcome outcome = small_outcome(network);

  const Figure figure = training_figures(network, {}, ChoosingTask(), outcome, {}).at(1);

  const Eigen::MatrixXd weights =
      dense(network.recurrent_blocks(), effective_weights(network, outcome.initial).recurrent, 500, 500);
  const Eigen::MatrixXd& cells = figure.panels[0].heat_map->values;
  REQUIRE(cells.rows() == 250);
  CHECK_THAT(cells(249, 0), WithinRel(weights.block(0, 0, 2, 2).mean(), 1e-12));
  CHECK_THAT(cells(249 - 10, 100), WithinAbs(weights.block(20, 200, 2, 2).mean(), 1e-12));
  CHECK(figure.panels[0].heat_map->x_high == 500.0);
  CHECK(figure.panels[0].x.names.at(0).words == "v1");  // no room for its cell types
  CHECK_THAT(figure.caption, ContainsSubstring("Each cell is the mean of about 2 x 2 weights"));
}

TEST_CASE("eigenvalues of the weights are those of a matrix worked by hand", "[training figures]") {
  NetworkSpec spec;
  spec.regions = {{"v1", 2}};
  spec.connections = {{"v1", "v1"}};
  const Network network = build_network(spec, 1);
  TrainingOutcome outcome = small_outcome(network);
  outcome.initial.recurrent[0] = Eigen::MatrixXd{{0.0, -2.0}, {2.0, 0.0}};  // +- 2i
  outcome.best.recurrent[0] = Eigen::MatrixXd{{3.0, 0.0}, {1.0, 1.0}};      // 3 and 1

  const Figure figure = training_figures(network, {}, ChoosingTask(), outcome, {}).at(2);

  const Series& before = figure.panels.at(0).series.at(0);
  const Series& after = figure.panels.at(1).series.at(0);
  REQUIRE(before.x.size() == 2);
  CHECK_THAT(before.x[0], WithinAbs(0.0, 1e-12));
  CHECK_THAT(before.y[0], WithinRel(2.0, 1e-12));
  CHECK_THAT(after.x[0], WithinRel(3.0, 1e-12));
  CHECK_THAT(after.x[1], WithinRel(1.0, 1e-12));
  CHECK_THAT(figure.caption, ContainsSubstring("spectral radius 2 before training, 3 after"));
}

TEST_CASE("the report says in words how training went", "[training figures]") {
  const Network network = small_network();
  TrainingPlan plan;
  plan.iterations = 2000;
  plan.stop_performance = 0.95;
  plan.optimiser.clip_norm = 1.0;
  plan.schedule.kind = RateSchedule::Kind::step;
  plan.schedule.warmup = 100;
  plan.loss.penalties.l2_rates = 1e-3;

  const ReportTraining training = describe_training(network, plan, ChoosingTask(), small_outcome(network), 75.0);

  CHECK(fact(training, "iterations") == "40 of 2,000; 64 trials each");
  CHECK(fact(training, "ended because") == "the performance reached 0.95");
  CHECK(fact(training, "loss") == "mse_choice + mse_state + l2_rates");
  CHECK(fact(training, "optimiser") == "Adam, rate 0.001, gradients clipped to norm 1");
  CHECK(fact(training, "rate schedule") == "times 0.5 every 1,000 iterations, warm-up over 100 iterations");
  CHECK(fact(training, "last loss") == "0.125 (batch of iteration 40)");
  CHECK(fact(training, "best validation") == "loss 0.4 at iteration 20");
  CHECK(fact(training, "performance there") == "0.95 (share of correct choices)");
  CHECK(fact(training, "weights kept") == "the best, of iteration 20");
  CHECK(fact(training, "time") == "1 min 15 s");
}

TEST_CASE("the report of a training without validation says nothing of one", "[training figures]") {
  const Network network = small_network();
  TrainingOutcome outcome = small_outcome(network);
  outcome.history.validation_iteration.clear();
  outcome.stopped_by = "iterations";

  const ReportTraining training = describe_training(network, {}, ChoosingTask(), outcome, 1.0);

  CHECK(fact(training, "ended because") == "all iterations were done");
  CHECK(fact(training, "best validation") == "none");
  CHECK(fact(training, "weights kept") == "the last");
}
