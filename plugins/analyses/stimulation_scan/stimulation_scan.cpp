// Stimulates every region with every strength at every onset in turn, and says what that does.

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/duration.hpp"
#include "mrnn/perturbation.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/random.hpp"
#include "mrnn/selectors.hpp"

namespace {

using mrnn::Index;

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(4) << value;
  return text.str();
}

/// One cell of the scan.
struct Stimulation {
  std::size_t region = 0, strength = 0, onset = 0;
};

/// s_t[i] += strength for `duration` ms from an onset, in chosen units of a region; the rest of the simulation as it
/// is.
class StimulationScan final : public mrnn::Analysis {
 public:
  StimulationScan(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        needs_(mrnn::PerturbationScan::needs(network)),
        dt_(network.spec().dt),
        regions_(mrnn::read_selectors(config, "regions", network)),
        strengths_(config.numbers("strengths")),
        duration_(config.positive("duration", 100.0)),
        fraction_(config.within("fraction", 0.0, 1.0, 1.0)) {
    mrnn::expect_one_simulation(config, "one simulation is stimulated");
    config.texts("by", {"condition"});  // what the trials offer is known only when they are there
    if (regions_.empty()) {
      for (const mrnn::RegionLayout& region : network.regions()) regions_.push_back(region.name);
    }
    if (strengths_.empty()) config.fail("strengths", "is an empty list; the drive to add is needed, such as [-1, 1]");
    if (config.has("onsets")) read_onsets();
    if (mrnn::to_steps(duration_, dt_) < 1) {
      config.fail("duration", "is " + number(duration_) + " ms, less than half a step of " + number(dt_) + " ms");
    }
    for (const std::string& name : regions_) draw_size(network, name);
  }

  mrnn::Record needs() const override { return needs_; }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    mrnn::group_trials(config_, {planned.front()});
    onsets_of(*planned.front());
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const mrnn::Conditions conditions = mrnn::group_trials(config_, {&context.simulation()});
    const mrnn::PerturbationScan scan(context, conditions);
    const std::vector<double> onsets = onsets_of(context.simulation());
    std::vector<mrnn::Effect> effects;
    const auto total = static_cast<long>(regions_.size() * strengths_.size() * onsets.size());
    context.expect(total);
    for (std::size_t region = 0; region < regions_.size(); ++region) {
      const mrnn::Selection units = chosen_units(context, regions_[region]);
      for (const double strength : strengths_) {
        for (const double onset : onsets) {
          effects.push_back(scan.with({drive(units, strength, onset, context.simulation().trials.steps)}));
          context.advance(std::ssize(effects));
        }
      }
    }
    add_arrays(scan.control(), effects, onsets, context.network(), results);
    add_conditions(scan.control(), effects, conditions, static_cast<Index>(onsets.size()), results);
    add_summary(scan.control(), effects, onsets, context, results);
    results.figures.push_back(draw(scan.control(), effects, onsets, context));
  }

 private:
  void read_onsets() {
    onsets_ = config_.numbers("onsets");
    if (onsets_.empty()) config_.fail("onsets", "is an empty list; leave it out for one after the other");
    for (const double onset : onsets_) {
      if (onset < 0.0) config_.fail("onsets", "has " + number(onset) + "; times in ms from the start are accepted");
    }
  }

  Index draw_size(const mrnn::Network& network, const std::string& region) const {
    const Index units = network.select(region).size();
    const auto drawn = static_cast<Index>(std::llround(fraction_ * static_cast<double>(units)));
    if (drawn == 0) {
      config_.fail("fraction", "is " + number(fraction_) + ", which leaves none of the " + std::to_string(units) +
                                   " units of \"" + region + "\"");
    }
    return drawn;
  }

  /// The units of a region that are stimulated: always the same ones, whatever the strength and onset.
  mrnn::Selection chosen_units(const mrnn::AnalysisContext& context, const std::string& region) const {
    const std::vector<Index> all = context.network().select(region).indices();
    const Index drawn = draw_size(context.network(), region);
    if (drawn == std::ssize(all)) return context.network().select(region);
    mrnn::RandomStream random(context.seed(), mrnn::Stream::analyses, "stimulation_scan " + region);
    std::vector<mrnn::UnitRange> ranges;
    for (const auto k : random.choose(std::ssize(all), drawn)) ranges.push_back({all[static_cast<std::size_t>(k)], 1});
    return mrnn::Selection(ranges);
  }

