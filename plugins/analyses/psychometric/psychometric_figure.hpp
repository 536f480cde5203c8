#pragma once

#include <string>
#include <vector>

#include "answers.hpp"
#include "fit.hpp"
#include "mrnn/figure.hpp"

namespace psychometric {

/// A number and the interval that holds it with 95 %; without bootstrap NaN.
struct Estimate {
  double value = 0.0, low = 0.0, high = 0.0;
};

/// A group of trials and its curve.
struct Fitted {
  Group group;
  Points shown;  ///< few enough to be drawn
  Curve curve;
  Estimate bias, slope, threshold, guess, lapse;
  bool open = false;                   ///< the choices do not rule out a curve as steep as the fit allows
  double deviance = 0.0, worse = 0.0;  ///< and the share of bootstrap fits with more; NaN without
  /// Does the interval of the slope hold 0, so that the choices may not depend on x at all?
  bool flat() const noexcept { return slope.low <= 0.0 && slope.high >= 0.0; }
  std::vector<double> x, y, low, high;  ///< the curve and its interval at each x
};

struct Drawing {
  const std::vector<Fitted>& curves;
  const Question& question;
  std::size_t simulations = 1;
};

/// Points with their intervals, the fitted curves and theirs. Several simulations of several groups: a panel for each
/// group, simulations in colour.
mrnn::Figure draw_curves(const Drawing& drawing);
/// The parameters of several curves side by side.
mrnn::Figure draw_parameters(const Drawing& drawing);

}  // namespace psychometric
