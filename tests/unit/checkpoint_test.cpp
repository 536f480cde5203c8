#include "train/checkpoint.hpp"

#include <fstream>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/weights.hpp"
#include "problems.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"
#include "train/resume_check.hpp"

using namespace mrnn;

namespace {

bool same(const Parameters& a, const Parameters& b) {
  return a.recurrent == b.recurrent && a.input == b.input && a.readout == b.readout && a.bias == b.bias &&
         a.readout_bias == b.readout_bias && a.initial_state == b.initial_state && a.tau == b.tau;
}

Network network() {
  return build_network(test::network_spec({.units = 13}), 1);
}

/// A state in which everything has a value of its own, down to the last bit.
TrainingState full_state(const Network& network) {
  TrainingState state;
  state.iteration = 120;
  state.initial = test::random_parameters(network, 1);
  state.current = test::random_parameters(network, 2);
  state.best = test::random_parameters(network, 3);
  state.optimiser = {test::random_parameters(network, 4), test::random_parameters(network, 5)};
  state.last_loss = 1.0 / 3.0;
  state.best_iteration = 100;
  state.best_loss = 0.1;
  state.best_performance = 0.7;
  state.stage = 2;
  state.better_since = 90;
  state.rate_factor = 0.3;
  state.plateau_loss = 0.4;
  state.plateau_since = 80;
  state.stopped_by = "performance";
  TrainingHistory& history = state.history;
  history.iteration = {1, 100};
  history.loss = {2.0, 0.1};
  history.terms = {{"mse", {1.9, 0.09}}, {"l2_weights", {0.1, 0.01}}};
  history.gradient_norm = {3.0, 0.2};
  history.performance = {TrainingState::none, 0.5};
  history.rate = {1e-3, 1e-4};
  history.stage = {0, 2};
  history.validation_iteration = {100};
  history.validation_loss = {0.1};
  history.validation_performance = {0.7};
  return state;
}

CheckpointOrigin origin() {
  return {{{"train.batch", "64"}, {"train.log_every", "10"}, {"train.iterations", "200"}}, "eigen", "float32", "tf32"};
}

std::string mistake(const std::filesystem::path& file, const Network& network) {
  try {
    read_checkpoint_origin(file);
    read_checkpoint_state(file, network);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

std::string differences(const CheckpointOrigin& then, const CheckpointOrigin& now, const TrainingPlan& plan) {
  try {
    check_resume(then, now, plan);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a checkpoint gives a state back to the last bit", "[checkpoint]") {
  const test::TemporaryFolder folder;
  const Network net = network();
  const TrainingState state = full_state(net);
  const std::filesystem::path file = folder.path() / "checkpoint.h5";

  write_checkpoint(file, net, state, origin());
  const TrainingState back = read_checkpoint_state(file, net);

  CHECK(back.iteration == 120);
  CHECK(same(back.initial, state.initial));
  CHECK(same(back.current, state.current));
  CHECK(same(back.best, state.best));
  CHECK(same(back.optimiser.first, state.optimiser.first));
  CHECK(same(back.optimiser.second, state.optimiser.second));
  CHECK(back.last_loss == state.last_loss);
  CHECK(back.best_iteration == 100);
  CHECK(back.best_loss == state.best_loss);
  CHECK(back.best_performance == state.best_performance);
  CHECK(back.stage == 2);
  CHECK(back.better_since == 90);
  CHECK(back.rate_factor == state.rate_factor);
  CHECK(back.plateau_loss == state.plateau_loss);
  CHECK(back.plateau_since == 80);
  CHECK(back.stopped_by == "performance");
  CHECK(back.history.iteration == state.history.iteration);
  CHECK(back.history.terms == state.history.terms);
  CHECK(std::isnan(back.history.performance[0]));
  CHECK(back.history.performance[1] == 0.5);
  CHECK(back.history.rate == state.history.rate);
  CHECK(back.history.stage == state.history.stage);
  CHECK(back.history.validation_performance == state.history.validation_performance);
  CHECK(read_checkpoint_origin(file).config == origin().config);
  CHECK(read_checkpoint_origin(file).products == "tf32");
}

TEST_CASE("a checkpoint before the first validation has no best weights", "[checkpoint]") {
  const test::TemporaryFolder folder;
  const Network net = network();
  TrainingState state = full_state(net);
  state.best = {};
  state.best_iteration = 0;

  write_checkpoint(folder.path() / "c.h5", net, state, origin());

  CHECK(read_checkpoint_state(folder.path() / "c.h5", net).best.bias.size() == 0);
}

TEST_CASE("a checkpoint is a file of its current weights", "[checkpoint]") {
  const test::TemporaryFolder folder;
  const Network net = network();
  TrainingState state = full_state(net);
  state.current = initial_parameters(net, 2);

  write_checkpoint(folder.path() / "c.h5", net, state, origin());

  const LoadedWeights loaded = load_weights(folder.path() / "c.h5", net, initial_parameters(net, 9));
  CHECK(loaded.parameters.bias == state.current.bias);
  CHECK(loaded.parameters.recurrent == state.current.recurrent);
}

TEST_CASE("what is no checkpoint of this network is refused and left as it is", "[checkpoint][bad]") {
  const test::TemporaryFolder folder;
  const Network net = network();
  const std::filesystem::path file = folder.path() / "checkpoint.h5";
  write_checkpoint(file, net, full_state(net), origin());
  std::string bytes = test::text_of(file);

  SECTION("missing") {
    CHECK(mistake(folder.path() / "absent.h5", net) ==
          (folder.path() / "absent.h5").string() + ": there is no such file");
  }
  SECTION("weights without a checkpoint") {
    save_weights(file, net, initial_parameters(net, 0));
    CHECK(mistake(file, net) == file.string() + ": is not a checkpoint of a training run: it has no group /checkpoint");
  }
  SECTION("text") {
    folder.write("checkpoint.h5", "what another program left");
    CHECK(mistake(file, net) == file.string() + ": is not an HDF5 file");
  }
  SECTION("cut short") {
    folder.write("checkpoint.h5", bytes.substr(0, bytes.size() / 2));
    CHECK(mistake(file, net) == file.string() + ": is cut short: it ends before the end that its header states");
    CHECK(test::text_of(file) == bytes.substr(0, bytes.size() / 2));
  }
  SECTION("a bit changed, anywhere") {
    const std::size_t seal = bytes.rfind("mrnn ");
    for (std::size_t at = 0; at < bytes.size(); at += at < seal ? 97 : 1) {
      CAPTURE(at);
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 1);
      folder.write("checkpoint.h5", damaged);
      // A broken beginning of the last line makes it another line.
      CHECK(mistake(file, net) ==
            file.string() + (at < seal || at >= seal + 5
                                 ? ": is damaged: its contents do not match the checksum that "
                                   "ends it"
                                 : ": is damaged: the checksum that ends a checkpoint is missing"));
    }
  }
  SECTION("another network") {
    const Network other = build_network(test::network_spec({.units = 14}), 1);
    CHECK_THAT(mistake(file, other), StartsWith(file.string() + ": /checkpoint/initial/") &&
                                         EndsWith(" has another shape; the checkpoint is of another network"));
  }
}

TEST_CASE("a run goes on only under the configuration it began with", "[checkpoint]") {
  TrainingPlan plan;
  CheckpointOrigin now = origin();

  CHECK(differences(origin(), now, plan) == "none");
  now.config = {{"train.batch", "64"},
                {"train.log_every", "1"},
                {"train.iterations", "400"},
                {"backend.threads", "2"},
                {"experiment.output", "'elsewhere'"},
                {"plugins.path", "[ 'more' ]"},
                {"simulation[0].trials", "5"},
                {"analysis[0].plugin", "'pca'"},
                {"manipulation[0].name", "'silence'"}};
  CHECK(differences(origin(), now, plan) == "none");
  now.config.emplace_back("train.optimiser.rate", "0.1");
  now.config[0].second = "32";
  now.precision = "float64";
  now.products = "ieee";
  CHECK(differences(origin(), now, plan) ==
        "--resume: the configuration is not that of the checkpoint; backend.precision: float32 in the checkpoint, "
        "float64 now; backend.products: tf32 in the checkpoint, ieee now; train.batch: 64 in the checkpoint, 32 now; "
        "train.optimiser.rate: absent in the checkpoint, 0.1 "
        "now. Only train.log_every, train.iterations, backend.threads, experiment.output, plugins and the tables "
        "simulation, analysis, manipulation may change; --overwrite starts afresh");

  plan.manipulations = {{"silence", 0.5}};
  CHECK_THAT(differences(origin(), now, plan),
             Catch::Contains("manipulation[0].name: absent in the checkpoint, 'silence' now") &&
                 Catch::Contains("the tables simulation, analysis may change"));
}

TEST_CASE("a checkpoint keeps what the files gave that the configuration names", "[checkpoint]") {
  const test::TemporaryFolder folder;
  const Network net = network();
  CheckpointOrigin then = origin();
  then.network = {{"region[0].name", "'a'"}, {"region[0].units", "2"}};
  write_checkpoint(folder.path() / "without.h5", net, full_state(net), then);
  then.files = {{"task.file", "5 bytes, checksum 0123456789abcdef"}};
  write_checkpoint(folder.path() / "with.h5", net, full_state(net), then);

  const CheckpointOrigin without = read_checkpoint_origin(folder.path() / "without.h5");
  const CheckpointOrigin with = read_checkpoint_origin(folder.path() / "with.h5");

  CHECK(without.network == then.network);
  CHECK(without.files.empty());
  CHECK(with.files == then.files);
}

TEST_CASE("a run goes on only with the network and the data it began with", "[checkpoint]") {
  CheckpointOrigin then = origin(), now = origin();
  now.network = {{"region[0].name", "'a'"}, {"region[0].sign", "'inhibitory'"}};
  now.files = {{"task.file", "5 bytes, checksum 0123456789abcdef"}};
  CHECK(differences(then, now, {}) == "none");  // an earlier version kept neither

  then.network = {{"region[0].name", "'a'"}};
  CHECK(differences(then, now, {}) ==
        "--resume: the network is not that of the checkpoint, so a file that the configuration names must have "
        "changed; region[0].sign: absent in the checkpoint, 'inhibitory' now. --overwrite starts afresh");
  for (int k = 0; k < 9; ++k) now.network.emplace_back("region[" + std::to_string(k + 1) + "].name", "'b'");
  CHECK_THAT(differences(then, now, {}), Catch::Contains("region[7].name: absent") &&
                                             Catch::Contains("; and 2 more. ") && !Catch::Contains("region[8]"));

  then.network = now.network;
  CHECK(differences(then, now, {}) ==
        "--resume: the trials come from a file that has changed; task.file: absent in the checkpoint, 5 bytes, "
        "checksum 0123456789abcdef now. --overwrite starts afresh");
  then.files = now.files;
  CHECK(differences(then, now, {}) == "none");
}

TEST_CASE("a cosine schedule depends on the number of iterations", "[checkpoint]") {
  TrainingPlan plan;
  plan.schedule.kind = RateSchedule::Kind::cosine;
  CheckpointOrigin now = origin();
  now.config[2].second = "400";

  CHECK(differences(origin(), now, plan) ==
        "--resume: the configuration is not that of the checkpoint; train.iterations: 200 in the checkpoint, 400 now. "
        "Only train.log_every, backend.threads, experiment.output, plugins and the tables simulation, analysis, "
        "manipulation may change (the cosine schedule depends on train.iterations); --overwrite starts afresh");
}
