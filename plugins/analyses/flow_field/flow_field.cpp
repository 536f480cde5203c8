// The flow of the network's state in a plane through its activity.

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "field.hpp"
#include "field_report.hpp"
#include "grid.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "plane.hpp"

namespace {

using mrnn::Index;

/// Principal components are taken from at most this many states where there are more units than that too: their
/// product matrices would not fit otherwise.
constexpr Index most_samples = 2000;

/// The state that is carried: h for rate dynamics, else x. The other is a function of it that need not be
/// invertible, so a point of a plane of h would not be a state.
mrnn::Quantity read_quantity(const mrnn::ConfigNode& config, const mrnn::Network& network) {
  const bool rate = network.spec().dynamics == mrnn::Dynamics::rate;
  const std::string state = rate ? "h" : "x";
  const std::vector<std::string> accepted{"x", "h"};
  if (config.choice("quantity", accepted, state) != state) {
    config.fail("quantity", "must be \"" + state +
                                "\", the state that these dynamics carry from step to step: the other " +
                                "quantity does not determine it, so a grid of it has no flow");
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

/// v(g) = A^T (F(m + A g) - (m + A g)) / dt on a grid of points g.
class FlowField final : public mrnn::Analysis {
 public:
  FlowField(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        dt_(network.spec().dt),
        quantity_(read_quantity(config, network)),
        trials_(read_trials(config)),
        plane_(config, mrnn::read_selection(config, "regions", network).size()),
        grid_(config),
        steps_(config, dt_) {
    request_.units = mrnn::read_selection(config, "regions", network);
    request_.trial = config.count_or("trial", 0, 0);
    if (config.flag("cancel_other_regions", false)) request_.others = flow_field::Others::zero;
    if (config.flag("linearize", false)) request_.map = flow_field::Map::linearised;
    if (config.has("simulation") && config.texts("simulation").size() > 1) {
      config.fail("simulation", "names several; a flow field is that of one simulation");
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    (quantity_ == mrnn::Quantity::x ? record.x : record.h) = true;
    return record;
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const mrnn::Simulation& simulation = context.simulation();
    const std::vector<Index> trials = chosen_trials(simulation);
    const mrnn::Sequence activity = simulation.activity(quantity_, request_.units);
    const flow_field::Plane plane = plane_.make(samples(activity, trials));
    const mrnn::Sequence trajectories = project(activity, trials, plane);
    const auto shown = static_cast<std::size_t>(std::ranges::find(trials, request_.trial) - trials.begin());

    std::vector<flow_field::Field> fields;
    const Eigen::MatrixXd path = path_of(trajectories, static_cast<Index>(shown));
    for (const Index step : steps_.choose(simulation)) {
      flow_field::Field field;
      field.step = step;
      const Eigen::VectorXd state = simulation.state(context.network(), context.parameters(), request_.trial, step - 1);
      field.current = plane.axes.transpose() * (request_.units.rows_of(state) - plane.mean);
      field.grid = grid_.make(path, field.current);
      fields.push_back(std::move(field));
    }
    flow_field::compute(context, request_, plane, fields);

    const flow_field::Report report{plane, fields, trajectories,         simulation.steps,
                                    shown, dt_,    axis_label(plane, 0), axis_label(plane, 1)};
    flow_field::add_arrays(report, results);
    add_trials(trials, results);
    add_summary(report, simulation.name, results);
    flow_field::add_figures(report, results);
  }

 private:
  /// Those of the plane, the one shown among them.
  std::vector<Index> chosen_trials(const mrnn::Simulation& simulation) const {
    std::vector<Index> trials = trials_;
    const auto check = [&](const char* key, Index trial) {
      if (trial < simulation.trials.count) return;
      config_.fail(key, "names trial " + std::to_string(trial) + "; simulation \"" + simulation.name +
                            "\" has trials 0 to " + std::to_string(simulation.trials.count - 1));
    };
    for (const Index trial : trials) check("trials", trial);
    check("trial", request_.trial);
    if (trials.empty()) {
      trials.resize(static_cast<std::size_t>(simulation.trials.count));
      std::iota(trials.begin(), trials.end(), Index{0});
    }
    if (std::ranges::find(trials, request_.trial) == trials.end()) trials.push_back(request_.trial);
    return trials;
  }

  /// States of the chosen trials, [n x samples], evenly thinned where both are too many.
  static Eigen::MatrixXd samples(const mrnn::Sequence& activity, const std::vector<Index>& trials) {
    const Index all = std::ssize(trials) * activity.steps;
    const Index every = activity.units > most_samples ? (all + most_samples - 1) / most_samples : 1;
    Eigen::MatrixXd samples(activity.units, (all + every - 1) / every);
    for (Index k = 0; k < samples.cols(); ++k) {
      const Index trial = trials[static_cast<std::size_t>(k * every / activity.steps)];
      samples.col(k) = activity.at(k * every % activity.steps).col(trial);
    }
    return samples;
  }

  static mrnn::Sequence project(const mrnn::Sequence& activity, const std::vector<Index>& trials,
                                const flow_field::Plane& plane) {
    mrnn::Sequence projected(2, std::ssize(trials), activity.steps);
    for (Index step = 0; step < activity.steps; ++step) {
      const Eigen::MatrixXd all = plane.axes.transpose() * (activity.at(step).colwise() - plane.mean);
      for (Index k = 0; k < std::ssize(trials); ++k) {
        projected.at(step).col(k) = all.col(trials[static_cast<std::size_t>(k)]);
      }
    }
    return projected;
  }

  static Eigen::MatrixXd path_of(const mrnn::Sequence& trajectories, Index trial) {
    Eigen::MatrixXd path(2, trajectories.steps);
    for (Index step = 0; step < trajectories.steps; ++step) path.col(step) = trajectories.at(step).col(trial);
    return path;
  }

  std::string axis_label(const flow_field::Plane& plane, int axis) const {
    const Index component = plane_.component(axis);
    if (plane.explained_variance.size() == 0) return plane_.label(axis);
    std::ostringstream label;
    label.precision(3);
    label << plane_.label(axis) << " (" << 100.0 * plane.explained_variance(component - 1) << " %)";
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
    line << simulation << ", trial " << request_.trial << ": " << report.x_label << ", " << report.y_label << "; "
         << report.fields.size() << " steps, " << grid_.points() << " x " << grid_.points() << " points, speed "
         << slowest << " to " << fastest << " per ms";
    results.summary.push_back(line.str());
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  mrnn::Quantity quantity_;
  std::vector<Index> trials_;  ///< empty: all
  flow_field::PlaneChoice plane_;
  flow_field::GridChoice grid_;
  flow_field::StepChoice steps_;
  flow_field::FieldRequest request_;
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
      "linearize = false          use the tangent at the state of the trial");
}

}  // namespace

MRNN_PLUGIN("flow_field", "1.0", attach)
