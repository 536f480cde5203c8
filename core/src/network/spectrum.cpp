#include <Spectra/GenEigsSolver.h>

#include <Eigen/LU>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/linearisation.hpp"

namespace mrnn {
namespace {

using Complex = std::complex<double>;

/// Below this many units the dense method is as quick as the iterative one, and surer.
constexpr Index small_network = 500;
/// Eigenvalues nearer to each other than this share of the largest count as one when left vectors are paired.
constexpr double same_eigenvalue = 1e-7;
/// |l^T r| of unit vectors, the inverse of an eigenvalue's condition number, below which it counts as defective.
constexpr double defective = 1e-12;
constexpr double iterative_tolerance = 1e-12;
/// Up to so many vectors are found one by one, of eigenvalues that differ from all others by more than this share of
/// the largest.
constexpr Index few_vectors = 8;
constexpr double alone = 1e-6;
constexpr Index iterative_restarts = 1000;

std::vector<Index> falling_order(const Eigen::VectorXcd& values, EigenOrder order) {
  std::vector<Index> index(static_cast<std::size_t>(values.size()));
  std::iota(index.begin(), index.end(), Index{0});
  std::ranges::stable_sort(index, [&](Index a, Index b) {
    const Complex u = values(a), v = values(b);
    if (order == EigenOrder::magnitude && std::norm(u) != std::norm(v)) return std::norm(u) > std::norm(v);
    if (u.real() != v.real()) return u.real() > v.real();
    return u.imag() > v.imag();
  });
  return index;
}

/// Unit length, and the entry of largest magnitude real and positive.
void fix_phase(Eigen::MatrixXcd& vectors) {
  for (Index mode = 0; mode < vectors.cols(); ++mode) {
    Index largest = 0;
    vectors.col(mode).cwiseAbs().maxCoeff(&largest);
    const Complex pivot = vectors(largest, mode);
    if (std::abs(pivot) > 0.0) vectors.col(mode) *= std::conj(pivot) / std::abs(pivot) / vectors.col(mode).norm();
  }
}

/// Keeps the first `count` values and the first `vectors` of the columns that belong to them.
Spectrum leading(const Eigen::VectorXcd& values, const Eigen::MatrixXcd& right, Index count, Index vectors,
                 EigenOrder order) {
  const std::vector<Index> index = falling_order(values, order);
  Spectrum result;
  result.values.resize(std::min(count, values.size()));
  for (Index i = 0; i < result.values.size(); ++i) result.values(i) = values(index[static_cast<std::size_t>(i)]);
  result.right.resize(right.rows(), std::min(vectors, result.values.size()));
  for (Index i = 0; i < result.right.cols(); ++i) result.right.col(i) = right.col(index[static_cast<std::size_t>(i)]);
  fix_phase(result.right);
  return result;
}

/// Makes l_i^T r_j = delta_ij. Vectors of different eigenvalues are orthogonal already; those of a repeated one
/// are recombined among themselves. A defective eigenvalue has l^T r = 0: no such vectors, hence NaN.
void pair_left_with_right(Spectrum& spectrum) {
  const Index modes = spectrum.right.cols();
  const double scale = spectrum.values.size() > 0 ? spectrum.values.cwiseAbs().maxCoeff() : 0.0;
  std::vector<bool> done(static_cast<std::size_t>(modes), false);
  for (Index i = 0; i < modes; ++i) {
    if (done[static_cast<std::size_t>(i)]) continue;
    std::vector<Index> group;
    for (Index j = i; j < modes; ++j) {
      const bool same = std::abs(spectrum.values(j) - spectrum.values(i)) <= same_eigenvalue * scale;
      if (done[static_cast<std::size_t>(j)] || !(same || j == i)) continue;
      done[static_cast<std::size_t>(j)] = true;
      group.push_back(j);
    }
    Eigen::MatrixXcd left = spectrum.left(Eigen::all, group);
    const Eigen::MatrixXcd products = left.transpose() * spectrum.right(Eigen::all, group);
    const Eigen::JacobiSVD<Eigen::MatrixXcd, Eigen::NoQRPreconditioner> svd(products);
    if (products.allFinite() && svd.singularValues().minCoeff() > defective) {
      left = (left * products.transpose().inverse()).eval();
    } else {
      left.setConstant(Complex(std::numeric_limits<double>::quiet_NaN(), 0.0));
    }
    spectrum.left(Eigen::all, group) = left;
  }
}

/// One right vector by two steps of inverse iteration on M - lambda, started from conj(l), which for a
/// repeated eigenvalue gives as many independent vectors as there are left ones.
Eigen::VectorXcd right_vector(const Eigen::MatrixXd& matrix, Complex value, const Eigen::VectorXcd& left) {
  double shift = 10.0 * std::numeric_limits<double>::epsilon() * std::max(matrix.norm(), 1e-300);
  Eigen::VectorXcd right;
  for (int attempt = 0; attempt < 3; ++attempt, shift *= 100.0) {
    Eigen::MatrixXcd shifted = matrix.cast<Complex>();
    shifted.diagonal().array() -= value + shift;
    const Eigen::PartialPivLU<Eigen::MatrixXcd> factors(shifted);
    right = left.conjugate();
    for (int step = 0; step < 2; ++step) right = factors.solve(right).normalized();
    if (right.allFinite()) break;
  }
  return right;
}

/// Both vectors of an eigenvalue by inverse iteration on M - lambda.
Mode iterated_mode(const Eigen::MatrixXd& matrix, Complex eigenvalue) {
  const double shift = 10.0 * std::numeric_limits<double>::epsilon() * std::max(matrix.norm(), 1e-300);
  Eigen::MatrixXcd shifted = matrix.cast<Complex>();
  shifted.diagonal().array() -= eigenvalue + shift;
  const Eigen::PartialPivLU<Eigen::MatrixXcd> factors(shifted);
  // A start that leans on no axis, and is orthogonal to no mode but by accident.
  const Eigen::VectorXd slope = Eigen::VectorXd::LinSpaced(matrix.rows(), 1.0, std::numbers::pi);
  Spectrum found{Eigen::VectorXcd::Constant(1, eigenvalue), slope.cast<Complex>(), slope.cast<Complex>()};
  for (int step = 0; step < 3; ++step) {
    found.right = factors.solve(found.right).normalized();
    found.left = factors.transpose().solve(found.left).normalized();
  }
  fix_phase(found.right);
  pair_left_with_right(found);
  return {found.right.col(0), found.left.col(0)};
}

/// Is the value far from all others, so that inverse iteration finds its vectors and no mixture?
bool stands_alone(Complex value, const Eigen::VectorXcd& all) {
  const double near = alone * all.cwiseAbs().maxCoeff();
  return ((all.array() - value).abs() <= near).count() == 1;
}

/// The vectors of a few leading values that all stand alone, in a fraction of the time that the vectors of all values
/// take. False, and nothing is done, where that is not so.
bool find_few_vectors(const Eigen::MatrixXd& matrix, const Eigen::VectorXcd& all, Index wanted, Spectrum& result) {
  for (Index mode = 0; mode < wanted; ++mode) {
    if (!stands_alone(result.values(mode), all)) return false;
  }
  Eigen::MatrixXcd right(matrix.rows(), wanted), left(matrix.rows(), wanted);
  const double tolerance = iterative_tolerance * std::max(matrix.norm(), 1e-300);
  for (Index mode = 0; mode < wanted; ++mode) {
    const Complex value = result.values(mode);
    if (mode > 0 && value == std::conj(result.values(mode - 1)) && value.imag() != 0.0) {
      right.col(mode) = right.col(mode - 1).conjugate();
      left.col(mode) = left.col(mode - 1).conjugate();
      continue;
    }
    const Mode found = iterated_mode(matrix, value);
    const double misses = (matrix * found.right - value * found.right).norm() +
                          (matrix.transpose() * found.left - value * found.left).norm() / found.left.norm();
    if (!(misses <= tolerance)) return false;
    right.col(mode) = found.right;
    left.col(mode) = found.left;
  }
  result.right = std::move(right);
  result.left = std::move(left);
  return true;
}

/// All eigenvalues by Eigen, which does not balance a matrix first. Silent units make columns of a Jacobian that are
/// zero but for the leak; taking the leak away and transposing keeps ten times more of the digits of
/// eigenvalues that nearly coincide. What the solver finds then are the left vectors.
Spectrum dense_spectrum(const Linearisation& linearisation, const SpectrumOptions& options, Index count) {
  const Eigen::MatrixXd matrix = linearisation.dense();
  const double centre = matrix.diagonal().mean();
  Eigen::MatrixXd transposed = matrix.transpose();
  transposed.diagonal().array() -= centre;
  const auto values_of = [centre](const GeneralEigen& found) {
    return (found.values.array() + centre).matrix().eval();
  };
  const Eigen::MatrixXcd none(matrix.rows(), 0);
  const Index wanted = std::min(options.vectors, count);
  if (wanted <= few_vectors) {
    const Eigen::VectorXcd values = values_of(general_eigen(transposed, EigenVectors::none));
    Spectrum result = leading(values, none, count, 0, options.order);
    result.left = result.right;
    if (find_few_vectors(matrix, values, wanted, result)) return result;
  }
  const GeneralEigen found = general_eigen(transposed, EigenVectors::right);
  Spectrum result = leading(values_of(found), found.vectors, count, options.vectors, options.order);
  result.left = result.right;
  for (Index mode = 0; mode < result.left.cols(); ++mode) {
    result.right.col(mode) = right_vector(matrix, result.values(mode), result.left.col(mode));
  }
  fix_phase(result.right);
  pair_left_with_right(result);
  return result;
}

/// What Spectra needs of a matrix.
class Operator {
 public:
  using Scalar = double;
  Operator(const Linearisation& linearisation, bool transposed)
      : linearisation_(linearisation), transposed_(transposed) {}
  Eigen::Index rows() const { return linearisation_.size(); }
  Eigen::Index cols() const { return linearisation_.size(); }
  void perform_op(const double* in, double* out) const {
    const Eigen::Map<const Eigen::VectorXd> v(in, rows());
    Eigen::Map<Eigen::VectorXd> result(out, rows());
    result = transposed_ ? linearisation_.apply_transposed(v) : linearisation_.apply(v);
  }

