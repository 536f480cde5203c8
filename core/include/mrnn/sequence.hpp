#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/selection.hpp"

namespace mrnn {

/// A batch of time courses. Column-major [units x trials] per step, steps one after the other: element
/// (unit, trial, step) lies at unit + units (trial + trials step). Files hold (trial, time, unit).
template <class Scalar>
struct BasicSequence {
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

  Index units = 0, trials = 0, steps = 0;
  std::vector<Scalar> data;

  BasicSequence() = default;
  BasicSequence(Index units_, Index trials_, Index steps_)
      : units(units_),
        trials(trials_),
        steps(steps_),
        data(static_cast<std::size_t>(units_ * trials_ * steps_), Scalar(0)) {}

  Eigen::Map<Matrix> at(Index step) { return {data.data() + step * units * trials, units, trials}; }
  Eigen::Map<const Matrix> at(Index step) const { return {data.data() + step * units * trials, units, trials}; }
  Scalar& operator()(Index unit, Index trial, Index step) {
    return data[static_cast<std::size_t>(unit + units * (trial + trials * step))];
  }
  Scalar operator()(Index unit, Index trial, Index step) const {
    return data[static_cast<std::size_t>(unit + units * (trial + trials * step))];
  }
  bool empty() const noexcept { return data.empty(); }
};

using Sequence = BasicSequence<double>;
using FloatSequence = BasicSequence<float>;

}  // namespace mrnn
