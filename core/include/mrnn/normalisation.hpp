#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/sequence.hpp"

namespace mrnn {

/// Units brought to comparable scales before their activity is analysed: the keys normalise and softening.
class MRNN_EXPORT Normalisation {
 public:
  explicit Normalisation(const ConfigNode& config);

  /// By what the activity of each unit is divided, from samples of it that may be NaN: 1; its standard deviation; or
  /// its range + softening (Churchland et al. 2012), by default a tenth of the largest range. 1 for a constant unit.
  Eigen::VectorXd scales(const Sequence& samples) const { return scales(std::vector{&samples}); }
  /// The same from samples of the same units in several parts.
  Eigen::VectorXd scales(const std::vector<const Sequence*>& samples) const;

 private:
  enum class Kind : std::uint8_t { none, zscore, soft };
  Kind kind_ = Kind::none;
  std::optional<double> softening_;
};

/// Divides the activity of each unit by its scale.
MRNN_EXPORT void divide_by(const Eigen::VectorXd& scales, Sequence& activity);

}  // namespace mrnn
