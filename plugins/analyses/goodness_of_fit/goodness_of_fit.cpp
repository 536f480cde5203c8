// How well the outputs follow their targets: the variance explained, channel by channel.

#include <cmath>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "fit_figures.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"
#include "scores.hpp"

namespace {

using mrnn::Index;
using mrnn::fit::Scores;

/// `rates: 85.1 % (held_out 0), 80.3 % (held_out 1) of the variance of the targets explained`. Groups without variance
/// come after: `; the targets do not vary in held_out 2`.
std::string words(const Scores& scores, const mrnn::Conditions& groups) {
  std::ostringstream line;
  line << std::fixed << std::setprecision(1) << scores.output << ": ";
  if (!scores.total.array().isFinite().any()) {
    line << "its targets do not vary, so there is nothing to explain";
    return line.str();
  }
  std::vector<std::string> constant;
  const char* separator = "";
  for (Index group = 0; group < scores.total.size(); ++group) {
    const std::string name = groups.by + " " + groups.list[static_cast<std::size_t>(group)].name;
    if (!std::isfinite(scores.total(group))) {
      constant.push_back(name);
      continue;
    }
    line << std::exchange(separator, ", ") << 100.0 * scores.total(group) << " %";
    if (groups.grouped) line << " (" << name << ")";
  }
  line << " of the variance of the targets explained";
  if (!constant.empty()) line << "; the targets do not vary in " << mrnn::join(constant);
  return line.str();
}

class GoodnessOfFit final : public mrnn::Analysis {
 public:
  GoodnessOfFit(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config), dt_(network.spec().dt) {
    if (network.outputs() == 0)
      config.fail("plugin", "compares outputs with their targets; the network has no [[output]]");
    mrnn::expect_one_simulation(config, "a fit is that of one simulation");
    if (config.has("by")) config.texts("by");  // what the trials offer is known only when they are there
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    record.y = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { groups(planned); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const auto& simulations = context.simulations();
    const mrnn::Conditions groups = this->groups(simulations);
    const mrnn::fit::Compared compared = mrnn::fit::compared(context.simulation(), context.network());
    const std::vector<Scores> scores = mrnn::fit::scores(compared, context.network(), groups);
    for (const Scores& output : scores) {
      results.add(output.output + "_r2", output.r2, {"group", "channel"}, "1",
                  "1 - squared error / variance of the target, over the trials and steps that count");
      results.add(output.output + "_correlation", output.correlation, {"group", "channel"}, "1",
                  "correlation of output and target");
      results.add(output.output + "_total_r2", output.total, {"group"}, "1",
                  "1 - squared error / variance of the targets, both summed over channels");
      results.summary.push_back(words(output, groups));
    }
    std::vector<std::string> names;
    for (const mrnn::Condition& group : groups.list) names.push_back(groups.grouped ? group.name : "all");
    results.texts.push_back({"groups", std::move(names), "groups of trials", "group"});
    results.figures.push_back(mrnn::fit::draw_scores(scores, groups));
    mrnn::Figure traces = mrnn::fit::draw_traces(scores, compared, groups, dt_, context.simulation().steps.first);
    if (!traces.panels.empty()) results.figures.push_back(std::move(traces));
  }

 private:
  /// All trials, unless metadata are asked for by name.
  mrnn::Conditions groups(const std::vector<const mrnn::Simulation*>& simulations) const {
    if (config_.has("by")) return mrnn::group_trials(config_, simulations);
    const auto count = static_cast<std::size_t>(simulations.front()->trials.count);
    mrnn::Conditions all;
    all.list = {{"all", 0, 0, simulations.front()->trials.count}};
    all.of_trial.assign(count, 0);
    return all;
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "goodness_of_fit",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<GoodnessOfFit>(config, network);
      },
      "how much of the variance of the targets the outputs explain",
      "by       per-trial metadata that groups trials, such as held_out; default: all are one group");
}

}  // namespace

MRNN_PLUGIN("goodness_of_fit", "1.0", attach)