 private:
  const Linearisation& linearisation_;
  bool transposed_;
};

/// Leading eigenpairs of M or M^T, unsorted. Two more than asked for, so that a conjugate pair at the
/// border is not split into one right and one wrong value.
Spectrum arnoldi(const Operator& matrix, Index wanted, EigenOrder order) {
  const auto rule = order == EigenOrder::magnitude ? Spectra::SortRule::LargestMagn : Spectra::SortRule::LargestReal;
  const Index pairs = wanted + 2;
  Index basis = std::min(matrix.rows(), std::max<Index>(2 * pairs + 1, 24));
  while (true) {
    Spectra::GenEigsSolver<Operator> solver(const_cast<Operator&>(matrix), pairs, basis);
    solver.init();
    const Index converged = solver.compute(rule, iterative_restarts, iterative_tolerance);
    if (solver.info() == Spectra::CompInfo::Successful && converged >= pairs) {
      return {solver.eigenvalues(), solver.eigenvectors(), {}};
    }
    if (basis == matrix.rows() || basis > 16 * pairs) break;
    basis = std::min(matrix.rows(), 3 * basis);
  }
  throw RunError("the leading " + std::to_string(wanted) + " eigenvalues of a Jacobian of " +
                 std::to_string(matrix.rows()) + " units did not converge (iterative method); ask for fewer, or use " +
                 "method = \"dense\"");
}

Spectrum iterative_spectrum(const Linearisation& linearisation, const SpectrumOptions& options, Index count) {
  const Spectrum found = arnoldi(Operator(linearisation, false), count, options.order);
  Spectrum result = leading(found.values, found.right, count, options.vectors, options.order);
  result.left.resizeLike(result.right);
  if (result.right.cols() == 0) return result;
  Spectrum transposed = arnoldi(Operator(linearisation, true), count, options.order);
  for (Index mode = 0; mode < result.right.cols(); ++mode) {
    Index match = 0;
    (transposed.values.array() - result.values(mode)).abs().minCoeff(&match);
    result.left.col(mode) = transposed.right.col(match);
    transposed.values(match) = std::numeric_limits<double>::max();  // each is taken once
  }
  pair_left_with_right(result);
  return result;
}

}  // namespace

Spectrum spectrum(const Linearisation& linearisation, const SpectrumOptions& options) {
  if (!linearisation.finite()) throw RunError("the Jacobian is not finite: a weight, bias or state is NaN or infinite");
  const Index size = linearisation.size();
  const bool all = options.count == 0 && size <= SpectrumOptions::full_limit;
  bool iterative = options.method == EigenMethod::iterative;
  Index count = std::min(options.count > 0 ? options.count : SpectrumOptions::leading_count, size);
  if (options.method == EigenMethod::automatic) iterative = !all && size > small_network && 4 * count < size;
  if (options.method == EigenMethod::dense && options.count == 0) count = size;
  if (options.method == EigenMethod::automatic && all) count = size;
  // Arnoldi needs room for the pairs it works with.
  if (iterative && count + 4 > size) iterative = false;
  return iterative ? iterative_spectrum(linearisation, options, count) : dense_spectrum(linearisation, options, count);
}

Mode mode_of(const Linearisation& linearisation, Complex eigenvalue) {
  const Eigen::MatrixXd matrix = linearisation.dense();
  if (!matrix.allFinite()) throw RunError("the Jacobian is not finite: a weight, bias or state is NaN or infinite");
  return iterated_mode(matrix, eigenvalue);
}

Eigen::VectorXd time_constants(const Eigen::VectorXcd& values, LinearForm form, double dt) {
  if (form == LinearForm::continuous) return values.real().cwiseAbs().cwiseInverse();
  return values.unaryExpr([dt](const Complex& value) { return dt / std::abs(std::log(std::abs(value))); }).real();
}

Eigen::VectorXd frequencies(const Eigen::VectorXcd& values, LinearForm form, double dt) {
  constexpr double ms_per_second = 1000.0;
  constexpr double turn = 2.0 * std::numbers::pi;
  if (form == LinearForm::continuous) return values.imag() * (ms_per_second / turn);
  return values.unaryExpr([dt](const Complex& value) { return ms_per_second * std::arg(value) / (turn * dt); }).real();
}

bool is_stable(const Eigen::VectorXcd& values, LinearForm form) {
  if (values.size() == 0) return true;
  return form == LinearForm::continuous ? values.real().maxCoeff() < 0.0 : values.cwiseAbs().maxCoeff() < 1.0;
}

}  // namespace mrnn
