#include "task_bench.hpp"

#include <algorithm>
#include <cmath>

#include "mrnn/error.hpp"

namespace test {
namespace {

/// One trial as plain values, without what pads it.
std::vector<double> one_trial(const mrnn::Trials& trials, std::size_t trial) {
  std::vector<double> values;
  const mrnn::Index end = trials.epochs.back().last[trial];
  for (const mrnn::Sequence* part : {&trials.inputs, &trials.targets, &trials.mask}) {
    for (mrnn::Index step = 0; step < end; ++step) {
      for (mrnn::Index channel = 0; channel < part->units; ++channel) {
        values.push_back((*part)(channel, static_cast<mrnn::Index>(trial), step));
      }
    }
  }
  for (const auto& [name, numbers] : trials.numbers)
    values.push_back(std::isnan(numbers[trial]) ? -1e300 : numbers[trial]);
  return values;
}

}  // namespace

TaskBench::TaskBench(std::string plugin, std::vector<mrnn::InputRegion> inputs, std::vector<mrnn::Output> outputs,
                     double dt)
    : plugin_(std::move(plugin)) {
  mrnn::NetworkSpec spec;
  spec.dt = dt;
  spec.regions.push_back(mrnn::Region{"area"});
  spec.inputs = std::move(inputs);
  spec.outputs = std::move(outputs);
  network_ = mrnn::build_network(spec, 1);
  runtime_.load(std::string(MRNN_PLUGINS_DIR) + "/" + plugin_ + ".so");
}

std::unique_ptr<mrnn::Task> TaskBench::task(const std::string& keys) const {
  const auto root = mrnn::ConfigNode::parse("[task]\nplugin = \"" + plugin_ + "\"\n" + keys, "x.toml");
  const auto config = root.table("task");
  config.text("plugin");
  auto made = runtime_.tasks.find(plugin_)->make(config, network_);
  config.finish();
  return made;
}

mrnn::Trials TaskBench::trials(const std::string& keys, const mrnn::TrialRequest& request) const {
  return task(keys)->make(request);
}

std::string TaskBench::mistake(const std::string& keys) const {
  try {
    task(keys);
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "";
}

std::vector<double> course(const mrnn::Sequence& of, mrnn::Index channel, mrnn::Index trial) {
  std::vector<double> values;
  for (mrnn::Index step = 0; step < of.steps; ++step) values.push_back(of(channel, trial, step));
  return values;
}

std::vector<double> stretches(const std::vector<std::pair<int, double>>& parts) {
  std::vector<double> values;
  for (const auto& [steps, value] : parts) values.insert(values.end(), static_cast<std::size_t>(steps), value);
  return values;
}

std::vector<mrnn::Index> boundaries(const mrnn::Trials& trials, std::size_t trial) {
  std::vector<mrnn::Index> steps;
  for (const mrnn::Epoch& epoch : trials.epochs) steps.push_back(epoch.first[trial]);
  steps.push_back(trials.epochs.back().last[trial]);
  return steps;
}

std::vector<std::string> epoch_names(const mrnn::Trials& trials) {
  std::vector<std::string> names;
  for (const mrnn::Epoch& epoch : trials.epochs) names.push_back(epoch.name);
  return names;
}

void check_tiling(const mrnn::Trials& trials) {
  mrnn::Index longest = 0;
  for (std::size_t trial = 0; trial < static_cast<std::size_t>(trials.count); ++trial) {
    CAPTURE(trial);
    mrnn::Index step = 0;
    for (const mrnn::Epoch& epoch : trials.epochs) {
      CHECK(epoch.first.at(trial) == step);
      CHECK(epoch.last.at(trial) >= epoch.first.at(trial));
      step = epoch.last.at(trial);
    }
    longest = std::max(longest, step);
    for (; step < trials.steps; ++step) {
      CHECK(trials.inputs.at(step).col(static_cast<mrnn::Index>(trial)).isZero(0.0));
      CHECK(trials.targets.at(step).col(static_cast<mrnn::Index>(trial)).isZero(0.0));
      CHECK(trials.mask.at(step).col(static_cast<mrnn::Index>(trial)).isZero(0.0));
    }
  }
  CHECK(longest == trials.steps);
}

void check_reproducible(const mrnn::Task& task) {
  const mrnn::TrialRequest request{.seed = 5, .first = 3, .count = 12};
  mrnn::TrialRequest other_seed = request, other_stream = request;
  other_seed.seed = 6;
  other_stream.stream = mrnn::Stream::training_trials;
  const mrnn::Trials all = task.make(request), again = task.make(request);

  CHECK(again.inputs.data == all.inputs.data);
  CHECK(again.targets.data == all.targets.data);
  CHECK(again.mask.data == all.mask.data);
  CHECK(again.texts == all.texts);
  for (std::size_t k = 0; k < 12; ++k) {
    CAPTURE(k);
    CHECK(all.ids[k] == 3 + k);
    const mrnn::Trials alone = task.make({.seed = 5, .first = 3 + k, .count = 1});
    CHECK(one_trial(alone, 0) == one_trial(all, k));
    for (const auto& [name, texts] : alone.texts) CHECK(texts[0] == all.texts.at(name)[k]);
  }
  CHECK(task.make(other_seed).inputs.data != all.inputs.data);
  CHECK(task.make(other_stream).inputs.data != all.inputs.data);
}

mrnn::Sequence answers(const mrnn::Trials& trials, const std::vector<mrnn::Index>& channels,
                       const std::vector<mrnn::Index>& steps) {
  mrnn::Sequence outputs(trials.targets.units, trials.count, trials.steps);
  for (std::size_t trial = 0; trial < channels.size(); ++trial) {
    outputs(channels[trial], static_cast<mrnn::Index>(trial), steps[trial]) = 1.0;
  }
  return outputs;
}

}  // namespace test
