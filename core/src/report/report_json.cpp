#include "report/report_json.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "config/json_table.hpp"
#include "figures/figure_text.hpp"
#include "mrnn/error.hpp"

namespace mrnn {

// Found by nlohmann-json through the types, so in this namespace and not in an anonymous one.
inline void to_json(nlohmann::json& json, const ReportRange& range) {
  json = range.low == range.high ? nlohmann::json(range.low) : nlohmann::json{range.low, range.high};
}
inline void from_json(const nlohmann::json& json, ReportRange& range) {
  range = json.is_array() ? ReportRange(json.at(0).get<double>(), json.at(1).get<double>())
                          : ReportRange(json.get<double>());
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportRegion, name, parent, units, cell_types, sign, activation, tau, base_firing)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportConnection, from, to, sign, weights, density)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportOutput, name, units, from, activation, readout)

/// The mean of activity that diverged is not a number, which JSON has no word for.
inline void to_json(nlohmann::json& json, const RegionActivity& activity) {
  json = {{"region", activity.region}, {"silent", activity.silent}};
  json["mean"] = std::isfinite(activity.mean) ? nlohmann::json(activity.mean) : nlohmann::json(nullptr);
}
inline void from_json(const nlohmann::json& json, RegionActivity& activity) {
  json.at("region").get_to(activity.region);
  activity.silent = json.value("silent", Index{0});
  const nlohmann::json& mean = json.at("mean");
  activity.mean = mean.is_null() ? std::numeric_limits<double>::quiet_NaN() : mean.get<double>();
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportFact, name, value)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportTraining, facts, figures)

inline void to_json(nlohmann::json& json, const ReportSimulation& simulation) {
  json = {{"name", simulation.name},
          {"trials", simulation.trials},
          {"steps", simulation.steps},
          {"noise", simulation.noise},
          {"manipulations", simulation.manipulations},
          {"activity", simulation.activity},
          {"performance", simulation.performance}};
}
inline void from_json(const nlohmann::json& json, ReportSimulation& simulation) {
  json.at("name").get_to(simulation.name);
  json.at("trials").get_to(simulation.trials);
  json.at("steps").get_to(simulation.steps);
  json.at("noise").get_to(simulation.noise);
  json.at("manipulations").get_to(simulation.manipulations);
  json.at("activity").get_to(simulation.activity);
  simulation.performance = json.value("performance", "");  // absent in reports of before
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportAnalysis, name, plugin, simulations, summary, figures, failure)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportArray, path, shape, units, description)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReportContent, title, backend, precision, device, threads, seed, seconds, created,
                                   version, command, config, overrides, units, inputs, outputs, weights, dt, dynamics,
                                   dale, regions, connections, output_table, network_figure, simulations, analyses,
                                   arrays, warnings)

namespace {
constexpr int format_version = 1;
}

std::string report_to_json(const ReportContent& content) {
  nlohmann::json json = content;
  if (content.training) json["training"] = *content.training;
  json["products"] = content.products;
  json["plugins"] = content.plugins;
  json["ranks"] = content.ranks;
  json["format_version"] = format_version;
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

ReportContent report_from_json(std::string_view text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    if (json.at("format_version").get<int>() > format_version) {
      throw Error("this report was written by a later version of mrnn");
    }
    auto content = json.get<ReportContent>();
    content.products = json.value("products", content.products);
    content.ranks = json.value("ranks", content.ranks);
    content.plugins = json.value("plugins", content.plugins);
    if (json.contains("training")) content.training = json.at("training").get<ReportTraining>();
    return content;
  } catch (const nlohmann::json::exception& error) {
    throw Error("not the content of a report: " + clean_text(json_problem(error)));
  }
}

}  // namespace mrnn
