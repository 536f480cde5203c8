// Lesions every connection and every region in turn, and says what each does to performance and activity.

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/names.hpp"
#include "mrnn/perturbation.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"

namespace {

using mrnn::Index;

/// Lesions that can be told apart in a figure.
constexpr std::size_t most_drawn = 60;
/// A colour scale that goes on for so many times the median shows little but its largest values, unless logarithmic.
constexpr double most_medians = 50.0;
/// What a logarithmic colour scale shows at most, below its largest value.
constexpr double least_shown = 1e-6;
/// Changes below this are none.
constexpr double no_change = 1e-12;

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

/// One thing to cut.
struct Lesion {
  std::string name;  ///< `gpe->stn`, or `gpe`
  std::vector<mrnn::ScaleWeights> connection;
  mrnn::Selection region;  ///< empty: a connection
};

/// Repeats a simulation with each connection's weights, or each region's, times `factor`.
class LesionScan final : public mrnn::Analysis {
 public:
  LesionScan(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config), needs_(mrnn::PerturbationScan::needs(network)), factor_(config.number("factor", 0.0)) {
    mrnn::expect_one_simulation(config, "lesions are made in one simulation");
    if (factor_ == 1.0) config.fail("factor", "is 1, which changes nothing; 0 removes the weights");
    config.texts("by", {"condition"});  // what the trials offer is known only when they are there
    const bool everything = !config.has("connections") && !config.has("regions");
    if (everything || config.has("connections")) read_connections(network);
    if (everything || config.has("regions")) read_regions(network);
    if (lesions_.empty()) config.fail("", "the network has no connections, so there is nothing to lesion");
  }

  mrnn::Record needs() const override { return needs_; }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    mrnn::group_trials(config_, {planned.front()});
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const mrnn::Conditions conditions = mrnn::group_trials(config_, {&context.simulation()});
    const mrnn::PerturbationScan scan(context, conditions);
    const Index steps = context.simulation().trials.steps;
    context.expect(std::ssize(lesions_));
    std::vector<mrnn::Effect> effects;
    for (const Lesion& lesion : lesions_) {
      effects.push_back(scan.with(
          lesion.region.empty() ? mrnn::scale_connection(context.network(), lesion.connection.front(), steps, factor_)
                                : mrnn::scale_region(context.network(), lesion.region, steps, factor_)));
      context.advance(std::ssize(effects));
    }
    add_arrays(scan.control(), effects, conditions, context.network(), results);
    add_summary(scan.control(), effects, context, results);
    results.figures.push_back(draw(scan.control(), effects, context));
  }

 private:
  void read_connections(const mrnn::Network& network) {
    if (!config_.has("connections")) {
      for (const std::string& name : mrnn::connection_names(network)) {
        lesions_.push_back({name, {mrnn::find_connection(name, network)}, {}});
      }
      return;
    }
    const std::vector<mrnn::ScaleWeights> connections = mrnn::read_connections(config_, "connections", network);
    const std::vector<std::string> names = config_.texts("connections");
    for (std::size_t k = 0; k < names.size(); ++k) lesions_.push_back({names[k], {connections[k]}, {}});
  }

  void read_regions(const mrnn::Network& network) {
    std::vector<std::string> names = mrnn::read_selectors(config_, "regions", network);
    if (names.empty()) {
      for (const mrnn::RegionLayout& region : network.regions()) names.push_back(region.name);
    }
    for (const std::string& name : names) {
      const mrnn::Selection units = network.select(name);
      const bool has_weights = !mrnn::scale_region(network, units, 1, 0.0).empty();
      if (has_weights) lesions_.push_back({name, {}, units});
      if (!has_weights && config_.has("regions")) {
        config_.fail("regions", "there is nothing to lesion: \"" + name +
                                    "\" has no weights into it or out of it; the " + "network has the connections " +
                                    mrnn::list_words(mrnn::connection_names(network)));
      }
    }
  }

