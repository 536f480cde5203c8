#include "train/resume_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
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

/// What is not the same, in words, but for keys that may change.
template <class MayChange>
std::vector<std::string> differences_of(const Values& then, const Values& now, const MayChange& may_change) {
  std::set<std::string> keys;
  for (const Values* values : {&then, &now}) {
    for (const auto& [key, value] : *values) keys.insert(key);
  }
  std::vector<std::string> differences;
  for (const std::string& key : keys) {
    const auto old_value = then.find(key), new_value = now.find(key);
    const bool same = old_value != then.end() && new_value != now.end() && old_value->second == new_value->second;
    if (!same && !may_change(key)) differences.push_back(difference(key, then, now));
  }
  return differences;
}

/// Values as text, by key. The backend is the one that runs, which the command line may say too.
Values values_of(const CheckpointOrigin& origin) {
  Values values(origin.config.begin(), origin.config.end());
  values["backend.name"] = origin.backend;
  values["backend.precision"] = origin.precision;
  values["backend.products"] = origin.products;
  values["ranks"] = std::to_string(origin.ranks);
  return values;
}

/// Keys that change nothing in the training.
std::vector<std::string> free_keys(const TrainingPlan& plan) {
  std::vector<std::string> keys{"train.log_every"};
  if (plan.schedule.kind != RateSchedule::Kind::cosine) keys.push_back("train.iterations");
  keys.insert(keys.end(), {"backend.threads", "experiment.output", "plugins"});
  return keys;
}

/// Tables of arrays that come after the training.
std::vector<std::string> free_tables(const TrainingPlan& plan) {
  std::vector<std::string> tables{"simulation", "analysis"};
  if (plan.manipulations.empty()) tables.push_back("manipulation");
  return tables;
}

/// Has the training nothing left to do? Then nobody trains on, and other processes may simulate and analyse.
bool is_finished(const CheckpointOrigin& checkpoint, const TrainingPlan& plan) {
  const bool by_itself = !checkpoint.stopped_by.empty() && checkpoint.stopped_by != "iterations";
  return by_itself || checkpoint.iteration >= plan.iterations;
}

bool may_change(const std::string& key, const TrainingPlan& plan) {
  const auto is = [&](const std::string& free) { return key == free || key.starts_with(free + "."); };
  const auto within = [&](const std::string& table) { return key == table || key.starts_with(table + "["); };
  return std::ranges::any_of(free_keys(plan), is) || std::ranges::any_of(free_tables(plan), within);
}

/// Files that the configuration names may have changed though it says the same.
void check_files(const CheckpointOrigin& checkpoint, const CheckpointOrigin& now) {
  if (checkpoint.network.empty()) return;  // of an earlier version, which did not keep it
  const auto compare = [](const CheckpointOrigin::Values& then, const CheckpointOrigin::Values& today) {
    return differences_of({then.begin(), then.end()}, {today.begin(), today.end()},
                          [](const std::string&) { return false; });
  };
  constexpr std::size_t most = 8;
  std::vector<std::string> network = compare(checkpoint.network, now.network);
  if (network.size() > most) {
    const std::string more = fmt::format("and {} more", network.size() - most);
    network.resize(most);
    network.push_back(more);
  }
  if (!network.empty()) {
    throw ConfigError("--resume", "",
                      fmt::format("the network is not that of the checkpoint, so a file that the configuration names "
                                  "must have changed; {}. --overwrite starts afresh",
                                  join(network, "; ")));
  }
  const std::vector<std::string> files = compare(checkpoint.files, now.files);
  if (files.empty()) return;
  throw ConfigError(
      "--resume", "",
      fmt::format("the trials come from a file that has changed; {}. --overwrite starts afresh", join(files, "; ")));
}

}  // namespace

void check_resume(const CheckpointOrigin& checkpoint, const CheckpointOrigin& now, const TrainingPlan& plan) {
  const bool finished = is_finished(checkpoint, plan);
  const std::vector<std::string> differences =
      differences_of(values_of(checkpoint), values_of(now),
                     [&](const std::string& key) { return may_change(key, plan) || (finished && key == "ranks"); });
  if (differences.empty()) return check_files(checkpoint, now);
  const bool of_ranks = !finished && checkpoint.ranks != now.ranks;
  throw ConfigError(
      "--resume", "",
      fmt::format(
          "the configuration is not that of the checkpoint; {}. Only {} and the tables {} may change{}; "
          "{}--overwrite starts afresh",
          join(differences, "; "), join(free_keys(plan)), join(free_tables(plan)),
          plan.schedule.kind == RateSchedule::Kind::cosine ? " (the cosine schedule depends on train.iterations)" : "",
          of_ranks ? fmt::format("as many ranks go on (mpirun -n {}), ", checkpoint.ranks) : ""));
}

}  // namespace mrnn
