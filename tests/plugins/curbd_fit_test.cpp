// Recursive least squares on recorded activity, against a plain transcription of the published program.

#include <cmath>

#include "curbd_fit_subject.hpp"
#include "mrnn/components.hpp"

using namespace test::curbd;

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;
using test::at;
using test::matrix;

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
