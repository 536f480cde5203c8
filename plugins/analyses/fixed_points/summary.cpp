#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <map>
#include <sstream>

#include "report.hpp"
#include "scyfi.hpp"

namespace fixed_points {
namespace {

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

std::string counted(Index count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// "a, b and c", those that are not empty.
std::string listed(const std::vector<std::string>& parts) {
  std::string line;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    line += (k == 0 ? "" : k + 1 == parts.size() ? " and " : ", ") + parts[k];
  }
  return line;
}

Index count_of(const std::vector<Point>& points, Kind kind) {
  return std::ranges::count(points, kind, [](const Point& point) { return point.at.kind; });
}

/// "8 stable, 6 with 1 unstable mode, 8 with 2"
std::string by_stability(const std::vector<Point>& points) {
  std::map<Index, Index> unstable;
  Index stable = 0, marginal = 0;
  for (const Point& point : points) {
    if (point.at.kind != Kind::fixed) continue;
    if (point.stability.unstable > 0)
      ++unstable[point.stability.unstable];
    else
      ++(point.stability.marginal > 0 ? marginal : stable);
  }
  std::string line;
  const auto add = [&](const std::string& words) { line += (line.empty() ? "" : ", ") + words; };
  if (stable > 0) add(std::to_string(stable) + " stable");
  if (marginal > 0) add(std::to_string(marginal) + " marginal");
  bool first = true;
  for (const auto& [modes, count] : unstable) {
    add(std::to_string(count) + " with " +
        (first ? counted(modes, "unstable mode", "unstable modes") : std::to_string(modes)));
    first = false;
  }
  return line;
}

/// What became of the seeds that led to no fixed point.
std::string other_ends(const Report& report) {
  const auto count = [&](Ending ending) { return std::ranges::count(report.found.ends.ending, ending); };
  std::vector<std::string> parts;
  const auto add = [&](Ending ending, const std::string& words) {
    if (count(ending) > 0) parts.push_back(std::to_string(count(ending)) + " " + words);
  };
  add(Ending::minimum, "ended in a local minimum of q");
  add(Ending::stuck, "ended where no step lowers q");
  add(Ending::unfinished, "used all iterations");
  add(Ending::lost, "had states that are not finite");
  return listed(parts);
}

void tell_fixed(const Report& report, mrnn::AnalysisResults& results) {
  const Index seeds = std::ssize(report.found.ends.ending), count = count_of(report.found.points, Kind::fixed);
  const std::string others = other_ends(report);
  if (count == 0) {
    results.summary.push_back("no fixed point found with " + report.input_words + ": of " +
                              counted(seeds, "search", "searches") + ", " + others + "; q at least " +
                              number(report.found.ends.q.minCoeff()));
    const Terrain& terrain = report.terrain;
    if (report.method != Method::scyfi && is_piecewise_linear(terrain.network(), terrain.units().indices())) {
      results.summary.push_back(
          "all units are relu or linear, for which method = \"scyfi\" solves for fixed points exactly");
    }
    return;
  }
  double largest = 0.0;
  for (const Point& point : report.found.points) {
    if (point.at.kind == Kind::fixed) largest = std::max(largest, point.at.q);
  }
  results.summary.push_back(counted(count, "fixed point", "fixed points") + " with " + report.input_words + ": " +
                            by_stability(report.found.points) + "; q at most " + number(largest));
  const Index hits = std::ranges::count(report.found.ends.ending, Ending::fixed);
  results.summary.push_back(std::to_string(hits) + " of " + counted(seeds, "search", "searches") +
                            " ended at a fixed point" + (others.empty() ? "" : ", " + others));
}

void tell_slow(const Report& report, mrnn::AnalysisResults& results) {
  const Index ghosts = count_of(report.found.points, Kind::ghost), slow = count_of(report.found.points, Kind::slow);
  if (ghosts + slow == 0) return;
  double low = std::numeric_limits<double>::infinity(), high = 0.0;
  for (const Point& point : report.found.points) {
    if (point.at.kind == Kind::fixed) continue;
    const double speed = std::sqrt(2.0 * point.at.q) / report.terrain.dt();
    low = std::min(low, speed);
    high = std::max(high, speed);
  }
  std::vector<std::string> parts;
  if (ghosts > 0) parts.push_back(counted(ghosts, "ghost (local minimum of q)", "ghosts (local minima of q)"));
  if (slow > 0) parts.push_back(counted(slow, "slow point", "slow points"));
  results.summary.push_back(listed(parts) + ", with speeds from " + number(low) + " to " + number(high) + " per ms");
}

/// "2 grow without bound (beyond 1e6 times their first state after 300 to 420 ms)"
std::string growth_words(const Report& report) {
  Index count = 0, first = std::numeric_limits<Index>::max(), last = 0;
  for (const Followed& one : report.fates.followed) {
    if (one.fate != Fate::growth) continue;
    ++count;
    first = std::min(first, one.grown);
    last = std::max(last, one.grown);
  }
  std::ostringstream text;  // times in full, 21560 and not 2.16e+04
  text << std::setprecision(6) << count << " grow without bound (beyond 1e6 times their first state after "
       << static_cast<double>(first) * report.terrain.dt();
  if (last > first) text << " to " << static_cast<double>(last) * report.terrain.dt();
  text << " ms)";
  return text.str();
}

void tell_followed(const Report& report, mrnn::AnalysisResults& results) {
  if (report.fates.followed.empty()) return;
  std::map<Fate, Index> fates;
  for (const Followed& one : report.fates.followed) ++fates[one.fate];
  std::vector<std::string> parts;
  if (fates[Fate::cycle] > 0) {
    std::vector<std::string> periods;
    for (const double period : report.fates.periods) {
      std::ostringstream text;
      text << std::setprecision(5) << period * report.terrain.dt();
      periods.push_back(text.str());
    }
    parts.push_back(std::to_string(fates[Fate::cycle]) + " settle to a cycle, with a period of " + listed(periods) +
                    " ms");
  }
  if (fates[Fate::rest] > 0) parts.push_back(std::to_string(fates[Fate::rest]) + " come to rest");
  if (fates[Fate::growth] > 0) parts.push_back(growth_words(report));
  if (fates[Fate::other] > 0) parts.push_back(std::to_string(fates[Fate::other]) + " neither rest nor recur");
  results.summary.push_back("no stable fixed point, so activity was followed on from " +
                            counted(std::ssize(report.fates.followed), "seed", "seeds") + ": " + listed(parts));
}

void tell_cycles(const Report& report, mrnn::AnalysisResults& results) {
  if (!report.asked_for_cycles) return;
  std::map<std::size_t, std::pair<Index, Index>> found;  // all, stable
  for (const Cycle& cycle : report.found.cycles) {
    auto& [all, stable] = found[cycle.x.size()];
    ++all;
    if (std::abs(cycle.values(0)) < 1.0) ++stable;
  }
  std::vector<std::string> parts;
  for (const auto& [steps, counts] : found) {
    parts.push_back(counted(counts.first, "cycle", "cycles") + " of " + std::to_string(steps) + " steps (" +
                    std::to_string(counts.second) + " stable)");
  }
  results.summary.push_back(parts.empty() ? "no cycle found" : listed(parts));
}

}  // namespace

void add_summary(const Report& report, mrnn::AnalysisResults& results) {
  tell_fixed(report, results);
  tell_slow(report, results);
  const Index outliers = std::ranges::count_if(report.found.points, [](const Point& point) { return point.outlier; });
  if (outliers > 0) {
    results.summary.push_back(counted(outliers, "point lies", "points lie") +
                              " far outside the activity that was searched from (outlier)");
  }
  tell_cycles(report, results);
  tell_followed(report, results);
}

}  // namespace fixed_points
