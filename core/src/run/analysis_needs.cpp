#include "run/analysis_needs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "mrnn/names.hpp"
#include "plugins/plugin_call.hpp"
#include "run/intervention_check.hpp"

namespace mrnn {
namespace {

void check_earlier(const ConfigNode& table, const EarlierAnalysis& wanted, const ExperimentState& state) {
  std::vector<std::string> labels;
  for (const AnalysisPlan& plan : state.analyses) labels.push_back(plan.label);
  const auto found = std::ranges::find(state.analyses, wanted.label, &AnalysisPlan::label);
  if (found == state.analyses.end()) {
    table.fail(wanted.key, unknown_name("analysis listed before this one", wanted.label, labels));
  }
  if (wanted.plugin.empty() || found->plugin == wanted.plugin) return;
  table.fail(wanted.key, fmt::format("names \"{}\", an analysis by {}; one by {} is needed", wanted.label,
                                     found->plugin, wanted.plugin));
}

void check_record(const ConfigNode& table, const AnalysisPlan& plan, const Record& needs,
                  const SimulationPlan& simulation) {
  for (const auto& [needed, recorded, quantity] :
       {std::tuple(needs.x, simulation.record.x, "x"), std::tuple(needs.h, simulation.record.h, "h"),
        std::tuple(needs.y, simulation.record.y, "y")}) {
    if (!needed || recorded) continue;
    table.fail("simulation", fmt::format("analysis \"{}\" needs {} of simulation \"{}\", which does not record it; add "
                                         "\"{}\" to its record",
                                         plan.label, quantity, simulation.name, quantity));
  }
}

}  // namespace

void check_needs(const ConfigNode& table, const AnalysisPlan& plan, const ExperimentState& state) {
  const std::string whose = fmt::format("analysis \"{}\"", plan.label);
  for (const EarlierAnalysis& wanted : call_plugin(whose, [&] { return plan.analysis->earlier_analyses(); })) {
    check_earlier(table, wanted, state);
  }
  const Record needs = call_plugin(whose, [&] { return plan.analysis->needs(); });
  expect_within(needs.units, state.network->units(), whose + ": the record it needs");
  for (const std::size_t index : plan.simulations) check_record(table, plan, needs, state.simulations[index]);
}

}  // namespace mrnn
