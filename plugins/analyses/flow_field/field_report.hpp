#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "field.hpp"
#include "fixed.hpp"
#include "mrnn/analysis.hpp"
#include "plane.hpp"

namespace flow_field {

enum class Draw : std::uint8_t { arrows, streamlines, both };

/// What was computed, to be written and drawn.
struct Report {
  const Plane& plane;
  const std::vector<Field>& fields;
  const mrnn::Sequence& trajectories;  ///< in the plane, [2 x trials] per recorded step
  mrnn::StepRange recorded;
  std::size_t shown = 0;  ///< index of the trial among the trajectories
  double dt = 1.0;        ///< ms
  std::string x_label, y_label;
  std::optional<std::vector<FixedPoint>> fixed_points = {};  ///< where asked for
};

/// How it is drawn.
struct Drawing {
  std::string of;         ///< units in the plane, for titles and names of figures; empty: not said
  mrnn::Index trial = 0;  ///< number of the trial shown
  Draw draw = Draw::arrows;
  bool animate = false;
  bool follows = false;  ///< the grid moves with the trajectory
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
/// Small multiples over steps: the flow over speed with the trajectory; the energy landscape; and the flow as an
/// animation.
void add_figures(const Report& report, const Drawing& drawing, mrnn::AnalysisResults& results);

}  // namespace flow_field
