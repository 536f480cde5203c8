#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decomposition.hpp"
#include "mrnn/random.hpp"
#include "trial_data.hpp"

namespace dpca {

enum class NoiseCovariance : std::uint8_t { none, diagonal, full };

/// One trial of each cell held out.
struct Split {
  Tensor train;           ///< means over the other trials of each cell, centred
  MatrixXd test;          ///< the trials held out, about the same mean
  MatrixXd train_moment;  ///< X X^T + C_noise of the training trials
  Moments moments;        ///< of `train`
};

/// Draws splits of trials whose cells may be changed between draws.
class Splitter {
 public:
  /// @param fixed_noise  C_noise in the reduced space where it is not full, or empty
  Splitter(const ReducedData& data, const Grid& grid, const std::vector<Marginalisation>& marginalisations,
           MatrixXd fixed_noise);

  void assign(std::vector<int> cells);
  Split draw(mrnn::RandomStream& random) const;

 private:
  MatrixXd moment(const std::vector<Index>& held_out, const Eigen::VectorXd& mean, const Moments& moments) const;

  const ReducedData& data_;
  const Grid& grid_;
  const std::vector<Marginalisation>& marginalisations_;
  MatrixXd fixed_noise_;
  std::vector<int> cells_;                   ///< of each trial
  std::vector<std::vector<Index>> members_;  ///< trials of each cell
  MatrixXd sums_;                            ///< over the trials of each cell
};

}  // namespace dpca
