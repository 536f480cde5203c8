#include "mrnn/linear_algebra.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Matrix = Eigen::Ref<const MatrixXd>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

void require_finite(const Matrix& matrix) {
  if (!matrix.allFinite()) throw RunError("a matrix has values that are not finite, so it cannot be decomposed");
}

void require_square(const Matrix& matrix) {
  if (matrix.rows() != matrix.cols()) throw ShapeError("a square matrix is needed");
}

}  // namespace

Index Svd::rank() const {
  if (values.size() == 0) return 0;
  const double limit = static_cast<double>(std::max(u.rows(), v.rows())) * epsilon * values(0);
  return (values.array() > limit).count();
}

Svd svd(const Matrix& matrix) {
  require_finite(matrix);
  if (matrix.size() == 0) return {MatrixXd(matrix.rows(), 0), Eigen::VectorXd(0), MatrixXd(matrix.cols(), 0)};
  const Eigen::BDCSVD<MatrixXd> solver(matrix, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return {solver.matrixU(), solver.singularValues(), solver.matrixV()};
}

SymmetricEigen symmetric_eigen(const Matrix& matrix) {
  require_square(matrix);
  require_finite(matrix);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) throw RunError("the eigenvalues of a symmetric matrix did not converge");
  return {solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse()};
}

GeneralEigen general_eigen(const Matrix& matrix, EigenVectors wanted) {
  require_square(matrix);
  require_finite(matrix);
  const Eigen::EigenSolver<MatrixXd> solver(matrix, wanted == EigenVectors::right);
  if (solver.info() != Eigen::Success) {
    throw RunError("the eigenvalues of a matrix of " + std::to_string(matrix.rows()) + " rows did not converge");
  }
  GeneralEigen result{solver.eigenvalues(), {}};
  if (wanted == EigenVectors::right) result.vectors = solver.eigenvectors();
  return result;
}

Qr qr(const Matrix& matrix) {
  require_finite(matrix);
  const Eigen::HouseholderQR<MatrixXd> solver(matrix);
  const Index k = std::min(matrix.rows(), matrix.cols());
  Qr result{solver.householderQ() * MatrixXd::Identity(matrix.rows(), k), solver.matrixQR().topRows(k)};
  result.r = result.r.triangularView<Eigen::Upper>().toDenseMatrix();
  for (Index i = 0; i < k; ++i) {
    if (result.r(i, i) >= 0.0) continue;
    result.q.col(i) *= -1.0;
    result.r.row(i) *= -1.0;
  }
  return result;
}

MatrixXd triangular_factor(MatrixXd matrix) {
  require_finite(matrix);
  const Index k = std::min(matrix.rows(), matrix.cols());
  const Eigen::HouseholderQR<Eigen::Ref<MatrixXd>> solver(matrix);  // in place
  MatrixXd r = matrix.topRows(k).triangularView<Eigen::Upper>();
  for (Index i = 0; i < k; ++i) {
    if (r(i, i) < 0.0) r.row(i) *= -1.0;
  }
  return r;
}

MatrixXd solve(const Matrix& a, const Matrix& b) {
  const std::optional<MatrixXd> solution = solve_if_regular(a, b);
  if (!solution) throw RunError("a system of linear equations is singular to working precision");
  return *solution;
}

std::optional<MatrixXd> solve_if_regular(const Matrix& a, const Matrix& b) {
  require_square(a);
  require_finite(a);
  const Eigen::PartialPivLU<MatrixXd> solver(a);
  if (!(solver.rcond() > epsilon)) return std::nullopt;
  return solver.solve(b);
}

MatrixXd least_squares(const Matrix& a, const Matrix& b) {
  const Svd factors = svd(a);
  const Index rank = factors.rank();
  return factors.v.leftCols(rank) * factors.values.head(rank).cwiseInverse().asDiagonal() *
         (factors.u.leftCols(rank).transpose() * b);
}

Rotation orthogonal_procrustes(const Matrix& a, const Matrix& b) {
  const Svd factors = svd(a.transpose() * b);
  return {factors.v * factors.u.transpose(), factors.values.sum()};
}

Eigen::VectorXd principal_angles(const Matrix& a, const Matrix& b) {
  const bool swap = b.cols() > a.cols();
  const Matrix& wide = swap ? b : a;  // has as many columns or more
  const Matrix& narrow = swap ? a : b;
  const MatrixXd overlap = wide.transpose() * narrow;
  const Eigen::VectorXd cosines = svd(overlap).values;
  // Sines are the singular values of what the wide span leaves of the narrow one; they fall as cosines rise.
  const Eigen::VectorXd sines = svd(narrow - wide * overlap).values.reverse();
  Eigen::VectorXd angles(cosines.size());
  for (Index i = 0; i < angles.size(); ++i) {
    const bool small = cosines(i) * cosines(i) > 0.5;
    angles(i) = small ? std::asin(std::min(1.0, sines(i))) : std::acos(std::min(1.0, cosines(i)));
  }
  return angles;
}

}  // namespace mrnn
