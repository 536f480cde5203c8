#include "factor_analysis.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"

namespace communication_subspace {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;

constexpr double tolerance = 1e-8;
constexpr double least_own_share = 0.01;
constexpr double shared_variance = 0.95;
constexpr Index most_iterations = 100'000;
/// Numbers of factors less likely than the best, one after the other, after which no more are tried.
constexpr Index patience = 3;

/// What the expectation step needs: the posterior mean of the factors is beta (x - mean).
struct Posterior {
  MatrixXd beta;                 ///< L^T C^-1 [factors x units], C = L L^T + diag(psi)
  double log_determinant = 0.0;  ///< of C
};

Posterior posterior_of(const Factors& factors) {
  const Index q = factors.loadings.cols();
  const MatrixXd scaled = factors.own.cwiseInverse().asDiagonal() * factors.loadings;
  // Woodbury: only q x q matrices are inverted.
  const MatrixXd inner = MatrixXd::Identity(q, q) + factors.loadings.transpose() * scaled;
  Posterior posterior;
  posterior.log_determinant = factors.own.array().log().sum();
  if (q == 0) {
    posterior.beta = MatrixXd(0, factors.own.size());
    return posterior;
  }
  posterior.beta = mrnn::solve(inner, scaled.transpose());
  posterior.log_determinant += mrnn::symmetric_eigen(inner).values.array().log().sum();
  return posterior;
}

/// Per sample: -(units ln 2 pi + ln |C| + tr C^-1 S) / 2. @param passed  S beta^T
double log_likelihood(const Factors& factors, const Posterior& posterior, const MatrixXd& covariance,
                      const MatrixXd& passed) {
  const MatrixXd scaled = factors.own.cwiseInverse().asDiagonal() * factors.loadings;
  const double trace = covariance.diagonal().cwiseQuotient(factors.own).sum() - passed.cwiseProduct(scaled).sum();
  const double constant = static_cast<double>(factors.own.size()) * std::log(2.0 * std::numbers::pi);
  return -0.5 * (constant + posterior.log_determinant + trace);
}

double log_likelihood(const Factors& factors, const MatrixXd& covariance) {
  const Posterior posterior = posterior_of(factors);
  return log_likelihood(factors, posterior, covariance, covariance * posterior.beta.transpose());
}

/// Leading principal components, less the mean variance of the others.
Factors start(const MatrixXd& covariance, Index count) {
  const mrnn::SymmetricEigen eigen = mrnn::symmetric_eigen(covariance);
  const Index rest = covariance.rows() - count;
  const double noise = rest > 0 ? eigen.values.tail(rest).mean() : 0.0;
  const VectorXd strength = (eigen.values.head(count).array() - noise).max(least_own_share * eigen.values(0)).sqrt();
  return {eigen.vectors.leftCols(count) * strength.asDiagonal(), covariance.diagonal()};
}

MatrixXd centred(const Table& table, const Eigen::RowVectorXd& means, Side side) {
  const MatrixXd all = table.about(means);
  return side == Side::source ? all.leftCols(table.sources) : all.rightCols(table.targets());
}

MatrixXd covariance_of(const Table& table, const Eigen::RowVectorXd& means, Side side) {
  const MatrixXd values = centred(table, means, side);
  return values.transpose() * values / table.samples();
}

/// Per fold, the covariance of its training set and that of its own samples about the training set's mean.
struct FoldCovariances {
  std::vector<MatrixXd> training, test;
  MatrixXd whole;
};

FoldCovariances covariances(const Pair& pair, Side side) {
  FoldCovariances made;
  const Table whole = each_training(pair.tables, [&](std::size_t f, const Table& others) {
    made.training.push_back(covariance_of(others, others.means(), side));
    made.test.push_back(covariance_of(pair.tables[f], others.means(), side));
  });
  made.whole = covariance_of(whole, whole.means(), side);
  for (const MatrixXd& training : made.training) {
    if (training.diagonal().minCoeff() > 0.0) continue;
    throw mrnn::RunError("a unit of \"" + (side == Side::source ? pair.source : pair.target) +
                         "\" varies in a single fold, so its factors cannot be cross-validated; ask for fewer folds, "
                         "or set factors = 0");
  }
  return made;
}

}  // namespace

