#include "finder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mrnn/conditions.hpp"
#include "recurrence.hpp"

namespace fixed_points {
namespace {

/// Rounds of searches between fixed points, at most.
constexpr Index most_rounds = 3;
/// Adam's steps where Newton's method fails.
constexpr Index rescue_iterations = 500;
/// Steps that activity is left to itself where that fails too; and for how many searches: so many that their products
/// with all weights take some seconds, and a few in any case.
constexpr Index rescue_steps = 1000, rescued_weights = 20'000'000, least_rescued = 16;
/// A state is slow if, at its speed, the point that its search goes on to is more than so many of the longest
/// time constants of the units away.
constexpr double slow_journey = 10.0;

std::vector<Index> stuck(const Search& found) {
  std::vector<Index> failed;
  for (std::size_t k = 0; k < found.ending.size(); ++k) {
    if (found.ending[k] == Ending::stuck) failed.push_back(static_cast<Index>(k));
  }
  return failed;
}

/// The searches, one group of seeds after the other.
class Finder {
 public:
  Finder(const Terrain& terrain, const Options& options, Pace& pace)
      : terrain_(terrain), options_(options), pace_(pace) {}

  Findings run();

 private:
  /// Which search arrivals come from.
  struct Round {
    Index number = 0;
    std::vector<Index> seeds;  ///< whose moments the columns of the search have
  };

  Search search(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts);
  void rescue(const StepMap& map, Search& found);
  void retry(const StepMap& part, const std::vector<Index>& failed, const Eigen::MatrixXd& starts, Search& found);
  bool is_slow(const Search& found, Index k) const;
  void note_ends(const Group& group, const Search& found);
  void keep(const StepMap& map, Index network, const Round& round, const Search& found);
  bool search_between(Index round);
  void find_points();
  void keep_cycles(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts);

