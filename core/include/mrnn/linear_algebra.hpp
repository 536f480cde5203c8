#pragma once

#include <Eigen/Core>
#include <optional>

#include "mrnn/export.hpp"

namespace mrnn {

/// The decompositions of Eigen that analyses use, in double precision, compiled once here: a plugin that
/// includes this header instead of Eigen's compiles in a fraction of the time. All throw RunError where the
/// matrix has values that are not finite.

/// A B^T, where both have many columns: several times as fast as Eigen's product, which knows only the instructions
/// that every processor has. Of A A^T only half is computed.
MRNN_EXPORT Eigen::MatrixXd cross_product(const Eigen::Ref<const Eigen::MatrixXd>& a,
                                          const Eigen::Ref<const Eigen::MatrixXd>& b);

/// A = u diag(values) v^T with k = min(rows, columns) columns in u and v, values falling.
struct MRNN_EXPORT Svd {
  Eigen::MatrixXd u;
  Eigen::VectorXd values;
  Eigen::MatrixXd v;

  /// How many values exceed max(rows, columns) eps times the largest: numpy's matrix_rank.
  Eigen::Index rank() const;
};
MRNN_EXPORT Svd svd(const Eigen::Ref<const Eigen::MatrixXd>& matrix);

/// Of a symmetric matrix, whose lower triangle is read: values falling, orthonormal vectors as columns.
struct SymmetricEigen {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};
MRNN_EXPORT SymmetricEigen symmetric_eigen(const Eigen::Ref<const Eigen::MatrixXd>& matrix);

/// Of any square matrix, in no particular order; vectors (columns of length 1) only where wanted.
struct GeneralEigen {
  Eigen::VectorXcd values;
  Eigen::MatrixXcd vectors;
};
enum class EigenVectors { none, right };
MRNN_EXPORT GeneralEigen general_eigen(const Eigen::Ref<const Eigen::MatrixXd>& matrix,
                                       EigenVectors wanted = EigenVectors::right);

/// A = q r with orthonormal columns in q [rows x k], k = min(rows, columns), and r [k x columns] upper
/// triangular with a diagonal of 0 or more.
struct Qr {
  Eigen::MatrixXd q, r;
};
MRNN_EXPORT Qr qr(const Eigen::Ref<const Eigen::MatrixXd>& matrix);

/// r of qr() alone, at a third of the cost and without a second matrix of that size: r^T r = A^T A.
MRNN_EXPORT Eigen::MatrixXd triangular_factor(Eigen::MatrixXd matrix);

/// X that solves A X = B, A square. @throws RunError where A is singular to working precision.
MRNN_EXPORT Eigen::MatrixXd solve(const Eigen::Ref<const Eigen::MatrixXd>& a,
                                  const Eigen::Ref<const Eigen::MatrixXd>& b);

/// The same for callers who know what to do with a singular A: none, in place of the exception.
MRNN_EXPORT std::optional<Eigen::MatrixXd> solve_if_regular(const Eigen::Ref<const Eigen::MatrixXd>& a,
                                                            const Eigen::Ref<const Eigen::MatrixXd>& b);

/// The same for a symmetric positive definite A, of which the lower triangle is read and all is lost, by Cholesky's
/// factors; none where A is not positive definite to working precision, or not finite. Compiled for several instruction
/// sets: a large matrix takes 1 / 3 (AVX2) to 1 / 7 (AVX-512) of the time of a portable build of Eigen.
MRNN_EXPORT std::optional<Eigen::MatrixXd> solve_positive_definite(Eigen::MatrixXd& a,
                                                                   const Eigen::Ref<const Eigen::MatrixXd>& b);

/// X of least norm among those that minimise |A X - B| (Frobenius): numpy.linalg.lstsq.
MRNN_EXPORT Eigen::MatrixXd least_squares(const Eigen::Ref<const Eigen::MatrixXd>& a,
                                          const Eigen::Ref<const Eigen::MatrixXd>& b);

/// The orthogonal Q that minimises |A - B Q|, reflections included (Schoenemann 1966): of A^T B = u s v^T it
/// is v u^T. `trace` is the sum of s.
struct Rotation {
  Eigen::MatrixXd q;
  double trace = 0.0;
};
MRNN_EXPORT Rotation orthogonal_procrustes(const Eigen::Ref<const Eigen::MatrixXd>& a,
                                           const Eigen::Ref<const Eigen::MatrixXd>& b);

/// Principal angles between the spans of two sets of orthonormal columns, rising, in radians; min(columns) of
/// them. Accurate for small angles too: sines where cosines lose digits (Bjoerck & Golub 1973).
MRNN_EXPORT Eigen::VectorXd principal_angles(const Eigen::Ref<const Eigen::MatrixXd>& a,
                                             const Eigen::Ref<const Eigen::MatrixXd>& b);

}  // namespace mrnn
