#include "search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "mrnn/damped_newton.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/parallel.hpp"

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
        newton_(map.newton()),
        between_looks_(newton_->states_at_once()),
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
  struct Step {
    Eigen::VectorXd d;
    double predicted = 0.0;  ///< q there, by the linear model
  };
  /// Of each active seed: none where the search ends there.
  using Steps = std::vector<std::optional<Step>>;

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
    const Eigen::MatrixXd varying = newton_->varying(map_.gains(found_.x(Eigen::all, active_), active_));
    const Eigen::VectorXd scales = newton_->square_scales(varying);
    Steps steps(active_.size());
    for (Index first = 0; first < std::ssize(active_); first += between_looks_) {
      std::vector<Index> places(static_cast<std::size_t>(std::min(between_looks_, std::ssize(active_) - first)));
      std::iota(places.begin(), places.end(), first);
      solve(varying, scales, std::move(places), steps);
      tell_(0);
    }
    return move(steps);
  }

  /// The steps of the active seeds at these places; none where q is minimal.
  void solve(const Eigen::MatrixXd& varying, const Eigen::VectorXd& scales, std::vector<Index> places, Steps& steps) {
    while (!places.empty()) {
      std::vector<Index> seeds;
      Eigen::VectorXd mu(std::ssize(places));
      for (std::size_t k = 0; k < places.size(); ++k) {
        seeds.push_back(active_[static_cast<std::size_t>(places[k])]);
        mu(static_cast<Index>(k)) = damping(seeds[k], scales(places[k]));
      }
      const mrnn::DampedSteps found = newton_->steps(varying(Eigen::all, places), change_(Eigen::all, seeds), mu);
      std::vector<Index> left;
      for (std::size_t k = 0; k < places.size(); ++k) {
        const auto column = static_cast<Index>(k);
        const double scale = scales(places[k]), twice = 2.0 * found_.q(seeds[k]);
        if (!(found.slope(column) / (scale * twice) > flat * flat) || !std::isfinite(mu(column))) continue;
        if (found.definite(column)) {
          steps[static_cast<std::size_t>(places[k])] = Step{found.d.col(column), found.predicted(column)};
          continue;
        }
        double& nu = nu_(seeds[k]);
        nu = std::max(damping_factor * nu, damping_factor * epsilon * scale / twice);
        left.push_back(places[k]);
      }
      places = std::move(left);
    }
  }

  /// mu of a seed where the size of A^2 is `scale`.
  double damping(Index seed, double scale) {
    const double twice = 2.0 * found_.q(seed);
    if (nu_(seed) == 0.0) nu_(seed) = first_damping * scale / static_cast<double>(map_.size()) / twice;
    return std::max(nu_(seed) * twice, epsilon * scale);
  }

  /// Takes the steps that lower q, and adapts the damping of all.
  std::vector<bool> move(const Steps& steps) {
    Eigen::MatrixXd next = found_.x(Eigen::all, active_);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      if (steps[k]) next.col(static_cast<Index>(k)) += steps[k]->d;
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
      const double gain = (found_.q(seed) - q) / (found_.q(seed) - steps[k]->predicted);  // of what was predicted
      if (gain > 0.75) nu_(seed) /= damping_factor;
      if (!(gain > 0.25)) nu_(seed) *= damping_factor;
      if (gain > 0.0 && q < found_.q(seed)) {
        found_.x.col(seed) = next.col(place);
        found_.q(seed) = q;
        change_.col(seed) = change.col(place);
        note(seed);
      } else if (steps[k]->d.norm() <= shortest_step * found_.x.col(seed).norm()) {
        found_.ending[static_cast<std::size_t>(seed)] = Ending::stuck;
        ended[k] = true;
      }
    }
    return ended;
  }

  const StepMap& map_;
  const SearchOptions& options_;
  const Tell& tell_;
  std::unique_ptr<mrnn::DampedNewton> newton_;
  Index between_looks_;  ///< seeds between two looks at the user's wish to stop
  Search found_;
  Eigen::VectorXd nu_;      ///< damping of each seed; 0: not chosen yet
  Eigen::MatrixXd change_;  ///< g = F(x) - x of each seed
  std::vector<Index> active_, waiting_;
};

/// One of polish()'s steps of states [n x k], each under its moment. Says which have moved: 1.
std::vector<char> move_closer(const StepMap& map, mrnn::DampedNewton& newton, double reach,
                              const std::vector<Index>& moments, Eigen::MatrixXd& x) {
  const std::vector<mrnn::Linearisation> jacobians = map.linearisations(x, moments);
  const Eigen::MatrixXd change = map.change(x, moments);
  Eigen::MatrixXd moves(x.rows(), x.cols());
  std::vector<char> moved(moments.size(), 0);  // not bool: written by several threads
  mrnn::parallel_for(x.cols(), map.threads(), [&](Index k) {
    Eigen::MatrixXd matrix = jacobians[static_cast<std::size_t>(k)].dense();
    matrix.diagonal().array() -= 1.0;
    const std::optional<Eigen::MatrixXd> move = mrnn::solve_if_regular(matrix, -change.col(k));
    if (!move || !(move->norm() <= reach)) return;
    moves.col(k) = *move;
    moved[static_cast<std::size_t>(k)] = 1;
  });
  std::vector<Index> singular;
  for (std::size_t k = 0; k < moved.size(); ++k) {
    if (moved[k] == 0) singular.push_back(static_cast<Index>(k));
  }
  if (!singular.empty()) {
    const Eigen::MatrixXd varying = newton.varying(map.gains(x, moments))(Eigen::all, singular);
    const Eigen::VectorXd least = epsilon * static_cast<double>(map.size()) * newton.square_scales(varying);
    const mrnn::DampedSteps damped = newton.steps(varying, change(Eigen::all, singular), least);
    for (std::size_t k = 0; k < singular.size(); ++k) {
      const auto column = static_cast<Index>(k);
      if (!damped.definite(column) || !(damped.d.col(column).norm() <= reach)) continue;
      moves.col(singular[k]) = damped.d.col(column);
      moved[static_cast<std::size_t>(singular[k])] = 1;
    }
  }
  for (std::size_t k = 0; k < moved.size(); ++k) {
    if (moved[k] != 0) x.col(static_cast<Index>(k)) += moves.col(static_cast<Index>(k));
  }
  return moved;
}

}  // namespace

Search newton(const StepMap& map, const Eigen::MatrixXd& seeds, const SearchOptions& options, const Tell& tell) {
  return Levenberg(map, seeds, options, tell).run();
}

void polish(const StepMap& map, const std::vector<Index>& which, double reach, Eigen::MatrixXd& x, Eigen::VectorXd& q) {
  const std::unique_ptr<mrnn::DampedNewton> newton = map.newton();
  std::vector<Index> left(which.size());  // columns of x
  std::iota(left.begin(), left.end(), Index{0});
  for (int step = 0; step < polish_steps && !left.empty(); ++step) {
    std::vector<Index> moments;
    for (const Index column : left) moments.push_back(which[static_cast<std::size_t>(column)]);
    Eigen::MatrixXd next = x(Eigen::all, left);
    const std::vector<char> moved = move_closer(map, *newton, reach, moments, next);
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
