// The linearised network as a matrix and matrix-free, and its spectrum by both methods.

#include "mrnn/linearisation.hpp"

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <random>

#include "catch.hpp"
#include "mrnn/error.hpp"

namespace {

using mrnn::Index;
using mrnn::LinearForm;
using Complex = std::complex<double>;

constexpr double exact = 1e-13;       // products of a few numbers
constexpr double eigenvalues = 1e-9;  // two methods, well-conditioned eigenvalues
constexpr double residual = 1e-8;     // |M v - lambda v| of unit vectors

mrnn::Connection connect(const std::string& from, const std::string& to) {
  mrnn::Connection connection;
  connection.from = from;
  connection.to = to;
  return connection;
}

/// Four regions of a quarter of the units each, in a ring with loops on each: half of the blocks are absent.
mrnn::Network ring(Index units) {
  mrnn::NetworkSpec spec;
  for (const char* name : {"a", "b", "c", "d"}) {
    mrnn::Region region;
    region.name = name;
    region.units = units / 4;
    spec.regions.push_back(region);
  }
  for (const char* name : {"a", "b", "c", "d"}) spec.connections.push_back(connect(name, name));
  for (const auto& [from, to] : {std::pair("a", "b"), {"b", "c"}, {"c", "d"}, {"d", "a"}}) {
    spec.connections.push_back(connect(from, to));
  }
  return mrnn::build_network(spec, 1);
}

/// Numbers of mean 0 and variance 1, the same on every machine.
Eigen::MatrixXd random_matrix(Index rows, Index columns, unsigned seed) {
  std::mt19937 generator(seed);
  Eigen::MatrixXd matrix(rows, columns);
  for (double& entry : matrix.reshaped()) entry = std::sqrt(12.0) * (generator() / 4294967296.0 - 0.5);
  return matrix;
}

/// A network with random weights and gains.
struct Problem {
  explicit Problem(Index units) : network(ring(units)) {
    unsigned seed = 1;
    for (const mrnn::Block& block : network.recurrent_blocks()) {
      weights.push_back(random_matrix(block.to.size, block.from.size, seed++) / std::sqrt(0.5 * double(units)));
    }
    gains.leak = Eigen::MatrixXd::Constant(units, 1, 0.5);
    gains.post = 0.5 + 0.1 * random_matrix(units, 1, 90).array();
    gains.pre = 0.7 + 0.2 * random_matrix(units, 1, 91).array();
  }
  Eigen::MatrixXd definition() const {
    const Eigen::MatrixXd dense = mrnn::dense(network.recurrent_blocks(), weights, network.units(), network.units());
    Eigen::MatrixXd matrix = gains.post.col(0).asDiagonal() * dense * gains.pre.col(0).asDiagonal();
    matrix.diagonal() += gains.leak.col(0);
    return matrix;
  }
  mrnn::Network network;
  std::vector<Eigen::MatrixXd> weights;
  mrnn::Jacobians gains;
};

/// A matrix of one's own choice, as a network of one region without leak.
struct Given {
  explicit Given(Eigen::MatrixXd matrix) : weights{std::move(matrix)} {
    mrnn::NetworkSpec spec;
    mrnn::Region region;
    region.name = "a";
    region.units = weights.front().rows();
    spec.regions = {region};
    spec.connections = {connect("a", "a")};
    network = mrnn::build_network(spec, 1);
    const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(region.units, 1);
    gains = {0.0 * ones, ones, ones};
  }
  mrnn::Linearisation linearisation() const { return {network, weights, gains, 0}; }
  std::vector<Eigen::MatrixXd> weights;
  mrnn::Network network;
  mrnn::Jacobians gains;
};

Eigen::MatrixXd two_by_two(double a, double b, double c, double d) {
  Eigen::MatrixXd matrix(2, 2);
  matrix << a, b, c, d;
  return matrix;
}

void check_vectors(const Eigen::MatrixXd& matrix, const mrnn::Spectrum& spectrum) {
  for (Index mode = 0; mode < spectrum.right.cols(); ++mode) {
    CAPTURE(mode);
    const Complex value = spectrum.values(mode);
    const Eigen::VectorXcd right = spectrum.right.col(mode), left = spectrum.left.col(mode);
    CHECK_THAT(right.norm(), WithinAbs(1.0, exact));
    CHECK((matrix * right - value * right).norm() < residual);
    CHECK((matrix.transpose() * left - value * left).norm() < residual * left.norm());
  }
  const Eigen::MatrixXcd products = spectrum.left.transpose() * spectrum.right;
  CHECK((products - Eigen::MatrixXcd::Identity(products.rows(), products.cols())).norm() < residual);
}

}  // namespace

