#pragma once

#include <vector>

#include "model.hpp"

namespace mrnn::eigen {

/// States of a slice at consecutive slots. Slot s is what step s starts from: h_{s-1}, the inputs v_s beneath, and,
/// where backward() needs it, x_{s-1}. A ring: slot s + `slots` takes the place of slot s.
template <class Scalar>
class Trajectory {
 public:
  /// Makes room for `slots` slots of `width` trials.
  void resize(const Model<Scalar>& model, Index width, Index slots) {
    slots_ = slots;
    state_size_ = model.rows() * width;
    x_size_ = model.backward_needs_x() ? model.network.units() * width : 0;
    states_.resize(static_cast<std::size_t>(slots_ * state_size_));
    x_.resize(static_cast<std::size_t>(slots_ * x_size_));
  }

  Scalar* state(Index slot) { return states_.data() + slot % slots_ * state_size_; }  ///< [(N + I) x width]
  Scalar* x(Index slot) { return x_.data() + slot % slots_ * x_size_; }               ///< [N x width]
  bool keeps_x() const noexcept { return x_size_ > 0; }

 private:
  Index slots_ = 0, state_size_ = 0, x_size_ = 0;
  std::vector<Scalar> states_, x_;
};

}  // namespace mrnn::eigen
