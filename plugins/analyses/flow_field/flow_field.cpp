// The flow of the network's state in a plane through its activity.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "field.hpp"
#include "field_report.hpp"
#include "fixed.hpp"
#include "grid.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/samples.hpp"
#include "mrnn/selectors.hpp"
#include "plane.hpp"
#include "step_map.hpp"

namespace {

using mrnn::Index;

/// Principal components are taken from at most this many states where there are more units than that too: their
/// product matrices would not fit otherwise.
constexpr Index most_samples = 2000;
/// A search for a fixed point takes as long as so many points of a grid, for the progress bar.
constexpr Index search_parts = 50;

/// The state that is carried: h for rate dynamics, else x. The other is a function of it that need not be
/// invertible, so a point of a plane of h would not be a state.
mrnn::Quantity read_quantity(const mrnn::ConfigNode& config, const mrnn::Network& network) {
  const bool rate = network.spec().dynamics == mrnn::Dynamics::rate;
  const std::string state = rate ? "h" : "x";
  const std::vector<std::string> accepted{"x", "h"};
  if (config.choice("quantity", accepted, state) != state) {
    const bool elman = network.spec().dynamics == mrnn::Dynamics::elman;
    config.fail("quantity", "must be \"" + state + "\", the state that these dynamics carry from step to step" +
                                (elman ? "; dynamics = \"rate\" with tau = dt are the same network, and carry h"
                                       : ": the other quantity does not determine it, so a grid of it has no flow"));
  }
  return rate ? mrnn::Quantity::h : mrnn::Quantity::x;
}

std::vector<Index> read_trials(const mrnn::ConfigNode& config) {
  std::vector<Index> trials;
  if (!config.has("trials")) return trials;
  for (const double number : config.numbers("trials")) {
    if (number < 0.0 || number != std::floor(number) || number > 1e15) {
      config.fail("trials", "holds a number that is not 0, 1, 2, ...");
    }
    trials.push_back(static_cast<Index>(number));
  }
  if (trials.empty()) config.fail("trials", "is an empty list; leave it out for all trials");
  return trials;
}

/// A set of units whose flow is looked at in a plane of its own.
struct Part {
  std::string name;  ///< as in `regions`; empty: all of them together
  flow_field::FieldRequest request;
  flow_field::PlaneChoice plane;
};

/// v(g) = A^T (F(m + A g) - (m + A g)) / dt on a grid of points g.
class FlowField final : public mrnn::Analysis {
 public:
  FlowField(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        dt_(network.spec().dt),
        quantity_(read_quantity(config, network)),
        trials_(read_trials(config)),
        grid_(config),
        steps_(config, dt_),
        trial_(config.count_or("trial", 0, 0)),
        search_(config.flag("fixed_points", false)),
        fixed_points_of_(config.text("fixed_points_of", "")) {
    read_parts(config, network);
    const std::vector<std::string> draws{"arrows", "streamlines", "both"};
    const std::string draw = config.choice("draw", draws, "arrows");
    drawing_.draw = draw == "both"          ? flow_field::Draw::both
                    : draw == "streamlines" ? flow_field::Draw::streamlines
                                            : flow_field::Draw::arrows;
    drawing_.animate = config.flag("animate", false);
    drawing_.follows = grid_.follows();
    drawing_.trial = trial_;
    mrnn::expect_one_simulation(config, "a flow field is that of one simulation");
    if (search_ && !fixed_points_of_.empty()) {
      config.fail("fixed_points_of", "cannot be given together with fixed_points, which searches for them here");
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    (quantity_ == mrnn::Quantity::x ? record.x : record.h) = true;
    return record;
  }

  std::vector<mrnn::EarlierAnalysis> earlier_analyses() const override {
    if (fixed_points_of_.empty()) return {};
    return {{"fixed_points_of", fixed_points_of_, "fixed_points"}};
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    chosen_trials(*planned.front());
    steps_.choose(*planned.front(), trial_);
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const std::vector<Index> steps = steps_.choose(context.simulation(), trial_);
    Work work{context};
    context.expect(std::ssize(parts_) * std::ssize(steps) *
                   (grid_.points() * grid_.points() + (search_ ? flow_field::most_seeds * search_parts : 0)));
    for (const Part& part : parts_) {
      mrnn::AnalysisResults own;
      run_part(context, part, steps, work, own);
      const std::string folder = part.name.empty() ? "" : part.name + "/";
      for (mrnn::NamedArray& array : own.arrays) {
        array.name = folder + array.name;
        results.add(std::move(array));
      }
      for (const std::string& line : own.summary) {
        results.summary.push_back(part.name.empty() ? line : part.name + ", " + line);
      }
      std::ranges::move(own.figures, std::back_inserter(results.figures));
    }
  }

 private:
  /// Progress: how many parts are done.
  struct Work {
    const mrnn::AnalysisContext& context;
    long done = 0;
    void add(Index parts) { context.advance(done += parts); }
  };

  void read_parts(const mrnn::ConfigNode& config, const mrnn::Network& network) {
    flow_field::FieldRequest request;
    request.trial = trial_;
    if (config.flag("cancel_other_regions", false)) request.others = flow_field::Others::zero;
    if (config.flag("linearize", false)) request.map = flow_field::Map::linearised;
    const mrnn::Selection all = mrnn::read_selection(config, "regions", network);
    if (!config.flag("separate", false)) {
      request.units = all;
      parts_.push_back({"", request, {config, all.size()}});
      return;
    }
    std::vector<std::string> names = mrnn::read_selectors(config, "regions", network);
    if (names.empty()) {
      for (const mrnn::RegionLayout& region : network.regions()) names.push_back(region.name);
    }
    for (const char* key : {"axis_x", "axis_y"}) {
      if (config.has(key))
        config.fail(key, "cannot be given together with separate, where each region has a plane of its own");
    }
    for (const std::string& name : names) {
      request.units = network.select(name);
      if (request.units.size() < 2) {
        config.fail("regions", "\"" + name + "\" has " + std::to_string(request.units.size()) +
                                   " unit; a plane needs two at least");
      }
      parts_.push_back({name, request, {config, request.units.size()}});
    }
  }

  void run_part(const mrnn::AnalysisContext& context, const Part& part, const std::vector<Index>& steps, Work& work,
                mrnn::AnalysisResults& results) const {
    const mrnn::Simulation& simulation = context.simulation();
    const std::vector<Index> trials = chosen_trials(simulation);
    const auto shown = static_cast<std::size_t>(std::ranges::find(trials, trial_) - trials.begin());
    mrnn::Sequence activity = chosen_activity(simulation, part.request.units, trials);
    const std::vector<Index> known = recorded_steps(simulation, trials);
    const flow_field::Plane plane = make_plane(part, activity, known);
    const mrnn::Sequence trajectories = project(std::move(activity), plane, known);
    const Eigen::MatrixXd path = path_of(trajectories, static_cast<Index>(shown), known[shown]);

    flow_field::StepMap map(context, part.request);
    std::vector<flow_field::Field> fields;
    for (const Index step : steps) {
      flow_field::Field field;
      field.step = step;
      field.current = plane.axes.transpose() * (state_of_trial(context, part, step) - plane.mean);
      field.grid = grid_.make(path, field.current);
      flow_field::compute(map, plane, dt_, field, [&](Index points) { work.add(points); });
      fields.push_back(std::move(field));
    }
    flow_field::Report report{plane,
                              fields,
                              trajectories,
                              simulation.steps,
                              shown,
                              dt_,
                              axis_label(part, plane, 0),
                              axis_label(part, plane, 1)};
    if (search_ || !fixed_points_of_.empty()) {
      report.fixed_points = fixed_points(context, part, plane, fields, map, work);
    }
    flow_field::add_arrays(report, results);
    add_trials(trials, results);
    add_summary(report, simulation.name, results);
    flow_field::Drawing drawing = drawing_;
    drawing.of = part.name;
    flow_field::add_figures(report, drawing, results);
  }

  static Eigen::VectorXd state_of_trial(const mrnn::AnalysisContext& context, const Part& part, Index step) {
    return part.request.units.rows_of(
        context.simulation().state(context.network(), context.parameters(), part.request.trial, step - 1));
  }

  std::vector<flow_field::FixedPoint> fixed_points(const mrnn::AnalysisContext& context, const Part& part,
                                                   const flow_field::Plane& plane,
                                                   const std::vector<flow_field::Field>& fields,
                                                   flow_field::StepMap& map, Work& work) const {
    std::vector<flow_field::FixedPoint> all;
    for (const flow_field::Field& field : fields) {
      Index searched = 0;
      const auto done = [&] {
        ++searched;
        work.add(search_parts);
      };
      const std::vector<flow_field::FixedPoint> points =
          search_ ? flow_field::find_fixed_points(map, plane, field, done)
                  : flow_field::take_fixed_points(context, part.request, fixed_points_of_, field.step);
      if (search_) work.add((flow_field::most_seeds - searched) * search_parts);
      all.insert(all.end(), points.begin(), points.end());
    }
    return all;
  }

  /// Those of the plane, the one shown among them.
  std::vector<Index> chosen_trials(const mrnn::Simulation& simulation) const {
    std::vector<Index> trials = trials_;
    const auto check = [&](const char* key, Index trial) {
      if (trial < simulation.trials.count) return;
      config_.fail(key, "names trial " + std::to_string(trial) + "; simulation \"" + simulation.name +
                            "\" has trials 0 to " + std::to_string(simulation.trials.count - 1));
    };
    for (const Index trial : trials) check("trials", trial);
    check("trial", trial_);
    if (trials.empty()) {
      trials.resize(static_cast<std::size_t>(simulation.trials.count));
      std::iota(trials.begin(), trials.end(), Index{0});
    }
    if (std::ranges::find(trials, trial_) == trials.end()) trials.push_back(trial_);
    return trials;
  }

  /// [units x chosen trials] per step.
  mrnn::Sequence chosen_activity(const mrnn::Simulation& simulation, const mrnn::Selection& units,
                                 const std::vector<Index>& trials) const {
    mrnn::Sequence all = simulation.activity(quantity_, units);
    if (trials_.empty()) return all;
    mrnn::Sequence chosen(all.units, std::ssize(trials), all.steps);
    for (Index step = 0; step < all.steps; ++step) chosen.at(step) = all.at(step)(Eigen::all, trials);
    return chosen;
  }

  /// How many steps were recorded of each trial, up to its own end.
  static std::vector<Index> recorded_steps(const mrnn::Simulation& simulation, const std::vector<Index>& trials) {
    std::vector<Index> steps;
    for (const Index trial : trials) steps.push_back(simulation.recorded(trial).size());
    return steps;
  }

  /// Columns of the states of all trials, step by step, that were recorded.
  static std::vector<Index> recorded_columns(const mrnn::Sequence& activity, const std::vector<Index>& known) {
    std::vector<Index> columns;
    for (Index column = 0; column < activity.trials * activity.steps; ++column) {
      const auto trial = static_cast<std::size_t>(column % activity.trials);
      if (column / activity.trials < known[trial]) columns.push_back(column);
    }
    return columns;
  }

  /// Leaves the activity centred: subtracting the mean from a copy would take as much memory again.
  static flow_field::Plane make_plane(const Part& part, mrnn::Sequence& activity, const std::vector<Index>& known) {
    Eigen::Map<Eigen::MatrixXd> states(activity.data.data(), activity.units, activity.trials * activity.steps);
    std::vector<Index> columns = recorded_columns(activity, known);
    const bool all = std::ssize(columns) == states.cols();
    const Eigen::VectorXd mean =
        all ? states.rowwise().mean().eval() : states(Eigen::all, columns).rowwise().mean().eval();
    states.colwise() -= mean;
    const bool many = activity.units > most_samples && std::ssize(columns) > most_samples;
    if (all && !many) return part.plane.make(states, mean);
    if (many) {
      std::vector<Index> samples = mrnn::spread_samples(std::ssize(columns), most_samples);
      for (Index& sample : samples) sample = columns[static_cast<std::size_t>(sample)];
      columns = std::move(samples);
    }
    const Eigen::MatrixXd samples = states(Eigen::all, columns);
    return part.plane.make(samples, mean);
  }

  /// Centred activity in the plane; NaN after the end of a trial.
  static mrnn::Sequence project(const mrnn::Sequence& centred, const flow_field::Plane& plane,
                                const std::vector<Index>& known) {
    mrnn::Sequence projected(2, centred.trials, centred.steps);
    for (Index step = 0; step < centred.steps; ++step) {
      projected.at(step) = plane.axes.transpose() * centred.at(step);
      for (Index trial = 0; trial < centred.trials; ++trial) {
        if (step < known[static_cast<std::size_t>(trial)]) continue;
        projected.at(step).col(trial).setConstant(std::numeric_limits<double>::quiet_NaN());
      }
    }
    return projected;
  }

  static Eigen::MatrixXd path_of(const mrnn::Sequence& trajectories, Index trial, Index steps) {
    Eigen::MatrixXd path(2, steps);
    for (Index step = 0; step < steps; ++step) path.col(step) = trajectories.at(step).col(trial);
    return path;
  }

  static std::string axis_label(const Part& part, const flow_field::Plane& plane, int axis) {
    const Index component = part.plane.component(axis);
    if (plane.explained_variance.size() == 0) return part.plane.label(axis) + " (a.u.)";
    std::ostringstream label;
    label.precision(3);
    label << part.plane.label(axis) << " (" << 100.0 * plane.explained_variance(component - 1) << " %)";
    return label.str();
  }

  static void add_trials(const std::vector<Index>& trials, mrnn::AnalysisResults& results) {
    mrnn::NamedArray array{"trials", {std::ssize(trials)}, {}, "1", {"trial"}, "numbers of the trials of trajectory"};
    array.values.assign(trials.begin(), trials.end());
    results.add(std::move(array));
  }

  void add_summary(const flow_field::Report& report, const std::string& simulation,
                   mrnn::AnalysisResults& results) const {
    double slowest = 0.0, fastest = 0.0;
    for (std::size_t f = 0; f < report.fields.size(); ++f) {
      const Eigen::MatrixXd speed = report.fields[f].speed();
      slowest = f == 0 ? speed.minCoeff() : std::min(slowest, speed.minCoeff());
      fastest = std::max(fastest, speed.maxCoeff());
    }
    std::ostringstream line;
    line.precision(3);
    line << simulation << ", trial " << trial_ << ": " << report.x_label << ", " << report.y_label << "; "
         << report.fields.size() << " steps, " << grid_.points() << " x " << grid_.points() << " points, speed "
         << slowest << " to " << fastest << " per ms";
    results.summary.push_back(line.str());
    if (report.fixed_points) results.summary.push_back("fixed points: " + fixed_words(report));
  }

  /// `at 0 ms 1 (1 stable), at 100 ms none`
  std::string fixed_words(const flow_field::Report& report) const {
    constexpr std::size_t most_said = 12;
    std::ostringstream words;
    for (std::size_t f = 0; f < std::min(report.fields.size(), most_said); ++f) {
      const Index step = report.fields[f].step;
      const auto at_step = [step](const flow_field::FixedPoint& point) { return point.step == step; };
      const auto stable = [&](const flow_field::FixedPoint& point) { return at_step(point) && point.unstable == 0; };
      const auto count = std::ranges::count_if(*report.fixed_points, at_step);
      words << (f > 0 ? ", at " : "at ") << static_cast<double>(step) * dt_ << " ms ";
      if (count == 0) {
        words << "none";
      } else {
        words << count << " (" << std::ranges::count_if(*report.fixed_points, stable) << " stable)";
      }
    }
    if (report.fields.size() > most_said) words << ", ...";
    return words.str();
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  mrnn::Quantity quantity_;
  std::vector<Index> trials_;  ///< empty: all
  flow_field::GridChoice grid_;
  flow_field::StepChoice steps_;
  Index trial_;
  bool search_;                  ///< for fixed points
  std::string fixed_points_of_;  ///< label of an earlier analysis; empty: none
  std::vector<Part> parts_;
  flow_field::Drawing drawing_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "flow_field",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<FlowField>(config, network);
      },
      "velocity and energy of the network's state on a grid in a plane of its activity",
      "regions                    selectors of the units; default: all\n"
      "quantity                   the state: x, or h for rate dynamics\n"
      "trial = 0                  whose inputs and trajectory\n"
      "trials                     whose states define the plane; default: all\n"
      "components = [1, 2]        principal components that span the plane\n"
      "axis_x, axis_y             instead: two directions, one number per unit\n"
      "num_points = 21            of the grid, along each axis\n"
      "bounds                     [x_low, x_high, y_low, y_high] of the grid\n"
      "margin = 0.2               instead: beyond the trajectory, as a share of its range\n"
      "follow_trajectory = false  centre the grid on the state at each step\n"
      "start = 0, stop            ms; default: the whole run\n"
      "time_skip                  steps between fields; default: about six fields\n"
      "cancel_other_regions = false  set the units not selected to 0\n"
      "linearize = false          use the tangent at the state of the trial\n"
      "separate = false           a field in a plane of its own for each of the regions\n"
      "fixed_points = false       search for fixed points at each step\n"
      "fixed_points_of            instead: those of an earlier analysis fixed_points, by its name\n"
      "draw = \"arrows\"           or \"streamlines\", \"both\"\n"
      "animate = false            also a figure that moves");
}

}  // namespace

MRNN_PLUGIN("flow_field", "1.1", attach)
