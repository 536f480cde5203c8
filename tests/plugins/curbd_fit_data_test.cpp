// What curbd_fit takes for data, what it finds where the currents are known, and what it refuses.

#include <cmath>
#include <filesystem>

#include "curbd_fit_subject.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/components.hpp"
#include "mrnn/random.hpp"
#include "temporary_folder.hpp"

using namespace test::curbd;

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;
using test::at;
using test::matrix;

/// A network of three regions of four units, all of them connected, and short trials of it from random states.
test::Subject three_regions() {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::tanh;
  spec.dt = 10.0;
  spec.tau = 50.0;
  spec.regions = {{"a", 4}, {"b", 4}, {"c", 4}};
  mrnn::Initialiser within, between;
  within.distribution = between.distribution = mrnn::Initialiser::Distribution::normal;
  within.standard_deviation = 0.75;
  between.standard_deviation = 0.3;
  for (const char* from : {"a", "b", "c"}) {
    for (const char* to : {"a", "b", "c"}) {
      mrnn::Connection connection;
      connection.from = from;
      connection.to = to;
      connection.init = *from == *to ? within : between;
      spec.connections.push_back(connection);
    }
  }
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  mrnn::Trials trials = mrnn::blank_trials(0, 100, 10);
  mrnn::RandomStream random(1, mrnn::Stream::simulation_trials, "states");
  trials.initial_state.resize(12, 100);
  for (double& state : trials.initial_state.reshaped()) state = random.uniform(-1.0, 1.0);
  made.simulations = {test::simulate(made, "truth", trials)};
  return made;
}

}  // namespace

TEST_CASE("activity is divided by its largest magnitude, over all or region by region, or not at all", "[curbd_fit]") {
  const auto data = [](const std::string& how) {
    return matrix(test::analyse(recording(), "curbd_fit", quick + "normalise = \"" + how + "\""), "data");
  };
  const MatrixXd none = data("none");

  const double all = none.cwiseAbs().maxCoeff(), b = none.rightCols(3).cwiseAbs().maxCoeff();
  CHECK_THAT(data("global")(5, 3), WithinRel(none(5, 3) / all, exact));
  CHECK_THAT(data("region")(5, 3), WithinRel(none(5, 3) / b, exact));
  CHECK(data("global").cwiseAbs().maxCoeff() == 0.999);  // clipped
}

TEST_CASE("values beyond what the activation can reach are clipped, and that is said", "[curbd_fit]") {
  const auto results = test::analyse(recording(1, 40, 1.5), "curbd_fit", quick + "normalise = \"none\"");

  const MatrixXd data = matrix(results, "data");
  CHECK(data.cwiseAbs().maxCoeff() == 0.999);
  REQUIRE(results.summary.size() >= 2);
  CHECK_THAT(results.summary[1],
             EndsWith(" % of the values lay beyond what the activation can reach and were clipped"));
}

TEST_CASE("chosen trials are fitted, in the order given", "[curbd_fit]") {
  const auto all = test::analyse(recording(3), "curbd_fit", quick + "normalise = \"none\"");
  const auto some = test::analyse(recording(3), "curbd_fit", quick + "normalise = \"none\"\ntrials = [2, 0]");

  const MatrixXd from = matrix(all, "data"), data = matrix(some, "data");
  REQUIRE(data.rows() == 80);
  CHECK(data.topRows(40) == from.bottomRows(40));
  CHECK(data.bottomRows(40) == from.topRows(40));
}

