#include "smoothing.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace psth {
namespace {

/// Standard deviations after which a Gaussian is cut: what is left out weighs less than 1e-4.
constexpr double gaussian_reach = 4.0;
/// Beyond this a kernel is longer than any run.
constexpr double longest = 1e6;

/// Steps: exp(-k^2 / 2 s^2).
Eigen::VectorXd gaussian(double deviation) {
  const auto reach = static_cast<Eigen::Index>(std::ceil(gaussian_reach * deviation));
  Eigen::VectorXd weights(2 * reach + 1);
  for (Eigen::Index k = -reach; k <= reach; ++k) {
    const double z = static_cast<double>(k) / deviation;
    weights(k + reach) = std::exp(-0.5 * z * z);
  }
  return weights;
}

/// The share of each step's bin [k - 1/2, k + 1/2] that a box of `width` steps covers.
Eigen::VectorXd boxcar(double width) {
  const auto reach = static_cast<Eigen::Index>(std::max(0.0, std::ceil(0.5 * width - 0.5)));
  Eigen::VectorXd weights(2 * reach + 1);
  for (Eigen::Index k = -reach; k <= reach; ++k) {
    const auto centre = static_cast<double>(k);
    weights(k + reach) = std::min(centre + 0.5, 0.5 * width) - std::max(centre - 0.5, -0.5 * width);
  }
  return weights;
}

}  // namespace

Smoothing::Smoothing(const mrnn::ConfigNode& config, double dt) {
  const auto table = config.find_table("smoothing");
  if (!table) return;
  const std::vector<std::string> kernels{"gaussian", "boxcar"};
  const std::string kernel = table->choice("kernel", kernels, "gaussian");
  const double steps = table->positive("width") / dt;
  if (steps > longest) table->fail("width", "is longer than any run; it is in ms");
  weights_ = kernel == "gaussian" ? gaussian(steps) : boxcar(steps);
  weights_ /= weights_.sum();
  table->finish();
}

Eigen::VectorXd Smoothing::apply(const Eigen::VectorXd& course) const {
  const Eigen::Index reach = weights_.size() / 2;
  if (reach == 0) return course;
  Eigen::VectorXd smooth(course.size());
  for (Eigen::Index t = 0; t < course.size(); ++t) {
    const Eigen::Index first = std::max<Eigen::Index>(0, t - reach);
    const Eigen::Index count = std::min(course.size() - 1, t + reach) - first + 1;
    const auto kernel = weights_.segment(first - (t - reach), count);
    smooth(t) = kernel.dot(course.segment(first, count)) / kernel.sum();
  }
  return smooth;
}

}  // namespace psth
