#include "points.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "mrnn/random.hpp"

namespace fixed_points {
namespace {

constexpr double far = 10.0;  // times the mean distance of the seeds

/// Points found so far, by their network and their projection on a fixed direction.
class Known {
 public:
  explicit Known(double distance) : distance_(distance) {}

  /// The point that `arrival` is the same as; -1: none.
  Index find(const Arrival& arrival, const std::vector<const Arrival*>& points) const {
    const double at = projection(arrival);
    const auto end = places_.upper_bound({arrival.network, at + distance_});
    for (auto place = places_.lower_bound({arrival.network, at - distance_}); place != end; ++place) {
      const Arrival& known = *points[static_cast<std::size_t>(place->second)];
      const double square = (known.x - arrival.x).squaredNorm() + (known.held - arrival.held).squaredNorm();
      if (square <= distance_ * distance_) return place->second;
    }
    return -1;
  }
  void add(const Arrival& arrival, Index point) { places_.insert({{arrival.network, projection(arrival)}, point}); }

 private:
  /// A random direction of length 1 keeps unrelated points apart, whatever the axes mean.
  double projection(const Arrival& arrival) const {
    if (direction_.size() == 0) {
      mrnn::RandomStream random(0, mrnn::Stream::analyses, "direction");
      direction_ = Eigen::VectorXd(arrival.x.size()).unaryExpr([&](double) { return random.normal(); }).normalized();
    }
    return direction_.dot(arrival.x);
  }

  double distance_;
  mutable Eigen::VectorXd direction_;
  std::multimap<std::pair<Index, double>, Index> places_;
};

}  // namespace

std::vector<Point> unique(std::vector<Arrival> arrivals, double distance, std::vector<Index>& point_of) {
  std::vector<std::size_t> order(arrivals.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return std::pair(arrivals[a].kind, arrivals[a].q) < std::pair(arrivals[b].kind, arrivals[b].q);
  });
  Known known(distance);
  std::vector<const Arrival*> kept;
  std::vector<Index> place(arrivals.size(), -1), found, round;
  for (const std::size_t a : order) {
    place[a] = known.find(arrivals[a], kept);
    if (place[a] < 0) {
      place[a] = std::ssize(kept);
      kept.push_back(&arrivals[a]);
      found.push_back(0);
      round.push_back(arrivals[a].round);
      known.add(arrivals[a], place[a]);
    }
    const auto point = static_cast<std::size_t>(place[a]);
    round[point] = std::min(round[point], arrivals[a].round);
    if (arrivals[a].round == 0) ++found[point];
  }
  std::vector<Index> sorted(kept.size());
  std::iota(sorted.begin(), sorted.end(), Index{0});
  std::ranges::stable_sort(sorted, {}, [&](Index k) {
    const Arrival& arrival = *kept[static_cast<std::size_t>(k)];
    return std::pair(arrival.kind, arrival.seed);
  });
  std::vector<Point> points;
  std::vector<Index> number(kept.size());
  for (const Index k : sorted) {
    number[static_cast<std::size_t>(k)] = std::ssize(points);
    points.emplace_back();
    points.back().at = *kept[static_cast<std::size_t>(k)];
    points.back().round = round[static_cast<std::size_t>(k)];
    points.back().found = found[static_cast<std::size_t>(k)];
  }
  point_of.clear();
  for (const Index k : place) point_of.push_back(number[static_cast<std::size_t>(k)]);
  return points;
}

std::vector<Midpoint> midpoints(const std::vector<Point>& points, Index round, double distance, Index most) {
  struct Pair {
    double square;
    const Arrival *first, *second;
  };
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Arrival &a = points[i].at, &b = points[j].at;
      if (std::max(points[i].round, points[j].round) != round || a.network != b.network) continue;
      if (a.kind != Kind::fixed || b.kind != Kind::fixed || (a.held - b.held).norm() > distance) continue;
      pairs.push_back({(a.x - b.x).squaredNorm(), &a, &b});
    }
  }
  std::ranges::stable_sort(pairs, {}, &Pair::square);
  std::vector<Midpoint> middle;
  for (std::size_t k = 0; k < pairs.size() && std::ssize(middle) < most; ++k) {
    middle.push_back({pairs[k].first->seed, 0.5 * (pairs[k].first->x + pairs[k].second->x)});
  }
  return middle;
}

double mean_distance(const Eigen::MatrixXd& seeds) {
  const Eigen::VectorXd centroid = seeds.rowwise().mean();
  return (seeds.colwise() - centroid).colwise().norm().mean();
}

void flag_outliers(const Eigen::MatrixXd& seeds, std::vector<Point>& points) {
  const Eigen::VectorXd centroid = seeds.rowwise().mean();
  const double limit = far * mean_distance(seeds);
  for (Point& point : points) point.outlier = (point.at.x - centroid).norm() > limit;
}

}  // namespace fixed_points
