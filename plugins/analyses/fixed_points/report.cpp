#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace fixed_points {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Arrays with one row per point (seed, cycle).
class Rows {
 public:
  Rows(std::string axis, Index count, mrnn::AnalysisResults& results)
      : axis_(std::move(axis)), count_(count), results_(results) {}

  struct Meaning {
    std::string name, units, description;
  };
  void numbers(const Meaning& meaning, const std::function<double(std::size_t)>& value) {
    mrnn::NamedArray array{meaning.name, {count_}, {}, meaning.units, {axis_}, meaning.description};
    for (std::size_t k = 0; k < static_cast<std::size_t>(count_); ++k) array.values.push_back(value(k));
    results_.add(std::move(array));
  }
  /// Rows shorter than `length` are filled up with NaN.
  void vectors(const Meaning& meaning, const std::string& along, Index length,
               const std::function<Eigen::VectorXd(std::size_t)>& values) {
    mrnn::NamedArray array{meaning.name, {count_, length}, {}, meaning.units, {axis_, along}, meaning.description};
    for (std::size_t k = 0; k < static_cast<std::size_t>(count_); ++k) {
      const Eigen::VectorXd row = values(k);
      array.values.insert(array.values.end(), row.begin(), row.end());
      array.values.resize((k + 1) * static_cast<std::size_t>(length), nan);
    }
    results_.add(std::move(array));
  }
  /// (point, mode, unit), real and imaginary part.
  void modes(const std::string& name, const std::string& description, Index count, Index units,
             const std::function<const Eigen::MatrixXcd&(std::size_t)>& vectors) {
    for (const bool real : {true, false}) {
      mrnn::NamedArray array{name + (real ? "_real" : "_imag"),
                             {count_, count, units},
                             {},
                             "1",
                             {axis_, "mode", "unit"},
                             description + (real ? ", real part" : ", imaginary part")};
      for (std::size_t k = 0; k < static_cast<std::size_t>(count_); ++k) {
        for (const std::complex<double>& entry : vectors(k).reshaped()) {
          array.values.push_back(real ? entry.real() : entry.imag());
        }
      }
      results_.add(std::move(array));
    }
  }

 private:
  std::string axis_;
  Index count_;
  mrnn::AnalysisResults& results_;
};

double flag(bool value) {
  return value ? 1.0 : 0.0;
}

Index most_values(const std::vector<Point>& points) {
  Index most = 0;
  for (const Point& point : points) most = std::max(most, point.stability.values.size());
  return most;
}

void add_states(const Report& report, Rows& rows) {
  const std::vector<Point>& points = report.found.points;
  const Index n = report.terrain.units().size();
  rows.vectors({"x", "a.u.", "pre-activation at each point"}, "unit", n,
               [&](std::size_t p) { return points[p].pre_activation; });
  rows.vectors({"h", "a.u.", "activity at each point"}, "unit", n, [&](std::size_t p) { return points[p].activity; });
  rows.numbers({"q", "a.u.", "1/2 |F(x) - x|^2 at the point as stored"}, [&](std::size_t p) { return points[p].at.q; });
  rows.numbers({"speed", "1/ms", "|F(x) - x| / dt"},
               [&](std::size_t p) { return std::sqrt(2.0 * points[p].at.q) / report.terrain.dt(); });
  rows.vectors({"input", "a.u.", "input that is held"}, "channel", report.terrain.network().inputs(),
               [&](std::size_t p) { return points[p].input; });
  rows.numbers({"outlier", "1", "1 where the point is further from the seeds' centroid than ten times their mean"},
               [&](std::size_t p) { return flag(points[p].outlier); });
  rows.numbers({"found", "1", "seeds that led to the point; 0: found between other points"},
               [&](std::size_t p) { return static_cast<double>(points[p].found); });
  const auto moment = [&](std::size_t p) {
    return report.terrain.seeds().moments[static_cast<std::size_t>(points[p].at.seed)];
  };
  rows.numbers({"seed", "1", "seed that led closest to the point"},
               [&](std::size_t p) { return static_cast<double>(points[p].at.seed); });
  rows.numbers({"trial", "1", "trial of that seed"},
               [&](std::size_t p) { return static_cast<double>(moment(p).trial); });
  rows.numbers({"step", "1", "step of that seed, whose interventions are held"},
               [&](std::size_t p) { return static_cast<double>(moment(p).step); });
  const Index others = report.terrain.network().units() - n;
  if (others == 0) return;
  rows.vectors({"held", "a.u.", "states of the units that are not searched in"}, "held_unit", others,
               [&](std::size_t p) { return points[p].others; });
}

