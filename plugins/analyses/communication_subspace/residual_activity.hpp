#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/populations.hpp"
#include "mrnn/samples.hpp"

namespace communication_subspace {

/// Activity of all units that take part, as it is regressed.
struct Activity {
  std::vector<mrnn::Index> units;   ///< network indices of the rows, ascending
  Eigen::VectorXd rates;            ///< per row, mean activity before residuals are taken
  std::vector<char> varies;         ///< per row; units that do not are left out
  mrnn::Sequence values;            ///< [rows x trials] per step; NaN where there is no sample
  std::vector<mrnn::Index> trials;  ///< those with samples
  mrnn::Index every = 1;            ///< steps between samples

  mrnn::Index row_of(mrnn::Index unit) const;
  /// Samples of a trial: the steps at which it has values.
  std::vector<mrnn::Index> steps_of(mrnn::Index trial) const;
};

/// The keys by, align, align_at, window, every, residuals, zscore.
class ActivityChoice {
 public:
  ActivityChoice(const mrnn::ConfigNode& config, double dt);
  bool residuals() const noexcept { return residuals_; }

  /// Does the simulation have what the keys name? @throws ConfigError.
  void check(const mrnn::Simulation& simulation) const;
  /// @throws RunError where no trial has a residual, or no unit varies.
  Activity read(const mrnn::Simulation& simulation, mrnn::Quantity quantity,
                const std::vector<mrnn::Population>& populations) const;

 private:
  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::Alignment alignment_;
  mrnn::Index every_;
  bool residuals_, zscore_;
};

}  // namespace communication_subspace
