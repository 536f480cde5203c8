#include "stability.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/error.hpp"

namespace fixed_points {
namespace {

constexpr Index first_count = 20;

Index decaying(const Eigen::VectorXcd& values, double marginal) {
  return (values.cwiseAbs().array() < 1.0 - marginal).count();
}

/// All eigenvalues, or of many units so many leading ones that two of them decay: then none that grows is missing, and
/// the slowest is among them.
mrnn::Spectrum enough(const mrnn::Linearisation& linearisation, const StabilityOptions& options, Index vectors) {
  mrnn::SpectrumOptions wanted;
  wanted.vectors = vectors;
  wanted.method = mrnn::EigenMethod::iterative;
  for (wanted.count = std::max(first_count, vectors);
       linearisation.size() > StabilityOptions::full_limit && 4 * wanted.count < linearisation.size();
       wanted.count *= 2) {
    try {
      mrnn::Spectrum spectrum = mrnn::spectrum(linearisation, wanted);
      if (decaying(spectrum.values, options.marginal) >= 2) return spectrum;
    } catch (const mrnn::RunError&) {  // too crowded for the iteration
      break;
    }
  }
  wanted.count = 0;
  wanted.method = mrnn::EigenMethod::dense;
  return mrnn::spectrum(linearisation, wanted);
}

}  // namespace

Stability stability(const mrnn::Linearisation& linearisation, const StabilityOptions& options) {
  const Index vectors = std::min(options.vectors, linearisation.size());
  mrnn::Spectrum spectrum = enough(linearisation, options, std::max<Index>(vectors, 1));
  Stability result;
  const Eigen::VectorXd slowness = (spectrum.values.cwiseAbs().array().log()).abs();
  Index slowest = 0;
  slowness.minCoeff(&slowest);
  if (slowest >= spectrum.left.cols()) spectrum = enough(linearisation, options, slowest + 1);
  result.selection = spectrum.left.col(slowest);
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
