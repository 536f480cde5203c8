#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "grid.hpp"
#include "mrnn/analysis.hpp"
#include "plane.hpp"
#include "step_map.hpp"

namespace flow_field {

/// The flow at one step, every matrix [rows along y x columns along x].
struct Field {
  mrnn::Index step = 0;
  Grid grid;
  Eigen::Vector2d current = Eigen::Vector2d::Zero();  ///< where the trajectory is before the step
  Eigen::MatrixXd velocity_x, velocity_y;             ///< A^T (F(x) - x) / dt, per ms
  Eigen::MatrixXd energy;                             ///< 1/2 |F(x) - x|^2 over the selected units

  Eigen::MatrixXd speed() const;
};

/// Fills in the velocity and energy of a field whose step and grid are set.
/// @param dt    ms
/// @param done  told how many points of the grid have been looked at since it was told last
void compute(StepMap& map, const Plane& plane, double dt, Field& field, const std::function<void(mrnn::Index)>& done);

}  // namespace flow_field