void add_departures(const std::vector<Point>& points, Index modes, mrnn::AnalysisResults& results) {
  if (std::ranges::all_of(points, [](const Point& point) { return point.departures.empty(); })) return;
  mrnn::NamedArray array{"leads_to",
                         {std::ssize(points), modes, 2},
                         {},
                         "1",
                         {"point", "mode", "side"},
                         "point where activity rests that leaves along (0) and against (1) an unstable mode; -1: at "
                         "none; NaN: not followed"};
  array.values.assign(points.size() * static_cast<std::size_t>(2 * modes), nan);
  for (std::size_t p = 0; p < points.size(); ++p) {
    for (const Departure& departure : points[p].departures) {
      const auto row = p * static_cast<std::size_t>(modes) + static_cast<std::size_t>(departure.mode);
      array.values[2 * row + (departure.side > 0.0 ? 0 : 1)] = static_cast<double>(departure.to);
    }
  }
  results.add(std::move(array));
}

void add_spectra(const Report& report, Rows& rows, mrnn::AnalysisResults& results) {
  const std::vector<Point>& points = report.found.points;
  const Index n = report.terrain.units().size(), values = most_values(points);
  const auto spectrum = [&](std::size_t p) -> const Stability& { return points[p].stability; };
  rows.numbers({"unstable_modes", "1", "eigenvalues of magnitude above 1"},
               [&](std::size_t p) { return static_cast<double>(spectrum(p).unstable); });
  rows.numbers({"marginal_modes", "1", "eigenvalues of magnitude 1, within `marginal`"},
               [&](std::size_t p) { return static_cast<double>(spectrum(p).marginal); });
  rows.numbers({"stable", "1", "1 where all modes decay, else 0"},
               [&](std::size_t p) { return flag(spectrum(p).stable()); });
  rows.vectors({"eigenvalues_real", "1", "eigenvalues of J, largest magnitude first, real part"}, "eigenvalue", values,
               [&](std::size_t p) { return Eigen::VectorXd(spectrum(p).values.real()); });
  rows.vectors({"eigenvalues_imag", "1", "eigenvalues of J, largest magnitude first, imaginary part"}, "eigenvalue",
               values, [&](std::size_t p) { return Eigen::VectorXd(spectrum(p).values.imag()); });
  rows.vectors({"time_constants", "ms", "time in which a mode decays or grows by e"}, "eigenvalue", values,
               [&](std::size_t p) { return spectrum(p).time_constants; });
  rows.vectors({"frequencies", "Hz", "frequency at which a mode turns"}, "eigenvalue", values,
               [&](std::size_t p) { return spectrum(p).frequencies; });
  rows.numbers({"line_score", "1", "log2 of the longest time constant over the next"},
               [&](std::size_t p) { return spectrum(p).line_score; });
  rows.vectors({"selection_vectors", "1", "left eigenvector of the slowest mode, real part"}, "unit", n,
               [&](std::size_t p) { return Eigen::VectorXd(spectrum(p).selection.real()); });
  rows.vectors({"selection_vectors_imag", "1", "left eigenvector of the slowest mode, imaginary part"}, "unit", n,
               [&](std::size_t p) { return Eigen::VectorXd(spectrum(p).selection.imag()); });
  rows.vectors({"selection_input", "1", "how far one step of each input moves the state along the slowest mode"},
               "channel", report.terrain.network().inputs(), [&](std::size_t p) { return points[p].input_gain; });
  const Index modes = points.empty() ? 0 : points.front().stability.right.cols();
  add_departures(points, modes, results);
  rows.modes("right", "right eigenvectors of the leading modes, of length 1", modes, n,
             [&](std::size_t p) -> const Eigen::MatrixXcd& { return spectrum(p).right; });
  rows.modes("left", "left eigenvectors, l_i^T r_j = delta_ij; NaN where an eigenvalue is defective", modes, n,
             [&](std::size_t p) -> const Eigen::MatrixXcd& { return spectrum(p).left; });
}

void add_seeds(const Report& report, mrnn::AnalysisResults& results) {
  const Index count = report.terrain.seeds().states.cols();
  Rows rows("seed", count, results);
  const std::vector<Index> units = report.terrain.units().indices();
  rows.vectors(
      {"seeds", "a.u.", "states that were searched from"}, "unit", report.terrain.units().size(),
      [&](std::size_t k) { return Eigen::VectorXd(report.terrain.seeds().states.col(static_cast<Index>(k))(units)); });
  rows.numbers({"seed_point", "1", "point that each seed led to; -1: none"},
               [&](std::size_t k) { return static_cast<double>(report.found.ends.point[k]); });
  rows.numbers({"seed_q", "a.u.", "q where the search ended"},
               [&](std::size_t k) { return report.found.ends.q(static_cast<Index>(k)); });
  rows.numbers({"iterations", "1", "of the search from each seed"},
               [&](std::size_t k) { return static_cast<double>(report.found.ends.iterations[k]); });
  rows.numbers({"seed_trial", "1", "trial of each seed"},
               [&](std::size_t k) { return static_cast<double>(report.terrain.seeds().moments[k].trial); });
  rows.numbers({"seed_step", "1", "step of each seed: it is the state before it"},
               [&](std::size_t k) { return static_cast<double>(report.terrain.seeds().moments[k].step); });
  mrnn::NamedTexts names{"seed_simulation", {}, "simulation of each seed", "seed"};
  for (Index seed = 0; seed < count; ++seed) names.values.push_back(report.terrain.simulation_of(seed).name);
  results.texts.push_back(std::move(names));
}

