#pragma once

#include <string>
#include <vector>

#include "averages.hpp"

namespace psth {

/// What the figure shows.
struct Drawing {
  const mrnn::Populations& populations;
  const std::vector<Average>& averages;  ///< per population
  const mrnn::Conditions& conditions;
  const Eigen::VectorXd& time;  ///< ms
  std::string time_label;       ///< `time (ms)`
  std::vector<double> marks;    ///< ms; drawn as vertical lines
};

/// A panel per population, conditions in colour, bands of one SEM.
mrnn::Figure draw(const Drawing& drawing);

/// Times at which the interventions of simulations begin or end within their runs, as ms after `zero_step`.
std::vector<double> intervention_times(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Index zero_step,
                                       double dt);

}  // namespace psth