TEST_CASE("recorded activity is read from a file", "[curbd_fit]") {
  const test::TemporaryFolder folder;
  const test::Subject made = recording(2);
  const auto& h = std::get<mrnn::Sequence>(made.simulations.front().h);
  std::vector<double> rows;
  for (Index trial = 0; trial < 2; ++trial) {
    for (Index step = 0; step < 40; ++step) {
      for (Index unit = 0; unit < 5; ++unit) rows.push_back(h(unit, trial, step));
    }
  }
  const std::filesystem::path file = folder.path() / "data.h5";
  {
    mrnn::Hdf5Writer writer(file);
    writer.write("session/rates", {2, 40, 5}, rows);
    writer.write("activity", {40, 5}, std::vector<double>(rows.begin(), rows.begin() + 200));
    writer.finish();
  }
  const std::string from = quick + "file = \"" + file.string() + "\"\ndt = 10\n";
  const std::string regions = "region = [{ name = \"a\", units = 2 }, { name = \"b\", units = 3 }]\n";

  const auto trials = test::analyse(made, "curbd_fit", from + regions + "group = \"session\"\ndataset = \"rates\"");
  const auto one = test::analyse(made, "curbd_fit", from + regions);

  CHECK(values(trials, "weights") == values(test::analyse(made, "curbd_fit", quick), "weights"));
  CHECK(values(one, "weights") == values(test::analyse(made, "curbd_fit", quick + "trials = [0]"), "weights"));
  CHECK_FALSE(test::has_array(trials, "correlation"));  // nothing is known of who made them
  CHECK_FALSE(test::make_analysis("curbd_fit", from + regions, made.network)->needs().h);
  CHECK(test::make_analysis("curbd_fit", "", made.network)->needs().h);
  CHECK_THAT(test::file_mistake(made, "curbd_fit", from + regions + "dataset = \"activiti\""),
             EndsWith("no array called \"activiti\"; available: activity, session. Did you mean \"activity\"?"));
  CHECK_THAT(test::file_mistake(made, "curbd_fit", from + "region = [{ name = \"a\", units = 2 }]"),
             EndsWith("activity has shape (40, 5), so 5 units; the regions together have 2"));
  CHECK_THAT(test::mistake(made, "curbd_fit", from), EndsWith("says who the units are"));
  CHECK_THAT(test::mistake(made, "curbd_fit", from + regions + "regions = \"a\""),
             EndsWith("regions: belongs to data from a simulation, but file names a file; use region"));
  CHECK_THAT(
      test::mistake(made, "curbd_fit", from + "region = [{ name = \"a\", units = 2 }, { name = \"a\", units = 3 }]"),
      EndsWith("name: is given twice"));
  CHECK_THAT(test::mistake(made, "curbd_fit", quick + "file = \"" + file.string() + "\"\n" + regions),
             ContainsSubstring("dt"));
}

TEST_CASE("recorded activity that is not finite is refused, with its place", "[curbd_fit][bad]") {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "data.h5";
  std::vector<double> rows(2 * 4 * 5, 0.5);
  rows[27] = std::nan("");  // trial 1, time 1, unit 2
  {
    mrnn::Hdf5Writer writer(file);
    writer.write("activity", {2, 4, 5}, rows);
    writer.write("flat", {40}, rows);
    writer.write("empty", {0, 4, 5}, std::vector<double>());
    writer.finish();
  }
  const std::string keys = "file = \"" + file.string() + "\"\ndt = 10\nregion = [{ name = \"a\", units = 5 }]\n";

  CHECK_THAT(test::file_mistake(recording(), "curbd_fit", keys),
             EndsWith("activity is not finite at trial 1, time 1, unit 2"));
  CHECK_THAT(test::file_mistake(recording(), "curbd_fit", keys + "dataset = \"empty\""),
             EndsWith("empty has shape (0, 4, 5): no trials, or no samples"));
  CHECK_THAT(test::file_mistake(recording(), "curbd_fit", keys + "dataset = \"flat\""),
             EndsWith("flat has shape (40); (trial, time, unit) or (time, unit) is needed"));
}

TEST_CASE("where many short trials are seen, the currents between all regions are recovered", "[curbd_fit]") {
  const test::Subject made = three_regions();

  const auto results =
      test::analyse(made, "curbd_fit",
                    "runs = 100\nfree_runs = 1\nnormalise = \"none\"\ng = 0\namp_noise = 0\ndt_factor = 1\ntau = 50");

  CHECK(values(results, "p_var").back() > 0.95);
  for (Index to = 0; to < 3; ++to) {
    for (Index from = 0; from < 3; ++from) {
      CAPTURE(to, from);
      CHECK(at(results, "correlation", {to, from}) > 0.85);
      CHECK(at(results, "component_correlation", {to, from}) > 0.85);
      CHECK_THAT(at(results, "size_ratio", {to, from}), WithinAbs(1.0, 0.3));
    }
  }
  CHECK_THAT(results.summary.back(), StartsWith("correlation with the true currents: a to a "));
}

