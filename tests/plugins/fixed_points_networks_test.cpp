// Networks whose fixed points, slow points and cycles are known in closed form, or from an independent computation.

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "fixed_points_subject.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-10;
constexpr double dt = test::SmallNetwork::dt;
constexpr double alpha = 0.1;

/// x = 2 tanh x, to the last digit (scipy.optimize.brentq).
constexpr double well = 1.9150080481545375;

test::SmallNetwork bistable() {
  return test::small_network(Eigen::MatrixXd::Constant(1, 1, 2.0));
}

/// A ring of units that excite those near to them: W_ij = 2 g / N cos(theta_i - theta_j). With so many units the bump
/// of activity can stand anywhere, but for terms of order 1e-15.
constexpr Index ring_units = 48;
constexpr double ring_gain = 1.5;
double angle_of(Index unit) {
  return 2.0 * std::numbers::pi * static_cast<double>(unit) / static_cast<double>(ring_units);
}
test::SmallNetwork ring() {
  Eigen::MatrixXd weights(ring_units, ring_units);
  for (Index i = 0; i < ring_units; ++i) {
    for (Index j = 0; j < ring_units; ++j) {
      weights(i, j) = 2.0 * ring_gain / static_cast<double>(ring_units) * std::cos(angle_of(i) - angle_of(j));
    }
  }
  return test::small_network(weights);
}

/// Height r of the bump x_i = r cos(theta_i - phi): r = 2 g / N sum cos(theta) tanh(r cos(theta)), by bisection.
double bump_height() {
  double low = 0.1, high = 10.0;
  for (int halving = 0; halving < 100; ++halving) {
    const double r = 0.5 * (low + high);
    double sum = 0.0;
    for (Index i = 0; i < ring_units; ++i) sum += std::cos(angle_of(i)) * std::tanh(r * std::cos(angle_of(i)));
    (2.0 * ring_gain / static_cast<double>(ring_units) * sum > r ? low : high) = r;
  }
  return low;
}

/// Linear, with eigenvalues of W that are given, along (1, 1) and (1, -1) / sqrt(2).
test::SmallNetwork two_modes(double slow, double fast) {
  Eigen::Matrix2d axes;
  axes << 1.0, 1.0, 1.0, -1.0;
  axes /= std::numbers::sqrt2;
  test::SmallNetwork choice = test::small_network(axes * Eigen::Vector2d(slow, fast).asDiagonal() * axes.transpose());
  choice.activation = mrnn::Activation::linear;
  return choice;
}

double volume(const Eigen::Matrix3d& m) {
  return m.col(0).dot(m.col(1).cross(m.col(2)));
}

std::string joined(const mrnn::AnalysisResults& results) {
  std::string all;
  for (const std::string& line : results.summary) all += line + "\n";
  return all;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a bistable unit has two stable points and a saddle between them", "[fixed_points]") {
  const auto results = test::analyse(test::with_trials(bistable()), "fixed_points", "");

  REQUIRE(test::points(results) == 3);
  for (const double x : {-well, 0.0, well}) {
    CAPTURE(x);
    const test::Nearest nearest = test::nearest_point(results, test::state({x}));
    const double slope = 1.0 - std::tanh(x) * std::tanh(x);
    const double eigenvalue = 1.0 - alpha + alpha * 2.0 * slope;
    CHECK(nearest.distance < tolerance);
    CHECK_THAT(at(results, "h", {nearest.point, 0}), WithinAbs(std::tanh(x), tolerance));
    CHECK_THAT(at(results, "eigenvalues_real", {nearest.point, 0}), WithinAbs(eigenvalue, tolerance));
    CHECK(at(results, "eigenvalues_imag", {nearest.point, 0}) == 0.0);
    CHECK_THAT(at(results, "time_constants", {nearest.point, 0}), WithinRel(dt / std::abs(std::log(eigenvalue)), 1e-9));
    CHECK(at(results, "frequencies", {nearest.point, 0}) == 0.0);
    CHECK(at(results, "unstable_modes", {nearest.point}) == (x == 0.0 ? 1.0 : 0.0));
    CHECK(at(results, "stable", {nearest.point}) == (x == 0.0 ? 0.0 : 1.0));
    CHECK(test::texts(results, "kind")[static_cast<std::size_t>(nearest.point)] == (x == 0.0 ? "unstable" : "stable"));
  }
}

