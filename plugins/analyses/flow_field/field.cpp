#include "field.hpp"

#include <algorithm>

namespace flow_field {

using mrnn::Index;

Eigen::MatrixXd Field::speed() const {
  return (velocity_x.array().square() + velocity_y.array().square()).sqrt();
}

void compute(StepMap& map, const Plane& plane, double dt, Field& field, const std::function<void(Index)>& done) {
  const Index rows = field.grid.y.size(), columns = field.grid.x.size();
  field.velocity_x.resize(rows, columns);
  field.velocity_y.resize(rows, columns);
  field.energy.resize(rows, columns);
  for (Index first = 0; first < rows * columns; first += map.batch()) {
    const Index count = std::min(map.batch(), rows * columns - first);
    Eigen::Matrix2Xd places(2, count);  // g, counted down the columns of the grid
    for (Index k = 0; k < count; ++k) {
      places.col(k) << field.grid.x((first + k) / rows), field.grid.y((first + k) % rows);
    }
    const Eigen::MatrixXd states = (plane.axes * places).colwise() + plane.mean;
    const Eigen::MatrixXd change = map.next(states, field.step) - states;
    const Eigen::Matrix2Xd velocity = plane.axes.transpose() * change / dt;
    field.velocity_x.reshaped().segment(first, count) = velocity.row(0);
    field.velocity_y.reshaped().segment(first, count) = velocity.row(1);
    field.energy.reshaped().segment(first, count) = 0.5 * change.colwise().squaredNorm();
    done(count);
  }
}

}  // namespace flow_field
