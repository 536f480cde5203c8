#pragma once

#include <Eigen/Core>
#include <vector>

#include "marginals.hpp"

namespace dpca {

/// Components, best explained first: activity X is decoded as z = d^T X and encoded again as p z.
struct Decomposition {
  MatrixXd encoders;                ///< p [units x components], orthonormal within a marginalisation
  MatrixXd decoders;                ///< d [units x components]
  std::vector<std::size_t> origin;  ///< marginalisation of each
};

/// Encoders and decoders of one marginalisation.
struct Pair {
  MatrixXd encoders, decoders;  ///< [units x components]
};

/// Demixing of one X with any ridge, after one decomposition (Kobak et al. 2016):
///   C = X_phi X^T (X X^T + C_noise + ridge I)^-1, p the leading left singular vectors of C X, d = C^T p.
class Demixer {
 public:
  /// @param moment  X X^T + C_noise. What is singular to working precision is left out (pseudo-inverse).
  Demixer(const Moments& moments, const MatrixXd& moment);
  /// `count` components, or as many as there are.
  Pair demix(std::size_t marginalisation, double ridge, Index count) const;

 private:
  Eigen::VectorXd inverse(double ridge) const;

  Eigen::VectorXd values_;       ///< of X X^T + C_noise = V diag(values) V^T
  MatrixXd vectors_;             ///< V
  MatrixXd inner_;               ///< V^T X X^T V
  std::vector<MatrixXd> parts_;  ///< X_phi X^T V of each marginalisation
};

/// All marginalisations; encoders with more positive entries than negative ones.
Decomposition decompose(const Moments& moments, const Demixer& demixer, double ridge,
                        const std::vector<Marginalisation>& marginalisations);

/// lambda as Kobak et al. scale it: (lambda |X|^2)^2.
double ridge_of(double lambda, const Moments& moments);

/// Shares of the variance |X|^2.
struct Explained {
  MatrixXd by_part;            ///< [components x marginalisations]: 1 - |X_phi - p d^T X_phi|^2 / ...
  Eigen::VectorXd single;      ///< of each component: 1 - |X - p d^T X|^2 / |X|^2, the sum over marginalisations
  Eigen::VectorXd cumulative;  ///< of the first components together
  Eigen::VectorXd principal;   ///< of as many principal components together
  Eigen::VectorXd shares;      ///< of each marginalisation
  MatrixXd overlaps;           ///< p_i^T p_j
  MatrixXd correlations;       ///< of the projections z_i and z_j
};
Explained explain(const Moments& moments, const Decomposition& found);

}  // namespace dpca