TEST_CASE("a linear network has one fixed point, the solution of its equations", "[fixed_points]") {
  Eigen::Matrix3d weights;
  weights << 0.5, -1.0, 0.2, 1.0, 0.5, 0.1, 0.0, 0.3, 25.0;
  test::SmallNetwork choice = test::small_network(weights);
  choice.activation = mrnn::Activation::linear;
  choice.bias = Eigen::Vector3d(1.0, -2.0, 3.0);

  const auto results = test::analyse(test::with_trials(choice), "fixed_points", "");

  // x = W x + b, by Cramer's rule of (I - W).
  const Eigen::Matrix3d rest = Eigen::Matrix3d::Identity() - weights;
  Eigen::Vector3d expected;
  for (Index k = 0; k < 3; ++k) {
    Eigen::Matrix3d replaced = rest;
    replaced.col(k) = choice.bias;
    expected(k) = volume(replaced) / volume(rest);
  }
  REQUIRE(test::points(results) == 1);
  CHECK(test::nearest_point(results, expected).distance < tolerance);
  CHECK(at(results, "unstable_modes", {0}) == 1.0);
  CHECK(test::texts(results, "kind")[0] == "saddle");
}

TEST_CASE("of every activation and kind of dynamics, the point where a contracting network comes to rest is found",
          "[fixed_points]") {
  const auto activation = GENERATE(mrnn::Activation::relu, mrnn::Activation::tanh, mrnn::Activation::sigmoid,
                                   mrnn::Activation::softplus, mrnn::Activation::linear, mrnn::Activation::retanh);
  const auto dynamics = GENERATE(mrnn::Dynamics::leaky, mrnn::Dynamics::elman, mrnn::Dynamics::rate);
  CAPTURE(static_cast<int>(activation), static_cast<int>(dynamics));
  Eigen::Matrix3d weights;
  weights << 0.2, -0.4, 0.1, 0.3, 0.1, -0.2, -0.1, 0.3, 0.2;
  test::SmallNetwork choice = test::small_network(weights);
  choice.activation = activation;
  choice.dynamics = dynamics;
  choice.bias = Eigen::Vector3d(0.5, -0.7, 0.3);
  if (dynamics == mrnn::Dynamics::elman) choice.alpha = 1.0;
  const test::Subject subject = test::with_trials(choice);

  const auto results = test::analyse(subject, "fixed_points", "seeds = 20");

  const mrnn::Simulation rest = test::simulate(subject, "rest", test::scattered(subject, 1, 1000, 1.0));
  const auto last = [](const mrnn::Simulation::Activity& activity) {
    return Eigen::VectorXd(std::get<mrnn::Sequence>(activity).at(999).col(0));
  };
  REQUIRE(test::points(results) == 1);
  CHECK(test::nearest_point(results, last(rest.x)).distance < tolerance);
  CHECK(test::nearest_point(results, last(rest.h), "h").distance < tolerance);
  CHECK(at(results, "stable", {0}) == 1.0);
  CHECK(at(results, "q", {0}) < 1e-24);
}

TEST_CASE("stability agrees with the eigenvalues of the dense Jacobian, and vectors with their definition",
          "[fixed_points]") {
  const auto dynamics = GENERATE(mrnn::Dynamics::leaky, mrnn::Dynamics::rate);
  constexpr Index n = 12;
  mrnn::RandomStream random(3, mrnn::Stream::analyses, "weights");
  const Eigen::MatrixXd drawn = Eigen::MatrixXd(n, n).unaryExpr([&](double) { return 0.5 * random.normal(); });
  test::SmallNetwork choice = test::small_network(drawn + 0.5 * drawn.transpose());
  choice.dynamics = dynamics;

  const auto results = test::analyse(test::with_trials(choice), "fixed_points", "vectors = 12");

  REQUIRE(test::points(results) > 2);
  for (Index point = 0; point < test::points(results); ++point) {
    const Eigen::VectorXd x = test::rows(results, "x")[static_cast<std::size_t>(point)];
    const Eigen::VectorXd slope = 1.0 - x.array().tanh().square();
    const bool rate = dynamics == mrnn::Dynamics::rate;
    Eigen::MatrixXd jacobian = alpha * (rate ? Eigen::MatrixXd(slope.asDiagonal() * choice.weights)
                                             : Eigen::MatrixXd(choice.weights * slope.asDiagonal()));
    jacobian.diagonal().array() += 1.0 - alpha;
    Index growing = 0;
    for (Index k = 0; k < n; ++k) {
      const std::complex<double> value(at(results, "eigenvalues_real", {point, k}),
                                       at(results, "eigenvalues_imag", {point, k}));
      if (std::abs(value) > 1.0) ++growing;
      Eigen::VectorXcd right(n), left(n);
      for (Index i = 0; i < n; ++i) {
        right(i) = {at(results, "right_real", {point, k, i}), at(results, "right_imag", {point, k, i})};
        left(i) = {at(results, "left_real", {point, k, i}), at(results, "left_imag", {point, k, i})};
      }
      CHECK((jacobian * right - value * right).norm() < 1e-9);
      CHECK((jacobian.transpose() * left - value * left).norm() < 1e-9 * left.norm());
      CHECK(std::abs((left.transpose() * right)(0) - 1.0) < 1e-9);
    }
    CHECK(at(results, "unstable_modes", {point}) == static_cast<double>(growing));
  }
}

