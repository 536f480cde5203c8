#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "grid.hpp"
#include "mrnn/analysis.hpp"
#include "plane.hpp"

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

enum class Others : std::uint8_t { as_in_trial, zero };  ///< the units not selected
enum class Map : std::uint8_t { full, linearised };      ///< F, or its tangent at the state of the trial

/// Where and how the flow is computed.
struct FieldRequest {
  mrnn::Selection units;
  mrnn::Index trial = 0;
  Others others = Others::as_in_trial;
  Map map = Map::full;
};

/// Fills in the velocity and energy of fields whose step and grid are set. Grid points of all steps go through the
/// backend together, as many at a time as fit in a bounded amount of memory.
void compute(const mrnn::AnalysisContext& context, const FieldRequest& request, const Plane& plane,
             std::vector<Field>& fields);

}  // namespace flow_field
