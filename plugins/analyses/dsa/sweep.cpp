#include "sweep.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mrnn/error.hpp"

namespace dsa {
namespace {

using Eigen::MatrixXd;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct Split {
  std::vector<Stretch> fitted, held_out;
};

/// Trial k is held out where k share passes a whole number: evenly spaced.
Split split(const Courses& courses, double share) {
  Split parts;
  for (const Stretch& stretch : courses.stretches) {
    const auto k = static_cast<double>(stretch.trial);
    const bool held = std::floor((k + 1.0) * share) > std::floor(k * share);
    (held ? parts.held_out : parts.fitted).push_back(stretch);
  }
  if (parts.fitted.empty() || parts.held_out.empty()) {
    throw mrnn::RunError(
        "several delays or ranks are judged by trials that are held out; there are too few trials for "
        "that. Simulate more trials, or give one number of delays and one rank");
  }
  return parts;
}

/// Errors of prediction, summed over trials.
struct Errors {
  double squares = 0.0, sizes = 0.0, changes = 0.0;
  Index count = 0;
};

/// One number of delays.
struct Trial {
  const Courses& courses;
  const mrnn::Sequence& inputs;
  const DelayBasis& basis;
  Delays delays;
  Index lead;  ///< of the most delays that are tried
  Index ahead;
};

/// x_(t+s) from v_t: the first columns of (A v_t + B u) S V^T.
MatrixXd predict(const Trial& trial, const Dynamics& dynamics, const Stretch& stretch, const MatrixXd& v) {
  const Index rank = dynamics.a.rows(), width = trial.courses.values.units;
  MatrixXd later = v.leftCols(rank) * dynamics.a.transpose();
  for (Index row = 0; dynamics.b.cols() > 0 && row < later.rows(); ++row) {
    const Index step = stretch.first + trial.lead + row + trial.ahead;
    later.row(row) += (dynamics.b * trial.inputs.at(step).col(stretch.trial)).transpose();
  }
  return later * trial.basis.singular_values.head(rank).asDiagonal() *
         trial.basis.v.topLeftCorner(width, rank).transpose();
}

void add_errors(const Trial& trial, const std::vector<Dynamics>& fits, const Stretch& stretch,
                std::vector<Errors>& errors) {
  const MatrixXd rows = delay_rows(trial.courses, stretch, trial.delays);
  const Index skipped = trial.lead - trial.delays.lead(), count = rows.rows() - skipped - trial.ahead;
  if (count < 1) return;
  const Index width = trial.courses.values.units;
  const MatrixXd now = rows.block(skipped, 0, count, width);
  const MatrixXd later = rows.block(skipped + trial.ahead, 0, count, width);
  const Index most = fits.back().a.rows();
  const MatrixXd v = coordinates(trial.basis, rows.middleRows(skipped, count), most);
  for (std::size_t k = 0; k < fits.size(); ++k) {
    const MatrixXd error = later - predict(trial, fits[k], stretch, v);
    errors[k].squares += error.squaredNorm();
    errors[k].sizes += error.cwiseAbs().sum();
    errors[k].changes += (later - now).cwiseAbs().sum();
    errors[k].count += error.size();
  }
}

}  // namespace

Scores judge(const Courses& courses, const mrnn::Sequence& inputs, const Sweep& sweep, const FitChoice& choice) {
  const auto rows = std::ssize(sweep.delays), columns = std::ssize(sweep.ranks);
  Scores scores{MatrixXd::Constant(rows, columns, missing), MatrixXd::Constant(rows, columns, missing)};
  const Split parts = split(courses, sweep.held_out);
  const Index lead = (*std::ranges::max_element(sweep.delays) - 1) * sweep.interval;
  for (Index d = 0; d < rows; ++d) {
    const Delays delays{sweep.delays[static_cast<std::size_t>(d)], sweep.interval};
    const DelayBasis basis = find_basis(courses, parts.fitted, delays);
    const Index most = std::min(sweep.ranks.back(), basis.rank());
    if (most < sweep.ranks.front()) continue;
    const Moments moments = collect(courses, parts.fitted, inputs, basis, delays, choice, most);
    std::vector<Dynamics> fits;
    for (const Index rank : sweep.ranks) {
      if (rank <= most) fits.push_back(fit(moments, choice, rank));
    }
    std::vector<Errors> errors(fits.size());
    const Trial trial{courses, inputs, basis, delays, lead, choice.steps_ahead};
    for (const Stretch& stretch : parts.held_out) add_errors(trial, fits, stretch, errors);
    for (std::size_t k = 0; k < fits.size(); ++k) {
      const auto count = static_cast<double>(errors[k].count), rank = static_cast<double>(fits[k].a.rows());
      scores.aic(d, static_cast<Index>(k)) = std::log(errors[k].squares / count) + 2.0 * (rank * rank + 1.0) / count;
      scores.mase(d, static_cast<Index>(k)) = errors[k].sizes / errors[k].changes;
    }
  }
  return scores;
}

}  // namespace dsa
