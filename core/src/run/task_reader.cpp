#include "run/task_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run/make_product.hpp"
#include "train/task_mix.hpp"

namespace mrnn {
namespace {

std::unique_ptr<Task> make_mix(const ConfigNode& table, const Runtime& runtime, const Network& network) {
  std::vector<MixedTask> tasks;
  for (const ConfigNode& member : table.list("mix")) {
    MixedTask mixed;
    mixed.name = member.text("name", member.text("plugin"));
    mixed.share = member.positive("share", 1.0);
    if (std::ranges::find(tasks, mixed.name, &MixedTask::name) != tasks.end()) {
      member.fail(
          member.has("name") ? "name" : "plugin",
          fmt::format("there is already a task called \"{}\" in the mix; give this one a name of its own", mixed.name));
    }
    mixed.task = make_product(runtime.tasks, runtime, member, network);
    tasks.push_back(std::move(mixed));
  }
  if (tasks.empty()) table.fail("mix", "is an empty list; at least one [[task.mix]] is needed");
  table.finish();
  return std::make_unique<TaskMix>(std::move(tasks));
}

void read_until(const ConfigNode& table, StageTask& stage) {
  if (table.kind("until") != ConfigKind::table) {
    stage.until = table.within("until", 0.0, 1.0);
    return;
  }
  const ConfigNode until = table.table("until");
  if (until.has("performance")) stage.until = until.within("performance", 0.0, 1.0);
  if (until.has("loss")) stage.until_loss = until.at_least_zero("loss", 0.0);
  if (!stage.until && !stage.until_loss) table.fail("until", "is empty; performance, loss or both are accepted");
  until.finish();
}

}  // namespace

std::unique_ptr<Task> make_task(const ConfigNode& table, const Runtime& runtime, const Network& network) {
  if (!table.has("mix")) return make_product(runtime.tasks, runtime, table, network);
  if (table.has("plugin")) table.fail("mix", "stands beside a plugin; a task has one or the other");
  return make_mix(table, runtime, network);
}

std::unique_ptr<Task> make_varied_task(const ConfigNode& table, const ConfigNode& task, const Runtime& runtime,
                                       const Network& network) {
  const bool whole = table.has("plugin") || table.has("mix");
  return make_task(whole ? table : table.over(task), runtime, network);
}

std::vector<StageTask> make_stages(const ConfigNode& train, const ConfigNode& task, const Runtime& runtime,
                                   const Network& network) {
  const std::vector<ConfigNode> tables = train.list("curriculum");
  std::vector<StageTask> stages;
  for (const ConfigNode& table : tables) {
    StageTask stage;
    if (stages.size() + 1 < tables.size()) {
      read_until(table, stage);
    } else if (table.has("until")) {
      table.fail("until", "ends the last stage, which nothing follows; train.stop ends the training");
    }
    stage.task = make_varied_task(table, task, runtime, network);
    stages.push_back(std::move(stage));
  }
  return stages;
}

}  // namespace mrnn
