#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "field.hpp"
#include "mrnn/analysis.hpp"
#include "plane.hpp"

namespace flow_field {

/// What was computed, to be written and drawn.
struct Report {
  const Plane& plane;
  const std::vector<Field>& fields;
  const mrnn::Sequence& trajectories;  ///< in the plane, [2 x trials] per recorded step
  mrnn::StepRange recorded;
  std::size_t shown = 0;  ///< index of the trial among the trajectories
  double dt = 1.0;        ///< ms
  std::string x_label, y_label;
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
/// Small multiples over steps: arrows over speed with the trajectory; and the energy landscape.
void add_figures(const Report& report, mrnn::AnalysisResults& results);

}  // namespace flow_field
