// Principal components of the activity of each population.

#include <cmath>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/normalisation.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/populations.hpp"
#include "mrnn/samples.hpp"
#include "pca_figure.hpp"

namespace {

using mrnn::Index;

/// The samples that the components are those of.
enum class Fit : std::uint8_t { trials, conditions };

Fit read_fit(const mrnn::ConfigNode& config) {
  const std::vector<std::string> accepted{"trials", "conditions"};
  return config.choice("fit", accepted, "trials") == "trials" ? Fit::trials : Fit::conditions;
}

/// Of a sequence [components x trials] per step, in the order (trial, time, component).
mrnn::NamedArray array(std::string name, const mrnn::Sequence& projected, std::string first_axis,
                       std::string description) {
  mrnn::NamedArray made{
      std::move(name), {projected.trials, projected.steps, projected.units},      {},
      "a.u.",          {std::move(first_axis), std::string("time"), "component"}, std::move(description)};
  for (Index trial = 0; trial < projected.trials; ++trial) {
    for (Index step = 0; step < projected.steps; ++step) {
      const auto values = projected.at(step).col(trial);
      made.values.insert(made.values.end(), values.begin(), values.end());
    }
  }
  return made;
}

/// A: the leading eigenvectors of the covariance of samples; coordinates A^T (activity / scale - mean).
class Pca final : public mrnn::Analysis {
 public:
  Pca(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        dt_(network.spec().dt),
        populations_(mrnn::read_unit_populations(config, network)),
        alignment_(config, dt_),
        normalisation_(config),
        fit_(read_fit(config)),
        components_(config.count_or("components", 10)),
        every_(config.count_or("every", 1)),
        per_trial_(config.flag("per_trial", true)) {
    config.texts("by", {"condition"});  // what the trials offer is known only when they are there
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    (populations_.quantity == mrnn::Quantity::x ? record.x : record.h) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    mrnn::group_trials(config_, planned);
    alignment_.window(planned);
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const auto& simulations = context.simulations();
    const mrnn::Conditions conditions = mrnn::group_trials(config_, simulations);
    const mrnn::Window window = alignment_.window(simulations);
    const Eigen::VectorXd time = Eigen::VectorXd::LinSpaced(window.size(), static_cast<double>(window.first) * dt_,
                                                            static_cast<double>(window.last - 1) * dt_);
    std::vector<pca::Projection> projections;
    std::vector<std::string> constant;
    long done = 0;
    context.expect(std::ssize(populations_.list));
    for (const mrnn::Population& population : populations_.list) {
      mrnn::Sequence activity =
          mrnn::aligned_activity(simulations, populations_.quantity, population.units, alignment_, window);
      pca::Projection made = project(population.name, std::move(activity), conditions);
      if (made.shares.size() == 0) {
        constant.push_back(population.name);
      } else {
        add_arrays(made, results);
        projections.push_back(std::move(made));
      }
      context.advance(++done);
    }
    mrnn::say_constant(constant, populations_.list.size(), "principal components", results);
    results.add("time", time, {"time"}, "ms", "time after the moment of alignment");
    mrnn::add_trials(conditions, simulations, results);
    results.figures.push_back(pca::draw_trajectories(projections, conditions, time));
    results.figures.push_back(pca::draw_variance(projections));
  }

 private:
  /// Without shares where the activity does not vary.
  pca::Projection project(const std::string& name, mrnn::Sequence activity, const mrnn::Conditions& conditions) const {
    pca::Projection made;
    made.name = name;
    const bool means = fit_ == Fit::conditions;
    made.scale = normalisation_.scales(means ? mrnn::condition_means(activity, conditions) : activity);
    mrnn::divide_by(made.scale, activity);
    const mrnn::Covariance covariance =
        mrnn::covariance(means ? mrnn::condition_means(activity, conditions) : activity, {}, every_);
    made.axes = mrnn::components_of_covariance(covariance.matrix, activity.units);
    if (made.axes.shares.size() == 0) return made;
    made.mean = covariance.mean;
    made.shares = made.axes.shares;
    const Index kept = std::min(components_, made.shares.size());
    made.axes.directions.conservativeResize(Eigen::NoChange, kept);
    made.axes.shares.conservativeResize(kept);
    made.trials = mrnn::Sequence(kept, activity.trials, activity.steps);
    for (Index step = 0; step < activity.steps; ++step) {
      made.trials.at(step) = made.axes.directions.transpose() * (activity.at(step).colwise() - made.mean);
    }
    made.conditions = mrnn::condition_means(made.trials, conditions);
    return made;
  }

  void add_arrays(const pca::Projection& made, mrnn::AnalysisResults& results) const {
    const std::string of = " of the activity of " + made.name;
    results.add(made.name + "_axes", made.axes.directions.transpose(), {"component", "unit"}, "1",
                "principal components" + of);
    results.add(made.name + "_mean", made.mean, {"unit"}, "a.u.", "mean" + of + " after division by its scale");
    results.add(made.name + "_scale", made.scale, {"unit"}, "a.u.", "what the activity of each unit is divided by");
    results.add(made.name + "_explained_variance", made.shares, {"component"}, "1",
                "share of the variance along each component");
    Eigen::VectorXd cumulative = made.shares;
    for (Index k = 1; k < cumulative.size(); ++k) cumulative(k) += cumulative(k - 1);
    results.add(made.name + "_cumulative_variance", cumulative, {"component"}, "1",
                "share of the variance along all components up to each");
    if (per_trial_) results.add(array(made.name + "_trials", made.trials, "trial", "coordinates" + of));
    results.add(array(made.name + "_conditions", made.conditions, "condition",
                      "means over the trials of each condition of the coordinates" + of));
    std::ostringstream line;
    line << std::setprecision(3) << made.name << ": " << mrnn::component_label(made.axes, 0);
    if (made.axes.shares.size() > 1) line << ", " << mrnn::component_label(made.axes, 1);
    const Index most = made.dimensions(0.9);
    line << "; 90 % of the variance along " << most << (most == 1 ? " component" : " components");
    results.summary.push_back(line.str());
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  mrnn::Populations populations_;
  mrnn::Alignment alignment_;
  mrnn::Normalisation normalisation_;
  Fit fit_;
  Index components_, every_;
  bool per_trial_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "pca",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Pca>(config, network);
      },
      "principal components of the activity of each region, and trajectories along them",
      "regions             selectors, one analysis each; default: every region\n"
      "quantity = \"h\"      h | x\n"
      "components = 10     how many are kept\n"
      "fit = \"trials\"      samples they are those of: trials | conditions (means over trials)\n"
      "normalise = \"none\"  none | zscore | soft (range + softening)\n"
      "softening           in units of the activity; default: a tenth of the largest range\n"
      "every = 1           steps between samples\n"
      "by = \"condition\"    per-trial metadata that groups trials\n"
      "align               epoch whose first step is time zero\n"
      "align_at = 0        instead: ms from the start of the run\n"
      "window              [from, to] in ms around time zero; default: all that was recorded\n"
      "per_trial = true    also store single trials");
}

}  // namespace

MRNN_PLUGIN("pca", "1.0", attach)
