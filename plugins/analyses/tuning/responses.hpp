#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/analysis.hpp"

namespace tuning {

using Index = Eigen::Index;

/// Units of one selector.
struct Population {
  std::string name;
  mrnn::Selection units;
};

/// When the activity of a trial counts: the keys epoch, or align | align_at and window.
class Period {
 public:
  Period(const mrnn::ConfigNode& config, double dt);

  /// Of each trial the recorded steps that count; empty where there are none.
  std::vector<mrnn::StepRange> steps(const mrnn::Simulation& simulation) const;
  /// `stimulus`, or `the window`.
  std::string words() const;

 private:
  mrnn::ConfigNode config_;  ///< for the position in messages
  std::string epoch_;
  mrnn::Alignment alignment_;
};

/// Mean activity of each trial that has some, [units x trials], trials of all simulations one after the other; NaN
/// where a trial has none.
Eigen::MatrixXd responses(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
                          const mrnn::Selection& units, const Period& period);

}  // namespace tuning
