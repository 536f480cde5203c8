// Fixed points, slow points and cycles of the network's dynamics, and their stability.

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/parallel.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "report.hpp"

namespace fixed_points {
namespace {

/// Numbers in the states of the seeds that are searched from together, 32 MB.
constexpr Index batch_numbers = 4'000'000;
/// Rounds of searches between fixed points, and points from which on they are not made: so many are a continuum, or
/// beyond counting.
constexpr Index most_rounds = 3, many_points = 100;
/// Adam's steps where Newton's method fails.
constexpr Index rescue_iterations = 500;
/// Points whose spectra are computed between two looks at the user's wish to stop.
constexpr Index points_at_once = 32;
/// A state is slow if, at its speed, the point that its search goes on to is more than so many of the longest
/// time constants of the units away.
constexpr double slow_journey = 10.0;
/// Seeds that are followed on where nothing is stable, and steps of the cycle that may be drawn.
constexpr Index most_followed = 8;
constexpr double most_orbit = 10'000.0;
constexpr double same_period = 0.01;

/// First step of activity that leaves a saddle, as a share of the seeds' mean distance from their centroid, and how
/// near to a point it rests where that is where it went.
constexpr double first_departure = 0.02, arrived = 1e-3;
/// Multiply-adds that following activity from the saddles may take.
constexpr double most_departure_work = 1e11;

enum class Method : std::uint8_t { newton, gradient, scyfi };

/// The keys of the search itself.
struct Options {
  Method method = Method::newton;
  SearchOptions search;
  StabilityOptions stability;
  double unique_distance = 1e-3;
  bool relative = false;  ///< is the distance counted in mean distances of the seeds from their centroid?
  bool between = true;
  std::vector<Index> periods;
  Index follow = 4000;
};

Method read_method(const mrnn::ConfigNode& config, const mrnn::Network& network, const mrnn::Selection& units) {
  const std::vector<std::string> accepted{"newton", "gradient", "scyfi"};
  const std::string method = config.choice("method", accepted, "newton");
  if (method == "scyfi" && !is_piecewise_linear(network, units.indices())) {
    config.fail("method", "scyfi needs units whose activation is relu or linear; newton works for all");
  }
  return method == "newton" ? Method::newton : method == "gradient" ? Method::gradient : Method::scyfi;
}

std::vector<Index> read_periods(const mrnn::ConfigNode& config, Method method) {
  std::vector<Index> periods;
  for (const double period : config.numbers("period", std::vector<double>{})) {
    if (method != Method::scyfi) config.fail("period", "needs method = \"scyfi\"");
    if (period < 2.0 || period != std::floor(period) || period > 1e6) {
      config.fail("period", "holds a number that is not 2, 3, 4, ... steps");
    }
    periods.push_back(static_cast<Index>(period));
  }
  return periods;
}

Options read_options(const mrnn::ConfigNode& config, const mrnn::Network& network, const mrnn::Selection& units) {
  Options options;
  options.method = read_method(config, network, units);
  options.periods = read_periods(config, options.method);
  options.search.tolerance = config.positive("tolerance", 1e-20);
  if (config.has("slow_tolerance")) {
    if (options.method == Method::scyfi) config.fail("slow_tolerance", "has no meaning for the exact solver");
    options.search.slow_tolerance = config.positive("slow_tolerance");
    if (options.search.slow_tolerance <= options.search.tolerance) {
      config.fail("slow_tolerance", "must be above tolerance");
    }
  }
  const Index iterations = options.method == Method::gradient ? 5000 : options.method == Method::scyfi ? 100 : 200;
  options.search.iterations = config.count_or("iterations", iterations);
  options.unique_distance = config.positive("unique_distance", 1e-3);
  options.relative =
      config.choice("unique_scale", std::vector<std::string>{"absolute", "relative"}, "absolute") == "relative";
  options.stability.dt = network.spec().dt;
  options.stability.marginal = config.within("marginal", 0.0, 0.1, 1e-6);
  options.stability.vectors = config.count_or("vectors", 4, 0);
  options.between = config.flag("between", options.method != Method::scyfi);
  if (options.between && options.method == Method::scyfi) {
    config.fail("between", "has no meaning for the exact solver, which does not start from states");
  }
  options.follow = config.count_or("follow", 4000, 0);
  return options;
}

/// Columns 0, 2, 4, ... and the last.
Eigen::MatrixXd every_other(const Eigen::MatrixXd& path) {
  Eigen::MatrixXd half(path.rows(), path.cols() / 2 + 1);
  for (Index k = 0; k + 1 < half.cols(); ++k) half.col(k) = path.col(2 * k);
  half.rightCols(1) = path.rightCols(1);
  return half;
}

/// One run of the analysis.
class Analysis {
 public:
  Analysis(const mrnn::AnalysisContext& context, const Options& options, const mrnn::Selection& units,
           const SeedChoice& seeds, const InputChoice& inputs)
      : context_(context), options_(options), report_{units, seeds.draw(context), {}, {}, {}, false, {}, {}, {}, ""} {
    report_.input_words = inputs.words();
    report_.dt = context.network().spec().dt;
    report_.asked_for_cycles = !options.periods.empty();
    for (const mrnn::Simulation* simulation : context.simulations()) {
      grounds_.push_back(
          std::make_unique<Ground>(context, *simulation, inputs.held(*simulation, context.simulation())));
    }
    starts_ = report_.seeds.states(units.indices(), Eigen::all);
    if (options_.relative && mean_distance(starts_) > 0.0) options_.unique_distance *= mean_distance(starts_);
  }

