#include "run/asked_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "mrnn/error.hpp"
#include "plugins/plugin_call.hpp"
#include "run/intervention_check.hpp"
#include "run/metadata_check.hpp"

namespace mrnn {

Trials ask_trials(const Task& task, const TrialRequest& request, const std::string& whose) {
  Trials trials = call_plugin(whose, [&] { return task.make(request); });
  if (trials.count != request.count) {
    throw RunError(
        fmt::format("{}: it made {} trials; the number asked for is {}", whose, trials.count, request.count));
  }
  std::vector<std::uint64_t> ids = trials.ids;
  std::ranges::sort(ids);
  if (const auto twice = std::ranges::adjacent_find(ids); twice != ids.end()) {
    throw RunError(
        fmt::format("{}: two trials have the id {}, and with it the same noise; each needs its own", whose, *twice));
  }
  return trials;
}

void perturb(const Manipulation& manipulation, const std::string& name, const Network& network, std::uint64_t seed,
             Trials& trials) {
  const std::string whose = name.empty() ? "the manipulation" : fmt::format("manipulation \"{}\"", name);
  const Index count = trials.count, steps = trials.steps;
  const std::vector<std::uint64_t> ids = trials.ids;
  const std::size_t before = trials.interventions.size();
  call_plugin(whose, [&] { manipulation.apply(network, seed, trials); });
  if (trials.count != count || trials.steps != steps || trials.ids != ids || trials.interventions.size() < before ||
      shape_problem(trials)) {
    throw RunError(whose + ": it changed the trials themselves; it can only add interventions to them");
  }
  for (std::size_t k = before; k < trials.interventions.size(); ++k) {
    trials.interventions[k].manipulation = name;
    check_intervention(trials.interventions[k], network, trials);
  }
}

}  // namespace mrnn
