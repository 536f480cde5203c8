#pragma once

#include <array>
#include <limits>
#include <optional>

#include "mrnn/random.hpp"
#include "mrnn/selection.hpp"
#include "rules.hpp"

namespace yang19 {

inline constexpr double absent = std::numeric_limits<double>::quiet_NaN();

/// One stimulus: a bump on one ring or on both.
struct Stimulus {
  double location = absent;           ///< radians; NaN: there is no such stimulus
  std::array<double, 2> strengths{};  ///< on ring 1, 2; 0: not shown there
};

/// What is shown in a trial, and what is wanted.
struct Stimuli {
  std::array<Stimulus, 2> shown;
  double response = absent;   ///< radians; NaN: fixate to the end
  double coherence = absent;  ///< half the strength that counts of stimulus 1 less that of stimulus 2
  double match = absent;      ///< 1: the second matches the first; 0: it does not
};

/// @param level  of the coherence that counts: 2 k is -coherences[k] of the family, 2 k + 1 is +coherences[k]; none:
/// drawn.
Stimuli draw_stimuli(const Rule& rule, const Family& family, std::optional<mrnn::Index> level,
                     mrnn::RandomStream& random);

}  // namespace yang19
