#include "stability.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mrnn/error.hpp"

namespace fixed_points {
namespace {

constexpr Index leading_count = 20;

Index decaying(const Eigen::VectorXcd& values, double marginal) {
  return (values.cwiseAbs().array() < 1.0 - marginal).count();
}

/// All eigenvalues. Of many units the leading ones, where two of them decay: then none that grows is missing, and
/// the slowest is among them.
mrnn::Spectrum enough(const mrnn::Linearisation& linearisation, const StabilityOptions& options, Index vectors) {
  mrnn::SpectrumOptions wanted;
  wanted.vectors = vectors;
  if (linearisation.size() <= StabilityOptions::full_limit) {
    wanted.method = mrnn::EigenMethod::dense;
    return mrnn::spectrum(linearisation, wanted);
  }
  wanted.count = std::max(leading_count, vectors);
  mrnn::Spectrum leading;
  try {
    leading = mrnn::spectrum(linearisation, wanted);
    if (decaying(leading.values, options.marginal) >= 2) return leading;
    wanted.vectors = 0;
  } catch (const mrnn::RunError&) {  // The eigenvalues are too crowded for the iteration.
  }
  wanted.count = 0;
  wanted.method = mrnn::EigenMethod::dense;
  mrnn::Spectrum all = mrnn::spectrum(linearisation, wanted);
  if (wanted.vectors > 0) return all;
  leading.values = std::move(all.values);
  return leading;
}

}  // namespace

Stability stability(const mrnn::Linearisation& linearisation, const StabilityOptions& options) {
  const Index vectors = std::min(options.vectors, linearisation.size());
  const mrnn::Spectrum spectrum = enough(linearisation, options, std::max<Index>(vectors, 1));
  Stability result;
  const Eigen::VectorXd slowness = (spectrum.values.cwiseAbs().array().log()).abs();
  Index slowest = 0;
  slowness.minCoeff(&slowest);
  const bool known = slowest < spectrum.left.cols();
  result.selection = known ? Eigen::VectorXcd(spectrum.left.col(slowest))
                           : mrnn::mode_of(linearisation, spectrum.values(slowest)).left;
  result.values = spectrum.values;
  result.right = spectrum.right.leftCols(vectors);
  result.left = spectrum.left.leftCols(vectors);
  result.time_constants = mrnn::time_constants(result.values, mrnn::LinearForm::discrete, options.dt);
  result.frequencies = mrnn::frequencies(result.values, mrnn::LinearForm::discrete, options.dt);
  const auto magnitude = result.values.cwiseAbs().array();
  result.unstable = (magnitude > 1.0 + options.marginal).count();
  result.marginal = ((magnitude - 1.0).abs() <= options.marginal).count();
  if (slowness.size() < 2) {
    result.line_score = std::numeric_limits<double>::quiet_NaN();
  } else {
    Eigen::VectorXd sorted = slowness;
    std::ranges::sort(sorted);
    result.line_score = sorted(1) > sorted(0) ? std::log2(sorted(1) / sorted(0)) : 0.0;
  }
  return result;
}

}  // namespace fixed_points
