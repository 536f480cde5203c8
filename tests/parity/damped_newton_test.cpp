// Damped Newton steps: the minimiser of what they minimise, by its definition.

#include "mrnn/damped_newton.hpp"

#include <limits>

#include "catch.hpp"
#include "comparison.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;

namespace {

constexpr Index states = 5;
const std::vector<Index> chosen = {1, 2, 3, 7, 9, 10};

/// A session of 12 units, and the gains of some of them at some states.
struct Problem {
  explicit Problem(Dynamics dynamics)
      : network(
            build_network(test::network_spec({.units = 12, .dynamics = dynamics, .activation = Activation::tanh}), 1)),
        parameters(test::random_parameters(network, 2)),
        trials(test::random_trials(network, 3, 8)),
        session(eigen::make_backend()->open(network, {.precision = Precision::float64, .threads = 2})) {
    session->write_parameters(parameters);
    session->load(trials);
    const Trials blank = blank_trials(0, states, 1);
    const Jacobians all =
        session->jacobian({test::random_sequence(12, blank, 11).at(0), {0, 1, 2, 0, 1}, {0, 1, 2, 3, 4}});
    gains = {all.leak(chosen, Eigen::all), all.post(chosen, Eigen::all), all.pre(chosen, Eigen::all)};
    const EffectiveWeights effective = effective_weights(network, parameters);
    weights = dense(network.recurrent_blocks(), effective.recurrent, 12, 12)(chosen, chosen);
    g = test::random_sequence(std::ssize(chosen), blank, 12).at(0);
  }

  /// J - I
  Eigen::MatrixXd matrix(Index k) const {
    Eigen::MatrixXd a = gains.post.col(k).asDiagonal() * weights * gains.pre.col(k).asDiagonal();
    a.diagonal() += gains.leak.col(k);
    a.diagonal().array() -= 1.0;
    return a;
  }

  Network network;
  Parameters parameters;
  Trials trials;
  std::unique_ptr<Session> session;
  Jacobians gains;
  Eigen::MatrixXd weights, g;
};

}  // namespace

TEST_CASE("a damped step is the least squares solution of A d = -g, sqrt(mu) d = 0", "[parity][newton]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const Problem problem(dynamics);
  const Index n = std::ssize(chosen);
  const Eigen::VectorXd mu = Eigen::VectorXd::LinSpaced(states, 0.01, 2.0);

  const auto newton = problem.session->damped_newton(problem.weights, problem.gains);
  const Eigen::MatrixXd& varying = newton->varying(problem.gains);
  const DampedSteps steps = newton->steps(varying, problem.g, mu);
  const Eigen::VectorXd scales = newton->square_scales(varying);

  CHECK(newton->size() == n);
  CHECK(steps.definite.all());
  for (Index k = 0; k < states; ++k) {
    CAPTURE(k);
    const Eigen::MatrixXd a = problem.matrix(k);
    Eigen::MatrixXd stacked(2 * n, n);
    stacked << a, std::sqrt(mu(k)) * Eigen::MatrixXd::Identity(n, n);
    Eigen::VectorXd right = Eigen::VectorXd::Zero(2 * n);
    right.head(n) = -problem.g.col(k);
    const Eigen::VectorXd d = least_squares(stacked, right);
    CHECK(test::relative_error(steps.d.col(k), d) <= test::double_tolerance);
    CHECK(std::abs(steps.predicted(k) - 0.5 * (problem.g.col(k) + a * d).squaredNorm()) <= test::double_tolerance);
    const double slope = (a.transpose() * problem.g.col(k)).squaredNorm();
    CHECK(std::abs(steps.slope(k) / slope - 1.0) <= test::double_tolerance);
    const double scale = a.squaredNorm() + (problem.gains.leak.col(k).array() - 1.0).matrix().squaredNorm();
    CHECK(std::abs(scales(k) / scale - 1.0) <= test::double_tolerance);
  }
}

TEST_CASE("a state whose matrix is not definite has no damped step, the others have theirs", "[parity][newton]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Problem problem(dynamics);
  Eigen::VectorXd mu = Eigen::VectorXd::Constant(states, 0.1);
  const auto newton = problem.session->damped_newton(problem.weights, problem.gains);
  const DampedSteps whole = newton->steps(newton->varying(problem.gains), problem.g, mu);
  mu(1) = -1e3;
  mu(3) = std::numeric_limits<double>::quiet_NaN();

  const DampedSteps steps = newton->steps(newton->varying(problem.gains), problem.g, mu);

  for (const Index k : {0, 2, 4}) {
    CHECK(steps.definite(k));
    CHECK(steps.d.col(k) == whole.d.col(k));
  }
  CHECK_FALSE(steps.definite(1));
  CHECK_FALSE(steps.definite(3));
  CHECK(steps.slope == whole.slope);
}

TEST_CASE("damped steps check the shapes of what they are given", "[parity][newton][bad]") {
  const Problem problem(Dynamics::leaky);
  const auto newton = problem.session->damped_newton(problem.weights, problem.gains);

  CHECK_THROWS_WITH(newton->steps(problem.gains.pre, problem.g, Eigen::VectorXd::Ones(states - 1)),
                    "damped steps of 4 states of 6 units need as many rows and columns of gains and changes");
  CHECK_THROWS_WITH(problem.session->damped_newton(problem.weights.leftCols(3), problem.gains),
                    "number of columns of the weights is 3; 6 is needed");
  CHECK_THROWS_WITH(problem.session->damped_newton(problem.weights.topLeftCorner(3, 3), problem.gains),
                    "number of units of the leak is 6; 3 is needed");
}
