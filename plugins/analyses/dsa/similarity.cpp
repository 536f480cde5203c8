#include "similarity.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ascent.hpp"
#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/random.hpp"
#include "mrnn/transport.hpp"

namespace dsa {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Matrices as near as this are the same but for rounding; nothing nearer is looked for.
constexpr double same = 1e-12;

/// Signs d that make sum_ij d_i d_j w_ij large: those of the leading eigenvector, then single changes while one helps.
VectorXd best_signs(const MatrixXd& weights) {
  MatrixXd w = 0.5 * (weights + weights.transpose());
  w.diagonal().setZero();
  const VectorXd leading = mrnn::symmetric_eigen(w).vectors.col(0);
  VectorXd signs = leading.unaryExpr([](double value) { return value < 0.0 ? -1.0 : 1.0; });
  for (bool changed = true; changed;) {
    const VectorXd pull = signs.cwiseProduct(w * signs);
    Index worst = 0;
    changed = pull.minCoeff(&worst) < 0.0;
    if (changed) signs(worst) *= -1.0;
  }
  return signs;
}

/// If B = Q^T A Q, then symmetric matrices made of A and B in the same way have eigenvectors V and Q^T V but for signs,
/// and those follow from the rest of A. So C = V_A D V_B^T is exact then, and a good start where B is only like that.
MatrixXd guess(const MatrixXd& a, const MatrixXd& b, const MatrixXd& symmetric_a, const MatrixXd& symmetric_b) {
  const MatrixXd va = mrnn::symmetric_eigen(symmetric_a).vectors, vb = mrnn::symmetric_eigen(symmetric_b).vectors;
  const MatrixXd in_a = va.transpose() * a * va, in_b = vb.transpose() * b * vb;
  return va * best_signs(in_a.cwiseProduct(in_b)).asDiagonal() * vb.transpose();
}

/// Guesses, the same with one axis turned over, and random matrices of either determinant.
std::vector<MatrixXd> starts(const MatrixXd& a, const MatrixXd& b, const Search& search) {
  std::vector<MatrixXd> all{guess(a, b, a + a.transpose(), b + b.transpose()),
                            guess(a, b, a * a.transpose(), b * b.transpose()),
                            guess(a, b, a.transpose() * a, b.transpose() * b)};
  for (std::size_t k = 0; k < 3; ++k) {
    MatrixXd turned = all[k];
    turned.col(0) *= -1.0;
    all.push_back(std::move(turned));
  }
  mrnn::RandomStream random(search.seed, mrnn::Stream::analyses, "dsa starts");
  for (int k = 0; k < search.starts; ++k) {
    const MatrixXd drawn =
        MatrixXd::NullaryExpr(a.rows(), a.cols(), [&random](Index, Index) { return random.normal(); });
    MatrixXd start = mrnn::qr(drawn).q;
    if (k % 2 == 1) start.col(0) *= -1.0;
    all.push_back(std::move(start));
  }
  return all;
}

/// C that makes <A, C B C^T> largest among the maxima that are found; A and B of norm 1.
MatrixXd best_match(const MatrixXd& a, const MatrixXd& b, const Search& search) {
  const Ascent ascent(a, b, search.tolerance, search.pulse);
  MatrixXd best;
  double highest = 0.0;
  for (const MatrixXd& start : starts(a, b, search)) {
    MatrixXd c = ascent.climb(start);
    const double height = ascent.height(c);
    if (best.size() > 0 && height <= highest) continue;
    best = std::move(c);
    highest = height;
    if ((a - best * b * best.transpose()).norm() < same) break;
  }
  return best;
}

bool comes_first(const MatrixXd& a, const MatrixXd& b) {
  return std::lexicographical_compare(a.data(), a.data() + a.size(), b.data(), b.data() + b.size());
}

/// Angle between unit vectors from the lengths of their difference and sum, exact for small and large ones (Kahan).
double angle(double difference, double sum) {
  return 2.0 * std::atan2(difference, sum);
}

}  // namespace

Similarity compare_dynamics(const MatrixXd& a, const MatrixXd& b, const Search& search) {
  if (comes_first(b, a)) {
    Similarity swapped = compare_dynamics(b, a, search);
    swapped.c.transposeInPlace();
    return swapped;
  }
  const double norm_a = a.norm(), norm_b = b.norm();
  if (!(norm_a > 0.0 && norm_b > 0.0)) throw mrnn::RunError("dynamics that are 0 have no direction to compare");
  const MatrixXd unit_a = a / norm_a, unit_b = b / norm_b;
  Similarity found;
  found.c = best_match(unit_a, unit_b, search);
  const MatrixXd turned = found.c * unit_b * found.c.transpose();
  found.angular = angle((unit_a - turned).norm(), (unit_a + turned).norm());
  found.euclidean = (a - norm_b * turned).norm();
  return found;
}

double wasserstein(const Eigen::VectorXcd& a, const Eigen::VectorXcd& b) {
  MatrixXd costs(a.size(), b.size());
  for (Index i = 0; i < a.size(); ++i) {
    for (Index j = 0; j < b.size(); ++j) costs(i, j) = std::norm(a(i) - b(j));
  }
  return std::sqrt(mrnn::optimal_transport(costs).cwiseProduct(costs).sum());
}

double compare_controllability(const MatrixXd& a, const MatrixXd& inputs_a, const MatrixXd& b, const MatrixXd& inputs_b,
                               Index horizon) {
  const auto reach = [horizon](const MatrixXd& dynamics, const MatrixXd& inputs) {
    MatrixXd all(dynamics.rows(), inputs.cols() * horizon);
    MatrixXd moved = inputs;
    for (Index k = 0; k < horizon; ++k) {
      all.middleCols(k * inputs.cols(), inputs.cols()) = moved;
      moved = dynamics * moved;
    }
    const double norm = all.norm();
    if (!(norm > 0.0)) throw mrnn::RunError("the inputs have no effect, so controllability cannot be compared");
    return MatrixXd(all / norm);
  };
  const MatrixXd from = reach(a, inputs_a), to = reach(b, inputs_b);
  const MatrixXd q = mrnn::orthogonal_procrustes(from.transpose(), to.transpose()).q;
  const MatrixXd turned = q.transpose() * to;
  return angle((from - turned).norm(), (from + turned).norm());
}

}  // namespace dsa
