#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>

namespace dsa {

/// How the best change of coordinates is looked for.
struct Search {
  int starts = 20;          ///< random ones, half of them reflections, besides those guessed from the matrices
  double tolerance = 1e-9;  ///< the slope at which a search ends; matrices are scaled to norm 1
  std::uint64_t seed = 0;
  std::function<void()> pulse = [] {};  ///< called again and again while it goes on; may throw to end it
};

/// Distances between linear dynamics A and B [r x r] that do not depend on the orthogonal coordinates of either.
struct Similarity {
  double angular = 0.0;    ///< smallest angle between A and C B C^T over orthogonal C, reflections included; radians
  double euclidean = 0.0;  ///< the same of |A - C B C^T| (Frobenius)
  Eigen::MatrixXd c;       ///< that C
};

/// Both distances have the same C, because |A - C B C^T|^2 = |A|^2 + |B|^2 - 2 <A, C B C^T>. Exactly symmetric: the
/// search is run on the two matrices in an order of their own. The arguments are not changed.
/// @throws RunError where one of them is 0.
Similarity compare_dynamics(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, const Search& search);

/// 2-Wasserstein distance between two sets of eigenvalues as points of the plane, each set with uniform weights; the
/// counts may differ.
double wasserstein(const Eigen::VectorXcd& a, const Eigen::VectorXcd& b);

/// Smallest angle between [B, A B, ..., A^(horizon - 1) B] of two systems over orthogonal changes of their states;
/// radians. @throws RunError where inputs have no effect on one of them.
double compare_controllability(const Eigen::MatrixXd& a, const Eigen::MatrixXd& inputs_a, const Eigen::MatrixXd& b,
                               const Eigen::MatrixXd& inputs_b, Eigen::Index horizon);

}  // namespace dsa
