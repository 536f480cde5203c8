#include "train/training_reader.hpp"

#include "catch.hpp"
#include "mrnn/error.hpp"

using namespace mrnn;

namespace {

Network two_outputs() {
  NetworkSpec spec;
  spec.regions = {{"v1", 2}, {"v4", 2}, {"it", 2}};
  spec.inputs = {{"image", 1}};
  spec.connections = {{"image", "v1"}, {"v1", "v4"}, {"v4", "v1"}, {"v4", "it"}, {"it", "it"}};
  spec.outputs = {Output{.name = "choice", .units = 2, .activation = OutputActivation::softmax},
                  Output{.name = "hand", .units = 2}};
  return build_network(spec, 0);
}

TrainingPlan read(const std::string& text) {
  const ConfigNode train = ConfigNode::parse("[train]\n" + text, "t.toml").table("train");
  TrainingPlan plan = read_training(train, two_outputs(), {"silence_v4", "noise"});
  train.finish();
  return plan;
}

std::string mistake(const std::string& text) {
  try {
    read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("an empty training table is Adam on the mean squared error", "[train]") {
  const TrainingPlan plan = read("");

  CHECK(plan.iterations == 1000);
  CHECK(plan.batch == 64);
  CHECK(plan.rate == 1e-3);
  CHECK(plan.optimiser.kind == Optimiser::Kind::adam);
  CHECK(plan.schedule.kind == RateSchedule::Kind::constant);
  CHECK(plan.memory.mode == TrainingMemory::Mode::store);
  CHECK(plan.noise == Noise::on);
  CHECK(plan.keep == TrainingPlan::Keep::best);
  CHECK(plan.log_every == 10);
  CHECK(plan.validate_every == 100);
  CHECK(plan.validation_trials == 256);
  CHECK(plan.checkpoint_every == 500);
  REQUIRE(plan.loss.outputs.size() == 2);
  CHECK(plan.loss.outputs[1].kind == LossKind::mse);
  CHECK(plan.loss.outputs[1].weight == 1.0);
  CHECK_FALSE(plan.stop_loss);
}

TEST_CASE("every number and switch of the training table is read", "[train]") {
  const TrainingPlan plan = read(R"(
iterations = 20
batch = 5
noise = false
memory = 250
keep = "last"
log_every = 2
validate_every = 3
validation_trials = 7
checkpoint_every = 0
manipulations = [{ name = "noise", share = 0.25 }, { name = "silence_v4" }]
stop = { loss = 0.01, performance = 0.9, patience = 40 }
)");

  CHECK(plan.iterations == 20);
  CHECK(plan.batch == 5);
  CHECK(plan.noise == Noise::off);
  CHECK(plan.memory.mode == TrainingMemory::Mode::budget);
  CHECK(plan.memory.megabytes == 250.0);
  CHECK(plan.keep == TrainingPlan::Keep::last);
  CHECK(plan.log_every == 2);
  CHECK(plan.validate_every == 3);
  CHECK(plan.validation_trials == 7);
  CHECK(plan.checkpoint_every == 0);
  REQUIRE(plan.manipulations.size() == 2);
  CHECK(plan.manipulations[0].name == "noise");
  CHECK(plan.manipulations[0].share == 0.25);
  CHECK(plan.manipulations[1].share == 1.0);
  CHECK(plan.stop_loss == 0.01);
  CHECK(plan.stop_performance == 0.9);
  CHECK(plan.stop_patience == 40);
  CHECK(read("memory = \"recompute\"").memory.mode == TrainingMemory::Mode::recompute);
}

TEST_CASE("each optimiser has its own keys and the default rate of PyTorch", "[train]") {
  const TrainingPlan adam = read("optimiser = { name = \"adam\", beta1 = 0.8, beta2 = 0.9, epsilon = 1e-6 }");
  const TrainingPlan adamw = read("optimiser = { name = \"adamw\", decay = 0.1, clip_norm = 1.0 }");
  const TrainingPlan sgd = read("optimiser = { name = \"sgd\", rate = 0.5, momentum = 0.9 }");
  const TrainingPlan rmsprop = read("optimiser = { name = \"rmsprop\", smoothing = 0.9 }");

  CHECK(adam.optimiser.beta1 == 0.8);
  CHECK(adam.optimiser.beta2 == 0.9);
  CHECK(adam.optimiser.epsilon == 1e-6);
  CHECK(adamw.optimiser.kind == Optimiser::Kind::adamw);
  CHECK(adamw.optimiser.decay == 0.1);
  CHECK(adamw.optimiser.clip_norm == 1.0);
  CHECK(adamw.rate == 1e-3);
  CHECK(sgd.optimiser.kind == Optimiser::Kind::sgd);
  CHECK(sgd.optimiser.momentum == 0.9);
  CHECK(sgd.rate == 0.5);
  CHECK(rmsprop.optimiser.smoothing == 0.9);
  CHECK(rmsprop.rate == 1e-2);
  CHECK(read("optimiser = \"sgd\"").rate == 1e-3);
  CHECK(read("optimiser = \"rmsprop\"").optimiser.kind == Optimiser::Kind::rmsprop);
}

TEST_CASE("each schedule has its own keys", "[train]") {
  const RateSchedule step = read("schedule = { name = \"step\", every = 7, factor = 0.1, floor = 0.01 }").schedule;
  const RateSchedule cosine = read("schedule = { name = \"cosine\", warmup = 9, floor = 0.1 }").schedule;
  const RateSchedule plateau = read("schedule = { name = \"plateau\", patience = 50, factor = 0.3 }").schedule;

  CHECK(step.kind == RateSchedule::Kind::step);
  CHECK(step.every == 7);
  CHECK(step.factor == 0.1);
  CHECK(step.floor == 0.01);
  CHECK(cosine.kind == RateSchedule::Kind::cosine);
  CHECK(cosine.warmup == 9);
  CHECK(cosine.floor == 0.1);
  CHECK(plateau.kind == RateSchedule::Kind::plateau);
  CHECK(plateau.patience == 50);
  CHECK(plateau.factor == 0.3);
  CHECK(read("schedule = \"cosine\"").schedule.kind == RateSchedule::Kind::cosine);
  CHECK(read("schedule = { name = \"constant\", warmup = 3 }").schedule.warmup == 3);
}

TEST_CASE("a loss for each output, with weights", "[train]") {
  const Loss loss = read("loss = { choice = \"cross_entropy\", hand = { name = \"mse\", weight = 0.5 } }").loss;

  CHECK(loss.outputs[0].kind == LossKind::cross_entropy);
  CHECK(loss.outputs[0].weight == 1.0);
  CHECK(loss.outputs[1].kind == LossKind::mse);
  CHECK(loss.outputs[1].weight == 0.5);
}

TEST_CASE("penalties and the distances of the wiring", "[train]") {
  const Penalties penalties = read(R"(
[train.penalties]
l1_weights = 1.0
l2_weights = 2.0
l1_rates = 3.0
l2_rates = 4.0
vanishing_gradient = 5.0
rate_target = { weight = 6.0, rate = 0.1 }
[train.penalties.wiring]
weight = 7.0
[train.penalties.wiring.distances]
v1 = { v4 = 2.0, v1 = 0.5 }
it = { v4 = 3.0 }
v4 = { v1 = 2.5 }
)")
                                  .loss.penalties;

  CHECK(penalties.l1_weights == 1.0);
  CHECK(penalties.l2_weights == 2.0);
  CHECK(penalties.l1_rates == 3.0);
  CHECK(penalties.l2_rates == 4.0);
  CHECK(penalties.vanishing_gradient == 5.0);
  CHECK(penalties.rate_target == 6.0);
  CHECK(penalties.rate == 0.1);
  CHECK(penalties.wiring == 7.0);
  Eigen::Matrix3d expected;  // [to, from]: v1 -> v4 is 2, back 2.5; v4 and it 3 apart; v1 and it are not connected
  expected << 0.5, 2.5, 0.0, 2.0, 0.0, 3.0, 0.0, 3.0, 0.0;
  CHECK(penalties.distances == expected);
}

TEST_CASE("mistakes in a training table are answered whole", "[train][bad]") {
  CHECK(mistake("loss = \"msee\"") ==
        "t.toml:2:8: train.loss: is \"msee\"; accepted: mse, cross_entropy. Did you mean \"mse\"?");
  CHECK(mistake("loss = { choise = \"mse\", hand = \"mse\" }") ==
        "t.toml:2:19: train.loss.choise: no output called \"choise\"; available: choice, hand. Did you mean "
        "\"choice\"?");
  CHECK(mistake("loss = { choice = \"mse\" }") ==
        "t.toml:2:8: train.loss: says nothing of output \"hand\"; each output needs a loss, such as hand = \"mse\"; a "
        "weight of 0 leaves it out");
  CHECK(mistake("loss = { choice = { name = \"mse\", weight = -1 }, hand = \"mse\" }") ==
        "t.toml:2:44: train.loss.choice.weight: is -1; a number of 0 or more is accepted");
  CHECK_THAT(mistake("loss = \"cross_entropy\""),
             StartsWith("t.toml:2:8: train.loss: ") && ContainsSubstring("\"hand\""));
  CHECK(mistake("optimiser = { name = \"adm\" }") ==
        "t.toml:2:22: train.optimiser.name: is \"adm\"; accepted: adam, adamw, sgd, rmsprop. Did you mean \"adam\"?");
  CHECK(mistake("optimiser = { name = \"sgd\", beta1 = 0.9 }") ==
        "t.toml:2:37: train.optimiser.beta1: unknown key; this table accepts: clip_norm momentum name rate");
  CHECK(mistake("optimiser = { rate = 0 }") == "t.toml:2:22: train.optimiser.rate: is 0; a number above 0 is accepted");
  CHECK(mistake("optimiser = { beta2 = 1.0 }") ==
        "t.toml:2:23: train.optimiser.beta2: is 1; a number from 0 to below 1 is accepted");
  CHECK(mistake("schedule = \"cosin\"") ==
        "t.toml:2:12: train.schedule: is \"cosin\"; accepted: constant, step, cosine, plateau. Did you mean "
        "\"cosine\"?");
  CHECK(mistake("schedule = { name = \"cosine\", every = 3 }") ==
        "t.toml:2:39: train.schedule.every: unknown key; this table accepts: floor name warmup");
  CHECK(mistake("penalties = { l3_weights = 1 }") ==
        "t.toml:2:28: train.penalties.l3_weights: unknown key; this table accepts: l1_rates l1_weights l2_rates "
        "l2_weights rate_target vanishing_gradient wiring. Did you mean \"l1_weights\"?");
  CHECK(mistake("penalties = { l1_weights = -1 }") ==
        "t.toml:2:28: train.penalties.l1_weights: is -1; a number of 0 or more is accepted");
  CHECK(mistake("penalties = { rate_target = { weight = 1 } }") ==
        "t.toml:2:29: train.penalties.rate_target.rate: is missing; a number is required");
  CHECK(mistake("stop = { performance = 99 }") ==
        "t.toml:2:24: train.stop.performance: is 99; a number from 0 to 1 is accepted");
  CHECK(mistake("memory = \"stor\"") ==
        "t.toml:2:10: train.memory: is \"stor\"; accepted: store, recompute. Did you mean \"store\"?");
  CHECK(mistake("memory = true") ==
        "t.toml:2:10: train.memory: has the wrong type; \"store\", \"recompute\" or a number of MB is accepted");
  CHECK(mistake("manipulations = [{ name = \"silence_v1\" }]") ==
        "t.toml:2:27: train.manipulations[0].name: no manipulation called \"silence_v1\"; available: silence_v4, "
        "noise. Did you mean \"silence_v4\"?");
  CHECK(mistake("manipulations = [{ name = \"noise\", share = 1.5 }]") ==
        "t.toml:2:44: train.manipulations[0].share: is 1.5; a share of the trials above 0 and up to 1 is accepted");
  CHECK(mistake("batch = 100000000") == "t.toml:2:9: train.batch: is 100000000; at most 10000000 is accepted");
  CHECK(mistake("iterations = 0") == "t.toml:2:14: train.iterations: is 0; an integer of at least 1 is accepted");
  CHECK_THAT(mistake("itertions = 3"),
             StartsWith("t.toml:2:13: train.itertions: unknown key") && EndsWith("Did you mean \"iterations\"?"));
}

TEST_CASE("distances that are missing or of no region are named", "[train][bad]") {
  const std::string wiring = "[train.penalties.wiring]\nweight = 1\ndistances = ";

  CHECK(mistake(wiring + "{ v1 = { v4 = 1 } }") ==
        "t.toml:4:13: train.penalties.wiring.distances: lacks the distance between regions that are connected: v4 - "
        "it");
  CHECK(mistake(wiring + "{ v1 = { v4 = 1, v5 = 2 } }") ==
        "t.toml:4:35: train.penalties.wiring.distances.v1.v5: no region called \"v5\"; available: v1, v4, it. Did you "
        "mean \"v1\"?");
}

TEST_CASE("what the validation decides needs a validation", "[train][bad]") {
  CHECK(mistake("validate_every = 0\nstop = { patience = 3 }") ==
        "t.toml:3:21: train.stop.patience: is judged by the validation; validate_every = 0 switches that off");
  CHECK(mistake("validate_every = 0\nstop = { performance = 0.5 }") ==
        "t.toml:3:24: train.stop.performance: is judged by the validation; validate_every = 0 switches that off");
  CHECK(mistake("validate_every = 0\nschedule = \"plateau\"") ==
        "t.toml:3:12: train.schedule: plateau follows the loss of the validation; validate_every = 0 switches that "
        "off");
  CHECK(mistake("validate_every = 0\nstop = { loss = 0.5 }") == "no error");
}