TEST_CASE("the linearised network is leak + post W pre, dense and matrix-free", "[linearisation]") {
  const Problem problem(12);
  const Eigen::MatrixXd expected = problem.definition();
  const Eigen::MatrixXd v = random_matrix(12, 3, 5);

  const mrnn::Linearisation linearisation(problem.network, problem.weights, problem.gains, 0);

  CHECK((linearisation.dense() - expected).norm() < exact);
  CHECK((linearisation.apply(v) - expected * v).norm() < exact);
  CHECK((linearisation.apply_transposed(v) - expected.transpose() * v).norm() < exact);
}

TEST_CASE("a linearisation of chosen units keeps their rows and columns in the order given", "[linearisation]") {
  const Problem problem(12);
  const Eigen::MatrixXd whole = problem.definition();
  const mrnn::Selection units({{9, 3}, {0, 3}, {4, 1}});
  const std::vector<Index> index = units.indices(), others = units.complement(12).indices();
  const Eigen::MatrixXd expected = whole(index, index);
  const Eigen::MatrixXd v = random_matrix(7, 2, 5);

  const mrnn::Linearisation linearisation(problem.network, problem.weights, problem.gains, 0, units);

  CHECK((linearisation.dense() - expected).norm() < exact);
  CHECK((linearisation.apply(v) - expected * v).norm() < exact);
  CHECK((linearisation.apply_transposed(v) - expected.transpose() * v).norm() < exact);
  CHECK((linearisation.dense_from(units.complement(12)) - whole(index, others)).norm() < exact);
}

TEST_CASE("Spectra over the blocks and Eigen agree on a network of 200 units", "[linearisation]") {
  const Problem problem(200);
  const mrnn::Linearisation linearisation(problem.network, problem.weights, problem.gains, 0);
  const auto order = GENERATE(mrnn::EigenOrder::magnitude, mrnn::EigenOrder::real_part);
  // Counts next to each other, so that one of them ends within a conjugate pair.
  const Index count = GENERATE(5, 6, 7, 8);
  CAPTURE(count, int(order));

  const mrnn::Spectrum dense = mrnn::spectrum(linearisation, {count, 4, mrnn::EigenMethod::dense, order});
  const mrnn::Spectrum iterative = mrnn::spectrum(linearisation, {count, 4, mrnn::EigenMethod::iterative, order});

  REQUIRE(dense.values.size() == count);
  REQUIRE(iterative.values.size() == count);
  CHECK((dense.values - iterative.values).cwiseAbs().maxCoeff() < eigenvalues);
  CHECK((dense.right - iterative.right).cwiseAbs().maxCoeff() < residual);
  check_vectors(problem.definition(), dense);
  check_vectors(problem.definition(), iterative);
}

TEST_CASE("the test network has complex pairs among its leading eigenvalues", "[linearisation]") {
  const Problem problem(200);

  const mrnn::Spectrum spectrum = mrnn::spectrum({problem.network, problem.weights, problem.gains, 0}, {8, 0});

  CHECK(spectrum.values.imag().cwiseAbs().maxCoeff() > 0.1);
}

TEST_CASE("all eigenvalues come in falling order, a conjugate pair with its positive imaginary part first",
          "[linearisation]") {
  const Given given(two_by_two(0.3, -0.4, 0.4, 0.3));  // 0.3 +- 0.4 i

  const mrnn::Spectrum spectrum = mrnn::spectrum(given.linearisation(), {0, 2});

  REQUIRE(spectrum.values.size() == 2);
  CHECK_THAT(spectrum.values(0).real(), WithinAbs(0.3, exact));
  CHECK_THAT(spectrum.values(0).imag(), WithinAbs(0.4, exact));
  CHECK_THAT(spectrum.values(1).imag(), WithinAbs(-0.4, exact));
  check_vectors(given.weights.front(), spectrum);
}

TEST_CASE("order by magnitude and by real part differ where a mode alternates", "[linearisation]") {
  const Given given(two_by_two(-0.9, 0.0, 0.0, 0.5));

  const auto leading = [&](mrnn::EigenOrder order) {
    return mrnn::spectrum(given.linearisation(), {1, 0, mrnn::EigenMethod::automatic, order}).values;
  };

  REQUIRE(leading(mrnn::EigenOrder::magnitude).size() == 1);
  CHECK_THAT(leading(mrnn::EigenOrder::magnitude)(0).real(), WithinAbs(-0.9, exact));
  CHECK_THAT(leading(mrnn::EigenOrder::real_part)(0).real(), WithinAbs(0.5, exact));
}