  /// Those asked for, or one after the other from the start, as many as the run has room for.
  std::vector<double> onsets_of(const mrnn::Simulation& simulation) const {
    const double end = static_cast<double>(simulation.trials.steps) * dt_;
    for (const double onset : onsets_) {
      if (onset >= end) {
        config_.fail("onsets", "has " + number(onset) + " ms, but simulation \"" + simulation.name + "\" ends at " +
                                   number(end) + " ms");
      }
    }
    if (!onsets_.empty()) return onsets_;
    std::vector<double> onsets;
    for (double onset = 0.0; onset + duration_ <= end + 1e-9; onset += duration_) onsets.push_back(onset);
    if (onsets.empty()) onsets.push_back(0.0);
    return onsets;
  }

  mrnn::Intervention drive(const mrnn::Selection& units, double strength, double onset, Index steps) const {
    const auto first = std::min(mrnn::to_steps(onset, dt_), steps - 1);
    const Index last = std::min(first + mrnn::to_steps(duration_, dt_), steps);
    return {{first, last},
            {},
            mrnn::Drive{units, Eigen::VectorXd::Constant(units.size(), strength), Eigen::VectorXd::Ones(last - first)}};
  }

  /// One value of each cell of the scan.
  template <class Values>
  mrnn::NamedArray over_scan(const std::vector<mrnn::Effect>& effects, std::size_t onsets, std::string name,
                             std::string units, std::string description, Values&& values) const {
    mrnn::NamedArray array{std::move(name),
                           {std::ssize(regions_), std::ssize(strengths_), static_cast<Index>(onsets)},
                           {},
                           std::move(units),
                           {"stimulated", "strength", "onset"},
                           std::move(description)};
    for (const mrnn::Effect& effect : effects) array.values.push_back(values(effect));
    return array;
  }

  void add_arrays(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                  const std::vector<double>& onsets, const mrnn::Network& network,
                  mrnn::AnalysisResults& results) const {
    if (std::isfinite(control.performance)) {
      results.scalar("control_performance", control.performance, "1", "performance without stimulation");
      results.add(over_scan(effects, onsets.size(), "performance", "1", "the task's measure of performance",
                            [](const mrnn::Effect& effect) { return effect.performance; }));
    }
    if (needs_.y) {
      results.add(over_scan(effects, onsets.size(), "output_change", "a.u.",
                            "root mean square of the change of the outputs",
                            [](const mrnn::Effect& effect) { return effect.output_change; }));
    }
    mrnn::NamedArray change{
        "activity_change",
        {std::ssize(regions_), std::ssize(strengths_), std::ssize(onsets), std::ssize(network.regions())},
        {},
        "a.u.",
        {"stimulated", "strength", "onset", "region"},
        "root mean square of the change of h, trial by trial"};
    for (const mrnn::Effect& effect : effects) {
      change.values.insert(change.values.end(), effect.activity_change.begin(), effect.activity_change.end());
    }
    results.add(std::move(change));
    results.add("strengths", Eigen::Map<const Eigen::VectorXd>(strengths_.data(), std::ssize(strengths_)), {"strength"},
                "a.u.", "drive that was added");
    results.add("onsets", Eigen::Map<const Eigen::VectorXd>(onsets.data(), std::ssize(onsets)), {"onset"}, "ms",
                "when it began");
    results.texts.push_back({"stimulated", regions_, "whose units were stimulated", "stimulated"});
    mrnn::NamedTexts names{"regions", {}, "names of the regions", "region"};
    for (const mrnn::RegionLayout& region : network.regions()) names.values.push_back(region.name);
    results.texts.push_back(std::move(names));
  }

  void add_conditions(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                      const mrnn::Conditions& conditions, Index onsets, mrnn::AnalysisResults& results) const {
    mrnn::NamedTexts names{"conditions", {}, "names of the conditions", "condition"};
    for (const mrnn::Condition& condition : conditions.list) names.values.push_back(condition.name);
    results.texts.push_back(std::move(names));
    if (!std::isfinite(control.performance)) return;
    results.add("control_performance_by_condition", control.by_condition, {"condition"}, "1",
                "performance without stimulation");
    mrnn::NamedArray array{"performance_by_condition",
                           {std::ssize(regions_), std::ssize(strengths_), onsets, std::ssize(conditions.list)},
                           {},
                           "1",
                           {"stimulated", "strength", "onset", "condition"},
                           "performance on the trials of each condition"};
    for (const mrnn::Effect& effect : effects) {
      array.values.insert(array.values.end(), effect.by_condition.begin(), effect.by_condition.end());
    }
    results.add(std::move(array));
  }

