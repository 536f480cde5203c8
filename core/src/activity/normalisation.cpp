#include "mrnn/normalisation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace mrnn {
namespace {

/// Share of the largest range that is added to every range by default.
constexpr double default_softening = 0.1;
/// A deviation below this share of a unit's activity is rounding: the unit is constant.
constexpr double no_deviation = 1e-12;

using Parts = std::vector<const Sequence*>;

/// Calls visit(values) for every trial and step at which all units have a value.
template <class Visit>
void each_sample(const Parts& parts, Visit&& visit) {
  for (const Sequence* part : parts) {
    for (Index step = 0; step < part->steps; ++step) {
      for (Index trial = 0; trial < part->trials; ++trial) {
        const auto values = part->at(step).col(trial);
        if (values.allFinite()) visit(values);
      }
    }
  }
}

Eigen::VectorXd standard_deviations(const Parts& samples) {
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(samples.front()->units), squares = mean;
  double count = 0.0;
  each_sample(samples, [&](const auto& values) {
    mean += values;
    count += 1.0;
  });
  mean /= count;
  each_sample(samples, [&](const auto& values) { squares += (values - mean).cwiseAbs2(); });
  const Eigen::VectorXd deviations = (squares / std::max(1.0, count - 1.0)).cwiseSqrt();
  return deviations.binaryExpr(mean, [](double deviation, double about) {
    return deviation > no_deviation * std::abs(about) ? deviation : 0.0;
  });
}

Eigen::VectorXd ranges(const Parts& samples) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  Eigen::VectorXd low = Eigen::VectorXd::Constant(samples.front()->units, infinite), high = -low;
  each_sample(samples, [&](const auto& values) {
    low = low.cwiseMin(values);
    high = high.cwiseMax(values);
  });
  return (high - low).cwiseMax(0.0);
}

}  // namespace

Normalisation::Normalisation(const ConfigNode& config) {
  const std::vector<std::string> accepted{"none", "zscore", "soft"};
  const std::string kind = config.choice("normalise", accepted, "none");
  kind_ = kind == "none" ? Kind::none : kind == "zscore" ? Kind::zscore : Kind::soft;
  if (!config.has("softening")) return;
  if (kind_ != Kind::soft) config.fail("softening", "has no meaning without normalise = \"soft\"");
  softening_ = config.at_least_zero("softening", 0.0);
}

Eigen::VectorXd Normalisation::scales(const Parts& samples) const {
  if (kind_ == Kind::none) return Eigen::VectorXd::Ones(samples.front()->units);
  Eigen::VectorXd scales = kind_ == Kind::zscore ? standard_deviations(samples) : ranges(samples);
  if (kind_ == Kind::soft) scales.array() += softening_.value_or(default_softening * scales.maxCoeff());
  return scales.unaryExpr([](double scale) { return scale > 0.0 && std::isfinite(scale) ? scale : 1.0; });
}

void divide_by(const Eigen::VectorXd& scales, Sequence& activity) {
  for (Index step = 0; step < activity.steps; ++step) activity.at(step).array().colwise() /= scales.array();
}

}  // namespace mrnn
