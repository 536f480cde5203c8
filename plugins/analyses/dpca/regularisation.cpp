#include "regularisation.hpp"

#include <cmath>

#include "mrnn/random.hpp"

namespace dpca {
namespace {

constexpr Index lambda_count = 45;

/// Error of one lambda. |A - P D Y|^2 = |A|^2 - 2 tr(D Y A^T P) + |D Y|^2, as P is orthonormal.
double error_of(const Split& split, const std::vector<MatrixXd>& crossed, const MatrixXd& test_moment,
                const Demixer& demixer, double ridge, const std::vector<Marginalisation>& marginalisations) {
  double error = 0.0;
  for (std::size_t m = 0; m < marginalisations.size(); ++m) {
    error += split.moments.parts[m].trace();
    if (marginalisations[m].components == 0 || !(split.moments.parts[m].trace() > 0.0)) continue;
    const Pair pair = demixer.demix(m, ridge, marginalisations[m].components);
    error -= 2.0 * (pair.encoders.transpose() * crossed[m]).cwiseProduct(pair.decoders.transpose()).sum();
    error += (pair.decoders.transpose() * test_moment).cwiseProduct(pair.decoders.transpose()).sum();
  }
  return error / split.moments.total.trace();
}

}  // namespace

LambdaSearch search_lambda(const Splitter& splitter, const std::vector<Marginalisation>& marginalisations,
                           std::uint64_t seed, const std::string& stream, const std::function<void()>& done) {
  LambdaSearch search{Eigen::VectorXd(lambda_count), MatrixXd(lambda_repeats, lambda_count)};
  for (Index k = 0; k < lambda_count; ++k) search.lambdas(k) = 1e-7 * std::pow(1.4, static_cast<double>(k));
  for (Index repeat = 0; repeat < lambda_repeats; ++repeat) {
    mrnn::RandomStream random(seed, mrnn::Stream::analyses, stream + " lambda " + std::to_string(repeat));
    const Split split = splitter.draw(random);
    Tensor test{split.test, split.train.lengths};
    Eigen::VectorXd mean;
    test = centred(std::move(test), mean);
    const std::vector<MatrixXd> crossed = cross_moments(split.train, test, marginalisations);  // A Y^T
    const MatrixXd test_moment = test.values * test.values.transpose();
    const Demixer demixer(split.moments, split.train_moment);
    for (Index k = 0; k < lambda_count; ++k) {
      const double ridge = ridge_of(search.lambdas(k), split.moments);
      search.errors(repeat, k) = error_of(split, crossed, test_moment, demixer, ridge, marginalisations);
    }
    done();
  }
  search.errors.colwise().mean().minCoeff(&search.best);
  return search;
}

}  // namespace dpca