  Report run();

 private:
  /// Seeds of one simulation that see the same network, as many as are worked on together.
  struct Group {
    std::size_t simulation = 0;
    Index network = 0;
    std::vector<Index> seeds;
  };

  /// Arrivals of a search.
  struct Round {
    Index number = 0;
    std::vector<Index> seeds;  ///< whose moments the columns of the search have
  };

  std::vector<Group> groups() const;
  StepMap map_of(const Group& group, const std::vector<Index>& seeds) const;
  Search search(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts);
  void rescue(const StepMap& map, Search& found);
  void note_ends(const Group& group, const Search& found);
  void keep(const StepMap& map, Index network, const Round& round, const Search& found);
  bool search_between(const std::vector<Group>& groups, Index round);
  void find_points();
  void keep_cycles(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts);
  void look_closer(const Group& group);
  void look_closer(const StepMap& map, Index first, const std::vector<Point*>& points);
  void follow_on(const Group& group);
  void depart(const Group& group);
  bool is_slow(const Search& found, Index k) const;

  const mrnn::AnalysisContext& context_;
  Options options_;
  Report report_;
  std::vector<std::unique_ptr<Ground>> grounds_;  ///< one per simulation
  Eigen::MatrixXd starts_;                        ///< states of the chosen units [n x seeds]
  std::vector<Arrival> arrivals_;
  Index between_ = 0;  ///< searches from midpoints, which are half as many as seeds at most
  long done_ = 0, looked_at_ = 0;
  Tell tell_ = [this](long ended) { context_.advance(done_ += ended); };
};

std::vector<Analysis::Group> Analysis::groups() const {
  std::map<std::vector<double>, Index> networks;
  std::map<std::pair<std::size_t, Index>, std::vector<Index>> seeds;
  for (std::size_t k = 0; k < report_.seeds.moments.size(); ++k) {
    const Moment& at = report_.seeds.moments[k];
    const std::vector<double> key = circumstances(grounds_[at.simulation]->trials, at.trial, at.step);
    const Index network = networks.try_emplace(key, std::ssize(networks)).first->second;
    seeds[{at.simulation, network}].push_back(static_cast<Index>(k));
  }
  const Index most = std::max<Index>(1, batch_numbers / context_.network().units());
  std::vector<Group> groups;
  for (const auto& [key, all] : seeds) {
    for (Index first = 0; first < std::ssize(all); first += most) {
      const auto begin = all.begin() + first;
      groups.push_back({key.first, key.second, {begin, begin + std::min(most, std::ssize(all) - first)}});
    }
  }
  return groups;
}

StepMap Analysis::map_of(const Group& group, const std::vector<Index>& seeds) const {
  std::vector<Moment> moments;
  for (const Index seed : seeds) moments.push_back(report_.seeds.moments[static_cast<std::size_t>(seed)]);
  return {context_, *grounds_[group.simulation], report_.units, std::move(moments),
          report_.seeds.states(Eigen::all, seeds)};
}

Search Analysis::search(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts) {
  if (options_.method == Method::scyfi) {
    return Scyfi(map, options_.search, context_.seed(), group.seeds).fixed_points(starts, tell_);
  }
  SearchOptions newton_options = options_.search;
  if (options_.method == Method::gradient) {
    newton_options.iterations = SearchOptions{}.iterations;
    return newton(map, descend(map, starts, options_.search, tell_).x, newton_options, tell_);
  }
  Search found = newton(map, starts, newton_options, tell_);
  rescue(map, found);
  return found;
}

/// Where Newton's method fails, Adam's momentum may carry a state over the kinks of relu; then Newton's again.
void Analysis::rescue(const StepMap& map, Search& found) {
  std::vector<Index> failed;
  for (std::size_t k = 0; k < found.ending.size(); ++k) {
    if (found.ending[k] == Ending::stuck) failed.push_back(static_cast<Index>(k));
  }
  if (failed.empty()) return;
  SearchOptions rescue_options = options_.search;
  rescue_options.iterations = rescue_iterations;
  const Tell tell = [this](long /*ended*/) { context_.advance(done_); };
  const Eigen::MatrixXd starts = found.x(Eigen::all, failed);
  const StepMap part = map.part(failed);
  const Search again = newton(part, descend(part, starts, rescue_options, tell).x, options_.search, tell);
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
bool Analysis::is_slow(const Search& found, Index k) const {
  const double speed = std::sqrt(2.0 * found.slow_q(k));
  const double steps = (found.x.col(k) - found.slow_x.col(k)).norm() / speed;
  const double longest = context_.parameters().tau(report_.units.indices()).maxCoeff();
  return steps * report_.dt > slow_journey * longest;
}

void Analysis::note_ends(const Group& group, const Search& found) {
  for (std::size_t k = 0; k < group.seeds.size(); ++k) {
    const auto seed = static_cast<std::size_t>(group.seeds[k]);
    report_.ends.ending[seed] = found.ending[k];
    report_.ends.iterations[seed] = found.iterations[k];
    report_.ends.q(group.seeds[k]) = found.q(static_cast<Index>(k));
  }
}

void Analysis::keep(const StepMap& map, Index network, const Round& round, const Search& found) {
  const Eigen::MatrixXd outside = map.outside();
  for (std::size_t k = 0; k < round.seeds.size(); ++k) {
    const auto column = static_cast<Index>(k);
    Arrival arrival{round.seeds[k], round.number, Kind::fixed, found.q(column), network, found.x.col(column), {}};
    arrival.held.resize(context_.network().inputs() + map.size());
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
bool Analysis::search_between(const std::vector<Group>& groups, Index round) {
  const std::vector<Midpoint> middle =
      midpoints(report_.points, round - 1, options_.unique_distance, starts_.cols() / 2 - between_);
  between_ += std::ssize(middle);
  for (const Group& group : groups) {
    Round here{round, {}};
    std::vector<Index> columns;
    for (std::size_t k = 0; k < middle.size(); ++k) {
      if (!std::ranges::binary_search(group.seeds, middle[k].seed)) continue;
      here.seeds.push_back(middle[k].seed);
      columns.push_back(static_cast<Index>(k));
    }
    if (columns.empty()) continue;
    Eigen::MatrixXd starts(starts_.rows(), std::ssize(columns));
    for (Index k = 0; k < starts.cols(); ++k) {
      starts.col(k) = middle[static_cast<std::size_t>(columns[static_cast<std::size_t>(k)])].x;
    }
    const StepMap map = map_of(group, here.seeds);
    SearchOptions newton_options = options_.search;
    newton_options.iterations = SearchOptions{}.iterations;
    const Tell tell = [this](long /*ended*/) { context_.advance(done_); };
    keep(map, group.network, here, newton(map, starts, newton_options, tell));
  }
  return !middle.empty();
}

void Analysis::find_points() {
  std::vector<Index> point_of;
  report_.points = unique(arrivals_, options_.unique_distance, point_of);
  report_.ends.point.assign(static_cast<std::size_t>(starts_.cols()), -1);
  // Of a seed's two arrivals the first is where it ended, and counts.
  for (std::size_t a = arrivals_.size(); a-- > 0;) {
    if (arrivals_[a].round == 0) report_.ends.point[static_cast<std::size_t>(arrivals_[a].seed)] = point_of[a];
  }
}

void Analysis::keep_cycles(const StepMap& map, const Group& group, const Eigen::MatrixXd& starts) {
  const Scyfi solver(map, options_.search, context_.seed(), group.seeds);
  const Eigen::MatrixXd outside = map.outside();
  for (const Index period : options_.periods) {
    for (Cycle& cycle : solver.cycles(starts, period, options_.unique_distance, tell_)) {
      const Index moment = cycle.seed;
      cycle.seed = group.seeds[static_cast<std::size_t>(moment)];
      cycle.network = group.network;
      cycle.held.resize(context_.network().inputs() + map.size());
      cycle.held << map.input(moment), outside.col(moment);
      const bool known = std::ranges::any_of(report_.cycles, [&](const Cycle& other) {
        if (other.network != cycle.network || other.x.size() != cycle.x.size()) return false;
        const double apart = (other.held - cycle.held).squaredNorm();
        return std::ranges::any_of(other.x, [&](const Eigen::VectorXd& x) {
          return std::sqrt((x - cycle.x[0]).squaredNorm() + apart) <= options_.unique_distance;
        });
      });
      if (!known) report_.cycles.push_back(std::move(cycle));
    }
  }
}

/// The last digits, the spectrum and the activity of the points that seeds of this group led to.
void Analysis::look_closer(const Group& group) {
  std::vector<Point*> points;
  std::vector<Index> seeds;
  for (Point& point : report_.points) {
    if (!std::ranges::binary_search(group.seeds, point.at.seed)) continue;
    points.push_back(&point);
    seeds.push_back(point.at.seed);
  }
  if (points.empty()) return;
  const StepMap map = map_of(group, seeds);
  for (Index first = 0; first < std::ssize(points); first += points_at_once) {
    const auto begin = points.begin() + first;
    look_closer(map, first, {begin, begin + std::min(points_at_once, std::ssize(points) - first)});
  }
}

void Analysis::look_closer(const StepMap& map, Index first, const std::vector<Point*>& points) {
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
  q = 0.5 * map.change(x, which).colwise().squaredNorm().transpose();
  const std::vector<mrnn::Linearisation> jacobians = map.linearisations(x, which);
  mrnn::parallel_for(x.cols(), map.threads(), [&](Index k) {
    points[static_cast<std::size_t>(k)]->stability =
        stability(jacobians[static_cast<std::size_t>(k)], options_.stability);
  });
  const std::vector<Index> others = report_.units.complement(context_.network().units()).indices();
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
  context_.advance(done_ + std::ssize(report_.ends.ending) * looked_at_ / std::ssize(report_.points));
}

/// Where activity goes from the saddles of this group along their unstable modes: the skeleton of the flow.
void Analysis::depart(const Group& group) {
  const double first = first_departure * mean_distance(starts_);
  std::vector<std::pair<Point*, Departure>> all;
  std::vector<Index> seeds;
  for (Point& point : report_.points) {
    if (point.at.kind != Kind::fixed || !std::ranges::binary_search(group.seeds, point.at.seed)) continue;
    for (Index mode = 0; mode < std::min(point.stability.unstable, point.stability.right.cols()); ++mode) {
      for (const double side : {1.0, -1.0}) {
        const Eigen::VectorXd start = point.at.x + side * first * point.stability.right.col(mode).real();
        all.push_back({&point, {mode, side, start, -1}});
        seeds.push_back(point.at.seed);
      }
    }
  }
  const double units = static_cast<double>(context_.network().units());
  if (all.empty() || units * units * static_cast<double>(all.size() * options_.follow) > most_departure_work) return;
  Eigen::MatrixXd starts(starts_.rows(), std::ssize(all));
  for (Index k = 0; k < starts.cols(); ++k) starts.col(k) = all[static_cast<std::size_t>(k)].second.path;
  std::vector<Index> which(all.size());
  std::iota(which.begin(), which.end(), Index{0});
  const Tell tell = [this](long /*ended*/) { context_.advance(done_ + std::ssize(report_.ends.ending)); };
  std::vector<Eigen::MatrixXd> paths = fixed_points::paths(map_of(group, seeds), starts, which, options_.follow, tell);
  for (std::size_t k = 0; k < all.size(); ++k) {
    auto& [point, departure] = all[k];
    const Eigen::VectorXd end = paths[k].rightCols(1);
    const bool flips = point->stability.values(departure.mode).real() < 0.0;  // from one side to the other and back
    departure.path = flips ? every_other(paths[k]) : std::move(paths[k]);
    for (std::size_t p = 0; p < report_.points.size(); ++p) {
      const Arrival& other = report_.points[p].at;
      const bool same = other.network == point->at.network &&
                        (other.held - point->at.held).norm() <= options_.unique_distance &&
                        (other.x - end).norm() <= std::max(arrived * mean_distance(starts_), options_.unique_distance);
      if (same && other.kind == Kind::fixed) departure.to = static_cast<Index>(p);
    }
    point->departures.push_back(std::move(departure));
  }
}

/// Where the activity of some seeds goes, for want of a stable fixed point.
void Analysis::follow_on(const Group& group) {
  const Index every = std::max<Index>(1, std::ssize(report_.ends.ending) / most_followed);
  std::vector<Index> seeds;
  for (const Index seed : group.seeds) {
    if (seed % every == 0 && seed / every < most_followed) seeds.push_back(seed);
  }
  if (seeds.empty()) return;
  const StepMap map = map_of(group, seeds);
  std::vector<Index> which(seeds.size());
  for (std::size_t k = 0; k < which.size(); ++k) which[k] = static_cast<Index>(k);
  for (Followed& one : follow(map, starts_(Eigen::all, seeds), which, options_.follow, tell_)) {
    const Index moment = one.seed;
    const auto known = [&](double period) { return std::abs(period - one.period) <= same_period * one.period; };
    if (one.fate == Fate::cycle && one.period <= most_orbit && std::ranges::none_of(report_.periods, known)) {
      report_.periods.push_back(one.period);
      report_.orbits.push_back(orbit(map, one, moment));
    }
    one.seed = seeds[static_cast<std::size_t>(moment)];
    report_.followed.push_back(std::move(one));
  }
}

Report Analysis::run() {
  const Index count = starts_.cols();
  context_.expect(count * static_cast<long>(2 + options_.periods.size()));
  report_.ends.ending.resize(static_cast<std::size_t>(count));
  report_.ends.iterations.resize(static_cast<std::size_t>(count));
  report_.ends.q.resize(count);
  const std::vector<Group> groups = this->groups();
  for (const Group& group : groups) {
    const StepMap map = map_of(group, group.seeds);
    const Eigen::MatrixXd starts = starts_(Eigen::all, group.seeds);
    const Search found = search(map, group, starts);
    note_ends(group, found);
    keep(map, group.network, {0, group.seeds}, found);
    if (report_.asked_for_cycles) keep_cycles(map, group, starts);
  }
  find_points();
  for (Index round = 1; options_.between && round <= most_rounds && std::ssize(report_.points) <= many_points;
       ++round) {
    if (!search_between(groups, round)) break;
    find_points();
  }
  arrivals_.clear();
  for (const Group& group : groups) look_closer(group);
  for (const Group& group : groups) {
    if (std::ssize(report_.points) <= many_points && options_.follow > 1) depart(group);
  }
  flag_outliers(starts_, report_.points);
  const bool rests = std::ranges::any_of(
      report_.points, [](const Point& point) { return point.at.kind == Kind::fixed && point.stability.unstable == 0; });
  if (!rests && options_.follow > 1) {
    for (const Group& group : groups) follow_on(group);
  }
  return std::move(report_);
}

class FixedPoints final : public mrnn::Analysis {
 public:
  FixedPoints(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : units_(mrnn::read_selection(config, "regions", network)),
        seeds_(config, network, units_),
        inputs_(config, network),
        options_(read_options(config, network, units_)),
        rate_(network.spec().dynamics == mrnn::Dynamics::rate) {}

  mrnn::Record needs() const override {
    mrnn::Record record;
    (rate_ ? record.h : record.x) = true;
    return record;
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const Report report = fixed_points::Analysis(context, options_, units_, seeds_, inputs_).run();
    add_arrays(context, report, results);
    add_summary(report, results);
    results.figures.push_back(draw(context, report));
  }

 private:
  mrnn::Selection units_;
  SeedChoice seeds_;
  InputChoice inputs_;
  Options options_;
  bool rate_;  ///< is the state h (rate dynamics), not x?
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "fixed_points",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<FixedPoints>(config, network);
      },
      "fixed points, slow points and cycles of the dynamics, and their stability",
      "regions                    selectors of the units searched in; default: all\n"
      "seeds = 1024               states of the simulations that are searched from\n"
      "noise_scale = 0            standard deviation of what is added to them\n"
      "start = 0, stop            ms; only states of these times\n"
      "input = \"step\"             held: step (of the seed) | zero | numbers | { trial = 0, time = 200.0 }\n"
      "others = \"frozen\"          units outside regions: frozen (as in the seed) | mean | zero\n"
      "method = \"newton\"          newton | gradient | scyfi (exact, for relu and linear units)\n"
      "period                     steps of cycles that scyfi looks for too\n"
      "tolerance = 1e-20          on q = 1/2 |x - F(x)|^2\n"
      "slow_tolerance             on q of slow points; default: none are kept\n"
      "iterations = 200           of each search (gradient: 5000, scyfi: 100)\n"
      "unique_distance = 1e-3     nearer points are one\n"
      "unique_scale = \"absolute\"  absolute | relative (to the seeds' mean distance from their centroid)\n"
      "between = true             search on from midpoints between the fixed points found\n"
      "marginal = 1e-6            of the magnitude of an eigenvalue from 1\n"
      "vectors = 4                leading modes whose eigenvectors are stored\n"
      "follow = 4000              steps activity is followed for where no point is stable");
}

}  // namespace
}  // namespace fixed_points

MRNN_PLUGIN("fixed_points", "1.0", fixed_points::attach)
