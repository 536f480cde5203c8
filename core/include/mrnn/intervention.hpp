#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "mrnn/selection.hpp"

namespace mrnn {

/// Additive drive on chosen units: s_t[units[i]] += strength[i] course[t - steps.first].
struct Drive {
  Selection units;
  Eigen::VectorXd strength;  ///< per selected unit
  Eigen::VectorXd course;    ///< per step of the intervention's range
};

/// Holds the activity h of chosen units at a value, after each step of the range. The state x goes on
/// evolving beneath (rate dynamics: h is the state itself). The activity before the first step is not held.
struct Clamp {
  Selection units;
  double value = 0.0;
};

/// Multiplies the weights W[to, from] (recurrent, or from input channels) by a factor.
struct ScaleWeights {
  enum class Source : std::uint8_t { recurrent, input };
  Source source = Source::recurrent;
  Selection to, from;
  double factor = 1.0;

  bool operator==(const ScaleWeights&) const = default;
};

/// Extra recurrent noise on chosen units: sigma^2 adds to the square of the network's own sigma_rec.
/// It acts also where the network's noise is switched off.
struct ExtraNoise {
  Selection units;
  double sigma = 0.0;
};

/// One change to a run, as data, so that every manipulation passes through the backend's one seam.
struct MRNN_EXPORT Intervention {
  StepRange steps;
  std::vector<Index> trials;  ///< indices within the batch, ascending; empty: all trials
  std::variant<Drive, Clamp, ScaleWeights, ExtraNoise> what;
  std::string manipulation = {};  ///< name of the manipulation that it belongs to, for figures; empty: none

  bool acts_on(Index trial) const noexcept;
};

}  // namespace mrnn
