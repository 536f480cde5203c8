#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mrnn/runtime.hpp"
#include "run/experiment_state.hpp"

namespace mrnn {

/// Makes the task that a table describes: that of its `plugin`, or the mix of its [[mix]] tables, each a table of a
/// task with a `share` (default 1, in proportion to their sum) and a `name` (default: the plugin's). @throws
/// ConfigError.
std::unique_ptr<Task> make_task(const ConfigNode& table, const Runtime& runtime, const Network& network);

/// The same of a table with some keys of the task: laid over [task], or alone where it has a `plugin` or [[mix]] of its
/// own. @throws ConfigError.
std::unique_ptr<Task> make_varied_task(const ConfigNode& table, const ConfigNode& task, const Runtime& runtime,
                                       const Network& network);

/// The stages of `train.curriculum`, in order: tables of varied tasks, and `until`. Empty without a curriculum. @throws
/// ConfigError.
std::vector<StageTask> make_stages(const ConfigNode& train, const ConfigNode& task, const Runtime& runtime,
                                   const Network& network);

}  // namespace mrnn
