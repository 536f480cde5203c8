// Recursive least squares on recorded activity, against a plain transcription of the published program and on data
// whose currents are known.

#include <cmath>
#include <filesystem>

#include "analysis_run.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/components.hpp"
#include "mrnn/random.hpp"
#include "temporary_folder.hpp"

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;
using test::at;

constexpr double exact = 1e-12;

/// Regions of two and three units, weakly connected.
mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::tanh;
  spec.dt = 10.0;
  spec.regions = {{"a", 2}, {"b", 3}};
  spec.connections = {{"a", "a"}, {"a", "b"}, {"b", "b"}};
  return mrnn::build_network(spec, 1);
}

/// Trials of smooth activity within (-1, 1).
test::Subject recording(Index trials = 1, Index steps = 40, double size = 0.8) {
  test::Subject made{network(), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  mrnn::Simulation simulation;
  simulation.name = "data";
  simulation.trials = mrnn::blank_trials(0, trials, steps);
  simulation.steps = {0, steps};
  mrnn::Sequence h(5, trials, steps);
  for (Index step = 0; step < steps; ++step) {
    for (Index trial = 0; trial < trials; ++trial) {
      for (Index unit = 0; unit < 5; ++unit) {
        h(unit, trial, step) =
            size * std::sin(0.3 * double(unit + 1) + 0.1 * double(step) * double(unit + 2) / 3.0 + double(trial)) *
            std::exp(-0.1 * double(unit));
      }
    }
  }
  simulation.h = h;
  made.simulations = {simulation};
  return made;
}

MatrixXd matrix(const mrnn::AnalysisResults& results, const std::string& name) {
  const mrnn::NamedArray& array = test::array(results, name);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(array.values.data(), array.shape[0], array.shape[1]);
}

const std::vector<double>& values(const mrnn::AnalysisResults& results, const std::string& name) {
  return test::array(results, name).values;
}

/// The algorithm as it is written, with dense matrices and one update after the other.
struct PlainFit {
  MatrixXd weights, model;  ///< model: [units x samples]
  double chi2 = 0.0, p_var = 0.0;
};

/// What training starts from, taken from the results of a fit of one segment: data, J, and noise of each step.
struct Start {
  explicit Start(const mrnn::AnalysisResults& results)
      : data(matrix(results, "data").transpose()),
        weights(matrix(results, "weights_initial")),
        noise(matrix(results, "noise").transpose()) {}
  MatrixXd data, weights, noise;
};

void learn(MatrixXd& p, MatrixXd& weights, const VectorXd& r, const VectorXd& error) {
  const VectorXd k = p * r;
  const double c = 1.0 / (1.0 + r.dot(k));
  p -= c * k * k.transpose();
  weights -= c * error * k.transpose();
}

double explained(const MatrixXd& data, const MatrixXd& model) {
  const double variance = (data.array() - data.mean()).square().mean();
  return 1.0 - (data - model).squaredNorm() / (double(data.size()) * variance);
}

/// In the order of the authors' program, with a counter of steps in place of a sum of times: the step is taken, and
/// then the activity before it is compared with the sample before.
PlainFit published(const Start& start, Index factor, double alpha, Index runs) {
  PlainFit fit{start.weights, {}};
  MatrixXd p = MatrixXd::Identity(5, 5);
  for (Index run = 0; run <= runs; ++run) {
    VectorXd state = start.data.col(0);
    MatrixXd r(5, start.noise.cols());
    r.col(0) = state.array().tanh();
    fit.chi2 = 0.0;
    Index learned = 0;
    for (Index step = 1; step < r.cols(); ++step) {
      r.col(step) = state.array().tanh();
      state += alpha * (-state + fit.weights * r.col(step) + start.noise.col(step));
      if (step % factor != 0) continue;
      const VectorXd error = r.col(step) - start.data.col(learned++);
      fit.chi2 += error.squaredNorm() / 5.0;
      if (run < runs) learn(p, fit.weights, r.col(step), error);
    }
    fit.model.resize(5, start.data.cols());
    for (Index k = 0; k < fit.model.cols(); ++k) fit.model.col(k) = r.col(factor * k);
  }
  fit.p_var = explained(start.data, fit.model);
  return fit;
}

/// The same with the activity at the time of a sample compared with that sample.
PlainFit aligned(const Start& start, Index factor, double alpha, Index runs, double p0 = 1.0) {
  PlainFit fit{start.weights, {}};
  MatrixXd p = p0 * MatrixXd::Identity(5, 5);
  for (Index run = 0; run <= runs; ++run) {
    VectorXd state = start.data.col(0).array().atanh();
    fit.model = start.data;
    fit.chi2 = 0.0;
    for (Index step = 1; step < start.noise.cols(); ++step) {
      const VectorXd before = state.array().tanh();
      state += alpha * (-state + fit.weights * before + start.noise.col(step));
      if (step % factor != 0) continue;
      const VectorXd r = state.array().tanh();
      fit.model.col(step / factor) = r;
      const VectorXd error = r - start.data.col(step / factor);
      fit.chi2 += error.squaredNorm() / 5.0;
      if (run < runs) learn(p, fit.weights, r, error);
    }
  }
  fit.p_var = explained(start.data, fit.model);
  return fit;
}

void check_same(const mrnn::AnalysisResults& results, const PlainFit& expected) {
  CHECK((matrix(results, "weights") - expected.weights).cwiseAbs().maxCoeff() < exact);
  CHECK((matrix(results, "model").transpose() - expected.model).cwiseAbs().maxCoeff() < exact);
  CHECK_THAT(values(results, "chi2").back(), WithinRel(expected.chi2, 1e-10));
  CHECK_THAT(values(results, "p_var").back(), WithinRel(expected.p_var, 1e-10));
}

const std::string quick = "runs = 3\nfree_runs = 1\n";

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

TEST_CASE("a fit is the algorithm as it is written", "[curbd_fit]") {
  // Nine tenths of a second, ten ms in steps of 10 / factor ms: sums of such times do not meet the samples.
  const Index factor = GENERATE(1, 3, 5, 7);
  const test::Subject made = recording(1, 90);

  const mrnn::AnalysisResults results =
      test::analyse(made, "curbd_fit", quick + "store = true\ndt_factor = " + std::to_string(factor));

  REQUIRE(test::array(results, "noise").shape == std::vector<Index>{1 + 89 * factor, 5});
  check_same(results, aligned(Start(results), factor, 0.1 / double(factor), 3));
}

TEST_CASE("with legacy_alignment a fit is the authors' program, every sample compared with the one before",
          "[curbd_fit]") {
  const Index factor = GENERATE(1, 3, 5);
  const test::Subject made = recording(1, 90);

  const mrnn::AnalysisResults results = test::analyse(
      made, "curbd_fit", quick + "store = true\nlegacy_alignment = true\ndt_factor = " + std::to_string(factor));

  check_same(results, published(Start(results), factor, 0.1 / double(factor), 3));
}

TEST_CASE("every sample but the first is learned from, whatever the steps between samples", "[curbd_fit]") {
  const Index factor = GENERATE(3, 5, 7, 10);
  const mrnn::AnalysisResults results =
      test::analyse(recording(), "curbd_fit", quick + "store = true\ndt_factor = " + std::to_string(factor));

  const MatrixXd model = matrix(results, "model"), data = matrix(results, "data"), h = matrix(results, "h");
  REQUIRE(h.rows() == 39 * factor + 1);
  double chi2 = 0.0;
  for (Index sample = 0; sample < 40; ++sample) {
    CHECK(model.row(sample) == h.row(sample * factor));
    chi2 += (model.row(sample) - data.row(sample)).squaredNorm() / 5.0;
  }
  CHECK_THAT(values(results, "chi2").back(), WithinRel(chi2, exact));
}

TEST_CASE("currents and noise add up to the recurrent drive of every step", "[curbd_fit]") {
  const mrnn::AnalysisResults results =
      test::analyse(recording(2), "curbd_fit", quick + "store = true\ntau = 50\namp_noise = 0.1");

  const double alpha = 2.0 / 50.0;
  const MatrixXd x = matrix(results, "x"), noise = matrix(results, "noise");
  const std::vector<double>& segment = values(results, "step_segment");
  REQUIRE(x.rows() == 2 * (39 * 5 + 1));
  double largest = 0.0;
  for (Index step = 0; step < x.rows(); ++step) {
    const bool first = step == 0 || segment[std::size_t(step)] != segment[std::size_t(step - 1)];
    for (Index unit = 0; unit < 5; ++unit) {
      const std::string name = unit < 2 ? "a_current" : "b_current";
      const Index row = unit < 2 ? unit : unit - 2;
      const double sum = at(results, name, {0, step, row}) + at(results, name, {1, step, row}) + noise(step, unit);
      if (first) {
        CHECK(std::isnan(sum));
        continue;
      }
      largest = std::max(largest, std::abs(sum - (x(step, unit) - (1.0 - alpha) * x(step - 1, unit)) / alpha));
    }
  }
  CHECK(largest < exact);
}

TEST_CASE("every trial starts from its first sample, with any activation", "[curbd_fit]") {
  const std::string activation = GENERATE("tanh", "sigmoid", "relu", "softplus", "linear", "retanh");
  test::Subject made = recording(3, 8);
  // Positive activity, which all of them can have.
  for (double& value : std::get<mrnn::Sequence>(made.simulations.front().h).data) value = 0.5 + 0.4 * value;

  const mrnn::AnalysisResults results = test::analyse(made, "curbd_fit", quick + "activation = \"" + activation + "\"");

  const MatrixXd model = matrix(results, "model"), data = matrix(results, "data");
  REQUIRE(model.rows() == 24);
  for (const Index first : {0, 8, 16}) {
    CAPTURE(activation, first);
    CHECK((model.row(first) - data.row(first)).cwiseAbs().maxCoeff() < exact);
    CHECK((model.row(first + 1) - data.row(first + 1)).cwiseAbs().maxCoeff() > 1e-6);
  }
  CHECK(at(results, "time", {9}) == 10.0);
  CHECK(at(results, "sample_trial", {9}) == 1.0);
}

TEST_CASE("the activation is that of the model", "[curbd_fit]") {
  const mrnn::AnalysisResults results =
      test::analyse(recording(), "curbd_fit", quick + "store = true\nactivation = \"linear\"");

  CHECK(matrix(results, "h") == matrix(results, "x"));
}

TEST_CASE("reset points set the state to the data where they say", "[curbd_fit]") {
  const auto some = test::analyse(recording(2), "curbd_fit", quick + "reset_points = [10, 60]");
  const auto none = test::analyse(recording(2), "curbd_fit", quick + "reset_points = [0]");

  const MatrixXd model = matrix(some, "model"), data = matrix(some, "data");
  for (const Index reset : {0, 10, 60}) CHECK((model.row(reset) - data.row(reset)).cwiseAbs().maxCoeff() < exact);
  CHECK((model.row(40) - data.row(40)).cwiseAbs().maxCoeff() > 1e-3);  // the second trial is no reset now
  CHECK((matrix(none, "model").row(10) - data.row(10)).cwiseAbs().maxCoeff() > 1e-6);
}

TEST_CASE("regions may differ in size, and take any of the units", "[curbd_fit]") {
  const auto results = test::analyse(recording(), "curbd_fit", quick + "regions = [\"b\", \"a\"]");
  const auto one = test::analyse(recording(), "curbd_fit", quick + "regions = \"*\"");

  CHECK(test::texts(results, "regions") == std::vector<std::string>{"b", "a"});
  CHECK(values(results, "region_first") == std::vector<double>{0.0, 3.0});
  CHECK(values(results, "region_units") == std::vector<double>{3.0, 2.0});
  // Unit 0 of the model is unit 2 of the network: the first of b.
  const auto& h = std::get<mrnn::Sequence>(recording().simulations.front().h);
  const double largest = *std::ranges::max_element(h.data, {}, [](double v) { return std::abs(v); });
  CHECK_THAT(at(results, "data", {7, 0}), WithinRel(h(2, 0, 7) / std::abs(largest), exact));
  CHECK(test::array(results, "a_components").shape == std::vector<Index>{2, 3, 2});
  CHECK(test::texts(one, "regions") == std::vector<std::string>{"all"});
}

TEST_CASE("excitatory and inhibitory currents can be chosen, and add up to all", "[curbd_fit]") {
  const auto with = [](const std::string& part) {
    return test::analyse(recording(), "curbd_fit", quick + "store = true\npart = \"" + part + "\"");
  };
  const auto all = with("all"), excitatory = with("excitatory"), inhibitory = with("inhibitory");

  const MatrixXd weights = matrix(excitatory, "weights"), h = matrix(excitatory, "h");
  const double expected = weights.row(3).head(2).cwiseMax(0.0).dot(h.row(11).head(2));
  CHECK_THAT(at(excitatory, "b_current", {0, 12, 1}), WithinRel(expected, exact));
  CHECK_THAT(at(excitatory, "b_current", {0, 12, 1}) + at(inhibitory, "b_current", {0, 12, 1}),
             WithinRel(at(all, "b_current", {0, 12, 1}), 1e-9));
  CHECK(values(all, "projection") != values(excitatory, "projection"));
  CHECK(values(all, "norm") == values(excitatory, "norm"));
}

TEST_CASE("lengths, means, shares and components of the currents are those of J times the model's activity",
          "[curbd_fit]") {
  const auto results = test::analyse(recording(2), "curbd_fit", quick + "components = 2");

  const MatrixXd weights = matrix(results, "weights"), model = matrix(results, "model").transpose();
  const MatrixXd current = weights.block(2, 0, 3, 2) * model.topRows(2);  // b from a
  CHECK_THAT(at(results, "norm", {1, 0, 17}), WithinRel(current.col(17).norm(), exact));
  CHECK_THAT(at(results, "mean", {1, 0, 17}), WithinRel(current.col(17).mean(), exact));
  const MatrixXd inhibitory = weights.block(2, 0, 3, 2).cwiseMin(0.0) * model.topRows(2);
  CHECK_THAT(at(results, "norm_inhibitory", {1, 0, 17}), WithinRel(inhibitory.col(17).norm(), exact));
  const double other = (weights.block(2, 2, 3, 3) * model.bottomRows(3)).squaredNorm();
  CHECK_THAT(at(results, "share", {1, 0}), WithinRel(current.squaredNorm() / (current.squaredNorm() + other), exact));
  const MatrixXd centred = current.colwise() - current.rowwise().mean();
  CHECK_THAT(at(results, "dimension", {1, 0}), WithinRel(mrnn::participation_ratio(centred), 1e-9));
  const mrnn::Components expected = mrnn::principal_components(centred, 2);
  CHECK_THAT(at(results, "explained_variance", {1, 0, 0}), WithinRel(expected.shares(0), 1e-9));
  CHECK_THAT(at(results, "b_components", {0, 1, 2}), WithinAbs(expected.directions(2, 1), 1e-9));
  CHECK_THAT(at(results, "projection", {1, 0, 1, 17}),
             WithinAbs(expected.directions.col(1).dot(centred.col(17)), 1e-9));
}

TEST_CASE("the same seed gives the same fit, another one another", "[curbd_fit]") {
  const auto weights = [](const std::string& keys) {
    return values(test::analyse(recording(), "curbd_fit", quick + keys), "weights");
  };

  CHECK(weights("") == weights("seed = 0"));
  CHECK(weights("") != weights("seed = 1"));
}

TEST_CASE("J starts normal with standard deviation g / sqrt(N)", "[curbd_fit]") {
  test::Subject made = recording();
  const auto start = [&](const std::string& keys) {
    return matrix(test::analyse(made, "curbd_fit", quick + keys), "weights_initial");
  };

  CHECK(start("g = 0").isZero(0.0));
  CHECK(start("").isApprox(1.5 * start("g = 1"), exact));
  CHECK_THAT(start("g = 2").squaredNorm() / 25.0, WithinRel(4.0 / 5.0, 0.6));  // 25 draws: 28 % expected
}

TEST_CASE("the noise has the variance and time constant asked for", "[curbd_fit]") {
  const auto results = test::analyse(recording(1, 2000), "curbd_fit",
                                     "runs = 0\nfree_runs = 1\nstore = true\namp_noise = 0.5\ntau_noise = 20\ng = 0");

  // amp^2 tau / dt (1 - e) / (1 + e) with e = exp(-2 / 20), 50,000 values; neighbours correlate by e.
  const MatrixXd noise = matrix(results, "noise").bottomRows(9900);
  const double e = std::exp(-0.1);
  const double variance = noise.squaredNorm() / double(noise.size());
  CHECK_THAT(variance, WithinRel(0.25 * 10.0 * (1.0 - e) / (1.0 + e), 0.1));
  const double product = noise.topRows(9899).cwiseProduct(noise.bottomRows(9899)).sum() / double(noise.size() - 5);
  CHECK_THAT(product / variance, WithinRel(e, 0.02));
  const auto silent = test::analyse(recording(), "curbd_fit", quick + "store = true\namp_noise = 0");
  CHECK(matrix(silent, "noise").isZero(0.0));
}

TEST_CASE("the noise is the same in every run unless it is to be fresh", "[curbd_fit]") {
  const auto chi2 = [](const std::string& keys) {
    return values(test::analyse(recording(), "curbd_fit", "runs = 2\nfree_runs = 2\namp_noise = 0.1\n" + keys), "chi2");
  };

  const std::vector<double> frozen = chi2(""), fresh = chi2("fresh_noise = true");

  CHECK(frozen[2] == frozen[3]);
  CHECK(fresh[2] != fresh[3]);
  CHECK(frozen[0] == fresh[0]);  // the first run's
}

TEST_CASE("tau and p0 act as the equations say", "[curbd_fit]") {
  const auto results =
      test::analyse(recording(), "curbd_fit", quick + "store = true\ntau = 40\np0 = 0.2\ndt_factor = 2");

  check_same(results, aligned(Start(results), 2, 5.0 / 40.0, 3, 0.2));
}

TEST_CASE("weights learn in the runs that learn, and only in them", "[curbd_fit]") {
  const auto none = test::analyse(recording(), "curbd_fit", "runs = 0\nfree_runs = 2");
  const auto some = test::analyse(recording(), "curbd_fit", "runs = 40\nfree_runs = 3");

  CHECK(values(none, "weights") == values(none, "weights_initial"));
  CHECK(test::array(some, "p_var").shape == std::vector<Index>{43});
  CHECK(values(none, "learning") == std::vector<double>{0.0, 0.0});
  CHECK(at(some, "learning", {39}) == 1.0);
  CHECK(at(some, "learning", {40}) == 0.0);
  CHECK(at(some, "chi2", {40}) == at(some, "chi2", {42}));
  CHECK(at(some, "p_var", {42}) > 0.85);
  CHECK(at(some, "p_var", {42}) > at(none, "p_var", {1}));
  CHECK_THAT(some.summary.front(), StartsWith("pVar 0.88") && EndsWith(" without learning, after 40 runs of learning"));
}

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

TEST_CASE("without a connection there is no true current to compare with", "[curbd_fit]") {
  const auto results = test::analyse(recording(), "curbd_fit", quick);

  CHECK(std::isnan(at(results, "correlation", {0, 1})));  // nothing leads from b to a
  CHECK_FALSE(std::isnan(at(results, "correlation", {1, 0})));
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
