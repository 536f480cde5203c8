// Decompositions against their definitions and cases worked by hand.

#include "mrnn/linear_algebra.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "activity/cholesky_kernels.hpp"
#include "activity/products/tile_kernels.hpp"
#include "catch.hpp"
#include "mrnn/components.hpp"
#include "mrnn/error.hpp"
#include "mrnn/random.hpp"
#include "mrnn/running_statistics.hpp"

namespace {

constexpr double tolerance = 1e-12;

Eigen::MatrixXd draw(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, "matrix");
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&random](Eigen::Index, Eigen::Index) { return random.normal(); });
}

double distance(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).norm();
}

Eigen::MatrixXd identity(Eigen::Index size) {
  return Eigen::MatrixXd::Identity(size, size);
}

}  // namespace

TEST_CASE("a singular value decomposition puts the matrix together again, values falling", "[linear_algebra]") {
  for (const auto& [rows, columns] : {std::pair(7, 3), std::pair(3, 7), std::pair(40, 40)}) {
    const Eigen::MatrixXd a = draw(rows, columns, 1);

    const mrnn::Svd factors = mrnn::svd(a);

    const Eigen::Index k = std::min(rows, columns);
    REQUIRE(factors.values.size() == k);
    CHECK(distance(factors.u * factors.values.asDiagonal() * factors.v.transpose(), a) < tolerance * a.norm());
    CHECK(distance(factors.u.transpose() * factors.u, identity(k)) < tolerance);
    CHECK(distance(factors.v.transpose() * factors.v, identity(k)) < tolerance);
    CHECK(std::is_sorted(factors.values.begin(), factors.values.end(), std::greater<>()));
    CHECK(factors.rank() == k);
  }
  CHECK(mrnn::svd(draw(9, 2, 2) * draw(2, 8, 3)).rank() == 2);
  CHECK(mrnn::svd(Eigen::MatrixXd::Zero(3, 3)).rank() == 0);
}

TEST_CASE("the triangular factor alone is that of the QR decomposition", "[linear_algebra]") {
  for (const auto& [rows, columns] : {std::pair(40, 5), std::pair(3, 7)}) {
    const Eigen::MatrixXd a = draw(rows, columns, 8);

    CHECK(distance(mrnn::triangular_factor(a), mrnn::qr(a).r) < tolerance);
  }
}

TEST_CASE("components of a covariance are those of the samples", "[linear_algebra]") {
  for (const auto& [units, samples] : {std::pair(6, 50), std::pair(50, 6)}) {
    const Eigen::MatrixXd values = draw(units, samples, 9);
    const Eigen::MatrixXd centred = values.colwise() - values.rowwise().mean();

    const mrnn::Components direct = mrnn::principal_components(centred, 4);
    const mrnn::Components found =
        mrnn::components_of_covariance(centred * centred.transpose() / double(samples - 1), 4);

    REQUIRE(found.directions.cols() == 4);
    CHECK(distance(found.directions, direct.directions) < 1e-11);
    CHECK((found.shares - direct.shares).norm() < tolerance);
  }
}

TEST_CASE("eigenvalues of a symmetric matrix fall, its vectors are orthonormal", "[linear_algebra]") {
  const Eigen::MatrixXd q = mrnn::qr(draw(5, 5, 4)).q;
  const Eigen::VectorXd values = (Eigen::VectorXd(5) << 3.0, 2.0, 0.5, -1.0, -4.0).finished();

  const mrnn::SymmetricEigen found = mrnn::symmetric_eigen(q * values.asDiagonal() * q.transpose());

  CHECK((found.values - values).norm() < tolerance);
  CHECK(distance((found.vectors.transpose() * q).cwiseAbs(), identity(5)) < tolerance);
}

TEST_CASE("a rotation has eigenvalues on the unit circle", "[linear_algebra]") {
  const double angle = 0.3;
  Eigen::MatrixXd rotation(2, 2);
  rotation << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle);

  const mrnn::GeneralEigen found = mrnn::general_eigen(rotation);

  for (Eigen::Index i = 0; i < 2; ++i) {
    CHECK_THAT(std::abs(std::arg(found.values(i))), WithinAbs(angle, tolerance));
    CHECK((rotation * found.vectors.col(i) - found.values(i) * found.vectors.col(i)).norm() < tolerance);
  }
  CHECK(mrnn::general_eigen(rotation, mrnn::EigenVectors::none).vectors.size() == 0);
}

