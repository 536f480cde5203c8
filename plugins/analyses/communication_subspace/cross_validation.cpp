#include "cross_validation.hpp"

#include <cmath>
#include <utility>

#include "mrnn/error.hpp"

namespace communication_subspace {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;

std::string name_of(const Pair& pair) {
  return pair.source == pair.target ? "communication within \"" + pair.source + "\""
                                    : "communication from \"" + pair.source + "\" to \"" + pair.target + "\"";
}

/// Shrinkage s from 0.5 to 1 in steps of 0.01: from the strongest penalty, the simplest model, to none.
VectorXd penalties(double largest_eigenvalue) {
  constexpr Index count = 51;
  VectorXd lambdas(count);
  for (Index k = 0; k < count; ++k) {
    const double s = (50.0 + static_cast<double>(k)) / 100.0;
    lambdas(k) = largest_eigenvalue * (1.0 - s) / s;
  }
  return lambdas;
}

void check(const Pair& pair, Regression regression) {
  const Index p = pair.whole.source.cols();
  for (std::size_t f = 0; f < pair.tables.size(); ++f) {
    if (!(pair.tables[f].target_squares() > 0.0)) {
      throw mrnn::RunError(name_of(pair) +
                           ": the target is constant in a fold of the cross-validation; ask for fewer "
                           "folds, or a wider window");
    }
    if (regression == Regression::ols && pair.trainings[f].samples <= static_cast<double>(p)) {
      throw mrnn::RunError(name_of(pair) + ": too few samples, " +
                           std::to_string(std::lround(pair.trainings[f].samples)) + " without those of a fold for " +
                           std::to_string(p) +
                           " units of the source; simulate more trials, or use regression = \"ridge\"");
    }
  }
  if (regression == Regression::ols && pair.whole.rank < p) {
    throw mrnn::RunError(name_of(pair) + ": the activity of the source is singular, " + std::to_string(p) +
                         " units vary along only " + std::to_string(pair.whole.rank) +
                         " directions; use regression = \"ridge\"");
  }
}

double choose_penalty(const Pair& pair) {
  const double largest = pair.whole.svd.values(0);
  const VectorXd lambdas = penalties(largest * largest);
  MatrixXd losses(std::ssize(pair.tables), lambdas.size());
  for (std::size_t f = 0; f < pair.tables.size(); ++f) {
    losses.row(static_cast<Index>(f)) = ridge_losses(pair.tables[f], pair.trainings[f], lambdas).transpose();
  }
  return lambdas(curve_of(std::move(losses)).best);
}

}  // namespace

Curve curve_of(MatrixXd losses) {
  Curve curve;
  const auto folds = static_cast<double>(losses.rows());
  curve.mean = losses.colwise().mean().transpose();
  const MatrixXd deviations = losses.rowwise() - curve.mean.transpose();
  curve.sem = (deviations.colwise().squaredNorm().transpose() / (folds - 1.0) / folds).cwiseSqrt();
  Index least = 0;
  curve.mean.minCoeff(&least);
  while (curve.mean(curve.best) > curve.mean(least) + curve.sem(least)) ++curve.best;
  curve.losses = std::move(losses);
  return curve;
}

Pair make_pair(std::string source, std::string target, std::vector<Table> tables, Regression regression) {
  Pair pair{std::move(source), std::move(target), std::move(tables), {}, {}, 0.0, 0};
  const Table whole = each_training(
      pair.tables, [&](std::size_t, const Table& others) { pair.trainings.push_back(training_of(others)); });
  pair.whole = training_of(whole);
  pair.ranks = std::min(whole.sources, whole.targets());
  check(pair, regression);
  if (regression == Regression::ridge) pair.lambda = choose_penalty(pair);
  return pair;
}

Curve validate(const Pair& pair, const Axes* axes) {
  MatrixXd all(std::ssize(pair.tables), pair.ranks + 1);
  for (std::size_t f = 0; f < pair.tables.size(); ++f) {
    const MatrixXd* own = axes == nullptr ? nullptr : &(*axes)[f];
    const Training& whole = pair.trainings[f];
    const ReducedRank fit = reduced_rank(own == nullptr ? whole : project(whole, *own), pair.lambda);
    all.row(static_cast<Index>(f)) = losses(pair.tables[f], whole, fit, own, pair.ranks).transpose();
  }
  Curve curve = curve_of(std::move(all));
  // The mean of the training trials is not quite that of the fold, so that rank 0, with a loss above 1, may be the
  // worst of several that predict nothing.
  if (!(curve.mean(curve.best) < 1.0)) curve.best = 0;
  return curve;
}

Axes without_predictive(const Pair& pair, Index count) {
  Axes axes;
  for (const Training& training : pair.trainings) {
    const MatrixXd dimensions = reduced_rank(training, pair.lambda).dimensions;
    axes.push_back(uncorrelated_axes(training, dimensions.leftCols(std::min(count, dimensions.cols()))));
  }
  return axes;
}

Axes without_random(const Pair& pair, Index count, mrnn::RandomStream& random) {
  Axes axes;
  for (const Training& training : pair.trainings) {
    const MatrixXd normals =
        MatrixXd::NullaryExpr(training.source.rows(), count, [&](Index, Index) { return random.normal(); });
    axes.push_back(uncorrelated_axes(training, training.source.transpose() * normals));
  }
  return axes;
}

}  // namespace communication_subspace
