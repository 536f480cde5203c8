#include "tracking.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace eigen_spectrum {
namespace {

using mrnn::Index;

/// One row more is paired by the shortest augmenting path. Rows and columns count from 1; 0 is nobody.
class Assignment {
 public:
  explicit Assignment(const Eigen::MatrixXd& cost)
      : cost_(cost),
        size_(cost.rows()),
        row_price_(Eigen::VectorXd::Zero(size_ + 1)),
        column_price_(Eigen::VectorXd::Zero(size_ + 1)),
        row_of_(static_cast<std::size_t>(size_ + 1), 0) {
    for (Index row = 1; row <= size_; ++row) add(row);
  }

  std::vector<Index> columns() const {
    std::vector<Index> result(static_cast<std::size_t>(size_));
    for (Index column = 1; column <= size_; ++column) result[static_cast<std::size_t>(row(column) - 1)] = column - 1;
    return result;
  }

 private:
  Index& row(Index column) { return row_of_[static_cast<std::size_t>(column)]; }
  Index row(Index column) const { return row_of_[static_cast<std::size_t>(column)]; }

  void add(Index new_row) {
    Eigen::VectorXd slack = Eigen::VectorXd::Constant(size_ + 1, std::numeric_limits<double>::infinity());
    std::vector<Index> from(static_cast<std::size_t>(size_ + 1), 0);  // the column before each on the path
    std::vector<bool> used(from.size(), false);
    Index column = 0;
    row(0) = new_row;
    while (row(column) != 0) {
      used[static_cast<std::size_t>(column)] = true;
      column = extend(column, slack, from, used);
    }
    while (column != 0) {
      const Index before = from[static_cast<std::size_t>(column)];
      row(column) = row(before);
      column = before;
    }
  }

  /// Lengthens the path by the cheapest column, and adapts the prices.
  Index extend(Index column, Eigen::VectorXd& slack, std::vector<Index>& from, const std::vector<bool>& used) {
    Index cheapest = 0;
    const Index at = row(column);
    for (Index next = 1; next <= size_; ++next) {
      if (used[static_cast<std::size_t>(next)]) continue;
      const double reduced = cost_(at - 1, next - 1) - row_price_(at) - column_price_(next);
      if (reduced < slack(next)) {
        slack(next) = reduced;
        from[static_cast<std::size_t>(next)] = column;
      }
      if (cheapest == 0 || slack(next) < slack(cheapest)) cheapest = next;
    }
    const double step = slack(cheapest);
    for (Index next = 0; next <= size_; ++next) {
      if (used[static_cast<std::size_t>(next)]) {
        row_price_(row(next)) += step;
        column_price_(next) -= step;
      } else {
        slack(next) -= step;
      }
    }
    return cheapest;
  }

  const Eigen::MatrixXd& cost_;
  Index size_;
  Eigen::VectorXd row_price_, column_price_;
  std::vector<Index> row_of_;
};

/// Indices of the states of each trial, in the order of their steps.
std::vector<std::vector<std::size_t>> by_trial(const std::vector<StateSpectrum>& states) {
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::pair<std::string, Index>, std::size_t> place;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto [found, inserted] = place.try_emplace({states[i].simulation, states[i].trial}, groups.size());
    if (inserted) groups.emplace_back();
    groups[found->second].push_back(i);
  }
  for (std::vector<std::size_t>& group : groups) {
    std::ranges::stable_sort(group, {}, [&](std::size_t i) { return states[i].step; });
  }
  return groups;
}

}  // namespace

std::vector<Index> match(const Eigen::VectorXcd& previous, const Eigen::VectorXcd& next) {
  Eigen::MatrixXd distance(previous.size(), next.size());
  for (Index i = 0; i < distance.rows(); ++i) {
    for (Index j = 0; j < distance.cols(); ++j) distance(i, j) = std::abs(previous(i) - next(j));
  }
  return Assignment(distance).columns();
}

std::vector<Trajectory> follow(const std::vector<StateSpectrum>& states) {
  std::vector<Trajectory> trajectories;
  for (std::vector<std::size_t>& group : by_trial(states)) {
    if (group.size() < 2) continue;
    Trajectory trajectory{std::move(group), {}};
    const Index tracks = std::min(states[trajectory.states.front()].spectrum.values.size(), most_tracks);
    std::vector<Index> current(static_cast<std::size_t>(tracks));
    for (Index k = 0; k < tracks; ++k) current[static_cast<std::size_t>(k)] = k;
    trajectory.at.push_back(current);
    for (std::size_t s = 1; s < trajectory.states.size(); ++s) {
      const Eigen::VectorXcd before = states[trajectory.states[s - 1]].spectrum.values.head(tracks);
      const std::vector<Index> next = match(before, states[trajectory.states[s]].spectrum.values.head(tracks));
      for (Index& k : current) k = next[static_cast<std::size_t>(k)];
      trajectory.at.push_back(current);
    }
    trajectories.push_back(std::move(trajectory));
  }
  return trajectories;
}

}  // namespace eigen_spectrum