TEST_CASE("QR has orthonormal columns and a triangle with a diagonal that is not negative", "[linear_algebra]") {
  const Eigen::MatrixXd a = draw(6, 4, 5);

  const mrnn::Qr factors = mrnn::qr(a);

  CHECK(distance(factors.q * factors.r, a) < tolerance);
  CHECK(distance(factors.q.transpose() * factors.q, identity(4)) < tolerance);
  CHECK(factors.r.diagonal().minCoeff() >= 0.0);
  CHECK(factors.r.triangularView<Eigen::StrictlyLower>().toDenseMatrix().norm() == 0.0);
}

TEST_CASE("a singular system is refused, least squares gives its solution of least norm", "[linear_algebra]") {
  const Eigen::MatrixXd a = draw(4, 4, 6), b = draw(4, 2, 7);
  CHECK(distance(a * mrnn::solve(a, b), b) < 1e-10);
  const Eigen::MatrixXd singular = Eigen::MatrixXd::Ones(2, 2);
  CHECK_THROWS_WITH(mrnn::solve(singular, Eigen::VectorXd::Ones(2)),
                    "a system of linear equations is singular to working precision");
  CHECK(distance(a * mrnn::solve_if_regular(a, b).value(), b) < 1e-10);
  CHECK_FALSE(mrnn::solve_if_regular(singular, Eigen::VectorXd::Ones(2)).has_value());
  // x + y = 1 twice: the shortest of all solutions is (1/2, 1/2).
  CHECK((mrnn::least_squares(singular, Eigen::VectorXd::Ones(2)) - Eigen::Vector2d(0.5, 0.5)).norm() < tolerance);
}

