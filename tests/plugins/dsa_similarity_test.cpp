// The best orthogonal change of coordinates between two linear systems, on matrices with known answers.

#include <Eigen/LU>
#include <cmath>
#include <complex>

#include "catch.hpp"
#include "dsa/similarity.hpp"
#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/random.hpp"

namespace {

using dsa::compare_dynamics;
using Eigen::Index;
using Eigen::MatrixXd;

constexpr double tolerance = 1e-12;

MatrixXd draw(Index rows, Index columns, std::uint64_t seed) {
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, "matrix");
  return MatrixXd::NullaryExpr(rows, columns, [&random](Index, Index) { return random.normal(); });
}

/// A drawn orthogonal matrix of determinant 1 or -1.
MatrixXd orthogonal(Index size, std::uint64_t seed, double determinant) {
  MatrixXd q = mrnn::qr(draw(size, size, seed)).q;
  if (q.determinant() * determinant < 0.0) q.col(0) *= -1.0;
  return q;
}

/// Decaying rotations: a normal matrix, whose symmetric part has every eigenvalue twice.
MatrixXd rotations(Index size) {
  MatrixXd a = MatrixXd::Zero(size, size);
  for (Index k = 0; k + 1 < size; k += 2) {
    const std::complex<double> value = std::polar(0.9 - 0.05 * double(k), 0.4 + 0.3 * double(k));
    a.block(k, k, 2, 2) << value.real(), -value.imag(), value.imag(), value.real();
  }
  return a;
}

}  // namespace

TEST_CASE("a system in other coordinates is the same, turned or mirrored", "[dsa]") {
  const Index size = GENERATE(1, 2, 3, 6, 13);
  const double determinant = GENERATE(1.0, -1.0);
  CAPTURE(size, determinant);
  const MatrixXd a = draw(size, size, 1), q = orthogonal(size, 2, determinant);

  const dsa::Similarity found = compare_dynamics(a, q * a * q.transpose(), {});

  CHECK(found.angular < 1e-12);
  CHECK(found.euclidean < 1e-12 * a.norm());
  CHECK((found.c * found.c.transpose() - MatrixXd::Identity(size, size)).norm() < tolerance);
  CHECK((a - found.c * (q * a * q.transpose()) * found.c.transpose()).norm() < 1e-12 * a.norm());
}

TEST_CASE("normal systems in other coordinates are the same too", "[dsa]") {
  for (const Index size : {2, 4, 8}) {
    for (const double determinant : {1.0, -1.0}) {
      const MatrixXd q = orthogonal(size, 3, determinant), a = rotations(size);
      CHECK(compare_dynamics(a, q * a * q.transpose(), {}).angular < 1e-10);
    }
  }
}

TEST_CASE("of symmetric matrices the best match pairs eigenvalues in order", "[dsa]") {
  const MatrixXd a = draw(5, 5, 4) + draw(5, 5, 4).transpose(), b = draw(5, 5, 5) + draw(5, 5, 5).transpose();
  const Eigen::VectorXd la = mrnn::symmetric_eigen(a).values, lb = mrnn::symmetric_eigen(b).values;

  const dsa::Similarity found = compare_dynamics(a, b, {});

  CHECK_THAT(found.angular, WithinAbs(std::acos(la.dot(lb) / (a.norm() * b.norm())), 1e-10));
  CHECK_THAT(found.euclidean, WithinRel((la - lb).norm(), 1e-10));
}

TEST_CASE("of two-by-two matrices the best match is known in closed form", "[dsa]") {
  // a0 I + a1 J + S, S symmetric without trace: turning keeps I and J and turns S, mirroring changes the sign of J.
  const auto parts = [](const MatrixXd& m) {
    const double p = 0.5 * (m(0, 0) - m(1, 1)), q = 0.5 * (m(0, 1) + m(1, 0));
    return Eigen::Vector3d(0.5 * m.trace(), std::abs(0.5 * (m(1, 0) - m(0, 1))), std::hypot(p, q));
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const MatrixXd a = draw(2, 2, 100 + seed), b = draw(2, 2, 200 + seed);
    const double cosine = 2.0 * parts(a).dot(parts(b)) / (a.norm() * b.norm());
    CHECK_THAT(compare_dynamics(a, b, {}).angular, WithinAbs(std::acos(cosine), 1e-9));
  }
}

TEST_CASE("the distance is exactly symmetric, and the arguments stay as they are", "[dsa]") {
  const MatrixXd a = draw(6, 6, 6), b = draw(6, 6, 7);
  MatrixXd a_given = a, b_given = b;

  const dsa::Similarity there = compare_dynamics(a_given, b_given, {}), back = compare_dynamics(b_given, a_given, {});

  CHECK(there.angular == back.angular);
  CHECK(there.euclidean == back.euclidean);
  CHECK(there.c == back.c.transpose());
  CHECK(a_given == a);
  CHECK(b_given == b);
}