TEST_CASE("the selection vector is the left eigenvector of the slowest mode, and says what inputs do to it",
          "[fixed_points]") {
  Eigen::Matrix2d weights;
  weights << 0.9, 0.0, 3.0, -2.0;  // J: 0.99, slow, and 0.7
  test::SmallNetwork choice = test::small_network(weights);
  choice.activation = mrnn::Activation::linear;
  choice.inputs = 1;

  const auto results = test::analyse(test::with_trials(choice), "fixed_points", "seeds = 5\nvectors = 1");

  // l^T W = 0.9 l^T: l = (1, 0); r = (2.9, 3) / |.|; scaled so that l^T r = 1. The input drives unit 0 with alpha.
  const double scale = std::hypot(2.9, 3.0) / 2.9;
  CHECK_THAT(at(results, "selection_vectors", {0, 0}), WithinRel(scale, 1e-9));
  CHECK_THAT(at(results, "selection_vectors", {0, 1}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "selection_vectors_imag", {0, 0}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "selection_input", {0, 0}), WithinRel(alpha * scale, 1e-9));
  CHECK(test::array(results, "right_real").shape == std::vector<Index>{1, 1, 2});
}

TEST_CASE("a line attractor is met all along its length, and scores as a line", "[fixed_points]") {
  const auto results = test::analyse(test::with_trials(two_modes(1.0, 0.0)), "fixed_points", "unique_distance = 0.01");

  REQUIRE(test::points(results) > 15);  // one for every trial, about
  double low = 1e300, high = -1e300;
  for (const Eigen::VectorXd& x : test::rows(results, "x")) {
    CHECK(std::abs(x(0) - x(1)) < tolerance);
    low = std::min(low, x(0));
    high = std::max(high, x(0));
  }
  CHECK(high - low > 2.0);
  for (Index point = 0; point < test::points(results); ++point) {
    CHECK(at(results, "marginal_modes", {point}) == 1.0);
    CHECK(at(results, "unstable_modes", {point}) == 0.0);
    CHECK(at(results, "stable", {point}) == 0.0);
    CHECK(at(results, "line_score", {point}) > 40.0);
    CHECK(test::texts(results, "kind")[static_cast<std::size_t>(point)] == "marginal");
  }
  CHECK(contains(joined(results), std::to_string(test::points(results)) + " marginal"));
}

TEST_CASE("a leaky line scores by the ratio of its time constants", "[fixed_points]") {
  const auto results = test::analyse(test::with_trials(two_modes(0.98, 0.5)), "fixed_points", "");

  // Eigenvalues of J: 0.9 + 0.1 (0.98, 0.5)
  REQUIRE(test::points(results) == 1);
  CHECK_THAT(at(results, "line_score", {0}), WithinRel(std::log2(std::log(0.95) / std::log(0.998)), 1e-9));
  CHECK(at(results, "stable", {0}) == 1.0);
  const auto wide = test::analyse(test::with_trials(two_modes(0.98, 0.5)), "fixed_points", "marginal = 0.01");
  CHECK(at(wide, "stable", {0}) == 0.0);
  CHECK(at(wide, "marginal_modes", {0}) == 1.0);
}

