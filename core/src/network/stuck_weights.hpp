#pragma once

#include <string>
#include <string_view>

#include "mrnn/network.hpp"

namespace mrnn {

/// Counts the weights of a matrix that are to be trained but begin where training can never move them: where dW/dV is
/// 0, as it is at zero under `abs` and at the bounds and beyond under `clamp`.
class StuckWeights {
 public:
  StuckWeights(const Network& network, Dale dale) : network_(network), dale_(dale) {}

  /// @param pattern  of the block, or the one that takes its place
  void add(const Block& block, const PatternMatrix& pattern, const Eigen::MatrixXd& free);
  /// `3 of the 6 weights of W_rec are zero; under dale = "abs" training can never move them`; empty where there are
  /// none.
  std::string words(std::string_view matrix) const;

 private:
  const Network& network_;
  Dale dale_;
  Index stuck_ = 0, present_ = 0;
};

}  // namespace mrnn
