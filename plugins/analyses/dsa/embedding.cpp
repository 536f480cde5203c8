#include "embedding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"

namespace dsa {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Where each trial has values. Alignment leaves one stretch; averages may have gaps.
std::vector<Stretch> find_stretches(const mrnn::Sequence& activity) {
  std::vector<Stretch> stretches;
  for (Index trial = 0; trial < activity.trials; ++trial) {
    bool inside = false;
    for (Index step = 0; step < activity.steps; ++step) {
      const bool there = std::isfinite(activity(0, trial, step));
      if (there && !inside) stretches.push_back({trial, step, step});
      if (there) stretches.back().last = step + 1;
      inside = there;
    }
  }
  return stretches;
}

/// Calls visit(block) for all samples that are there, some at a time: [units x samples].
template <class Visit>
void each_block(const mrnn::Sequence& activity, Visit&& visit) {
  constexpr Index most = 1024;
  MatrixXd block(activity.units, most);
  Index filled = 0;
  for (Index step = 0; step < activity.steps; ++step) {
    const auto values = activity.at(step);
    for (Index trial = 0; trial < activity.trials; ++trial) {
      if (!std::isfinite(values(0, trial))) continue;
      block.col(filled++) = values.col(trial);
      if (filled < most) continue;
      visit(block.leftCols(filled));
      filled = 0;
    }
  }
  if (filled > 0) visit(block.leftCols(filled));
}

void subtract_mean(mrnn::Sequence& activity) {
  VectorXd sum = VectorXd::Zero(activity.units);
  Index count = 0;
  each_block(activity, [&](const auto& values) {
    sum += values.rowwise().sum();
    count += values.cols();
  });
  const VectorXd mean = sum / static_cast<double>(std::max<Index>(1, count));
  for (Index step = 0; step < activity.steps; ++step) activity.at(step).colwise() -= mean;
}

/// The leading principal axes (about 0), [units x kept], and the share of the sum of squares along them.
std::pair<MatrixXd, double> leading_axes(const mrnn::Sequence& activity, Index kept) {
  MatrixXd products = MatrixXd::Zero(activity.units, activity.units);
  each_block(activity, [&](const auto& values) { products += mrnn::cross_product(values, values); });
  const mrnn::SymmetricEigen eigen = mrnn::symmetric_eigen(products);
  const double total = products.trace();
  const double share = total > 0.0 ? eigen.values.head(kept).sum() / total : 1.0;
  return {eigen.vectors.leftCols(kept), share};
}

mrnn::Sequence project(const mrnn::Sequence& activity, const MatrixXd& axes) {
  mrnn::Sequence projected(axes.cols(), activity.trials, activity.steps);
  for (Index step = 0; step < activity.steps; ++step) projected.at(step) = axes.transpose() * activity.at(step);
  return projected;
}

/// R of H = Q R for rows H that come block by block and are never held whole: R of [R; block] is R of all rows so far.
class RowFactor {
 public:
  explicit RowFactor(Index columns) : columns_(columns), factor_(0, columns) {}

  void add(MatrixXd rows) {
    waiting_ += rows.rows();
    blocks_.push_back(std::move(rows));
    if (waiting_ >= 4 * columns_) fold();  // fewer, larger factorisations
  }
  const MatrixXd& finish() {
    fold();
    return factor_;
  }

 private:
  void fold() {
    MatrixXd all(factor_.rows() + waiting_, columns_);
    all.topRows(factor_.rows()) = factor_;
    Index row = factor_.rows();
    for (const MatrixXd& block : blocks_) {
      all.middleRows(row, block.rows()) = block;
      row += block.rows();
    }
    factor_ = mrnn::triangular_factor(all);
    blocks_.clear();
    waiting_ = 0;
  }

  Index columns_, waiting_ = 0;
  MatrixXd factor_;
  std::vector<MatrixXd> blocks_;
};

}  // namespace

Courses prepare(mrnn::Sequence activity, const Preparation& preparation) {
  Courses courses;
  courses.stretches = find_stretches(activity);
  if (preparation.centre) subtract_mean(activity);
  const Index fitting = std::max<Index>(1, most_columns / preparation.delays);
  const Index kept = preparation.components > 0 ? preparation.components : fitting;
  if (kept < activity.units) {
    const auto [axes, share] = leading_axes(activity, kept);
    courses.values = project(activity, axes);
    courses.kept = share;
  } else {
    courses.values = std::move(activity);
  }
  return courses;
}

MatrixXd delay_rows(const Courses& courses, const Stretch& stretch, const Delays& delays) {
  const Index width = courses.values.units;
  const Index count = std::max<Index>(0, stretch.last - stretch.first - delays.lead());
  MatrixXd rows(count, width * delays.count);
  for (Index row = 0; row < count; ++row) {
    const Index step = stretch.first + delays.lead() + row;
    for (Index k = 0; k < delays.count; ++k) {
      rows.row(row).segment(k * width, width) =
          courses.values.at(step - k * delays.interval).col(stretch.trial).transpose();
    }
  }
  return rows;
}

Index DelayBasis::rank() const {
  if (rows == 0) return 0;
  const auto longer = static_cast<double>(std::max(rows, v.rows()));
  return (singular_values.array() > longer * std::numeric_limits<double>::epsilon() * singular_values(0)).count();
}

double DelayBasis::share(Index rank) const {
  return singular_values.head(rank).squaredNorm() / singular_values.squaredNorm();
}

DelayBasis find_basis(const Courses& courses, const std::vector<Stretch>& stretches, const Delays& delays) {
  DelayBasis basis;
  RowFactor factor(courses.values.units * delays.count);
  for (const Stretch& stretch : stretches) {
    MatrixXd rows = delay_rows(courses, stretch, delays);
    basis.rows += rows.rows();
    factor.add(std::move(rows));
  }
  if (basis.rows == 0) return basis;
  // H = Q R and R = U S V^T: H has the same S and V.
  const mrnn::Svd factors = mrnn::svd(factor.finish());
  basis.singular_values = factors.values;
  basis.v = factors.v;
  return basis;
}

MatrixXd coordinates(const DelayBasis& basis, const MatrixXd& rows, Index rank) {
  return rows * basis.v.leftCols(rank) * basis.singular_values.head(rank).cwiseInverse().asDiagonal();
}

}  // namespace dsa
