#pragma once

#include <vector>

#include "grid.hpp"
#include "marginals.hpp"
#include "mrnn/alignment.hpp"
#include "mrnn/simulation.hpp"

namespace dpca {

/// Single trials: the columns [b T, (b + 1) T) are the T time points of trial b.
struct TrialData {
  MatrixXd values;        ///< [units x (trials T)]
  Index steps = 0;        ///< T
  std::vector<int> cell;  ///< of each trial, in the grid

  Index trials() const noexcept { return static_cast<Index>(cell.size()); }
  auto of(Index trial) const { return values.middleCols(trial * steps, steps); }
  auto of(Index trial) { return values.middleCols(trial * steps, steps); }
};

/// What of the simulations is looked at.
struct Excerpt {
  mrnn::Quantity quantity = mrnn::Quantity::h;
  mrnn::Window window;
  Index bin = 1;  ///< steps averaged to one time point; what does not fill a bin at the end is left out
  Index points() const noexcept { return window.size() / bin; }
};

/// Which trials have time zero, were recorded over the whole window and are no catch trials. Trials of all simulations
/// are counted through.
std::vector<bool> complete_trials(const std::vector<const mrnn::Simulation*>& simulations,
                                  const mrnn::Alignment& alignment, const mrnn::Window& window);

/// The trials that have a cell in the grid.
TrialData gather(const std::vector<const mrnn::Simulation*>& simulations, const mrnn::Selection& units,
                 const mrnn::Alignment& alignment, const Excerpt& excerpt, const Grid& grid);

/// Means over the trials of each cell, with the axes of the grid and time.
Tensor cell_means(const TrialData& data, const Grid& grid);

/// Second moments of what single trials have beside the means of their cells, and of all they have.
struct Scatter {
  MatrixXd within;  ///< sum over cells and time of the covariance over trials (divided by their number): C_noise
  MatrixXd all;     ///< sum over trials and time, about `mean`
};
Scatter scatter(const TrialData& data, const Tensor& means, const Grid& grid, const Eigen::VectorXd& mean);

/// What the variance |X_phi|^2 of each marginalisation would be by noise alone, given the spread of single trials about
/// the means of their cells: exact for noise that is independent from trial to trial, however it is correlated in time.
/// Cells of a single trial count as noisy as the others on average; NaN where every cell has a single trial.
Eigen::VectorXd noise_variance(const TrialData& data, const Tensor& means, const Grid& grid,
                               const std::vector<Marginalisation>& marginalisations);

/// Trials in the space of their leading principal components, for what is fitted many times over.
struct ReducedData {
  TrialData data;                 ///< [dimensions x ...], about the mean
  MatrixXd basis;                 ///< [units x dimensions], orthonormal
  std::vector<MatrixXd> moments;  ///< per trial: sum over time of z z^T
};
ReducedData reduce(const TrialData& data, const Eigen::VectorXd& mean, const MatrixXd& all, Index dimensions);
/// The same with fewer dimensions.
ReducedData truncate(const ReducedData& data, Index dimensions);

}  // namespace dpca