TEST_CASE("slow points along a leaky line are kept where they are asked for", "[fixed_points]") {
  const test::Subject subject = test::with_trials(two_modes(0.9999, 0.0));

  const auto fixed = test::analyse(subject, "fixed_points", "");
  const auto slow = test::analyse(subject, "fixed_points", "slow_tolerance = 1e-9");

  REQUIRE(test::points(fixed) == 1);
  REQUIRE(test::points(slow) > 10);
  CHECK(test::texts(slow, "kind")[0] == "stable");
  for (Index point = 1; point < test::points(slow); ++point) {
    const Eigen::VectorXd x = test::rows(slow, "x")[static_cast<std::size_t>(point)];
    CHECK(test::texts(slow, "kind")[static_cast<std::size_t>(point)] == "slow point");
    CHECK(at(slow, "q", {point}) <= 1e-9);
    // F(x) - x = alpha (W - I) x
    const Eigen::VectorXd change = alpha * (two_modes(0.9999, 0.0).weights * x - x);
    CHECK_THAT(at(slow, "q", {point}), WithinRel(0.5 * change.squaredNorm(), 1e-9));
    CHECK_THAT(at(slow, "speed", {point}), WithinRel(change.norm() / dt, 1e-9));
  }
  CHECK(contains(joined(slow), "slow points, with speeds from "));
}

TEST_CASE("the ghost of two fixed points that have met and vanished is a slow point", "[fixed_points]") {
  test::SmallNetwork choice = bistable();
  choice.bias = Eigen::VectorXd::Constant(1, 0.6);  // they meet at b = 0.532840

  const auto fixed = test::analyse(test::with_trials(choice), "fixed_points", "");
  const auto slow = test::analyse(test::with_trials(choice), "fixed_points", "slow_tolerance = 3e-5");

  // Slowest where the derivative of -x + 2 tanh x + b is 0: cosh^2 x = 2, tanh x = -1 / sqrt 2.
  const double x = -std::acosh(std::numbers::sqrt2);
  const double change = alpha * (-x - std::numbers::sqrt2 + 0.6);
  REQUIRE(test::points(fixed) == 1);
  const std::vector<std::string>& kinds = test::texts(slow, "kind");
  REQUIRE(kinds.size() >= 2);
  CHECK(kinds[0] == "stable");
  CHECK(kinds[1] == "ghost");
  CHECK(std::ranges::count(kinds, "ghost") == 1);
  CHECK_THAT(at(slow, "x", {1, 0}), WithinAbs(x, 1e-5));
  CHECK_THAT(at(slow, "q", {1}), WithinRel(0.5 * change * change, 1e-9));
  CHECK_THAT(at(slow, "eigenvalues_real", {1, 0}), WithinAbs(1.0, 1e-5));
  CHECK(contains(joined(slow), "1 ghost (local minimum of q)"));
  CHECK(contains(joined(fixed), " in a local minimum of q"));
}

TEST_CASE("a ring attractor is met all around, with one marginal mode, and the unstable point in its middle",
          "[fixed_points]") {
  const auto results = test::analyse(test::with_trials(ring(), 1.0, 200), "fixed_points", "unique_distance = 0.2");

  const double height = bump_height();
  Index on_ring = 0, middle = 0;
  std::vector<bool> sector(12, false);
  for (Index point = 0; point < test::points(results); ++point) {
    const Eigen::VectorXd x = test::rows(results, "x")[static_cast<std::size_t>(point)];
    std::complex<double> bump = 0.0;  // r exp(i phi)
    for (Index i = 0; i < ring_units; ++i) bump += x(i) * std::polar(2.0 / ring_units, angle_of(i));
    if (std::abs(bump) < 1e-6) {
      ++middle;
      CHECK(at(results, "unstable_modes", {point}) == 2.0);
      continue;
    }
    ++on_ring;
    CHECK_THAT(std::abs(bump), WithinAbs(height, 1e-9));
    CHECK(at(results, "unstable_modes", {point}) == 0.0);
    CHECK(at(results, "marginal_modes", {point}) == 1.0);
    CHECK(at(results, "line_score", {point}) > 20.0);
    sector[static_cast<std::size_t>((std::arg(bump) + std::numbers::pi) / (2.0 * std::numbers::pi) * 11.999)] = true;
  }
  CHECK(middle == 1);
  CHECK(on_ring > 30);
  CHECK(std::ranges::count(sector, true) == 12);
}

