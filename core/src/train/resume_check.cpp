#include "train/resume_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

using Values = std::map<std::string, std::string>;

std::string difference(const std::string& key, const Values& then, const Values& now) {
  const auto shown = [&key](const Values& values) {
    const auto found = values.find(key);
    return found == values.end() ? std::string("absent") : found->second;
  };
  return fmt::format("{}: {} in the checkpoint, {} now", key, shown(then), shown(now));
}

/// Values as text, by key. The backend is the one that runs, which the command line may say too.
Values values_of(const CheckpointOrigin& origin) {
  Values values(origin.config.begin(), origin.config.end());
  values["backend.name"] = origin.backend;
  values["backend.precision"] = origin.precision;
  values["backend.products"] = origin.products;
  return values;
}

}  // namespace

void check_resume(const CheckpointOrigin& checkpoint, const CheckpointOrigin& now, const TrainingPlan& plan) {
  std::vector<std::string> free{"train.log_every", "backend.threads", "experiment.output"};
  if (plan.schedule.kind != RateSchedule::Kind::cosine) free.insert(free.begin() + 1, "train.iterations");
  const Values old_values = values_of(checkpoint), new_values = values_of(now);
  std::set<std::string> keys;
  for (const Values* values : {&old_values, &new_values}) {
    for (const auto& [key, value] : *values) keys.insert(key);
  }
  std::vector<std::string> differences;
  for (const std::string& key : keys) {
    const auto then = old_values.find(key), today = new_values.find(key);
    const bool same = then != old_values.end() && today != new_values.end() && then->second == today->second;
    if (same || std::ranges::find(free, key) != free.end()) continue;
    differences.push_back(difference(key, old_values, new_values));
  }
  if (differences.empty()) return;
  throw ConfigError("--resume", "",
                    fmt::format("the configuration is not that of the checkpoint; {}. Only {} may change{}; "
                                "--overwrite starts afresh",
                                join(differences, "; "), join(free),
                                plan.schedule.kind == RateSchedule::Kind::cosine
                                    ? " (the cosine schedule depends on train.iterations)"
                                    : ""));
}

}  // namespace mrnn