TEST_CASE("the vectors of one known eigenvalue, far from the leading ones, are found", "[linearisation]") {
  const Problem problem(80);
  const mrnn::Linearisation linearisation(problem.network, problem.weights, problem.gains, 0);
  const mrnn::Spectrum all = mrnn::spectrum(linearisation, {0, 80, mrnn::EigenMethod::dense});
  for (const Index mode : {0, 31, 60, 79}) {
    CAPTURE(mode, all.values(mode));

    const mrnn::Mode found = mrnn::mode_of(linearisation, all.values(mode));

    check_vectors(problem.definition(), {all.values.segment(mode, 1), found.right, found.left});
    CHECK((found.right - all.right.col(mode)).norm() < residual);
  }
}

TEST_CASE("the vectors of a few eigenvalues are those that all have", "[linearisation]") {
  const Problem problem(120);
  const mrnn::Linearisation linearisation(problem.network, problem.weights, problem.gains, 0);
  const mrnn::Spectrum all = mrnn::spectrum(linearisation, {0, 120, mrnn::EigenMethod::dense});
  for (const Index vectors : {1, 4, 8}) {
    CAPTURE(vectors);

    const mrnn::Spectrum few = mrnn::spectrum(linearisation, {0, vectors, mrnn::EigenMethod::dense});

    CHECK(few.values == all.values);
    REQUIRE(few.right.cols() == vectors);
    CHECK((few.right - all.right.leftCols(vectors)).cwiseAbs().maxCoeff() < eigenvalues);
    CHECK((few.left - all.left.leftCols(vectors)).cwiseAbs().maxCoeff() < eigenvalues);
    check_vectors(problem.definition(), {all.values.head(vectors), few.right, few.left});
  }
}

TEST_CASE("left vectors of a repeated eigenvalue are paired with the right ones", "[linearisation]") {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(3, 3);  // 0.8 twice, with independent vectors
  matrix << 0.8, 0.0, 0.3, 0.0, 0.8, 0.2, 0.0, 0.0, 0.1;

  const Given given(matrix);
  const mrnn::Spectrum spectrum = mrnn::spectrum(given.linearisation(), {0, 3});

  check_vectors(matrix, spectrum);
}

TEST_CASE("a defective eigenvalue has no left vectors of product one, and others keep theirs", "[linearisation]") {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(3, 3);
  matrix << 0.9, 0.0, 0.0, 0.0, 0.5, 1.0, 0.0, 0.0, 0.5;

  const Given given(matrix);
  const mrnn::Spectrum spectrum = mrnn::spectrum(given.linearisation(), {0, 2});

  CHECK_THAT(std::abs(spectrum.left(0, 0)), WithinAbs(1.0, exact));
  CHECK(std::isnan(spectrum.left(0, 1).real()));
}

TEST_CASE("a Jacobian that is not finite is an error that says so", "[linearisation]") {
  const Given given(two_by_two(1.0, std::numeric_limits<double>::quiet_NaN(), 0.0, 1.0));

  CHECK_THROWS_WITH(mrnn::spectrum(given.linearisation(), {}),
                    "the Jacobian is not finite: a weight, bias or state is NaN or infinite");
}

TEST_CASE("gains that do not fit the network are an error", "[linearisation]") {
  const Problem problem(12);

  CHECK_THROWS_WITH(mrnn::Linearisation(problem.network, problem.weights, problem.gains, 1),
                    ContainsSubstring("do not fit its network"));
}

TEST_CASE("time constants, frequencies and stability follow their definitions", "[linearisation]") {
  Eigen::VectorXcd values(2);
  values << std::polar(0.9, 0.5), Complex(0.5, 0.0);
  const double dt = 10.0;

  const Eigen::VectorXd times = mrnn::time_constants(values, LinearForm::discrete, dt);
  const Eigen::VectorXd hertz = mrnn::frequencies(values, LinearForm::discrete, dt);

  CHECK_THAT(times(0), WithinRel(dt / -std::log(0.9), exact));
  CHECK_THAT(times(1), WithinRel(dt / std::log(2.0), exact));
  CHECK_THAT(hertz(0), WithinRel(0.5 / (2.0 * std::numbers::pi * 0.01), exact));  // dt = 0.01 s
  CHECK(hertz(1) == 0.0);
  CHECK(mrnn::is_stable(values, LinearForm::discrete));
  CHECK_FALSE(mrnn::is_stable(2.0 * values, LinearForm::discrete));
}