  const Terrain& terrain_;
  const Options& options_;
  Pace& pace_;
  Findings found_;
  std::vector<Arrival> arrivals_;
  Index between_ = 0;  ///< searches from midpoints, which are half as many as seeds at most
};

Search Finder::search(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts) {
  if (options_.method == Method::scyfi) {
    return Scyfi(map, options_.search, terrain_.context().seed(), group.seeds).fixed_points(starts, pace_.counting());
  }
  SearchOptions newton_options = options_.search;
  if (options_.method == Method::gradient) {
    newton_options.iterations = SearchOptions{}.iterations;
    return newton(map, descend(map, starts, options_.search, pace_.counting()).x, newton_options, pace_.counting());
  }
  Search found = newton(map, starts, newton_options, pace_.counting());
  rescue(map, found);
  return found;
}

/// Where Newton's method fails, Adam's momentum may carry a state over the kinks of relu. Where that fails too,
/// activity that is left to itself goes to an attractor if there is one. Then Newton's method again.
void Finder::rescue(const StepMap& map, Search& found) {
  SearchOptions rescue_options = options_.search;
  rescue_options.iterations = rescue_iterations;
  if (const std::vector<Index> failed = stuck(found); !failed.empty()) {
    const StepMap part = map.part(failed);
    const Eigen::MatrixXd starts = found.x(Eigen::all, failed);
    retry(part, failed, descend(part, starts, rescue_options, pace_.watching()).x, found);
  }
  std::vector<Index> failed = stuck(found);
  const auto most = static_cast<std::size_t>(rescued_weights / (map.size() * map.size()) + least_rescued);
  std::vector<Index> some;
  for (const std::size_t k : mrnn::evenly_spread(failed.size(), most)) some.push_back(failed[k]);
  if (some.empty()) return;
  const StepMap part = map.part(some);
  retry(part, some, run_on(part, found.x(Eigen::all, some), rescue_steps, pace_.watching()), found);
}

/// Newton's method from other starts, for searches that had failed.
void Finder::retry(const StepMap& part, const std::vector<Index>& failed, const Eigen::MatrixXd& starts,
                   Search& found) {
  const Search again = newton(part, starts, options_.search, pace_.watching());
  for (std::size_t k = 0; k < failed.size(); ++k) {
    const auto seed = static_cast<std::size_t>(failed[k]);
    const auto column = static_cast<Index>(k);
    found.iterations[seed] += again.iterations[k];
    if (!(again.q(column) < found.q(failed[k]))) continue;
    found.x.col(failed[k]) = again.x.col(column);
    found.q(failed[k]) = again.q(column);
    found.ending[seed] = again.ending[k];
  }
}

/// Is the state that was slow first too far from where the search went on to for its speed?
bool Finder::is_slow(const Search& found, Index k) const {
  const double speed = std::sqrt(2.0 * found.slow_q(k));
  const double steps = (found.x.col(k) - found.slow_x.col(k)).norm() / speed;
  const double longest = terrain_.context().parameters().tau(terrain_.units().indices()).maxCoeff();
  return steps * terrain_.dt() > slow_journey * longest;
}

void Finder::note_ends(const Group& group, const Search& found) {
  for (std::size_t k = 0; k < group.seeds.size(); ++k) {
    const auto seed = static_cast<std::size_t>(group.seeds[k]);
    found_.ends.ending[seed] = found.ending[k];
    found_.ends.iterations[seed] = found.iterations[k];
    found_.ends.q(group.seeds[k]) = found.q(static_cast<Index>(k));
  }
}

void Finder::keep(const StepMap& map, Index network, const Round& round, const Search& found) {
  const Eigen::MatrixXd outside = map.outside();
  for (std::size_t k = 0; k < round.seeds.size(); ++k) {
    const auto column = static_cast<Index>(k);
    Arrival arrival{round.seeds[k], round.number, Kind::fixed, found.q(column), network, found.x.col(column), {}};
    arrival.held.resize(terrain_.network().inputs() + map.size());
    arrival.held << map.input(column), outside.col(column);
    const bool fixed = found.ending[k] == Ending::fixed;
    arrival.kind = fixed ? Kind::fixed : found.ending[k] == Ending::minimum ? Kind::ghost : Kind::slow;
    if (fixed || found.q(column) <= options_.search.slow_tolerance) arrivals_.push_back(arrival);
    if (found.slow_q.size() == 0 || std::isnan(found.slow_q(column)) || !is_slow(found, column)) continue;
    arrival.kind = Kind::slow;
    arrival.q = found.slow_q(column);
    arrival.x = found.slow_x.col(column);
    arrivals_.push_back(std::move(arrival));
  }
}

/// Saddles lie between attractors, and seeds are rare there. Says whether anything was searched.
bool Finder::search_between(Index round) {
  const std::vector<Midpoint> middle =
      midpoints(found_.points, round - 1, options_.unique_distance, terrain_.seed_count() / 2 - between_);
  between_ += std::ssize(middle);
  for (const Group& group : terrain_.groups()) {
    Round here{round, {}};
    std::vector<Index> columns;
    for (std::size_t k = 0; k < middle.size(); ++k) {
      if (!std::ranges::binary_search(group.seeds, middle[k].seed)) continue;
      here.seeds.push_back(middle[k].seed);
      columns.push_back(static_cast<Index>(k));
    }
    if (columns.empty()) continue;
    Eigen::MatrixXd starts(terrain_.starts().rows(), std::ssize(columns));
    for (Index k = 0; k < starts.cols(); ++k) {
      starts.col(k) = middle[static_cast<std::size_t>(columns[static_cast<std::size_t>(k)])].x;
    }
    const StepMap map = terrain_.map(group, here.seeds);
    SearchOptions newton_options = options_.search;
    newton_options.iterations = SearchOptions{}.iterations;
    const Tell tell = pace_.watching();
    keep(map, group.network, here, newton(map, starts, newton_options, pace_.watching()));
  }
  return !middle.empty();
}

void Finder::find_points() {
  std::vector<Index> point_of;
  found_.points = unique(arrivals_, options_.unique_distance, point_of);
  found_.ends.point.assign(static_cast<std::size_t>(terrain_.seed_count()), -1);
  // Of a seed's two arrivals the first is where it ended, and counts.
  for (std::size_t a = arrivals_.size(); a-- > 0;) {
    if (arrivals_[a].round == 0) found_.ends.point[static_cast<std::size_t>(arrivals_[a].seed)] = point_of[a];
  }
}

void Finder::keep_cycles(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts) {
  const Scyfi solver(map, options_.search, terrain_.context().seed(), group.seeds);
  const Eigen::MatrixXd outside = map.outside();
  for (const Index period : options_.periods) {
    for (Cycle& cycle : solver.cycles(starts, period, options_.unique_distance, pace_.counting())) {
      const Index moment = cycle.seed;
      cycle.seed = group.seeds[static_cast<std::size_t>(moment)];
      cycle.network = group.network;
      cycle.held.resize(terrain_.network().inputs() + map.size());
      cycle.held << map.input(moment), outside.col(moment);
      const bool known = std::ranges::any_of(found_.cycles, [&](const Cycle& other) {
        if (other.network != cycle.network || other.x.size() != cycle.x.size()) return false;
        const double apart = (other.held - cycle.held).squaredNorm();
        return std::ranges::any_of(other.x, [&](const Eigen::VectorXd& x) {
          return std::sqrt((x - cycle.x[0]).squaredNorm() + apart) <= options_.unique_distance;
        });
      });
      if (!known) found_.cycles.push_back(std::move(cycle));
    }
  }
}

Findings Finder::run() {
  const Index count = terrain_.seed_count();
  found_.ends.ending.resize(static_cast<std::size_t>(count));
  found_.ends.iterations.resize(static_cast<std::size_t>(count));
  found_.ends.q.resize(count);
  for (const Group& group : terrain_.groups()) {
    const StepMap map = terrain_.map(group, group.seeds);
    const Eigen::MatrixXd starts = terrain_.starts()(Eigen::all, group.seeds);
    const Search found = search(map, group, starts);
    note_ends(group, found);
    keep(map, group.network, {0, group.seeds}, found);
    if (!options_.periods.empty()) keep_cycles(map, group, starts);
  }
  find_points();
  for (Index round = 1; options_.between && round <= most_rounds && countable(found_.points); ++round) {
    if (!search_between(round)) break;
    find_points();
  }
  return std::move(found_);
}

}  // namespace

Findings find(const Terrain& terrain, const Options& options, Pace& pace) {
  return Finder(terrain, options, pace).run();
}

}  // namespace fixed_points