  void add_arrays(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                  const mrnn::Conditions& conditions, const mrnn::Network& network,
                  mrnn::AnalysisResults& results) const {
    const Index count = std::ssize(effects), regions = control.activity.size();
    Eigen::VectorXd performance(count), outputs(count);
    Eigen::MatrixXd by_condition(count, std::ssize(conditions.list)), activity(count, regions), change(count, regions);
    for (Index k = 0; k < count; ++k) {
      const mrnn::Effect& effect = effects[static_cast<std::size_t>(k)];
      performance(k) = effect.performance;
      outputs(k) = effect.output_change;
      by_condition.row(k) = effect.by_condition.transpose();
      activity.row(k) = effect.activity.transpose();
      change.row(k) = effect.activity_change.transpose();
    }
    if (std::isfinite(control.performance)) {
      results.scalar("control_performance", control.performance, "1", "performance without a lesion");
      results.add("performance", performance, {"lesion"}, "1", "the task's measure of performance");
      results.add("performance_by_condition", by_condition, {"lesion", "condition"}, "1",
                  "performance on the trials of each condition");
      results.add("control_performance_by_condition", control.by_condition, {"condition"}, "1",
                  "performance without a lesion");
    }
    if (needs_.y) {
      results.add("output_change", outputs, {"lesion"}, "a.u.", "root mean square of the change of the outputs");
    }
    results.add("activity", activity, {"lesion", "region"}, "a.u.", "mean of h over units, trials and steps");
    results.add("control_activity", control.activity, {"region"}, "a.u.", "the same without a lesion");
    results.add("activity_change", change, {"lesion", "region"}, "a.u.",
                "root mean square of the change of h, trial by trial");
    results.texts.push_back(
        {"lesions", names(), "what was lesioned: a connection, or all weights of a region", "lesion"});
    mrnn::NamedTexts region_names{"regions", {}, "names of the regions", "region"};
    for (const mrnn::RegionLayout& region : network.regions()) region_names.values.push_back(region.name);
    results.texts.push_back(std::move(region_names));
    mrnn::NamedTexts condition_names{"conditions", {}, "names of the conditions", "condition"};
    for (const mrnn::Condition& condition : conditions.list) condition_names.values.push_back(condition.name);
    results.texts.push_back(std::move(condition_names));
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Lesion& lesion : lesions_) names.push_back(lesion.name);
    return names;
  }

  void add_summary(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                   const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const {
    const auto strongest = [&](auto measure) {
      return std::ranges::max_element(effects, {}, measure) - effects.begin();
    };
    if (std::isfinite(control.performance)) {
      const auto worst = static_cast<std::size_t>(strongest([](const mrnn::Effect& e) { return -e.performance; }));
      results.summary.push_back(context.simulation().task->performance_label() + " without a lesion " +
                                number(control.performance) + ", lowest with " + lesions_[worst].name +
                                " lesioned: " + number(effects[worst].performance));
    }
    const auto total = [](const mrnn::Effect& effect) { return effect.activity_change.norm(); };
    const auto most = static_cast<std::size_t>(strongest(total));
    results.summary.push_back("activity changes most with " + lesions_[most].name + " lesioned");
    const auto unmoved = std::ranges::count_if(effects, [&](const auto& effect) { return total(effect) < no_change; });
    if (unmoved > 0) results.summary.push_back(std::to_string(unmoved) + " of the lesions change nothing");
  }

  /// The lesions that are drawn, in their order: of many those of regions before those of connections, and the
  /// strongest of each.
  std::vector<std::size_t> choose(const std::vector<mrnn::Effect>& effects) const {
    std::vector<std::size_t> chosen(effects.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    const auto strength = [&](std::size_t k) {
      return std::pair{!lesions_[k].region.empty(), effects[k].activity_change.norm()};
    };
    if (chosen.size() > most_drawn) {
      std::ranges::stable_sort(chosen, std::ranges::greater{}, strength);
      chosen.resize(most_drawn);
      std::ranges::sort(chosen);
    }
    return chosen;
  }

  mrnn::Figure draw(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                    const mrnn::AnalysisContext& context) const {
    const std::vector<std::size_t> drawn = choose(effects);
    const auto shown = static_cast<double>(drawn.size());
    mrnn::Figure figure;
    figure.name = "lesion_scan";
    figure.title = "Effect of each lesion";
    figure.caption = std::string("Change: root mean square of the difference in activity") +
                     (needs_.y ? ", or in outputs" : "") + ", trial by trial and with the same noise.";
    if (drawn.size() < effects.size()) {
      figure.caption += " Only " + std::to_string(drawn.size()) + " of " + std::to_string(effects.size()) +
                        " lesions are drawn: those of regions, and of connections those that change activity most.";
    }
    mrnn::Axis rows{"lesioned", 0.0, shown};
    for (std::size_t k = 0; k < drawn.size(); ++k) {
      rows.names.push_back({shown - static_cast<double>(k) - 0.5, lesions_[drawn[k]].name});
    }
    std::vector<mrnn::Effect> shown_effects;
    for (const std::size_t number : drawn) shown_effects.push_back(effects[number]);
    if (std::isfinite(control.performance)) {
      figure.panels.push_back(
          performance_panel(control, shown_effects, rows, context.simulation().task->performance_label()));
      figure.caption = "Line: performance without a lesion. " + figure.caption;
    }
    if (needs_.y) figure.panels.push_back(output_panel(shown_effects, rows));
    figure.panels.push_back(change_panel(shown_effects, rows, context.network()));
    figure.columns = static_cast<int>(figure.panels.size());
    figure.shared_y = true;
    figure.panel_width = figure.panels.size() < 3 ? 260.0 : 180.0;
    figure.panel_height = std::max(120.0, (shown > 40.0 ? 14.0 : 16.0) * shown);
    return figure;
  }

  static mrnn::Panel performance_panel(const mrnn::Effect& control, const std::vector<mrnn::Effect>& effects,
                                       const mrnn::Axis& rows, const std::string& label) {
    mrnn::Panel panel;
    panel.title = "Performance";
    panel.x.label = label;
    panel.y = rows;
    panel.guides.push_back({mrnn::Guide::Kind::vertical, control.performance, ""});
    mrnn::Series points;
    points.kind = mrnn::Series::Kind::scatter;
    points.width = 7.0;
    for (std::size_t k = 0; k < rows.names.size(); ++k) {
      points.x.push_back(effects[k].performance);
      points.y.push_back(rows.names[k].position);
    }
    panel.series.push_back(std::move(points));
    return panel;
  }

  static mrnn::Panel output_panel(const std::vector<mrnn::Effect>& effects, const mrnn::Axis& rows) {
    mrnn::Panel panel;
    panel.title = "Change of outputs";
    panel.x.label = "change of y (a.u.)";
    panel.y = rows;
    std::vector<double> changes;
    for (const mrnn::Effect& effect : effects) changes.push_back(effect.output_change);
    panel.x.log = spreads_widely(changes);
    if (!panel.x.log) panel.x.low = 0.0;
    mrnn::Series points;
    points.kind = mrnn::Series::Kind::scatter;
    points.width = 7.0;
    for (std::size_t k = 0; k < rows.names.size(); ++k) {
      points.x.push_back(changes[k]);
      points.y.push_back(rows.names[k].position);
    }
    panel.series.push_back(std::move(points));
    return panel;
  }

  /// Whether most values lie close to 0 beside the largest.
  static bool spreads_widely(std::vector<double> values) {
    std::erase_if(values, [](double value) { return !(value > no_change); });
    if (values.empty()) return false;
    std::ranges::sort(values);
    return values.back() > most_medians * values[values.size() / 2];
  }

  static mrnn::Panel change_panel(const std::vector<mrnn::Effect>& effects, const mrnn::Axis& rows,
                                  const mrnn::Network& network) {
    const Index shown = std::ssize(rows.names), regions = std::ssize(network.regions());
    mrnn::Panel panel;
    panel.title = "Change of activity";
    panel.x = {"region", 0.0, static_cast<double>(regions)};
    panel.y = rows;
    mrnn::HeatMap map{Eigen::MatrixXd(shown, regions),
                      0.0,
                      static_cast<double>(regions),
                      0.0,
                      static_cast<double>(shown),
                      "change of h (a.u.)",
                      false,
                      {},
                      {}};
    map.low = 0.0;
    for (Index k = 0; k < shown; ++k) {
      map.values.row(shown - 1 - k) = effects[static_cast<std::size_t>(k)].activity_change.transpose();
    }
    const double largest = map.values.maxCoeff();
    map.log = spreads_widely({map.values.data(), map.values.data() + map.values.size()});
    if (map.log) {
      map.low = largest;
      for (const double change : map.values.reshaped())
        map.low = change > no_change ? std::min(*map.low, change) : map.low;
      map.low = std::max(least_shown * largest, *map.low);
      // What does not change has a colour, too: that of the smallest changes.
      map.values = map.values.cwiseMax(*map.low);
    }
    for (Index r = 0; r < regions; ++r) {
      panel.x.names.push_back({static_cast<double>(r) + 0.5, network.regions()[static_cast<std::size_t>(r)].name});
    }
    panel.heat_map = std::move(map);
    return panel;
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::Record needs_;
  double factor_;
  std::vector<Lesion> lesions_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "lesion_scan",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<LesionScan>(config, network);
      },
      "lesions every connection and region in turn: change of performance and activity",
      "connections       such as [\"gpe->stn\"]; default: all, unless regions are named\n"
      "regions           selectors; default: every region, unless connections are named\n"
      "factor = 0        what the weights are multiplied by\n"
      "by = \"condition\"  per-trial metadata that groups trials");
}

}  // namespace

MRNN_PLUGIN("lesion_scan", "1.0", attach)
