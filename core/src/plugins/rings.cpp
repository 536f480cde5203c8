#include "mrnn/rings.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace mrnn {

using std::numbers::pi;

double preferred_direction(Index channel, Index channels) noexcept {
  return 2.0 * pi * static_cast<double>(channel) / static_cast<double>(channels);
}

double wrap_direction(double direction) noexcept {
  const double wrapped = direction - 2.0 * pi * std::floor(direction / (2.0 * pi));
  return wrapped < 2.0 * pi ? wrapped : 0.0;  // a tiny negative direction rounds up to 2 pi
}

double angle_between(double one, double other) noexcept {
  return std::abs(std::remainder(one - other, 2.0 * pi));
}

double population_direction(const Eigen::Ref<const Eigen::VectorXd>& activity) noexcept {
  double x = 0.0, y = 0.0;
  for (Index channel = 0; channel < activity.size(); ++channel) {
    const double preferred = preferred_direction(channel, activity.size());
    x += activity[channel] * std::cos(preferred);
    y += activity[channel] * std::sin(preferred);
  }
  return wrap_direction(std::atan2(y, x));
}

double degrees(double direction) noexcept {
  return direction * (180.0 / pi);
}

std::string degrees_text(double direction) {
  return fmt::format("{:.5g} deg", degrees(direction));
}

}  // namespace mrnn
