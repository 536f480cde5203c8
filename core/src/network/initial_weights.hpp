#pragma once

#include <cstdint>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"

namespace mrnn {

/// How many of the weights of a connection were drawn outside the bounds and put at the nearer one.
struct ClippedWeights {
  std::size_t connection = 0;  ///< index into NetworkSpec::connections
  bool recurrent = true;       ///< or from an input
  Index clipped = 0, present = 0;

  double share() const noexcept { return static_cast<double>(clipped) / static_cast<double>(present); }
};

/// initial_parameters(), and what the bounds did to them.
struct InitialWeights {
  Parameters parameters;
  std::vector<ClippedWeights> clipped;  ///< connections of which any were, in the order of the description
};

/// @throws ConfigError as initial_parameters()
InitialWeights draw_initial_weights(const Network& network, std::uint64_t seed);

}  // namespace mrnn