TEST_CASE("currents are compared with those of the network that made the data", "[curbd_fit]") {
  test::Subject made = three_regions();
  made.simulations.front().trials.interventions = {
      {{4, 10},
       {},
       mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, mrnn::Selection({{4, 4}}), mrnn::Selection({{0, 4}}),
                          -2.0}}};
  const auto results =
      test::analyse(made, "curbd_fit", quick + "normalise = \"none\"\nregions = [\"b\", \"a\"]\ntrials = [7, 3]");

  // b from a: W h of the recorded activity, doubled and turned round from step 4 on; model: J h.
  const mrnn::EffectiveWeights effective = mrnn::effective_weights(made.network, made.parameters);
  const MatrixXd full = mrnn::dense(made.network.recurrent_blocks(), effective.recurrent, 12, 12);
  const MatrixXd weights = matrix(results, "weights"), model = matrix(results, "model").transpose();
  const auto& h = std::get<mrnn::Sequence>(made.simulations.front().h);
  MatrixXd expected(4, 18), found(4, 18);
  for (Index trial = 0; trial < 2; ++trial) {
    for (Index k = 0; k < 9; ++k) {
      const double factor = k + 1 >= 4 ? -2.0 : 1.0;
      expected.col(trial * 9 + k) = factor * full.block(4, 0, 4, 4) * h.at(k).col(trial == 0 ? 7 : 3).head(4);
      found.col(trial * 9 + k) = weights.block(0, 4, 4, 4) * model.col(trial * 10 + k).tail(4);
    }
  }
  expected.colwise() -= VectorXd(expected.rowwise().mean());
  found.colwise() -= VectorXd(found.rowwise().mean());
  const double r = expected.cwiseProduct(found).sum() / (expected.norm() * found.norm());
  CHECK_THAT(at(results, "correlation", {0, 1}), WithinRel(r, 1e-9));
  CHECK_THAT(at(results, "size_ratio", {0, 1}), WithinRel(found.norm() / expected.norm(), 1e-9));
  const VectorXd axis = mrnn::principal_components(expected, 1).directions.col(0);
  const VectorXd other = mrnn::principal_components(found, 1).directions.col(0);
  const VectorXd a = expected.transpose() * axis, b = found.transpose() * other;
  CHECK_THAT(at(results, "component_correlation", {0, 1}), WithinRel(std::abs(a.dot(b)) / (a.norm() * b.norm()), 1e-9));
  CHECK_THAT(at(results, "true_component", {0, 1, 11}), WithinAbs(a(10), 1e-9));
  CHECK(std::isnan(at(results, "true_component", {0, 1, 9})));  // the last sample sends into no step
}

TEST_CASE("sizes of currents are compared in the units of the network, whatever the data are divided by",
          "[curbd_fit]") {
  const test::Subject made = three_regions();
  const auto& h = std::get<mrnn::Sequence>(made.simulations.front().h);
  const mrnn::EffectiveWeights effective = mrnn::effective_weights(made.network, made.parameters);
  const MatrixXd full = mrnn::dense(made.network.recurrent_blocks(), effective.recurrent, 12, 12);
  MatrixXd expected(4, 9);
  for (Index k = 0; k < 9; ++k) expected.col(k) = full.block(4, 0, 4, 4) * h.at(k).col(0).head(4);
  expected.colwise() -= VectorXd(expected.rowwise().mean());

  for (const bool by_region : {false, true}) {
    const std::string keys = by_region ? "normalise = \"region\"\n" : "normalise = \"global\"\n";
    const auto results = test::analyse(made, "curbd_fit", quick + keys + "trials = [0]");

    const MatrixXd weights = matrix(results, "weights"), model = matrix(results, "model").transpose();
    MatrixXd found = weights.block(4, 0, 4, 4) * model.topLeftCorner(4, 9);
    found.colwise() -= VectorXd(found.rowwise().mean());
    MatrixXd first(12, 10);  // the trial that is fitted
    for (Index k = 0; k < 10; ++k) first.col(k) = h.at(k).col(0);
    const double scale = (by_region ? MatrixXd(first.middleRows(4, 4)) : first).cwiseAbs().maxCoeff();
    CHECK(scale != 1.0);
    CHECK_THAT(at(results, "size_ratio", {1, 0}), WithinRel(scale * found.norm() / expected.norm(), 1e-9));
  }
}

TEST_CASE("without a connection there is no true current to compare with", "[curbd_fit]") {
  const auto results = test::analyse(recording(), "curbd_fit", quick);

  CHECK(std::isnan(at(results, "correlation", {0, 1})));  // nothing leads from b to a
  CHECK(std::isnan(at(results, "component_correlation", {0, 1})));
  CHECK(std::isnan(at(results, "size_ratio", {0, 1})));
  CHECK_FALSE(std::isnan(at(results, "correlation", {1, 0})));
  CHECK_FALSE(std::isnan(at(results, "size_ratio", {1, 0})));
}