Factors fit_factors(const MatrixXd& covariance, Index count, const std::function<void()>& step) {
  const VectorXd variances = covariance.diagonal();
  if (count == 0) {
    Factors none{MatrixXd(covariance.rows(), 0), variances};
    none.log_likelihood = log_likelihood(none, covariance);
    return none;
  }
  Factors factors = start(covariance, count);
  double base = 0.0, previous = 0.0;
  for (Index iteration = 0; iteration < most_iterations; ++iteration) {
    const Posterior posterior = posterior_of(factors);
    const MatrixXd passed = covariance * posterior.beta.transpose();  // S beta^T
    factors.log_likelihood = log_likelihood(factors, posterior, covariance, passed);
    if (iteration < 2) {
      base = factors.log_likelihood;
    } else if (factors.log_likelihood - base < (1.0 + tolerance) * (previous - base)) {
      break;
    }
    previous = factors.log_likelihood;
    const MatrixXd second_moment =
        MatrixXd::Identity(count, count) - posterior.beta * factors.loadings + posterior.beta * passed;
    factors.loadings = mrnn::solve(second_moment.transpose(), passed.transpose()).transpose();
    const VectorXd own = variances - passed.cwiseProduct(factors.loadings).rowwise().sum();
    factors.own = own.cwiseMax(least_own_share * variances);
    step();
  }
  return factors;
}

FactorCount count_factors(const Pair& pair, Side side, Index most, const std::function<void()>& step) {
  const FoldCovariances folds = covariances(pair, side);
  FactorCount found;
  const Index limit = std::min(most, folds.whole.rows() - 1);
  for (Index q = 0; q <= limit && q - found.likeliest <= patience; ++q) {
    double sum = 0.0, samples = 0.0;
    for (std::size_t f = 0; f < folds.training.size(); ++f) {
      const double count = pair.tables[f].samples();
      sum += count * log_likelihood(fit_factors(folds.training[f], q, step), folds.test[f]);
      samples += count;
    }
    found.log_likelihood.push_back(sum / samples);
    if (found.log_likelihood.back() > found.log_likelihood[static_cast<std::size_t>(found.likeliest)]) {
      found.likeliest = q;
    }
  }
  if (found.likeliest == 0) return found;
  const MatrixXd loadings = fit_factors(folds.whole, found.likeliest, step).loadings;
  const VectorXd shared = mrnn::svd(loadings).values.cwiseAbs2();
  for (double sum = 0.0; found.count < shared.size() && sum <= shared_variance * shared.sum(); ++found.count) {
    sum += shared(found.count);
  }
  return found;
}

Curve factor_regression(const Pair& pair, Index count, const std::function<void()>& step) {
  MatrixXd all(std::ssize(pair.tables), count + 1);
  for (std::size_t f = 0; f < pair.tables.size(); ++f) {
    const Training& training = pair.trainings[f];
    const Factors factors = fit_factors(training.source.transpose() * training.source / training.samples, count, step);
    // Z = X beta^T V S with L = U S V^T: factors ordered by the variance that units share along them.
    const mrnn::Svd loadings = mrnn::svd(factors.loadings);
    const MatrixXd decoder = posterior_of(factors).beta.transpose() * loadings.v * loadings.values.asDiagonal();
    // The leading columns of the triangular factor are that of the leading factors alone.
    const mrnn::Qr regressors = mrnn::qr(training.source * decoder);
    const MatrixXd weights = regressors.q.transpose() * training.target;
    const MatrixXd sources = centred(pair.tables[f], training.means, Side::source) * decoder;
    const MatrixXd scores = mrnn::solve(regressors.r.transpose(), sources.transpose()).transpose();
    MatrixXd rest = centred(pair.tables[f], training.means, Side::target);
    all(static_cast<Index>(f), 0) = rest.squaredNorm();
    for (Index k = 0; k < count; ++k) {
      rest -= scores.col(k) * weights.row(k);
      all(static_cast<Index>(f), k + 1) = rest.squaredNorm();
    }
    all.row(static_cast<Index>(f)) /= pair.tables[f].target_squares();
  }
  return curve_of(std::move(all));
}

}  // namespace communication_subspace