TEST_CASE("Cholesky's factors are the same in every instruction set, at sizes around those of its blocks",
          "[linear_algebra]") {
  const Eigen::Index size = GENERATE(1, 2, 7, 24, 47, 48, 49, 72, 73, 96, 97, 131);
  const Eigen::MatrixXd root = draw(size, size, 10);
  const Eigen::MatrixXd a = root * root.transpose() + identity(size);
  Eigen::MatrixXd spoilt = a;  // the upper triangle is not read
  spoilt.triangularView<Eigen::StrictlyUpper>().setConstant(std::numeric_limits<double>::quiet_NaN());
  for (const auto& [kernel, supported] :
       {std::pair(mrnn::baseline_cholesky(), true),
        std::pair(mrnn::avx2_cholesky(), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")),
        std::pair(mrnn::avx512_cholesky(), __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                                               __builtin_cpu_supports("avx512bw") &&
                                               __builtin_cpu_supports("avx512dq"))}) {
    if (kernel == nullptr || !supported) continue;
    Eigen::MatrixXd factors = spoilt, indefinite = a;
    indefinite(size - 1, size - 1) = -1.0;

    CHECK(kernel(factors.data(), size));

    const Eigen::MatrixXd lower = factors.triangularView<Eigen::Lower>();
    CHECK(distance(lower * lower.transpose(), a) < tolerance * a.norm());
    CHECK_FALSE(kernel(indefinite.data(), size));
  }
}

TEST_CASE("a positive definite system is solved, and one that is not is refused", "[linear_algebra]") {
  const Eigen::MatrixXd root = draw(60, 60, 11), b = draw(60, 3, 12);
  const Eigen::MatrixXd a = root * root.transpose() + identity(60);
  Eigen::MatrixXd lost = a, indefinite = a - 1000.0 * identity(60), unknown = a;
  unknown(40, 3) = std::numeric_limits<double>::quiet_NaN();

  CHECK(distance(a * mrnn::solve_positive_definite(lost, b).value(), b) < 1e-10);
  CHECK_FALSE(mrnn::solve_positive_definite(indefinite, b).has_value());
  CHECK_FALSE(mrnn::solve_positive_definite(unknown, b).has_value());
}

TEST_CASE("Procrustes finds rotations and reflections", "[linear_algebra]") {
  Eigen::MatrixXd q = mrnn::qr(draw(3, 3, 8)).q;
  for (int reflection = 0; reflection < 2; ++reflection) {
    const Eigen::MatrixXd b = draw(20, 3, 9);

    const mrnn::Rotation found = mrnn::orthogonal_procrustes(b * q, b);

    CHECK(distance(found.q, q) < tolerance);
    CHECK_THAT(found.trace, WithinRel(mrnn::svd(b).values.squaredNorm(), tolerance));
    q.col(0) *= -1.0;
  }
}

TEST_CASE("principal angles are exact near zero and near a right angle", "[linear_algebra]") {
  const double tiny = 1e-9;
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(4, 2), b = Eigen::MatrixXd::Zero(4, 3);
  a(0, 0) = a(1, 1) = 1.0;
  b.col(0) << std::cos(tiny), 0.0, std::sin(tiny), 0.0;
  b.col(1) << 0.0, std::cos(1.0), 0.0, std::sin(1.0);
  b.col(2) << -std::sin(tiny), 0.0, std::cos(tiny), 0.0;

  for (const Eigen::VectorXd& angles :
       {mrnn::principal_angles(a, b.leftCols(2)), mrnn::principal_angles(b.leftCols(2), a)}) {
    REQUIRE(angles.size() == 2);
    CHECK_THAT(angles(0), WithinRel(tiny, 1e-6));
    CHECK_THAT(angles(1), WithinAbs(1.0, tolerance));
  }
  CHECK_THAT(mrnn::principal_angles(a, b)(0), WithinAbs(0.0, 1e-15));
  CHECK_THAT(mrnn::principal_angles(identity(3).leftCols(1), identity(3).rightCols(1))(0),
             WithinAbs(std::numbers::pi / 2.0, tolerance));
}

TEST_CASE("a matrix with NaN is refused", "[linear_algebra]") {
  Eigen::MatrixXd a = identity(3);
  a(1, 1) = std::numeric_limits<double>::quiet_NaN();
  const char* const message = "a matrix has values that are not finite, so it cannot be decomposed";
  CHECK_THROWS_WITH(mrnn::svd(a), message);
  CHECK_THROWS_WITH(mrnn::symmetric_eigen(a), message);
  CHECK_THROWS_WITH(mrnn::general_eigen(a), message);
  CHECK_THROWS_WITH(mrnn::solve(a, identity(3)), message);
}

TEST_CASE("principal components are those of the covariance, for many units and for many samples", "[components]") {
  for (const auto& [units, samples] : {std::pair(4, 50), std::pair(50, 4)}) {
    Eigen::MatrixXd a = draw(units, samples, 12);
    a.colwise() -= Eigen::VectorXd(a.rowwise().mean());

    const mrnn::Components found = mrnn::principal_components(a, 3);

    const mrnn::Svd factors = mrnn::svd(a);
    REQUIRE(found.directions.cols() == 3);
    for (Eigen::Index k = 0; k < 3; ++k) {
      CHECK_THAT(std::abs(found.directions.col(k).dot(factors.u.col(k))), WithinAbs(1.0, 1e-10));
      CHECK_THAT(found.shares(k), WithinRel(std::pow(factors.values(k), 2) / a.squaredNorm(), 1e-10));
    }
  }
  CHECK(mrnn::component_label({identity(2), Eigen::Vector2d(0.754, 0.246)}, 1) == "PC 2 (25 %)");
  CHECK(mrnn::component_label({identity(2), Eigen::Vector2d(0.997, 0.003)}, 1) == "PC 2 (< 1 %)");
}

TEST_CASE("the participation ratio counts the directions of equal variance", "[components]") {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(5, 8);
  for (Eigen::Index k = 0; k < 3; ++k) {
    a(k, 2 * k) = 1.0;
    a(k, 2 * k + 1) = -1.0;
  }
  CHECK_THAT(mrnn::participation_ratio(a), WithinRel(3.0, tolerance));
  a.row(0) *= std::sqrt(2.0);  // variances 2, 1, 1: (2 + 1 + 1)^2 / (4 + 1 + 1)
  CHECK_THAT(mrnn::participation_ratio(a), WithinRel(16.0 / 6.0, tolerance));
  CHECK(mrnn::participation_ratio(Eigen::MatrixXd::Zero(5, 8)) == 0.0);
}

TEST_CASE("running statistics of batches are those of all samples at once", "[components]") {
  const Eigen::MatrixXd samples = (draw(4, 30, 5).array() + 1000.0).matrix();
  mrnn::RunningStatistics statistics(4, 30);
  statistics.add(samples.leftCols(7));
  statistics.add(samples.middleCols(7, 0));
  statistics.add(samples.rightCols(23));

  const Eigen::MatrixXd centred = samples.colwise() - Eigen::VectorXd(samples.rowwise().mean());
  const mrnn::Components expected = mrnn::principal_components(centred, 2);
  CHECK(statistics.mean().isApprox(samples.rowwise().mean(), tolerance));
  CHECK_THAT(statistics.power(), WithinRel(samples.squaredNorm() / 30.0, tolerance));
  CHECK_THAT(statistics.dimension(), WithinRel(mrnn::participation_ratio(centred), 1e-9));
  CHECK(statistics.components(2).directions.isApprox(expected.directions, 1e-9));
  CHECK(statistics.components(2).shares.isApprox(expected.shares, 1e-9));
}

TEST_CASE("samples that are all alike have no variance, not one of rounding", "[components]") {
  mrnn::RunningStatistics statistics(3, 40);
  statistics.add(Eigen::Vector3d(0.1, -1e8, 1.0 / 3.0).replicate(1, 40));

  CHECK(statistics.dimension() == 0.0);
  CHECK(statistics.components(2).shares.size() == 0);
  CHECK(mrnn::RunningStatistics(3, 0).mean().isZero(0.0));
}

TEST_CASE("of more than 2,000 units samples from everywhere stand for all", "[components]") {
  constexpr Eigen::Index units = 2001, count = 4000;  // a stride of two would see unit 7 alone, or 8
  Eigen::MatrixXd samples = Eigen::MatrixXd::Zero(units, count);
  for (Eigen::Index k = 0; k < count; ++k) samples(7 + k % 2, k) = (k / 2) % 2 == 0 ? 1.0 : -1.0;
  mrnn::RunningStatistics statistics(units, count);
  for (Eigen::Index first = 0; first < count; first += 1000) {
    statistics.add(samples.middleCols(first, std::min<Eigen::Index>(1000, count - first)));
  }

  const mrnn::Components found = statistics.components(3);
  REQUIRE(found.shares.size() == 2);
  CHECK_THAT(found.shares(0), WithinAbs(0.5, 0.05));
  CHECK_THAT(found.directions.middleRows(7, 2).squaredNorm(), WithinRel(2.0, 1e-9));
  CHECK_THAT(statistics.dimension(), WithinRel(2.0, 0.01));
  CHECK(statistics.mean().isZero(tolerance));
}

TEST_CASE("the triangular factor is that of QR", "[linear_algebra]") {
  for (const auto& [rows, columns] : {std::pair(9, 4), std::pair(3, 5)}) {
    const Eigen::MatrixXd a = draw(rows, columns, 31);
    CHECK(distance(mrnn::triangular_factor(a), mrnn::qr(a).r) < tolerance);
  }
}

TEST_CASE("products of many columns are right with every instruction set and every size", "[linear_algebra]") {
  const auto [rows, columns, depth] = GENERATE(table<int, int, int>({{1, 1, 1}, {7, 13, 300}, {97, 100, 257}}));
  const Eigen::MatrixXd a = draw(rows, depth, 41), b = draw(columns, depth, 42);

  for (const mrnn::TileKernel& kernel : {mrnn::baseline_tile(), mrnn::avx2_tile(), mrnn::avx512_tile()}) {
    if (kernel.multiply == nullptr || kernel.rows > mrnn::best_tile().rows) continue;  // not on this machine
    CAPTURE(kernel.rows, rows, columns, depth);
    Eigen::MatrixXd sum = Eigen::MatrixXd::Ones(rows, columns);
    mrnn::add_product(kernel, a, b, sum);
    CHECK(distance(sum, a * b.transpose() + Eigen::MatrixXd::Ones(rows, columns)) < tolerance * a.norm() * b.norm());
  }
  CHECK(distance(mrnn::cross_product(a, b), a * b.transpose()) < tolerance * a.norm() * b.norm());
  CHECK(distance(mrnn::cross_product(a, a), a * a.transpose()) < tolerance * a.squaredNorm());
}

TEST_CASE("columns of a matrix can be multiplied without a copy", "[linear_algebra]") {
  const Eigen::MatrixXd a = draw(20, 50, 43);

  const Eigen::MatrixXd product = mrnn::cross_product(a.block(3, 5, 9, 30), a.block(11, 5, 7, 30));

  CHECK(distance(product, a.block(3, 5, 9, 30) * a.block(11, 5, 7, 30).transpose()) < tolerance * a.squaredNorm());
  CHECK_THROWS_AS(mrnn::cross_product(a, a.leftCols(3)), mrnn::ShapeError);
}
