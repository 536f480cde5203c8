#pragma once

#include <array>
#include <optional>
#include <string>

#include "files/weight_source.hpp"
#include "mrnn/network_spec.hpp"

namespace mrnn {

/// What free parameters in a file were made for: by this they become weights.
struct StoredMethod {
  Dale dale = Dale::none;
  std::optional<std::array<double, 2>> bounds = std::nullopt;  ///< of clamp and project, where the file says

  /// W of one free parameter. @param mask  0 or 1    @param sign  of the source
  double weight(double mask, double sign, double free) const;
};

/// The method of the recurrent (`rec`) or input (`inp`) weights; none where the file does not say.
/// @throws FileError for a method that there is not.
std::optional<StoredMethod> stored_method(const WeightSource& source, const std::string& suffix);

}  // namespace mrnn