void add_cycles(const Report& report, mrnn::AnalysisResults& results) {
  const std::vector<Cycle>& cycles = report.found.cycles;
  std::size_t longest = 0;
  for (const Cycle& cycle : cycles) longest = std::max(longest, cycle.x.size());
  const Index n = report.terrain.units().size();
  Rows rows("cycle", std::ssize(cycles), results);
  rows.numbers({"cycle_steps", "1", "steps of each cycle"},
               [&](std::size_t c) { return static_cast<double>(cycles[c].x.size()); });
  rows.numbers({"cycle_q", "a.u.", "1/2 |F(...F(x)) - x|^2"}, [&](std::size_t c) { return cycles[c].q; });
  rows.numbers({"cycle_unstable_modes", "1", "eigenvalues of magnitude above 1 of the product of the Jacobians"},
               [&](std::size_t c) { return static_cast<double>((cycles[c].values.cwiseAbs().array() > 1.0).count()); });
  rows.vectors({"cycle_eigenvalues_real", "1", "eigenvalues of the product of the Jacobians, real part"}, "eigenvalue",
               n, [&](std::size_t c) { return Eigen::VectorXd(cycles[c].values.real()); });
  rows.vectors({"cycle_eigenvalues_imag", "1", "the same, imaginary part"}, "eigenvalue", n,
               [&](std::size_t c) { return Eigen::VectorXd(cycles[c].values.imag()); });
  mrnn::NamedArray states{"cycle_states",
                          {std::ssize(cycles), static_cast<Index>(longest), n},
                          {},
                          "a.u.",
                          {"cycle", "step", "unit"},
                          "states of each cycle; NaN after its last step"};
  for (const Cycle& cycle : cycles) {
    for (std::size_t step = 0; step < longest; ++step) {
      const Eigen::VectorXd x = step < cycle.x.size() ? cycle.x[step] : Eigen::VectorXd::Constant(n, nan);
      states.values.insert(states.values.end(), x.begin(), x.end());
    }
  }
  results.add(std::move(states));
}

void add_followed(const Report& report, mrnn::AnalysisResults& results) {
  Rows rows("followed", std::ssize(report.fates.followed), results);
  rows.numbers({"followed_seed", "1", "seeds whose activity was followed on"},
               [&](std::size_t k) { return static_cast<double>(report.fates.followed[k].seed); });
  rows.numbers({"followed_period", "ms", "period of the cycle it settled to; 0: it came to rest; NaN: neither"},
               [&](std::size_t k) {
                 const Followed& one = report.fates.followed[k];
                 return one.fate == Fate::cycle ? one.period * report.terrain.dt() : one.fate == Fate::rest ? 0.0 : nan;
               });
  rows.numbers({"followed_growth", "ms", "time after which it was beyond 1e6 times its first state; NaN: it was not"},
               [&](std::size_t k) {
                 const Followed& one = report.fates.followed[k];
                 return one.fate == Fate::growth ? static_cast<double>(one.grown) * report.terrain.dt() : nan;
               });
}

std::string kind_words(const Point& point) {
  if (point.at.kind == Kind::ghost) return "ghost";
  if (point.at.kind == Kind::slow) return "slow point";
  if (point.stability.stable()) return "stable";
  if (point.stability.unstable == 0) return "marginal";
  return point.stability.unstable == point.at.x.size() ? "unstable" : "saddle";
}

}  // namespace

void add_arrays(const Report& report, mrnn::AnalysisResults& results) {
  Rows rows("point", std::ssize(report.found.points), results);
  add_states(report, rows);
  add_spectra(report, rows, results);
  add_seeds(report, results);
  if (report.asked_for_cycles) add_cycles(report, results);
  if (!report.fates.followed.empty()) add_followed(report, results);
  const auto add_units = [&](const std::string& name, const std::string& axis, const mrnn::Selection& units) {
    mrnn::NamedArray array{name, {units.size()}, {}, "1", {axis}, "their numbers within the network"};
    for (const Index unit : units.indices()) array.values.push_back(static_cast<double>(unit));
    results.add(std::move(array));
  };
  add_units("units", "unit", report.terrain.units());
  const mrnn::Selection others = report.terrain.units().complement(report.terrain.network().units());
  if (!others.empty()) add_units("held_units", "held_unit", others);
  mrnn::NamedTexts kinds{"kind", {}, "stable, saddle, unstable, marginal; ghost, slow point", "point"};
  mrnn::NamedTexts names{"simulation", {}, "simulation of each point's seed", "point"};
  for (const Point& point : report.found.points) {
    kinds.values.push_back(kind_words(point));
    names.values.push_back(report.terrain.simulation_of(point.at.seed).name);
  }
  results.texts.push_back(std::move(kinds));
  results.texts.push_back(std::move(names));
}

}  // namespace fixed_points
