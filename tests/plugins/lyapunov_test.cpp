// Lyapunov exponents of networks for which they are known.

#include <cmath>
#include <limits>

#include "lyapunov_problems.hpp"

using mrnn::Index;
using test::at;
using namespace test::lyapunov;

TEST_CASE("exponents of a linear network are the logarithms of its eigenvalues per unit of time", "[lyapunov]") {
  const auto results = test::analyse(triangular(0.9, 0.7, 0.4), "lyapunov", "discard = 2000");

  REQUIRE(test::array(results, "exponents").shape == std::vector<Index>{1, 3});
  CHECK(test::array(results, "exponents").units == "1/s");
  CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(exponent(0.9), tolerance));
  CHECK_THAT(at(results, "exponents", {0, 1}), WithinRel(exponent(0.7), tolerance));
  CHECK_THAT(at(results, "exponents", {0, 2}), WithinRel(exponent(0.4), tolerance));
  CHECK_THAT(at(results, "exponents_sem", {0, 0}), WithinAbs(0.0, tolerance));
  CHECK(test::array(results, "exponents_trials").shape == std::vector<Index>{2, 3});
}

TEST_CASE("a pair of turning modes shares its growth between two exponents", "[lyapunov]") {
  test::Subject made = subject({}, mrnn::Activation::linear);
  Eigen::Matrix3d jacobian;
  jacobian << 0.9, -0.1, 0.0, 0.1, 0.9, 0.0, 0.0, 0.0, 0.5;
  set_weights(made, weights_for(jacobian));
  run(made, 1, 400);

  const auto results = test::analyse(made, "lyapunov", "discard = 2000");

  const double pair = exponent(std::hypot(0.9, 0.1));
  CHECK_THAT(at(results, "exponents", {0, 0}) + at(results, "exponents", {0, 1}), WithinRel(2.0 * pair, tolerance));
  CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(pair, 1e-3));
}

TEST_CASE("one tanh unit at rest: ln(1 - alpha + alpha w) per unit of time, in leaky and rate dynamics", "[lyapunov]") {
  for (const mrnn::Dynamics dynamics : {mrnn::Dynamics::leaky, mrnn::Dynamics::rate}) {
    test::Subject made = subject({1, 0, 0}, mrnn::Activation::tanh, dynamics);
    set_weights(made, Eigen::MatrixXd::Constant(1, 1, 0.5));
    run(made, 1, 20);

    const auto results = test::analyse(made, "lyapunov", "");

    CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(exponent(1.0 - alpha + alpha * 0.5), tolerance));
    CHECK(results.summary.front() ==
          "control (1 trial): largest Lyapunov exponent -10.5 per s, neighbouring states come together; "
          "Kaplan-Yorke dimension 0");
  }
}

TEST_CASE("exponents along a driven trajectory are those of an independent computation", "[lyapunov]") {
  // numpy, whatever the orthonormal Q that it starts from:
  //   for t in range(300):
  //     J = (1-a)*np.eye(3) + a*W@np.diag(1-np.tanh(x)**2)
  //     Q, R = np.linalg.qr(J@Q)
  //     if t >= 200: s += np.log(abs(np.diag(R)))
  //     x = (1-a)*x + a*(W@np.tanh(x) + w*np.cos(.3*t))
  //   print(s/100/0.01)
  const auto results = test::analyse(driven(), "lyapunov", "discard = 2000");

  CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(-8.852661010068772, tolerance));
  CHECK_THAT(at(results, "exponents", {0, 1}), WithinRel(-49.92411609836375, tolerance));
  CHECK_THAT(at(results, "exponents", {0, 2}), WithinRel(-96.1701356503143, tolerance));
}

TEST_CASE("all exponents sum to the mean of ln |det J|", "[lyapunov]") {
  const test::Subject made = driven();

  const auto results = test::analyse(made, "lyapunov", "discard = 50");

  const Eigen::MatrixXd weights = mrnn::dense(made.network.recurrent_blocks(), made.parameters.recurrent, 3, 3);
  double sum = 0.0;
  for (Index step = 5; step < 300; ++step) {
    const Eigen::Vector3d x = made.simulations.front().state(made.network, made.parameters, 0, step - 1);
    const Eigen::Vector3d slope = 1.0 - x.array().tanh().square();
    Eigen::Matrix3d jacobian = alpha * weights * slope.asDiagonal();
    jacobian.diagonal().array() += 1.0 - alpha;
    sum += std::log(std::abs(determinant(jacobian)));
  }
  const double exponents =
      at(results, "exponents", {0, 0}) + at(results, "exponents", {0, 1}) + at(results, "exponents", {0, 2});
  CHECK_THAT(exponents, WithinRel(sum / 295.0 * second / dt, tolerance));
}

TEST_CASE("a random tanh network is chaotic above gain 1 and at rest below it", "[lyapunov]") {
  const auto chaotic = test::analyse(random_network(3.0), "lyapunov", "duration = 10000\ncount = 2");
  const test::Subject quiet = random_network(0.5);
  const auto resting = test::analyse(quiet, "lyapunov", "duration = 10000\ndiscard = 5000\ncount = 1");

  CHECK(at(chaotic, "exponents", {0, 0}) > 1.0);
  CHECK(at(chaotic, "entropy", {0}) != at(chaotic, "entropy", {0}));  // NaN: there are more positive ones
  CHECK_THAT(chaotic.summary.front(), ContainsSubstring("neighbouring states move apart; the Kaplan-Yorke dimension "
                                                        "needs more than 2 exponents"));
  // At rest the largest exponent is the slowest mode of J = 1 - alpha + alpha W.
  const auto spectrum = test::analyse(quiet, "eigen_spectrum", "state = 0\nvectors = 0");
  CHECK_THAT(at(resting, "exponents", {0, 0}), WithinAbs(exponent(at(spectrum, "spectral_radius", {0})), 0.05));
}

TEST_CASE("the Kaplan-Yorke dimension is where the sum of exponents passes 0", "[lyapunov]") {
  // Two exponents sum to ln(1.1 * 0.95) > 0, three to less than 0.
  const auto results = test::analyse(triangular(1.1, 0.95, 0.7), "lyapunov", "discard = 2000");

  CHECK_THAT(at(results, "dimension", {0}), WithinRel(2.0 + std::log(1.1 * 0.95) / std::abs(std::log(0.7)), 1e-9));
  CHECK_THAT(at(results, "entropy", {0}), WithinRel(exponent(1.1), 1e-9));
  CHECK(at(results, "positive", {0}) == 1.0);
  CHECK_THAT(results.summary.front(), ContainsSubstring("Kaplan-Yorke dimension 2.12, entropy 9.53 nats per s"));
}

TEST_CASE("where all directions grow the dimension is their number", "[lyapunov]") {
  const auto all = test::analyse(triangular(1.2, 1.1, 1.05), "lyapunov", "discard = 2000");
  const auto two = test::analyse(triangular(1.2, 1.1, 1.05), "lyapunov", "discard = 2000\ncount = 2");

  CHECK(at(all, "dimension", {0}) == 3.0);
  CHECK_THAT(at(all, "entropy", {0}), WithinRel(exponent(1.2 * 1.1 * 1.05), 1e-9));
  CHECK(std::isnan(at(two, "dimension", {0})));
  CHECK(std::isnan(at(two, "entropy", {0})));
}
