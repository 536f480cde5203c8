#include "subspaces.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mrnn/components.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/random.hpp"

namespace subspace_alignment {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;

/// As many as Elsayed et al. took.
constexpr Index default_components = 10;
constexpr double degrees = 180.0 / std::numbers::pi;
/// Bounds of the central 95 %.
constexpr double low_quantile = 0.025, high_quantile = 0.975;

/// tr(Q^T C Q).
double captured(const MatrixXd& axes, const MatrixXd& covariance) {
  return axes.cwiseProduct(covariance * axes).sum();
}

/// Covariance of the samples of all sets about their common mean.
MatrixXd pooled(const std::vector<ActivitySet>& sets) {
  const Index units = sets.front().covariance.mean.size();
  VectorXd mean = VectorXd::Zero(units);
  double samples = 0.0;
  for (const ActivitySet& set : sets) {
    const auto count = static_cast<double>(set.covariance.samples);
    mean += count * set.covariance.mean;
    samples += count;
  }
  mean /= samples;
  MatrixXd sum = MatrixXd::Zero(units, units);
  for (const ActivitySet& set : sets) {
    const auto count = static_cast<double>(set.covariance.samples);
    const VectorXd apart = set.covariance.mean - mean;
    sum += (count - 1.0) * set.covariance.matrix + count * apart * apart.transpose();
  }
  return sum / (samples - 1.0);
}

/// U S^1/2 over the directions in which there is variance.
MatrixXd directions(const MatrixXd& covariance) {
  const mrnn::Components found = mrnn::components_of_covariance(covariance, covariance.rows());
  return found.directions * found.shares.cwiseSqrt().asDiagonal();
}

/// Value below which so much of a sample lies, between neighbours in proportion (numpy's default).
double quantile(const VectorXd& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<Index>(std::floor(place));
  const Index above = std::min(below + 1, sorted.size() - 1);
  return sorted(below) + (place - static_cast<double>(below)) * (sorted(above) - sorted(below));
}

}  // namespace

SizeChoice::SizeChoice(const mrnn::ConfigNode& config) {
  if (config.has("variance")) {
    if (config.has("components")) config.fail("components", "cannot be given together with variance");
    share_ = config.number("variance");
    if (!(share_ > 0.0 && share_ < 1.0)) config.fail("variance", "is not between 0 and 1");
    components_ = 0;
  } else {
    components_ = config.count_or("components", default_components);
  }
}

Index SizeChoice::size(const std::vector<VectorXd>& shares) const {
  Index size = components_, most = shares.front().size();
  for (const VectorXd& of_set : shares) {
    most = std::min(most, of_set.size());
    if (components_ > 0) continue;
    Index count = 0;
    for (double sum = 0.0; count < of_set.size() && sum < share_; ++count) sum += of_set(count);
    size = std::max(size, count);
  }
  return std::min(size, most);
}

Alignment align(const std::vector<ActivitySet>& sets, const SizeChoice& size) {
  std::vector<mrnn::Components> components;
  std::vector<VectorXd> shares;
  for (const ActivitySet& set : sets) {
    components.push_back(mrnn::components_of_covariance(set.covariance.matrix, set.covariance.mean.size()));
    shares.push_back(components.back().shares);
  }
  const Index k = size.size(shares), count = std::ssize(sets);
  Alignment found;
  found.top.resize(count);
  for (std::size_t s = 0; s < sets.size(); ++s) {
    found.axes.emplace_back(components[s].directions.leftCols(k));
    found.top(static_cast<Index>(s)) = shares[s].head(k).sum() * sets[s].covariance.matrix.trace();
  }
  found.index.resize(count, count);
  found.angles.assign(static_cast<std::size_t>(k), MatrixXd(count, count));
  for (Index a = 0; a < count; ++a) {
    for (Index b = 0; b < count; ++b) {
      const MatrixXd& axes = found.axes[static_cast<std::size_t>(a)];
      found.index(a, b) = captured(axes, sets[static_cast<std::size_t>(b)].covariance.matrix) / found.top(b);
      const VectorXd angles = mrnn::principal_angles(axes, found.axes[static_cast<std::size_t>(b)]);
      for (Index i = 0; i < k; ++i) found.angles[static_cast<std::size_t>(i)](a, b) = degrees * angles(i);
    }
  }
  return found;
}

Chance chance(const std::vector<ActivitySet>& sets, const Alignment& alignment, Index draws, std::uint64_t seed,
              const std::string& name, const std::function<void()>& step) {
  const MatrixXd space = directions(pooled(sets));
  const Index k = alignment.axes.front().cols();
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, name);
  const auto subspace = [&] {
    const MatrixXd normals = MatrixXd::NullaryExpr(space.cols(), k, [&](Index, Index) { return random.normal(); });
    return mrnn::qr(space * normals).q;
  };
  MatrixXd indices(draws, std::ssize(sets));
  Chance found;
  found.angles = VectorXd::Zero(k);
  MatrixXd previous = subspace();
  for (Index draw = 0; draw < draws; ++draw) {
    const MatrixXd axes = subspace();
    for (std::size_t b = 0; b < sets.size(); ++b) {
      const auto set = static_cast<Index>(b);
      indices(draw, set) = captured(axes, sets[b].covariance.matrix) / alignment.top(set);
    }
    found.angles += degrees * mrnn::principal_angles(previous, axes) / static_cast<double>(draws);
    previous = axes;
    step();
  }
  found.mean = indices.colwise().mean().transpose();
  found.low.resize(found.mean.size());
  found.high.resize(found.mean.size());
  for (Index b = 0; b < found.mean.size(); ++b) {
    auto column = indices.col(b);
    std::sort(column.begin(), column.end());
    found.low(b) = quantile(column, low_quantile);
    found.high(b) = quantile(column, high_quantile);
  }
  return found;
}

}  // namespace subspace_alignment
