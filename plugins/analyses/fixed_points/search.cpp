#include "search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "mrnn/linear_algebra.hpp"
#include "mrnn/parallel.hpp"
#include "normal_equations.hpp"

namespace fixed_points {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
/// First mu as a share of the mean diagonal of A^T A.
constexpr double first_damping = 1e-2;
/// nu is multiplied or divided by this, as the linear model predicts badly or well.
constexpr double damping_factor = 4.0;
/// |A^T g| as a share of |g| and the size of A at which q counts as minimal.
constexpr double flat = 1e-6;
/// A step shorter than this share of the state changes nothing.
constexpr double shortest_step = 1e-14;
/// Share of the state that rounding takes from F(x) - x: q below half its square is as good as zero.
constexpr double rounding = 64.0 * epsilon;
/// Multiply-adds of the work between two looks at the user's wish to stop, about a second.
constexpr double look_work = 4e9;
/// Seeds that are searched from at the same time, in multiples of those between two looks.
constexpr Index looks_of_round = 4;
constexpr int polish_steps = 8;

double energy(const Eigen::VectorXd& change) {
  return 0.5 * change.squaredNorm();
}

double rounding_energy(const Eigen::VectorXd& x) {
  return energy(rounding * x);
}

/// The searches from all seeds, one round after the other.
class Levenberg {
 public:
  Levenberg(const StepMap& map, const Eigen::MatrixXd& seeds, const SearchOptions& options, const Tell& tell)
      : map_(map),
        options_(options),
        tell_(tell),
        between_looks_(seeds_between_looks(map.size())),
        equations_(map),
        nu_(Eigen::VectorXd::Zero(seeds.cols())) {
    found_.x = seeds;
    active_.resize(static_cast<std::size_t>(seeds.cols()));
    std::iota(active_.begin(), active_.end(), Index{0});
    change_ = map.change(seeds, active_);
    found_.q = 0.5 * change_.colwise().squaredNorm().transpose();
    found_.ending.assign(active_.size(), Ending::unfinished);
    found_.iterations.assign(active_.size(), 0);
    found_.slow_x = Eigen::MatrixXd::Zero(seeds.rows(), seeds.cols());
    found_.slow_q = Eigen::VectorXd::Constant(seeds.cols(), std::numeric_limits<double>::quiet_NaN());
    for (const Index seed : active_) note(seed);
  }

  Search run() {
    for (retire({}); !active_.empty();) retire(round());
    return std::move(found_);
  }

 private:
  static Index seeds_between_looks(Index units) {
    const double n = static_cast<double>(units);
    return std::clamp<Index>(static_cast<Index>(look_work / (n * n * n)), 16, 1 << 16);
  }

  /// What became of one seed's step: none where the search ends there.
  using Steps = std::vector<std::optional<Eigen::VectorXd>>;

  /// Keeps the first slow state of a seed.
  void note(Index seed) {
    if (!(found_.q(seed) <= options_.slow_tolerance) || !std::isnan(found_.slow_q(seed))) return;
    found_.slow_q(seed) = found_.q(seed);
    found_.slow_x.col(seed) = found_.x.col(seed);
  }

