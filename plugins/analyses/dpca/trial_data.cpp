#include "trial_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "mrnn/linear_algebra.hpp"

namespace dpca {
namespace {

using Eigen::VectorXd;

/// Trials with an epoch `catch`, which have no condition.
std::vector<bool> catch_trials(const mrnn::Trials& trials) {
  std::vector<bool> caught(static_cast<std::size_t>(trials.count), false);
  const auto epoch = std::ranges::find(trials.epochs, "catch", &mrnn::Epoch::name);
  if (epoch == trials.epochs.end()) return caught;
  for (std::size_t trial = 0; trial < caught.size(); ++trial) caught[trial] = epoch->last[trial] > epoch->first[trial];
  return caught;
}

/// The window of one trial, whose first step is the recorded step `first`, averaged in bins.
void copy_trial(const mrnn::Sequence& activity, Index trial, Index first, const Excerpt& excerpt,
                Eigen::Ref<MatrixXd> out) {
  for (Index point = 0; point < out.cols(); ++point) {
    for (Index k = 0; k < excerpt.bin; ++k) out.col(point) += activity.at(first + point * excerpt.bin + k).col(trial);
  }
  out /= static_cast<double>(excerpt.bin);
}

/// Variance of the means of cells by noise, summed over units and cells.
struct NoiseOfMeans {
  double of_time_mean = 0.0;  ///< T times the variance of the mean over time
  double about_it = 0.0;      ///< sum over time of the variance of what is left
};

/// Sums of squares of deviations from the means of a cell, per unit.
struct CellSpread {
  VectorXd of_time_mean, all;
};

CellSpread spread_of(const TrialData& data, const Tensor& means, int cell) {
  const auto mean = means.values.middleCols(cell * data.steps, data.steps);
  CellSpread spread{VectorXd::Zero(data.values.rows()), VectorXd::Zero(data.values.rows())};
  for (Index trial = 0; trial < data.trials(); ++trial) {
    if (data.cell[static_cast<std::size_t>(trial)] != cell) continue;
    const MatrixXd deviation = data.of(trial) - mean;
    spread.all += deviation.rowwise().squaredNorm();
    spread.of_time_mean += static_cast<double>(data.steps) * deviation.rowwise().mean().cwiseAbs2();
  }
  return spread;
}

/// Nothing where no cell has two trials.
std::optional<NoiseOfMeans> noise_of_means(const TrialData& data, const Tensor& means, const Grid& grid) {
  NoiseOfMeans of_trials, of_means;  // the former summed over cells with two trials or more
  double known = 0.0, single = 0.0;
  for (Index cell = 0; cell < grid.cells(); ++cell) {
    const auto trials = static_cast<double>(grid.counts[static_cast<std::size_t>(cell)]);
    if (trials < 2.0) {
      ++single;
      continue;
    }
    ++known;
    const CellSpread spread = spread_of(data, means, static_cast<int>(cell));
    const double time_mean = spread.of_time_mean.sum() / (trials - 1.0);
    const double about_it = spread.all.sum() / (trials - 1.0) - time_mean;
    of_trials.of_time_mean += time_mean;
    of_trials.about_it += about_it;
    of_means.of_time_mean += time_mean / trials;
    of_means.about_it += about_it / trials;
  }
  if (known == 0.0) return std::nullopt;
  of_means.of_time_mean += single / known * of_trials.of_time_mean;
  of_means.about_it += single / known * of_trials.about_it;
  return of_means;
}

}  // namespace

std::vector<bool> complete_trials(const std::vector<const mrnn::Simulation*>& simulations,
                                  const mrnn::Alignment& alignment, const mrnn::Window& window) {
  std::vector<bool> complete;
  for (const mrnn::Simulation* simulation : simulations) {
    const std::vector<bool> caught = catch_trials(simulation->trials);
    const auto zero = alignment.zero(simulation->trials);
    for (std::size_t trial = 0; trial < zero.size(); ++trial) {
      complete.push_back(zero[trial] && !caught[trial] && *zero[trial] + window.first >= simulation->steps.first &&
                         *zero[trial] + window.last <= simulation->recorded(static_cast<Index>(trial)).last);
    }
  }
  return complete;
}

TrialData gather(const std::vector<const mrnn::Simulation*>& simulations, const mrnn::Selection& units,
                 const mrnn::Alignment& alignment, const Excerpt& excerpt, const Grid& grid) {
  TrialData data;
  data.steps = excerpt.points();
  std::ranges::copy_if(grid.cell, std::back_inserter(data.cell), [](int cell) { return cell >= 0; });
  data.values = MatrixXd::Zero(units.size(), data.trials() * data.steps);
  std::size_t number = 0;
  Index kept = 0;
  for (const mrnn::Simulation* simulation : simulations) {
    const mrnn::Sequence activity = simulation->activity(excerpt.quantity, units);
    const auto zero = alignment.zero(simulation->trials);
    for (Index trial = 0; trial < activity.trials; ++trial) {
      if (grid.cell[number++] < 0) continue;
      const Index first = *zero[static_cast<std::size_t>(trial)] + excerpt.window.first - simulation->steps.first;
      copy_trial(activity, trial, first, excerpt, data.of(kept++));
    }
  }
  return data;
}

Tensor cell_means(const TrialData& data, const Grid& grid) {
  Tensor means{MatrixXd::Zero(data.values.rows(), grid.cells() * data.steps), grid.lengths()};
  means.lengths.push_back(data.steps);
  for (Index trial = 0; trial < data.trials(); ++trial) {
    const int cell = data.cell[static_cast<std::size_t>(trial)];
    means.values.middleCols(cell * data.steps, data.steps) += data.of(trial);
  }
  for (Index cell = 0; cell < grid.cells(); ++cell) {
    means.values.middleCols(cell * data.steps, data.steps) /=
        static_cast<double>(grid.counts[static_cast<std::size_t>(cell)]);
  }
  return means;
}

Scatter scatter(const TrialData& data, const Tensor& means, const Grid& grid, const VectorXd& mean) {
  const Index units = data.values.rows();
  Scatter sum{MatrixXd::Zero(units, units), MatrixXd::Zero(units, units)};
  for (Index cell = 0; cell < grid.cells(); ++cell) {
    const MatrixXd of_cell = means.values.middleCols(cell * data.steps, data.steps);
    const auto trials = static_cast<double>(grid.counts[static_cast<std::size_t>(cell)]);
    MatrixXd squares = MatrixXd::Zero(units, units);
    for (Index trial = 0; trial < data.trials(); ++trial) {
      if (data.cell[static_cast<std::size_t>(trial)] != cell) continue;
      const MatrixXd deviation = data.of(trial) - of_cell;
      squares.selfadjointView<Eigen::Lower>().rankUpdate(deviation);
    }
    sum.within += squares.selfadjointView<Eigen::Lower>().toDenseMatrix() / trials;
    squares.selfadjointView<Eigen::Lower>().rankUpdate(of_cell.colwise() - mean, trials);
    sum.all += squares.selfadjointView<Eigen::Lower>();
  }
  return sum;
}

VectorXd noise_variance(const TrialData& data, const Tensor& means, const Grid& grid,
                        const std::vector<Marginalisation>& marginalisations) {
  VectorXd variance = VectorXd::Constant(std::ssize(marginalisations), std::numeric_limits<double>::quiet_NaN());
  const std::optional<NoiseOfMeans> noise = noise_of_means(data, means, grid);
  if (!noise) return variance;
  const std::vector<Index> lengths = grid.lengths();
  const Term time = Term{1} << lengths.size();
  for (std::size_t m = 0; m < marginalisations.size(); ++m) {
    double sum = 0.0;
    for (const Term term : marginalisations[m].terms) {
      // The projection onto a term has the same diagonal in every cell: its degrees of freedom over the cells.
      double freedom = 1.0;
      for (std::size_t f = 0; f < lengths.size(); ++f) {
        if (((term >> f) & 1U) != 0U) freedom *= static_cast<double>(lengths[f] - 1);
      }
      sum +=
          freedom / static_cast<double>(grid.cells()) * ((term & time) != 0U ? noise->about_it : noise->of_time_mean);
    }
    variance(static_cast<Index>(m)) = sum;
  }
  return variance;
}

ReducedData reduce(const TrialData& data, const VectorXd& mean, const MatrixXd& all, Index dimensions) {
  ReducedData reduced;
  reduced.basis = mrnn::symmetric_eigen(all).vectors.leftCols(std::min(dimensions, all.rows()));
  reduced.data = {reduced.basis.transpose() * data.values, data.steps, data.cell};
  reduced.data.values.colwise() -= reduced.basis.transpose() * mean;
  for (Index trial = 0; trial < data.trials(); ++trial) {
    const MatrixXd z = reduced.data.of(trial);
    MatrixXd square = MatrixXd::Zero(z.rows(), z.rows());
    square.selfadjointView<Eigen::Lower>().rankUpdate(z);
    reduced.moments.emplace_back(square.selfadjointView<Eigen::Lower>());
  }
  return reduced;
}

ReducedData truncate(const ReducedData& data, Index dimensions) {
  const Index k = std::min(dimensions, data.basis.cols());
  ReducedData fewer{{data.data.values.topRows(k), data.data.steps, data.data.cell}, data.basis.leftCols(k), {}};
  for (const MatrixXd& moment : data.moments) fewer.moments.emplace_back(moment.topLeftCorner(k, k));
  return fewer;
}

}  // namespace dpca