TEST_CASE("where activity goes round an unstable point for ever, the cycle and its period are reported",
          "[fixed_points]") {
  Eigen::Matrix2d weights;
  weights << 2.0, -2.0, 2.0, 2.0;
  const test::Subject subject = test::with_trials(test::small_network(weights));

  const auto results = test::analyse(subject, "fixed_points", "");

  REQUIRE(test::points(results) == 1);
  CHECK(at(results, "unstable_modes", {0}) == 2.0);
  CHECK(test::texts(results, "kind")[0] == "unstable");
  CHECK_THAT(at(results, "frequencies", {0, 0}),
             WithinRel(1000.0 * std::atan2(0.2, 1.1) / (2.0 * std::numbers::pi * dt), 1e-9));
  // numpy: 5,617 upward zero crossings of x_0 in 400,000 steps x += 0.1 (-x + W tanh(x)), after 100,000
  const double period = 712.0634541616785;
  REQUIRE(test::array(results, "followed_period").values.size() == 8);
  for (const double found : test::array(results, "followed_period").values) CHECK_THAT(found, WithinRel(period, 1e-4));
  CHECK(contains(joined(results),
                 "no stable fixed point, so activity was followed on from 8 seeds: 8 settle to a "
                 "cycle, with a period of 712.0"));
  const auto unwatched = test::analyse(subject, "fixed_points", "follow = 0");
  CHECK_FALSE(test::has_array(unwatched, "followed_period"));
  CHECK(unwatched.summary.size() == 2);
}

TEST_CASE("equations without solution and singular everywhere are no fixed point, and said so", "[fixed_points]") {
  test::SmallNetwork choice = two_modes(1.0, 0.0);
  choice.bias = Eigen::Vector2d(1.0, 1.0);  // along the line: activity grows without end

  const auto results = test::analyse(test::with_trials(choice), "fixed_points", "seeds = 30");

  CHECK(test::points(results) == 0);
  CHECK(test::array(results, "x").shape == std::vector<Index>{0, 2});
  CHECK(std::ranges::count(test::array(results, "seed_point").values, -1.0) == 30);
  // q = 1/2 |alpha b|^2 everywhere on the line
  CHECK(contains(joined(results),
                 "no fixed point found with the input of each seed's step: of 30 searches, 30 ended in a "
                 "local minimum of q; q at least 0.01\n"));
  CHECK(contains(joined(results), "followed on from 8 seeds: 8 neither rest nor recur"));
}

TEST_CASE("a search from states beyond all bounds ends, and is counted", "[fixed_points]") {
  test::SmallNetwork choice = two_modes(2.0, 0.5);
  const auto results = test::analyse(test::with_trials(choice, 1e200), "fixed_points", "seeds = 30\nfollow = 4");

  CHECK(test::points(results) == 0);
  CHECK(contains(joined(results), "30 had states that are not finite"));
}

TEST_CASE("of many units, all that grow and the slowest are among the eigenvalues that are computed",
          "[fixed_points]") {
  constexpr Index n = 510;
  mrnn::RandomStream random(3, mrnn::Stream::analyses, "weights");
  const double deviation = 1.0 / std::sqrt(static_cast<double>(n));
  Eigen::MatrixXd weights = Eigen::MatrixXd(n, n).unaryExpr([&](double) { return 0.3 * deviation * random.normal(); });
  // Three modes beside the others: 4 and 2.5 grow, 0.995 is slow.
  for (const auto& [k, value] : {std::pair(0, 4.0), std::pair(1, 2.5), std::pair(2, 0.995)}) {
    weights.row(k).setZero();
    weights(k, k) = value;
  }
  test::SmallNetwork choice = test::small_network(weights);
  choice.activation = mrnn::Activation::linear;

  const auto results = test::analyse(test::with_trials(choice), "fixed_points", "seeds = 1\nfollow = 0\nvectors = 1");

  REQUIRE(test::points(results) == 1);
  CHECK(at(results, "unstable_modes", {0}) == 2.0);
  CHECK(test::array(results, "eigenvalues_real").shape[1] < n);
  CHECK_THAT(at(results, "eigenvalues_real", {0, 0}), WithinRel(1.3, 1e-9));
  const double tau_slow = dt / -std::log(0.9 + 0.1 * 0.995);
  CHECK_THAT(at(results, "time_constants", {0, 2}), WithinRel(tau_slow, 1e-6));
  // The left vector of the slow mode is along its own unit: that row of W has no other entry.
  for (const Index unit : {0, 1, 3, 400}) CHECK(std::abs(at(results, "selection_vectors", {0, unit})) < 1e-8);
}
