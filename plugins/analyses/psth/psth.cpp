// Peri-stimulus time histograms: activity averaged over the units of a region and over trials.

#include <cmath>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "averages.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"
#include "psth_figure.hpp"

namespace {

using mrnn::Index;

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

/// Mean over the times at which there is one; NaN where there is none.
double over_time(const psth::Average& average, Index condition) {
  double sum = 0.0;
  Index count = 0;
  for (const double value : average.mean.row(condition)) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  return sum / static_cast<double>(count);
}

/// r(trial, t) = mean over units; mean and SEM of r over the trials of each condition.
class Psth final : public mrnn::Analysis {
 public:
  Psth(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        dt_(network.spec().dt),
        populations_(mrnn::read_populations(config, network)),
        alignment_(config, dt_),
        smoothing_(config, dt_),
        min_trials_(config.count_or("min_trials", 3)),
        per_trial_(config.flag("per_trial", true)) {
    config.texts("by", {"condition"});  // what the trials offer is known only when they are there
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    record.x = populations_.quantity == mrnn::Quantity::x;
    record.h = populations_.quantity == mrnn::Quantity::h;
    record.y = populations_.quantity == mrnn::Quantity::y;
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
    std::vector<psth::Average> averages;
    for (const mrnn::Population& population : populations_.list) {
      averages.push_back(
          psth::average(psth::align_trials(simulations, populations_, population, alignment_, smoothing_), conditions));
      add_arrays(population, averages.back(), results);
    }
    results.add("time", time, {"time"}, "ms", "time after the moment of alignment");
    results.add("counts", averages.front().counts, {"condition", "time"}, "1", "trials averaged");
    mrnn::add_trials(conditions, simulations, results);
    add_summary(conditions, averages, results);
    draw(simulations, conditions, averages, time, results);
  }

 private:
  void add_arrays(const mrnn::Population& population, const psth::Average& average,
                  mrnn::AnalysisResults& results) const {
    const std::string what = " over the units of " + population.name;
    if (per_trial_) {
      results.add(population.name + "_trials", average.trials, {"trial", "time"}, "a.u.", "mean" + what);
    }
    results.add(population.name + "_mean", average.mean, {"condition", "time"}, "a.u.",
                "mean over trials of the mean" + what);
    results.add(population.name + "_sem", average.sem, {"condition", "time"}, "a.u.",
                "standard error over trials of the mean" + what);
  }

  void add_summary(const mrnn::Conditions& conditions, const std::vector<psth::Average>& averages,
                   mrnn::AnalysisResults& results) const {
    std::vector<std::string> counts;
    for (const mrnn::Condition& condition : conditions.list) {
      counts.push_back(condition.name + " (" + std::to_string(condition.trials) +
                       (condition.trials == 1 ? " trial)" : " trials)"));
    }
    results.summary.push_back("conditions: " + mrnn::join(counts));
    add_largest_change(conditions, averages, results);
  }

  void add_largest_change(const mrnn::Conditions& conditions, const std::vector<psth::Average>& averages,
                          mrnn::AnalysisResults& results) const {
    double change = -1.0;
    std::string line;
    const auto pairs = mrnn::comparisons(conditions);
    for (std::size_t p = 0; p < averages.size(); ++p) {
      std::vector<double> means;
      for (Index c = 0; c < std::ssize(conditions.list); ++c) means.push_back(over_time(averages[p], c));
      for (const auto& [before, after] : pairs) {
        const double from = means[before], to = means[after];
        if (!(std::abs(to - from) > change)) continue;
        change = std::abs(to - from);
        line = "largest change from " + conditions.list[before].name + " to " + conditions.list[after].name + ": " +
               populations_.list[p].name + ", " + number(from) + " to " + number(to) + " on average over the window";
      }
    }
    if (!line.empty()) results.summary.push_back(line);
  }

  void draw(const std::vector<const mrnn::Simulation*>& simulations, const mrnn::Conditions& conditions,
            const std::vector<psth::Average>& averages, const Eigen::VectorXd& time,
            mrnn::AnalysisResults& results) const {
    const psth::Landmarks landmarks = psth::find_landmarks(simulations, alignment_, alignment_.window(simulations));
    const bool zero = alignment_.is_shifted() && time(0) <= 0.0 && time(time.size() - 1) >= 0.0;
    const std::string label = alignment_.by_epoch() ? "time from " + alignment_.epoch() + " (ms)" : "time (ms)";
    std::vector<std::string> names;
    for (const mrnn::Simulation* simulation : simulations) names.push_back(simulation->name);
    for (mrnn::Figure& figure : psth::draw(
             {populations_, averages, conditions, std::move(names), time, label, zero, landmarks, dt_, min_trials_})) {
      results.figures.push_back(std::move(figure));
    }
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  mrnn::Populations populations_;
  mrnn::Alignment alignment_;
  psth::Smoothing smoothing_;
  Index min_trials_;  ///< of lines in the figure
  bool per_trial_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "psth",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Psth>(config, network);
      },
      "activity averaged over the units of each region and over trials, by condition",
      "regions           selectors; default: every region and each of its cell types\n"
      "quantity = \"h\"    h | x | y\n"
      "outputs           names of outputs, for y; default: all\n"
      "by = \"condition\"  per-trial metadata that groups trials\n"
      "align             epoch whose first step is time zero\n"
      "align_at = 0      instead: ms from the start of the run\n"
      "window            [from, to] in ms around time zero; default: all that was recorded\n"
      "smoothing         { kernel = \"gaussian\" | \"boxcar\", width = ms (standard deviation, full width) }\n"
      "min_trials = 3    of a mean in the figure, for conditions that have more\n"
      "per_trial = true  also store single trials");
}

}  // namespace

MRNN_PLUGIN("psth", "1.0", attach)
