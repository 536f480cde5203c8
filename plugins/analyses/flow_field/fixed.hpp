#pragma once

#include <Eigen/Core>
#include <functional>
#include <string>
#include <vector>

#include "field.hpp"
#include "mrnn/analysis.hpp"
#include "plane.hpp"
#include "step_map.hpp"

namespace flow_field {

/// A state that one step leaves as it is, F(x) = x.
struct FixedPoint {
  mrnn::Index step = 0;      ///< whose inputs are held
  Eigen::VectorXd state;     ///< of the selected units
  double q = 0.0;            ///< 1/2 |F(x) - x|^2
  mrnn::Index unstable = 0;  ///< modes with |lambda| > 1

  Eigen::Vector2d place(const Plane& plane) const { return plane.axes.transpose() * (state - plane.mean); }
  /// Distance from the plane.
  double off_plane(const Plane& plane) const { return (state - plane.mean - plane.axes * place(plane)).norm(); }
};

/// Fixed points at the step of a field: searched for from the lowest energies of its grid and from the state of the
/// trial by Newton's method, damped as by Levenberg and Marquardt. None twice, in the order of the seeds.
/// @param done  told that one of most_seeds has been searched from
std::vector<FixedPoint> find_fixed_points(StepMap& map, const Plane& plane, const Field& field,
                                          const std::function<void()>& done);

inline constexpr mrnn::Index most_seeds = 13;

/// Those an earlier analysis `fixed_points` found under the inputs that the trial has at the step.
/// @throws RunError where that one did not search in the units of the plane.
std::vector<FixedPoint> take_fixed_points(const mrnn::AnalysisContext& context, const FieldRequest& request,
                                          const std::string& label, mrnn::Index step);

}  // namespace flow_field