TEST_CASE("the same of the continuous form are per ms", "[linearisation]") {
  Eigen::VectorXcd values(1);
  values << Complex(-0.02, 0.1);

  CHECK_THAT(mrnn::time_constants(values, LinearForm::continuous, 10.0)(0), WithinRel(50.0, exact));
  CHECK_THAT(mrnn::frequencies(values, LinearForm::continuous, 10.0)(0),
             WithinRel(1000.0 * 0.1 / (2.0 * std::numbers::pi), exact));
  CHECK(mrnn::is_stable(values, LinearForm::continuous));
  CHECK_FALSE(mrnn::is_stable(-values, LinearForm::continuous));
}

TEST_CASE("weights in force are those of the trial and step", "[linearisation]") {
  const Given given(two_by_two(1.0, 2.0, 3.0, 4.0));
  mrnn::Parameters parameters = mrnn::initial_parameters(given.network, 1);
  parameters.recurrent = given.weights;
  mrnn::Trials trials = mrnn::blank_trials(0, 2, 10);
  const mrnn::Selection all({{0, 2}}), second({{1, 1}});
  trials.interventions.push_back(
      {{5, 8}, {1}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, all, second, 0.0}});

  mrnn::WeightsInForce weights(given.network, parameters);

  CHECK(weights.at(trials, 1, 4).recurrent.front() == given.weights.front());
  CHECK(weights.at(trials, 1, 5).recurrent.front() == two_by_two(1.0, 0.0, 3.0, 0.0));
  CHECK(weights.at(trials, 0, 5).recurrent.front() == given.weights.front());
  CHECK(weights.at(trials, 1, 7).recurrent.front() == two_by_two(1.0, 0.0, 3.0, 0.0));
  CHECK(weights.at(trials, 1, 8).recurrent.front() == given.weights.front());
}

TEST_CASE("products with the weights in force of several trials are those of each alone", "[linearisation]") {
  const Given given(two_by_two(1.0, 2.0, 3.0, 4.0));
  mrnn::Parameters parameters = mrnn::initial_parameters(given.network, 1);
  parameters.recurrent = given.weights;
  mrnn::Trials trials = mrnn::blank_trials(0, 3, 10);
  const mrnn::Selection all({{0, 2}}), second({{1, 1}});
  trials.interventions.push_back(
      {{5, 8}, {1}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, all, second, 0.0}});
  const Eigen::MatrixXd v = random_matrix(2, 6, 5);

  mrnn::WeightsInForce weights(given.network, parameters);
  const Eigen::MatrixXd products = weights.multiply(trials, {0, 1, 2}, {5, 5, 2}, v);

  CHECK((products.leftCols(2) - given.weights.front() * v.leftCols(2)).norm() < exact);
  CHECK((products.middleCols(2, 2) - two_by_two(1.0, 0.0, 3.0, 0.0) * v.middleCols(2, 2)).norm() < exact);
  CHECK((products.rightCols(2) - given.weights.front() * v.rightCols(2)).norm() < exact);
  CHECK_THROWS_WITH(weights.multiply(trials, {0, 1}, {5, 5}, v.leftCols(3)),
                    "the columns of a product do not fit its trials and steps");
}

TEST_CASE("the drive from outside is weighted inputs, stimulus and the drives of interventions", "[linearisation]") {
  mrnn::NetworkSpec spec;
  mrnn::Region region;
  region.name = "a";
  region.units = 2;
  spec.regions = {region};
  spec.inputs = {{"u", 1}};
  spec.connections = {connect("u", "a")};
  const mrnn::Network network = mrnn::build_network(spec, 1);
  mrnn::Parameters parameters = mrnn::initial_parameters(network, 1);
  parameters.input.front() << 2.0, -1.0;
  mrnn::Trials trials = mrnn::blank_trials(1, 2, 4);
  trials.inputs(0, 1, 3) = 0.5;
  trials.stimulus = mrnn::Sequence(2, 2, 4);
  trials.stimulus(0, 1, 3) = 10.0;
  trials.interventions.push_back(
      {{2, 4}, {1}, mrnn::Drive{mrnn::Selection({{1, 1}}), Eigen::VectorXd::Constant(1, 3.0), Eigen::Vector2d(1, 5)}});
  const mrnn::Selection all({{0, 2}}), channel({{0, 1}});
  trials.interventions.push_back(
      {{3, 4}, {}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::input, all, channel, 4.0}});

  mrnn::WeightsInForce weights(network, parameters);
  const Eigen::MatrixXd drive = weights.external_drive(trials, {1, 0, 1}, {3, 3, 2});

  CHECK((drive.col(0) - Eigen::Vector2d(4.0 * 2.0 * 0.5 + 10.0, -4.0 * 0.5 + 3.0 * 5.0)).norm() < exact);
  CHECK(drive.col(1).norm() == 0.0);
  CHECK((drive.col(2) - Eigen::Vector2d(0.0, 3.0)).norm() < exact);
}
