#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "mrnn/formulas.hpp"
#include "search.hpp"

namespace fixed_points {
namespace {

/// Rate at the start, as a share of the seeds' standard deviation.
constexpr double first_rate = 0.1;
/// The rate falls to this share of itself when q has not fallen for so many iterations, down to that share of the
/// first.
constexpr double slower = 0.7;
constexpr Index patience = 5;
constexpr double lowest_rate = 1e-9;
/// A fall of q by less than this share is none.
constexpr double least_fall = 1e-3;
constexpr double beta1 = 0.9, beta2 = 0.999, tiny = 1e-30;

/// Root mean square distance of the seeds' entries from their mean; 1 where all are the same.
double spread(const Eigen::MatrixXd& seeds) {
  const Eigen::VectorXd mean = seeds.rowwise().mean();
  const double square = (seeds.colwise() - mean).squaredNorm() / static_cast<double>(seeds.size());
  return square > 0.0 ? std::sqrt(square) : 1.0;
}

class Descent {
 public:
  Descent(const StepMap& map, const Eigen::MatrixXd& seeds, const SearchOptions& options, const Tell& tell)
      : map_(map),
        options_(options),
        tell_(tell),
        weights_(map.recurrent()),
        x_(seeds),
        first_(Eigen::MatrixXd::Zero(seeds.rows(), seeds.cols())),
        second_(first_),
        rate_(Eigen::VectorXd::Constant(seeds.cols(), first_rate * spread(seeds))),
        floor_(lowest_rate * first_rate * spread(seeds)),
        waited_(static_cast<std::size_t>(seeds.cols()), 0) {
    found_.x = seeds;
    found_.q = Eigen::VectorXd::Constant(seeds.cols(), std::numeric_limits<double>::infinity());
    found_.ending.assign(waited_.size(), Ending::unfinished);
    found_.iterations.assign(waited_.size(), 0);
    active_.resize(waited_.size());
    std::iota(active_.begin(), active_.end(), Index{0});
  }

  Search run() {
    for (Index iteration = 1; !active_.empty(); ++iteration) {
      const Eigen::MatrixXd x = x_(Eigen::all, active_);
      const Eigen::MatrixXd change = map_.change(x, active_);
      judge(x, change, iteration);
      if (!active_.empty()) step(iteration);
      tell_(0);
    }
    return std::move(found_);
  }

 private:
  /// Keeps the best state of each seed, slows down where q no longer falls, and ends searches.
  void judge(const Eigen::MatrixXd& x, const Eigen::MatrixXd& change, Index iteration) {
    std::vector<Index> left, columns;
    for (std::size_t k = 0; k < active_.size(); ++k) {
      const Index seed = active_[k];
      const auto place = static_cast<std::size_t>(seed);
      const double q = 0.5 * change.col(static_cast<Index>(k)).squaredNorm();
      if (q < (1.0 - least_fall) * found_.q(seed)) {
        waited_[place] = 0;
      } else if (++waited_[place] == patience) {
        waited_[place] = 0;
        rate_(seed) *= slower;
      }
      if (q < found_.q(seed)) {
        found_.q(seed) = q;
        found_.x.col(seed) = x.col(static_cast<Index>(k));
      }
      const bool fixed = q <= options_.tolerance;
      if (fixed) found_.ending[place] = Ending::fixed;
      if (!std::isfinite(q)) found_.ending[place] = Ending::lost;
      if (fixed || !std::isfinite(q) || iteration > options_.iterations || rate_(seed) < floor_) continue;
      ++found_.iterations[place];
      left.push_back(seed);
      columns.push_back(static_cast<Index>(k));
    }
    change_ = change(Eigen::all, columns);
    active_ = std::move(left);
  }

  /// Adam's step of all active seeds along -dq/dx = -(J - I)^T (F(x) - x).
  void step(Index iteration) {
    const mrnn::Jacobians gains = map_.gains(x_(Eigen::all, active_), active_);
    const Eigen::MatrixXd back = weights_.transpose() * gains.post.cwiseProduct(change_);
    const Eigen::MatrixXd gradient = (gains.leak.array() - 1.0) * change_.array() + gains.pre.array() * back.array();
    const double count = static_cast<double>(iteration);
    for (std::size_t k = 0; k < active_.size(); ++k) {
      const Index seed = active_[k];
      const mrnn::formulas::AdamStep<double> adam{
          rate_(seed), beta1, beta2, tiny, 1.0 - std::pow(beta1, count), 1.0 - std::pow(beta2, count)};
      for (Index i = 0; i < x_.rows(); ++i) {
        mrnn::formulas::adam(adam, gradient(i, static_cast<Index>(k)), x_(i, seed), first_(i, seed), second_(i, seed));
      }
    }
  }

  const StepMap& map_;
  const SearchOptions& options_;
  const Tell& tell_;
  Eigen::MatrixXd weights_;
  Search found_;
  Eigen::MatrixXd x_, first_, second_;  ///< [n x K]
  Eigen::MatrixXd change_;              ///< of the active seeds
  Eigen::VectorXd rate_;
  double floor_;
  std::vector<Index> waited_, active_;
};

}  // namespace

Search descend(const StepMap& map, const Eigen::MatrixXd& seeds, const SearchOptions& options, const Tell& tell) {
  return Descent(map, seeds, options, tell).run();
}

}  // namespace fixed_points
