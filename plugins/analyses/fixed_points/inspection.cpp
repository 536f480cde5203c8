#include "inspection.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "mrnn/parallel.hpp"

namespace fixed_points {
namespace {

/// Points whose spectra are computed between two looks at the user's wish to stop: of many units, for which one takes
/// seconds, as many as there are threads.
constexpr Index points_at_once = 8, many_units = 300;
/// Seeds that are followed on where nothing is stable, and steps of a cycle that may be drawn.
constexpr Index most_followed = 8;
constexpr double most_orbit = 10'000.0;
/// Cycles whose periods differ by less than this share are one.
constexpr double same_period = 0.01;
/// First step of activity that leaves a saddle, and how near to a point it rests where that is where it went, as shares
/// of the seeds' mean distance from their centroid.
constexpr double first_departure = 0.02, arrived = 1e-3;
/// Multiply-adds that following activity from the saddles may take.
constexpr double most_departure_work = 1e11;

/// Columns 0, 2, 4, ... and the last.
Eigen::MatrixXd every_other(const Eigen::MatrixXd& path) {
  Eigen::MatrixXd half(path.rows(), path.cols() / 2 + 1);
  for (Index k = 0; k + 1 < half.cols(); ++k) half.col(k) = path.col(2 * k);
  half.rightCols(1) = path.rightCols(1);
  return half;
}

class Inspector {
 public:
  Inspector(const Terrain& terrain, const Options& options, std::vector<Point>& points, Pace& pace)
      : terrain_(terrain), options_(options), points_(points), pace_(pace) {}

  void look_closer(const Group& group);
  void depart(const Group& group);

 private:
  void look_closer(const StepMap& map, Index first, const std::vector<Point*>& points);

