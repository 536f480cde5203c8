#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace dpca {

using Eigen::MatrixXd;
using Index = Eigen::Index;

/// A set of axes, bit k for axis k. The axes are the factors in order, then time.
using Term = unsigned;

/// Terms of the decomposition of variance that are taken together, such as {s, st}.
struct Marginalisation {
  std::string name;
  std::vector<Term> terms;
  Index components = 0;  ///< wanted
  Term axes() const noexcept;
};

/// Activity [units x columns] over a grid of axes of these lengths: the last axis changes fastest.
/// An axis that has been averaged over has length 1.
struct Tensor {
  MatrixXd values;
  std::vector<Index> lengths;
};

/// A tensor as the sum of its parts, one per term, by inclusion and exclusion of means; the part of term 0 is the mean.
/// Each is averaged over the axes that are not in its term and sums to 0 along those that are. Compact: the whole part
/// repeats it along the averaged axes.
std::vector<Tensor> marginals(Tensor x);
/// How often the part of a term repeats.
double repeats(const std::vector<Index>& lengths, Term term);

/// X less the mean of each unit over all columns.
Tensor centred(Tensor x, Eigen::VectorXd& mean);

/// Second moments of a centred tensor X [units x columns].
struct Moments {
  std::vector<MatrixXd> parts;  ///< X_phi X^T = X_phi X_phi^T of each marginalisation phi
  MatrixXd total;               ///< X X^T, their sum
};
Moments moments(const Tensor& x, const std::vector<Marginalisation>& marginalisations);
/// X_phi Y^T of each marginalisation phi.
std::vector<MatrixXd> cross_moments(const Tensor& x, const Tensor& y,
                                    const std::vector<Marginalisation>& marginalisations);

}  // namespace dpca
