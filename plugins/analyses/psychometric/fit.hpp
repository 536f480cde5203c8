#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/choices.hpp"
#include "mrnn/random.hpp"

namespace psychometric {

using Index = Eigen::Index;
using Points = std::vector<mrnn::Choices>;

enum class Shape : std::uint8_t { logistic, normal };

/// F(z), and its slope.
double cumulative(Shape shape, double z) noexcept;
double density(Shape shape, double z) noexcept;
/// F(z) = 0.75.
double quartile(Shape shape) noexcept;

/// Which lapses are free. The fixed ones have the values given.
struct Lapses {
  enum class Kind : std::uint8_t { free, equal, fixed } kind = Kind::free;
  double guess = 0.0, lapse = 0.0;  ///< fixed
  double most = 0.25;               ///< of each, where they are free
};

/// P(x) = guess + (1 - guess - lapse) F(slope (x - bias)).
struct Curve {
  Shape shape = Shape::logistic;
  double offset = 0.0, slope = 0.0;  ///< F(offset + slope x)
  double guess = 0.0, lapse = 0.0;
  bool at_limit = false;  ///< offset or slope is as large as it may be

  double operator()(double x) const noexcept;
  double complement(double x) const noexcept;  ///< 1 - P(x), without cancellation
  /// The x at which F is 1/2; NaN where the curve is flat.
  double bias() const noexcept;
  /// How far from the bias F is 1/4 and 3/4.
  double threshold() const noexcept;
};

double log_likelihood(const Curve& curve, const Points& points) noexcept;
/// Twice the log likelihood that a curve through all points has more.
double deviance(const Curve& curve, const Points& points) noexcept;

/// How many parameters are free.
Index free_parameters(const Lapses& lapses) noexcept;

/// The curve of greatest likelihood: Fisher scoring within bounds from several starts.
/// @param points  two values of the variable or more
Curve fit(const Points& points, Shape shape, const Lapses& lapses);

/// What the choices leave open where they do not rule out a curve as steep as the fit allows: numbers of all curves
/// whose likelihood, as great as the other parameters can make it, a likelihood-ratio test at 5 % does not reject.
struct OpenSlope {
  double gentlest = 0.0;                   ///< the slope nearest 0, with the sign of the fitted one
  double bias_low = 0.0, bias_high = 0.0;  ///< infinite where not even a bias far beyond all points is rejected
};
/// Empty where the steepest curve is rejected: the choices determine the slope. @param fitted  by fit()
std::optional<OpenSlope> open_slope(const Curve& fitted, const Points& points, const Lapses& lapses);

/// What curves fitted to choices drawn from the fitted one are like (parametric bootstrap).
struct Bootstrap {
  std::vector<Curve> curves;
  double worse = 0.0;  ///< share of them that fit their own choices worse than the curve fits the true ones
};
Bootstrap bootstrap(const Curve& curve, const Points& points, const Lapses& lapses, Index count,
                    mrnn::RandomStream& random);

}  // namespace psychometric