  const Terrain& terrain_;
  const Options& options_;
  std::vector<Point>& points_;
  Pace& pace_;
  long looked_at_ = 0, told_ = 0;
};

/// The last digits, the spectrum and the activity of the points that seeds of this group led to.
void Inspector::look_closer(const Group& group) {
  std::vector<Point*> points;
  std::vector<Index> seeds;
  for (Point& point : points_) {
    if (!std::ranges::binary_search(group.seeds, point.at.seed)) continue;
    points.push_back(&point);
    seeds.push_back(point.at.seed);
  }
  if (points.empty()) return;
  const StepMap map = terrain_.map(group, seeds);
  const Index threads = map.threads() > 0 ? map.threads() : mrnn::usable_cores();
  const Index at_once = map.size() > many_units ? std::max<Index>(1, threads) : points_at_once;
  for (Index first = 0; first < std::ssize(points); first += at_once) {
    const auto begin = points.begin() + first;
    look_closer(map, first, {begin, begin + std::min(at_once, std::ssize(points) - first)});
  }
}

void Inspector::look_closer(const StepMap& map, Index first, const std::vector<Point*>& points) {
  std::vector<Index> which(points.size());
  std::iota(which.begin(), which.end(), first);
  Eigen::MatrixXd x(map.size(), std::ssize(points));
  Eigen::VectorXd q(x.cols());
  for (Index k = 0; k < x.cols(); ++k) {
    const Point& point = *points[static_cast<std::size_t>(k)];
    x.col(k) = point.at.x;
    q(k) = point.at.kind == Kind::fixed ? point.at.q : 0.0;  // Newton's steps would leave a slow point
  }
  polish(map, which, options_.unique_distance, x, q);
  pace_.advance(0);
  q = 0.5 * map.change(x, which).colwise().squaredNorm().transpose();
  const std::vector<mrnn::Linearisation> jacobians = map.linearisations(x, which);
  mrnn::parallel_for(x.cols(), map.threads(), [&](Index k) {
    points[static_cast<std::size_t>(k)]->stability =
        stability(jacobians[static_cast<std::size_t>(k)], options_.stability);
  });
  const std::vector<Index> others = terrain_.other_units().indices();
  for (Index k = 0; k < x.cols(); ++k) {
    Point& point = *points[static_cast<std::size_t>(k)];
    const Eigen::VectorXd whole = map.whole(x.col(k), first + k), h = map.activity(whole);
    point.at.x = x.col(k);
    point.at.q = q(k);
    point.activity = h(map.units());
    point.pre_activation = map.is_rate() ? Eigen::VectorXd(map.drive(h, first + k)(map.units())) : point.at.x;
    point.others = whole(others);
    point.input = map.input(first + k);
    point.input_gain = map.input_gain(point.at.x, first + k, point.stability.selection.real());
  }
  looked_at_ += x.cols();
  const long told = std::exchange(told_, terrain_.seed_count() * looked_at_ / std::ssize(points_));
  pace_.advance(told_ - told);
}

/// Where activity goes from the saddles of this group along their unstable modes: the skeleton of the flow.
void Inspector::depart(const Group& group) {
  const double first = first_departure * terrain_.spread();
  std::vector<std::pair<Point*, Departure>> all;
  std::vector<Index> seeds;
  for (Point& point : points_) {
    if (point.at.kind != Kind::fixed || !std::ranges::binary_search(group.seeds, point.at.seed)) continue;
    for (Index mode = 0; mode < std::min(point.stability.unstable, point.stability.right.cols()); ++mode) {
      for (const double side : {1.0, -1.0}) {
        const Eigen::VectorXd start = point.at.x + side * first * point.stability.right.col(mode).real();
        all.push_back({&point, {mode, side, start, -1}});
        seeds.push_back(point.at.seed);
      }
    }
  }
  const double units = static_cast<double>(terrain_.network().units());
  if (all.empty() || units * units * static_cast<double>(all.size() * options_.follow) > most_departure_work) return;
  Eigen::MatrixXd starts(terrain_.starts().rows(), std::ssize(all));
  for (Index k = 0; k < starts.cols(); ++k) starts.col(k) = all[static_cast<std::size_t>(k)].second.path;
  std::vector<Index> which(all.size());
  std::iota(which.begin(), which.end(), Index{0});
  std::vector<Eigen::MatrixXd> paths =
      fixed_points::paths(terrain_.map(group, seeds), starts, which, options_.follow, pace_.watching());
  for (std::size_t k = 0; k < all.size(); ++k) {
    auto& [point, departure] = all[k];
    const Eigen::VectorXd end = paths[k].rightCols(1);
    const bool flips = point->stability.values(departure.mode).real() < 0.0;  // from one side to the other and back
    departure.path = flips ? every_other(paths[k]) : std::move(paths[k]);
    for (std::size_t p = 0; p < points_.size(); ++p) {
      const Arrival& other = points_[p].at;
      const bool same = other.network == point->at.network &&
                        (other.held - point->at.held).norm() <= options_.unique_distance &&
                        (other.x - end).norm() <= std::max(arrived * terrain_.spread(), options_.unique_distance);
      if (same && other.kind == Kind::fixed) departure.to = static_cast<Index>(p);
    }
    point->departures.push_back(std::move(departure));
  }
}

/// Where the activity of some seeds goes, for want of a stable fixed point.
void follow_group(const Terrain& terrain, const Options& options, const Group& group, Pace& pace, Fates& fates) {
  const Index every = std::max<Index>(1, terrain.seed_count() / most_followed);
  std::vector<Index> seeds;
  for (const Index seed : group.seeds) {
    if (seed % every == 0 && seed / every < most_followed) seeds.push_back(seed);
  }
  if (seeds.empty()) return;
  const StepMap map = terrain.map(group, seeds);
  std::vector<Index> which(seeds.size());
  for (std::size_t k = 0; k < which.size(); ++k) which[k] = static_cast<Index>(k);
  for (Followed& one : follow(map, terrain.starts()(Eigen::all, seeds), which, options.follow, pace.watching())) {
    const Index moment = one.seed;
    const auto known = [&](double period) { return std::abs(period - one.period) <= same_period * one.period; };
    if (one.fate == Fate::cycle && one.period <= most_orbit && std::ranges::none_of(fates.periods, known)) {
      fates.periods.push_back(one.period);
      fates.orbits.push_back(orbit(map, one, moment));
    }
    one.seed = seeds[static_cast<std::size_t>(moment)];
    fates.followed.push_back(std::move(one));
  }
}

}  // namespace

void inspect(const Terrain& terrain, const Options& options, std::vector<Point>& points, Pace& pace) {
  Inspector inspector(terrain, options, points, pace);
  for (const Group& group : terrain.groups()) inspector.look_closer(group);
  if (!countable(points) || options.follow < 2) return;
  for (const Group& group : terrain.groups()) inspector.depart(group);
}

Fates follow_on(const Terrain& terrain, const Options& options, Pace& pace) {
  Fates fates;
  for (const Group& group : terrain.groups()) follow_group(terrain, options, group, pace, fates);
  return fates;
}

}  // namespace fixed_points