TEST_CASE("the distances are those of a metric, and do not depend on the sizes", "[dsa]") {
  std::vector<MatrixXd> systems;
  for (std::uint64_t seed = 0; seed < 5; ++seed) systems.push_back(draw(4, 4, 300 + seed));
  MatrixXd distance(5, 5);
  for (Index i = 0; i < 5; ++i) {
    for (Index j = 0; j < 5; ++j) {
      distance(i, j) = compare_dynamics(systems[std::size_t(i)], systems[std::size_t(j)], {}).angular;
    }
  }

  for (Index i = 0; i < 5; ++i) {
    CHECK(distance(i, i) < 1e-12);
    for (Index j = 0; j < 5; ++j) {
      if (i != j) CHECK(distance(i, j) > 0.1);
      for (Index k = 0; k < 5; ++k) CHECK(distance(i, k) <= distance(i, j) + distance(j, k) + 1e-9);
    }
  }
  CHECK_THAT(compare_dynamics(systems[0], 3.0 * systems[1], {}).angular, WithinAbs(distance(0, 1), 1e-9));
}

TEST_CASE("of scaled matrices the Euclidean distance is that of their sizes", "[dsa]") {
  const MatrixXd a = draw(4, 4, 8), q = orthogonal(4, 9, -1.0);

  CHECK_THAT(compare_dynamics(a, 2.0 * q * a * q.transpose(), {}).euclidean, WithinRel(a.norm(), 1e-12));
}

TEST_CASE("more starts find a better match of unlike systems, never a worse one", "[dsa]") {
  double gained = 0.0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const MatrixXd a = draw(12, 12, 400 + seed), b = draw(12, 12, 500 + seed);
    const double few = compare_dynamics(a, b, {.starts = 0}).angular;
    const double many = compare_dynamics(a, b, {.starts = 10}).angular;
    CHECK(many <= few);
    gained += few - many;
  }
  CHECK(gained > 1e-3);
}

TEST_CASE("a coarse tolerance ends the search early", "[dsa]") {
  const MatrixXd a = draw(8, 8, 10), b = draw(8, 8, 11);

  CHECK(compare_dynamics(a, b, {.starts = 0, .tolerance = 0.3}).angular >
        compare_dynamics(a, b, {.starts = 0}).angular + 1e-4);
}

TEST_CASE("a search can be ended while it goes on", "[dsa]") {
  const MatrixXd a = draw(8, 8, 1), b = draw(8, 8, 2);
  int pulses = 0;
  compare_dynamics(a, b, {.starts = 1, .pulse = [&] { ++pulses; }});
  CHECK(pulses > 20);
  const auto stop = [left = 5]() mutable {
    if (--left == 0) throw mrnn::RunError("enough");
  };
  CHECK_THROWS_AS(compare_dynamics(a, b, {.pulse = stop}), mrnn::RunError);
}

TEST_CASE("dynamics that are zero have no angle", "[dsa]") {
  CHECK_THROWS_AS(compare_dynamics(MatrixXd::Zero(2, 2), MatrixXd::Identity(2, 2), {}), mrnn::RunError);
}

TEST_CASE("eigenvalues are compared by optimal transport, whatever their order and number", "[dsa]") {
  using Complex = std::complex<double>;
  const Eigen::VectorXcd a =
      Eigen::VectorXcd::NullaryExpr(4, [](Index k) { return std::polar(1.0 - 0.1 * double(k), 1.3 * double(k)); });
  const Eigen::VectorXcd b =
      Eigen::VectorXcd::NullaryExpr(6, [](Index k) { return std::polar(0.8 - 0.05 * double(k), 0.9 * double(k)); });

  CHECK_THAT(dsa::wasserstein(a, b), WithinRel(0.42089649108462995, 1e-12));  // scipy.optimize.linprog
  CHECK_THAT(dsa::wasserstein(b, a), WithinRel(0.42089649108462995, 1e-12));
  CHECK(dsa::wasserstein(a, a.reverse()) == 0.0);
  // Half of the one point goes to each of the two: (9 + 16) / 2.
  CHECK_THAT(dsa::wasserstein(Eigen::VectorXcd::Zero(1), Eigen::Vector2cd(Complex(3, 0), Complex(0, 4))),
             WithinRel(std::sqrt(12.5), tolerance));
}

TEST_CASE("controllability is the same in other coordinates, and is that of all steps up to the horizon", "[dsa]") {
  const MatrixXd a = 0.5 * draw(4, 4, 12), b = draw(4, 2, 13), q = orthogonal(4, 14, -1.0);
  const auto scalar = [](double value) { return MatrixXd::Constant(1, 1, value); };

  CHECK(dsa::compare_controllability(a, b, q * a * q.transpose(), q * b, 4) < 1e-10);
  CHECK(dsa::compare_controllability(a, b, a, draw(4, 2, 15), 4) > 0.1);
  // [1, 0.5, 0.25] and [-2, -1.6, -1.28]
  const Eigen::Vector3d first(1.0, 0.5, 0.25), second(1.0, 0.8, 0.64);
  CHECK_THAT(dsa::compare_controllability(scalar(0.5), scalar(1.0), scalar(0.8), scalar(-2.0), 3),
             WithinAbs(std::acos(first.dot(second) / first.norm() / second.norm()), 1e-12));
  CHECK(dsa::compare_controllability(scalar(0.5), scalar(1.0), scalar(0.8), scalar(-2.0), 1) < 1e-12);
  CHECK_THROWS_AS(dsa::compare_controllability(a, MatrixXd::Zero(4, 2), a, b, 4), mrnn::RunError);
}
