#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "activity_sets.hpp"
#include "mrnn/intervention.hpp"
#include "mrnn/parameters.hpp"

namespace subspace_alignment {

/// Weights from one population to another, and the dimensions of the source that they read.
struct Pathway {
  std::string name;   ///< `sensory_to_motor`
  std::string title;  ///< `sensory to motor`
  mrnn::Population source;
  mrnn::ScaleWeights weights;  ///< which; the factor has no meaning here
};

/// The keys pathways, potent_components.
class PathwayChoice {
 public:
  PathwayChoice(const mrnn::ConfigNode& config, const mrnn::Network& network);

  const std::vector<Pathway>& list() const noexcept { return list_; }
  mrnn::Index potent_components() const noexcept { return components_; }  ///< 0: the rank of the weights

 private:
  std::vector<Pathway> list_;
  mrnn::Index components_ = 0;
};

/// Power of the source's activity in the potent space of a pathway (the row space of W) and in its null space.
struct PotentPower {
  Eigen::MatrixXd axes;    ///< potent space, [source units x r]: leading right singular vectors V of W
  Eigen::VectorXd values;  ///< the singular values of W, falling
  Eigen::VectorXd share;   ///< per set, tr(V^T C V) / tr C; this and the gain are NaN of a constant set
  Eigen::VectorXd gain;    ///< per set, tr(W C W^T) over that of activity of the same variance in all directions
};
/// @param components  r; 0: the rank of W
/// @throws RunError where all weights are 0.
PotentPower potent_power(const mrnn::Network& network, const mrnn::Parameters& parameters, const Pathway& pathway,
                         const std::vector<ActivitySet>& sets, mrnn::Index components);

}  // namespace subspace_alignment