  Stimulation cell(std::size_t index, std::size_t onsets) const {
    return {index / onsets / strengths_.size(), index / onsets % strengths_.size(), index % onsets};
  }

  std::string words(std::size_t index, const std::vector<double>& onsets) const {
    const Stimulation at = cell(index, onsets.size());
    return regions_[at.region] + " with " + number(strengths_[at.strength]) + " from " + number(onsets[at.onset]) +
           " ms";
  }

  void add_summary(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                   const std::vector<double>& onsets, const mrnn::AnalysisContext& context,
                   mrnn::AnalysisResults& results) const {
    if (std::isfinite(control.performance)) {
      const auto worst = static_cast<std::size_t>(
          std::ranges::min_element(effects, {}, [](const auto& effect) { return effect.performance; }) -
          effects.begin());
      results.summary.push_back(context.simulation().task->performance_label() + " without stimulation " +
                                number(control.performance) + ", lowest with " + words(worst, onsets) + ": " +
                                number(effects[worst].performance));
    }
    const auto most = static_cast<std::size_t>(
        std::ranges::max_element(effects, {}, [](const auto& effect) { return effect.activity_change.norm(); }) -
        effects.begin());
    results.summary.push_back("activity changes most with " + words(most, onsets));
  }

  /// Strength against onset, a panel per stimulated region: performance where there is one, else the change of
  /// all activity.
  mrnn::Figure draw(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                    const std::vector<double>& onsets, const mrnn::AnalysisContext& context) const {
    const bool performance = std::isfinite(control.performance);
    const auto value = [&](const mrnn::Effect& effect) {
      return performance ? effect.performance : effect.activity_change.norm();
    };
    mrnn::Figure figure;
    figure.name = "stimulation_scan";
    figure.title = performance ? "Performance under stimulation" : "Change of activity under stimulation";
    figure.caption = "Each square: " + number(duration_) + " ms of stimulation of a region from the onset on.";
    if (performance) figure.caption += " Without stimulation: " + number(control.performance) + ".";
    figure.columns = 0;
    figure.shared_x = figure.shared_y = figure.shared_colours = true;
    double low = value(effects.front()), high = low;
    for (const mrnn::Effect& effect : effects) {
      low = std::min(low, value(effect));
      high = std::max(high, value(effect));
    }
    for (std::size_t region = 0; region < regions_.size(); ++region) {
      mrnn::Panel panel;
      panel.title = regions_[region];
      panel.x = {"onset (ms)", 0.0, static_cast<double>(onsets.size())};
      panel.y = {"strength (a.u.)", 0.0, static_cast<double>(strengths_.size())};
      for (std::size_t k = 0; k < onsets.size(); ++k) {
        panel.x.names.push_back({static_cast<double>(k) + 0.5, number(onsets[k])});
      }
      for (std::size_t k = 0; k < strengths_.size(); ++k) {
        panel.y.names.push_back({static_cast<double>(k) + 0.5, number(strengths_[k])});
      }
      mrnn::HeatMap map{
          Eigen::MatrixXd(std::ssize(strengths_), std::ssize(onsets)),
          0.0,
          static_cast<double>(onsets.size()),
          0.0,
          static_cast<double>(strengths_.size()),
          performance ? context.simulation().task->performance_label() : "change of h, all regions (a.u.)",
          false,
          {},
          {}};
      map.low = low;
      map.high = high > low ? high : low + 1.0;
      for (std::size_t k = 0; k < strengths_.size() * onsets.size(); ++k) {
        const std::size_t index = region * strengths_.size() * onsets.size() + k;
        map.values(static_cast<Index>(k / onsets.size()), static_cast<Index>(k % onsets.size())) =
            value(effects[index]);
      }
      panel.heat_map = std::move(map);
      figure.panels.push_back(std::move(panel));
    }
    return figure;
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::Record needs_;
  double dt_;  ///< ms
  std::vector<std::string> regions_;
  std::vector<double> strengths_, onsets_;  ///< onsets in ms; empty: one after the other
  double duration_;                         ///< ms
  double fraction_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "stimulation_scan",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<StimulationScan>(config, network);
      },
      "stimulates every region with every strength at every onset: change of performance and activity",
      "strengths         drives to add, such as [-1, 1] (required)\n"
      "regions           selectors; default: every region\n"
      "onsets            ms; default: one after the other, from the start to the end\n"
      "duration = 100    ms\n"
      "fraction = 1      share of the units of each region, drawn at random\n"
      "by = \"condition\"  per-trial metadata that groups trials");
}

}  // namespace

MRNN_PLUGIN("stimulation_scan", "1.0", attach)
