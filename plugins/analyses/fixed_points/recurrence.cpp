#include "recurrence.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace fixed_points {
namespace {

/// |F(x) - x| relative to |x| below which a state is at rest.
constexpr double at_rest = 1e-9;
/// |x(t + P) - x(t)| for P whole steps, relative to the size of the orbit.
constexpr double exact = 1e-8;
/// Distance from x(t) of the nearer of the two states beside a crossing, relative to the step between them: half of it
/// on a straight cycle.
constexpr double near = 0.75;
/// Crossings that make a cycle, and how evenly spaced they must be (of the mean, plus one step).
constexpr Index least_crossings = 3;
constexpr double uneven = 0.02;
/// States of a path above which every other one is dropped.
constexpr std::size_t most_states = 200;

/// What is known of one state while it is watched.
struct Watch {
  Eigen::VectorXd start, flow, before;
  double before_height = 0.0;  ///< of the previous state over the plane through `start`
  double size = 0.0;           ///< largest distance from `start` so far
  Index exact_period = 0;
  std::vector<double> crossings;

  void look(const Eigen::VectorXd& x, Index step) {
    const double distance = (x - start).norm(), height = flow.dot(x - start);
    if (exact_period == 0 && step > 1 && distance <= exact * size) exact_period = step;
    size = std::max(size, distance);
    if (before_height < 0.0 && height >= 0.0) {
      const double share = before_height / (before_height - height);
      if (std::min((before - start).norm(), distance) <= near * (x - before).norm()) {
        crossings.push_back(static_cast<double>(step - 1) + share);
      }
    }
    before = x;
    before_height = height;
  }

  /// 0 where there is none.
  double period() const {
    if (exact_period > 0) return static_cast<double>(exact_period);
    const Index count = std::ssize(crossings);
    if (count < least_crossings) return 0.0;
    const double mean = crossings.back() / static_cast<double>(count);
    double last = 0.0;
    for (const double crossing : crossings) {
      if (std::abs(crossing - last - mean) > uneven * mean + 1.0) return 0.0;
      last = crossing;
    }
    return mean;
  }
};

/// Which states have grown beyond all bounds, and since when.
class Growth {
 public:
  explicit Growth(const Eigen::MatrixXd& x)
      : bounds_(unbounded * x.cwiseAbs().colwise().maxCoeff().cwiseMax(1.0)),
        since_(static_cast<std::size_t>(x.cols()), -1) {}

  void look(const Eigen::MatrixXd& x) {
    ++step_;
    for (Index k = 0; k < x.cols(); ++k) {
      const bool within = (x.col(k).array().abs() <= bounds_(k)).all();  // not where NaN
      Index& since = since_[static_cast<std::size_t>(k)];
      since = within ? -1 : since < 0 ? step_ : since;
    }
  }

  /// Steps after which a state was beyond its bound, for good; -1: it is not.
  Index since(Index state) const { return since_[static_cast<std::size_t>(state)]; }

 private:
  Eigen::RowVectorXd bounds_;
  std::vector<Index> since_;
  Index step_ = 0;
};

}  // namespace

std::vector<Followed> follow(const StepMap& map, Eigen::MatrixXd x, const std::vector<Index>& which, Index steps,
                             const Tell& tell) {
  Growth growth(x);
  const auto advance = [&] {
    x += map.change(x, which);
    growth.look(x);
    tell(0);
  };
  const Index settling = steps / 2;
  for (Index step = 0; step < settling; ++step) advance();
  const Eigen::MatrixXd flow = map.change(x, which);
  std::vector<Watch> watched;
  for (Index k = 0; k < x.cols(); ++k) watched.push_back({x.col(k), flow.col(k), x.col(k), 0.0, 0.0, 0, {}});
  for (Index step = 1; step <= steps - settling; ++step) {
    advance();
    for (Index k = 0; k < x.cols(); ++k) watched[static_cast<std::size_t>(k)].look(x.col(k), step);
  }
  std::vector<Followed> followed;
  for (Index k = 0; k < x.cols(); ++k) {
    const Watch& watch = watched[static_cast<std::size_t>(k)];
    Followed one{which[static_cast<std::size_t>(k)], Fate::other, 0.0, growth.since(k), watch.start};
    if (one.grown >= 0) {
      one.fate = Fate::growth;
    } else if (watch.flow.norm() <= at_rest * watch.start.norm()) {
      one.fate = Fate::rest;
    } else if ((one.period = watch.period()) > 0.0) {
      one.fate = Fate::cycle;
    }
    followed.push_back(std::move(one));
  }
  return followed;
}

Eigen::MatrixXd orbit(const StepMap& map, const Followed& followed, Index moment) {
  const auto steps = static_cast<Index>(std::ceil(followed.period));
  Eigen::MatrixXd states(followed.x.size(), steps + 1);
  states.col(0) = followed.x;
  for (Index step = 1; step < steps; ++step) {
    states.col(step) = states.col(step - 1) + map.change(states.col(step - 1), {moment});
  }
  states.col(steps) = followed.x;
  return states;
}

Eigen::MatrixXd run_on(const StepMap& map, const Eigen::MatrixXd& from, Index steps, const Tell& tell) {
  std::vector<Index> all(static_cast<std::size_t>(from.cols()));
  std::iota(all.begin(), all.end(), Index{0});
  Eigen::MatrixXd x = from;
  for (Index step = 0; step < steps; ++step) {
    const Eigen::MatrixXd change = map.change(x, all);
    x += change;
    tell(0);
    if ((change.colwise().norm().array() <= at_rest * x.colwise().norm().array()).all()) break;
  }
  for (Index k = 0; k < x.cols(); ++k) {
    const double bound = unbounded * std::max(1.0, from.col(k).cwiseAbs().maxCoeff());
    if (!x.col(k).allFinite() || x.col(k).cwiseAbs().maxCoeff() > bound) x.col(k) = from.col(k);
  }
  return x;
}

std::vector<Eigen::MatrixXd> paths(const StepMap& map, Eigen::MatrixXd x, const std::vector<Index>& which, Index steps,
                                   const Tell& tell) {
  std::vector<Eigen::MatrixXd> kept{x};
  Index every = 1;
  for (Index step = 1; step <= steps; ++step) {
    const Eigen::MatrixXd change = map.change(x, which);
    x += change;
    tell(0);
    const bool resting = (change.colwise().norm().array() <= at_rest * x.colwise().norm().array()).all();
    if (step % every == 0 || resting || step == steps) kept.push_back(x);
    if (resting) break;
    if (kept.size() <= most_states) continue;
    for (std::size_t k = 0; 2 * k < kept.size(); ++k) kept[k] = std::move(kept[2 * k]);
    kept.resize((kept.size() + 1) / 2);
    every *= 2;
  }
  std::vector<Eigen::MatrixXd> paths;
  for (Index k = 0; k < x.cols(); ++k) {
    paths.emplace_back(x.rows(), std::ssize(kept));
    for (std::size_t state = 0; state < kept.size(); ++state) {
      paths.back().col(static_cast<Index>(state)) = kept[state].col(k);
    }
  }
  return paths;
}

}  // namespace fixed_points
