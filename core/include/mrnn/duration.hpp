#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/random.hpp"
#include "mrnn/selection.hpp"

namespace mrnn {

/// How long something in a trial lasts, in ms: constant, or drawn for each trial. In a configuration
///   delay = 500                                         always
///   delay = [200, 600]                                  uniform between
///   delay = { choices = [200, 400, 800] }               one of these
///   delay = { mean = 600, low = 300, high = 3000 }      exponential, truncated to [low, high]
/// Steps are to_steps().
class MRNN_EXPORT Duration {
 public:
  static Duration constant(double time);
  static Duration uniform(double low, double high);
  static Duration one_of(std::vector<double> choices);
  /// An exponential of mean `mean` above `low`, drawn from what of it lies below `high`.
  static Duration exponential(double mean, double low, double high);

  /// Reads `key`, or gives the fallback. @throws ConfigError for a time that is negative or not finite.
  static Duration read(const ConfigNode& config, std::string_view key, const Duration& fallback);

  double draw(RandomStream& random) const;  ///< ms; takes one uniform number, also where it is constant
  double shortest() const noexcept;         ///< ms
  double longest() const noexcept;          ///< ms

 private:
  enum class Kind : std::uint8_t { constant, uniform, choices, exponential };
  Kind kind_ = Kind::constant;
  double mean_ = 0.0, low_ = 0.0, high_ = 0.0;
  std::vector<double> choices_;
};

/// For an epoch that no trial can do without.
/// @param duration  what `key` was read as, or its fallback    @param dt  ms
/// @throws ConfigError where it can be drawn shorter than one step.
MRNN_EXPORT void check_lasts_a_step(const ConfigNode& config, std::string_view key, const Duration& duration,
                                    double dt);

/// A time in words: `12.5 ms`.
MRNN_EXPORT std::string in_ms(double time);

/// The nearest whole number of steps. Times beyond any run are cut, not wrapped round.
/// @param time  ms    @param dt  ms
MRNN_EXPORT Index to_steps(double time, double dt);

}  // namespace mrnn
