#pragma once

#include <string>
#include <vector>

#include "averages.hpp"
#include "landmarks.hpp"

namespace psth {

/// What the figure shows.
struct Drawing {
  const mrnn::Populations& populations;
  const std::vector<Average>& averages;  ///< per population
  const mrnn::Conditions& conditions;
  std::vector<std::string> simulations;  ///< names
  const Eigen::VectorXd& time;           ///< ms
  std::string time_label;                ///< `time (ms)`
  bool zero = false;                     ///< is time zero marked?
  const Landmarks& landmarks;
  double dt = 1.0;             ///< ms
  mrnn::Index min_trials = 1;  ///< lines and bands of fewer are left out, see Psth
};

/// A panel per population, conditions in colour, bands of one SEM. More than two simulations of several conditions have
/// a panel each. What does not fit on a page goes on in further figures: `psth`, `psth_2`, ...
std::vector<mrnn::Figure> draw(const Drawing& drawing);

}  // namespace psth
