#include "train/training_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mrnn/names.hpp"
#include "mrnn/task.hpp"
#include "train/loss_reader.hpp"

namespace mrnn {
namespace {

// Times TrialRequest::most_trials it stays within the numbers that trials can have.
constexpr std::int64_t most_iterations = 1'000'000'000;

/// A setting written as a table with a `name`, or as the name alone: `schedule = "cosine"`.
class NamedSetting {
 public:
  NamedSetting(const ConfigNode& train, const std::string& key, const std::vector<std::string>& names)
      : table_(train.kind(key) == ConfigKind::table ? train.table(key) : ConfigNode::parse("")),
        name_(train.kind(key) == ConfigKind::table ? table_.choice("name", names, names.front())
                                                   : train.choice(key, names, names.front())) {}

  const ConfigNode& table() const noexcept { return table_; }
  const std::string& name() const noexcept { return name_; }

 private:
  ConfigNode table_;
  std::string name_;
};

/// In [low, high).
double below(const ConfigNode& table, std::string_view key, double high, double fallback) {
  const double value = table.number(key, fallback);
  if (value < 0.0 || value >= high) {
    table.fail(key, fmt::format("is {}; a number from 0 to below {} is accepted", value, high));
  }
  return value;
}

void read_optimiser(const ConfigNode& train, TrainingPlan& plan) {
  const NamedSetting setting(train, "optimiser", {"adam", "adamw", "sgd", "rmsprop"});
  const ConfigNode& table = setting.table();
  Optimiser& optimiser = plan.optimiser;
  plan.rate = table.positive("rate", setting.name() == "rmsprop" ? 1e-2 : 1e-3);
  optimiser.clip_norm = table.at_least_zero("clip_norm", 0.0);
  if (setting.name() == "sgd") {
    optimiser.kind = Optimiser::Kind::sgd;
    optimiser.momentum = below(table, "momentum", 1.0, optimiser.momentum);
  } else {
    optimiser.epsilon = table.positive("epsilon", optimiser.epsilon);
  }
  if (setting.name() == "rmsprop") {
    optimiser.kind = Optimiser::Kind::rmsprop;
    optimiser.smoothing = below(table, "smoothing", 1.0, optimiser.smoothing);
  }
  if (setting.name().starts_with("adam")) {
    optimiser.beta1 = below(table, "beta1", 1.0, optimiser.beta1);
    optimiser.beta2 = below(table, "beta2", 1.0, optimiser.beta2);
  }
  if (setting.name() == "adamw") {
    optimiser.kind = Optimiser::Kind::adamw;
    optimiser.decay = table.at_least_zero("decay", optimiser.decay);
  }
  table.finish();
}

void read_schedule(const ConfigNode& train, TrainingPlan& plan) {
  const NamedSetting setting(train, "schedule", {"constant", "step", "cosine", "plateau"});
  const ConfigNode& table = setting.table();
  RateSchedule& schedule = plan.schedule;
  schedule.warmup = table.count_or("warmup", 0, 0);
  if (setting.name() != "constant") schedule.floor = table.within("floor", 0.0, 1.0, schedule.floor);
  if (setting.name() == "cosine") schedule.kind = RateSchedule::Kind::cosine;
  if (setting.name() == "step") {
    schedule.kind = RateSchedule::Kind::step;
    schedule.every = table.count_or("every", schedule.every);
    schedule.factor = below(table, "factor", 1.0, schedule.factor);
  }
  if (setting.name() == "plateau") {
    schedule.kind = RateSchedule::Kind::plateau;
    schedule.patience = table.count_or("patience", schedule.patience);
    schedule.factor = below(table, "factor", 1.0, schedule.factor);
    if (plan.validate_every == 0) {
      train.fail("schedule", "plateau follows the loss of the validation; validate_every = 0 switches that off");
    }
  }
  table.finish();
}

void read_stop(const ConfigNode& train, TrainingPlan& plan) {
  const auto table = train.find_table("stop");
  if (!table) return;
  if (table->has("loss")) plan.stop_loss = table->number("loss");
  if (table->has("performance")) plan.stop_performance = table->within("performance", 0.0, 1.0);
  if (table->has("patience")) plan.stop_patience = table->count("patience");
  table->finish();
  if (plan.validate_every > 0) return;
  for (const char* key : {"performance", "patience"}) {
    if (table->has(key)) table->fail(key, "is judged by the validation; validate_every = 0 switches that off");
  }
}

void read_memory(const ConfigNode& train, TrainingPlan& plan) {
  if (train.kind("memory") == ConfigKind::number) {
    plan.memory = {TrainingMemory::Mode::budget, train.positive("memory")};
    return;
  }
  if (train.kind("memory") != ConfigKind::absent && train.kind("memory") != ConfigKind::text) {
    train.fail("memory", "has the wrong type; \"store\", \"recompute\" or a number of MB is accepted");
  }
  const std::vector<std::string> names{"store", "recompute"};
  const bool store = train.choice("memory", names, "store") == "store";
  plan.memory.mode = store ? TrainingMemory::Mode::store : TrainingMemory::Mode::recompute;
}

void read_manipulations(const ConfigNode& train, const std::vector<std::string>& known, TrainingPlan& plan) {
  for (const ConfigNode& table : train.list("manipulations")) {
    TrainingManipulation manipulation{table.text("name"), table.positive("share", 1.0)};
    if (std::ranges::find(known, manipulation.name) == known.end()) {
      table.fail("name", unknown_name("manipulation", manipulation.name, known));
    }
    if (manipulation.share > 1.0) {
      table.fail("share",
                 fmt::format("is {}; a share of the trials above 0 and up to 1 is accepted", manipulation.share));
    }
    table.finish();
    plan.manipulations.push_back(std::move(manipulation));
  }
}

}  // namespace

TrainingPlan read_training(const ConfigNode& train, const Network& network,
                           const std::vector<std::string>& manipulations) {
  TrainingPlan plan;
  plan.iterations = train.count_or("iterations", plan.iterations, 1, most_iterations);
  plan.batch = train.count_or("batch", plan.batch, 1, TrialRequest::most_trials);
  plan.validate_every = train.count_or("validate_every", plan.validate_every, 0);
  plan.validation_trials = train.count_or("validation_trials", plan.validation_trials, 1, TrialRequest::most_trials);
  plan.checkpoint_every = train.count_or("checkpoint_every", plan.checkpoint_every, 0);
  plan.log_every = train.count_or("log_every", plan.log_every);
  plan.noise = train.flag("noise", true) ? Noise::on : Noise::off;
  const std::vector<std::string> kept{"best", "last"};
  plan.keep = train.choice("keep", kept, "best") == "best" ? TrainingPlan::Keep::best : TrainingPlan::Keep::last;
  plan.loss = read_loss(train, network);
  read_optimiser(train, plan);
  read_schedule(train, plan);
  read_stop(train, plan);
  read_memory(train, plan);
  read_manipulations(train, manipulations, plan);
  return plan;
}

}  // namespace mrnn