  /// Takes seeds that have come to an end out of the active ones, and others in. Where steps are long, few are active:
  /// the first end soon, and tell how long all will take.
  void retire(const std::vector<bool>& ended) {
    std::vector<Index> left;
    for (std::size_t k = 0; k < active_.size(); ++k) {
      const Index seed = active_[k];
      Ending& ending = found_.ending[static_cast<std::size_t>(seed)];
      if (!std::isfinite(found_.q(seed))) {
        ending = Ending::lost;
      } else if (found_.q(seed) <= std::max(options_.tolerance, rounding_energy(found_.x.col(seed)))) {
        ending = Ending::fixed;
      } else if (found_.iterations[static_cast<std::size_t>(seed)] < options_.iterations &&
                 (ended.empty() || !ended[k])) {
        left.push_back(seed);
      }
    }
    tell_(std::ssize(active_) - std::ssize(left));
    waiting_.insert(waiting_.begin(), left.begin(), left.end());
    const Index count = std::min(std::ssize(waiting_), looks_of_round * between_looks_);
    active_.assign(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  }

  /// One step of every active seed. Says which have ended for another reason than their q.
  std::vector<bool> round() {
    const mrnn::Jacobians gains = map_.gains(found_.x(Eigen::all, active_), active_);
    Steps steps(active_.size());
    Eigen::VectorXd predicted = Eigen::VectorXd::Zero(std::ssize(active_));
    for (Index first = 0; first < std::ssize(active_); first += between_looks_) {
      const Index count = std::min(between_looks_, std::ssize(active_) - first);
      mrnn::parallel_for(count, map_.threads(), [&](Index k) {
        const Index place = first + k;
        steps[static_cast<std::size_t>(place)] = solve(gains, place, predicted(place));
      });
      tell_(0);
    }
    return move(steps, predicted);
  }

  /// The step of one active seed; none where q is minimal.
  std::optional<Eigen::VectorXd> solve(const mrnn::Jacobians& gains, Index place, double& predicted) {
    const Index seed = active_[static_cast<std::size_t>(place)];
    const double q = found_.q(seed), norm = equations_.square_scale(gains, place);
    const double flatness = equations_.gradient(gains, place, change_.col(seed)).squaredNorm() / (norm * 2.0 * q);
    if (!(flatness > flat * flat)) return std::nullopt;
    if (nu_(seed) == 0.0) nu_(seed) = first_damping * norm / static_cast<double>(map_.size()) / (2.0 * q);
    while (true) {
      const double mu = std::max(nu_(seed) * 2.0 * q, epsilon * norm);
      if (!std::isfinite(mu)) return std::nullopt;
      const auto step = equations_.step(gains, place, change_.col(seed), mu);
      if (step) {
        predicted = step->predicted;
        return step->x;
      }
      nu_(seed) = std::max(damping_factor * nu_(seed), damping_factor * epsilon * norm / (2.0 * q));
    }
  }

  /// Takes the steps that lower q, and adapts the damping of all.
  std::vector<bool> move(const Steps& steps, const Eigen::VectorXd& predicted) {
    Eigen::MatrixXd next = found_.x(Eigen::all, active_);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      if (steps[k]) next.col(static_cast<Index>(k)) += *steps[k];
    }
    const Eigen::MatrixXd change = map_.change(next, active_);
    std::vector<bool> ended(active_.size(), false);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const auto place = static_cast<Index>(k);
      const Index seed = active_[k];
      ++found_.iterations[static_cast<std::size_t>(seed)];
      ended[k] = !steps[k];
      if (ended[k]) {
        found_.ending[static_cast<std::size_t>(seed)] = Ending::minimum;
        continue;
      }
      const double q = energy(change.col(place));
      const double gain = (found_.q(seed) - q) / (found_.q(seed) - predicted(place));  // of what was predicted
      if (gain > 0.75) nu_(seed) /= damping_factor;
      if (!(gain > 0.25)) nu_(seed) *= damping_factor;
      if (gain > 0.0 && q < found_.q(seed)) {
        found_.x.col(seed) = next.col(place);
        found_.q(seed) = q;
        change_.col(seed) = change.col(place);
        note(seed);
      } else if (steps[k]->norm() <= shortest_step * found_.x.col(seed).norm()) {
        found_.ending[static_cast<std::size_t>(seed)] = Ending::stuck;
        ended[k] = true;
      }
    }
    return ended;
  }

  const StepMap& map_;
  const SearchOptions& options_;
  const Tell& tell_;
  Index between_looks_;
  NormalEquations equations_;
  Search found_;
  Eigen::VectorXd nu_;      ///< damping of each seed; 0: not chosen yet
  Eigen::MatrixXd change_;  ///< g = F(x) - x of each seed
  std::vector<Index> active_, waiting_;
};

}  // namespace

Search newton(const StepMap& map, const Eigen::MatrixXd& seeds, const SearchOptions& options, const Tell& tell) {
  return Levenberg(map, seeds, options, tell).run();
}

void polish(const StepMap& map, const std::vector<Index>& which, double reach, Eigen::MatrixXd& x, Eigen::VectorXd& q) {
  const NormalEquations equations(map);
  std::vector<Index> left(which.size());  // columns of x
  std::iota(left.begin(), left.end(), Index{0});
  for (int step = 0; step < polish_steps && !left.empty(); ++step) {
    std::vector<Index> moments;
    for (const Index column : left) moments.push_back(which[static_cast<std::size_t>(column)]);
    Eigen::MatrixXd next = x(Eigen::all, left);
    const std::vector<mrnn::Linearisation> jacobians = map.linearisations(next, moments);
    const mrnn::Jacobians gains = map.gains(next, moments);
    const Eigen::MatrixXd change = map.change(next, moments);
    std::vector<char> moved(left.size(), 0);  // not bool: written by several threads
    mrnn::parallel_for(std::ssize(left), map.threads(), [&](Index k) {
      Eigen::MatrixXd matrix = jacobians[static_cast<std::size_t>(k)].dense();
      matrix.diagonal().array() -= 1.0;
      std::optional<Eigen::MatrixXd> move = mrnn::solve_if_regular(matrix, -change.col(k));
      if (!move || move->norm() > reach) {
        move.reset();
        const double least = epsilon * static_cast<double>(map.size()) * equations.square_scale(gains, k);
        if (const auto step = equations.step(gains, k, change.col(k), least)) move = step->x;
      }
      moved[static_cast<std::size_t>(k)] = move && move->norm() <= reach ? 1 : 0;
      if (moved[static_cast<std::size_t>(k)] != 0) next.col(k) += *move;
    });
    const Eigen::VectorXd lower = 0.5 * map.change(next, moments).colwise().squaredNorm().transpose();
    std::vector<Index> better;
    for (std::size_t k = 0; k < left.size(); ++k) {
      const auto place = static_cast<Index>(k);
      if (moved[k] == 0 || !(lower(place) < q(left[k]))) continue;
      x.col(left[k]) = next.col(place);
      q(left[k]) = lower(place);
      if (lower(place) > 0.0) better.push_back(left[k]);
    }
    left = std::move(better);
  }
}

}  // namespace fixed_points