TEST_CASE("figures of a fit", "[curbd_fit]") {
  const test::Subject made = recording(2);
  const auto results = test::analyse(made, "curbd_fit", quick);

  std::vector<std::string> names;
  for (const mrnn::Figure& figure : results.figures) names.push_back(figure.name);
  CHECK(names == std::vector<std::string>{"curbd_learning", "curbd_activity", "curbd_currents", "curbd_truth"});
  CHECK(results.figures[0].panels[0].series.front().y == values(results, "p_var"));
  CHECK(results.figures[0].panels[0].guides.front().position == 3.5);
  REQUIRE(results.figures[1].panels.size() == 6);
  CHECK_THAT(results.figures[1].panels[0].heat_map->values(1, 7), WithinRel(at(results, "data", {7, 1}), exact));
  const mrnn::Panel& map = results.figures[1].panels[0];
  CHECK(map.heat_map->y_low == -0.5);  // units count from 0, at the middles of their cells
  REQUIRE(map.y.names.size() > 1);
  CHECK(map.y.names[1].words == "1");
  CHECK(map.y.names[1].position == 1.0);
  CHECK(results.figures[1].panels[5].series.back().colour == mrnn::black);
  REQUIRE(results.figures[2].panels.size() == 4);
  CHECK(results.figures[2].panels[1].title == "b to a");
  CHECK(results.figures[3].panels[2].series.front().colour == mrnn::region_colour(made.network, "a"));
  CHECK(results.figures[3].panels[1].series.empty());
}

TEST_CASE("of runs without learning that are alike, one is gone through", "[curbd_fit]") {
  const auto samples = [](const std::string& keys) {
    test::CountingProgress progress;
    test::analyse(recording(5), "curbd_fit", "runs = 2\nfree_runs = 3\n" + keys, &progress);
    CHECK(progress.done == progress.total);
    return progress.total;
  };

  CHECK(samples("") == 3 * 200);
  CHECK(samples("fresh_noise = true") == 5 * 200);
}

TEST_CASE("progress counts samples of all runs, and a wish to stop is heard", "[curbd_fit]") {
  test::CountingProgress progress;

  test::analyse(recording(5), "curbd_fit", quick, &progress);

  CHECK(progress.total == 4 * 200);
  CHECK(progress.done == progress.total);
  progress.stop_at = 300;
  CHECK_THROWS_AS(test::analyse(recording(5), "curbd_fit", quick, &progress), mrnn::Interrupted);
}

TEST_CASE("mistakes in the keys of curbd_fit are found", "[curbd_fit][bad]") {
  const auto mistake = [](const std::string& keys) { return test::mistake(recording(), "curbd_fit", quick + keys); };

  CHECK_THAT(mistake("regions = \"B\""), ContainsSubstring("regions: ") && EndsWith("Did you mean \"b\"?"));
  CHECK_THAT(mistake("tau = 1"),
             EndsWith("tau: is shorter than a step of the model, dt / dt_factor; the steps would not follow it"));
  CHECK_THAT(mistake("dataset = \"h\""),
             EndsWith("dataset: belongs to data from a file; name it under file, or use regions"));
  CHECK_THAT(mistake("trials = [0, 1]"),
             EndsWith("trials: names trial 1, but simulation \"data\" has 1, counted from 0"));
  CHECK_THAT(mistake("trials = [0.5]"), EndsWith("trials: has a number that is no whole number of 0 or more"));
  CHECK_THAT(mistake("trials = []"), EndsWith("trials: is an empty list; leave it out for the default"));
  CHECK_THAT(mistake("reset_points = [40]"),
             EndsWith("reset_points: has 40, but there are 40 samples, counted from 0"));
  CHECK_THAT(mistake("activation = \"tan\""), ContainsSubstring("activation: "));
  CHECK_THAT(mistake("simulation = [\"control\", \"other\"]"), ContainsSubstring("simulation: names several; one"));
  CHECK_THAT(mistake("normalise = \"max\""), ContainsSubstring("normalise: "));
  CHECK_THAT(test::mistake(recording(), "curbd_fit", "free_runs = 0"), ContainsSubstring("free_runs: "));
}

TEST_CASE("activity without variation, and trials of one sample, cannot be fitted", "[curbd_fit][bad]") {
  CHECK_THROWS_WITH(test::analyse(recording(1, 40, 0.0), "curbd_fit", quick),
                    "the activity to be fitted is the same in all units and at all times; there is nothing to fit");
  CHECK_THROWS_WITH(test::analyse(recording(4, 1), "curbd_fit", quick),
                    "there is no sample to learn from: every sample is the start of a trial");
}

TEST_CASE("a fit that diverges says so", "[curbd_fit][bad]") {
  CHECK_THROWS_WITH(test::analyse(recording(1, 400), "curbd_fit", quick + "activation = \"linear\"\ng = 1e6"),
                    "the fit diverged in run 1: the activity of the model is no longer finite; a smaller g, p0 or dt / "
                    "tau may help");
}

TEST_CASE("steps that would take too much memory are refused before the work", "[curbd_fit][bad]") {
  CHECK_THROWS_WITH(test::analyse(recording(1, 1000), "curbd_fit", quick + "store = true\ndt_factor = 10000"),
                    "every step of a run would take 2 GB; with store = true at most 1 GB are kept: take fewer regions, "
                    "fewer trials or a smaller dt_factor");
}
