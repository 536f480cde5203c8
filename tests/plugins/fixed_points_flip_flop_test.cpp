// The published flip-flop network and its 27 fixed points, which were computed elsewhere.

#include <algorithm>
#include <memory>

#include "fixed_points_subject.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/network_config.hpp"
#include "mrnn/weights.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::Index;

const std::string file = MRNN_TEST_DATA "/golden/flip_flop_leaky.h5";

/// The network as published, and 64 trials of the task it was trained on.
test::Subject flip_flop() {
  const mrnn::Hdf5Reader reader(file);
  const test::TemporaryFolder scratch;
  mrnn::NetworkSpec spec =
      mrnn::import_mrnntorch(scratch.write("net.json", reader.text_attribute("/", "config_json"))).spec;
  spec.activation = mrnn::Activation::tanh;
  spec.dale = mrnn::Dale::abs;
  spec.dale_input = mrnn::Dale::none;
  spec.dt = reader.number_attribute("/", "dt");
  spec.tau = reader.number_attribute("/", "tau");
  spec.outputs = {{"state", 3}};
  const mrnn::Network drawn = mrnn::build_network(spec, 1);
  mrnn::LoadedWeights loaded = mrnn::load_weights(file, drawn, mrnn::initial_parameters(drawn, 1));
  test::Subject made{std::move(loaded.network), std::move(loaded.parameters)};

  mrnn::Runtime runtime;
  runtime.load(MRNN_PLUGINS_DIR "/flip_flop.so");
  const auto config = mrnn::ConfigNode::parse("inputs = { pulses = \"inp\" }", "x.toml");
  const auto task = runtime.tasks.find("flip_flop")->make(config, made.network);
  made.simulations = {test::simulate(made, "control", task->make({.seed = 1, .count = 64}))};
  return made;
}

std::vector<Index> sorted(std::vector<Index> values) {
  std::ranges::sort(values);
  return values;
}

}  // namespace

TEST_CASE("all 27 fixed points of the published flip-flop network are found, and which of their modes grow",
          "[fixed_points][flip_flop]") {
  const test::Subject subject = flip_flop();

  const auto results = test::analyse(subject, "fixed_points", "seeds = 1024\nnoise_scale = 0.5\ninput = \"zero\"");

  const mrnn::Hdf5Reader reader(file);
  const std::vector<double> states = reader.read_doubles("fixed_points/x");
  const std::vector<double> modes = reader.read_doubles("fixed_points/unstable_modes");
  REQUIRE(modes.size() == 27);
  REQUIRE(test::points(results) == 27);
  for (std::size_t k = 0; k < modes.size(); ++k) {
    const Eigen::VectorXd expected = Eigen::Map<const Eigen::VectorXd>(states.data() + 30 * k, 30);
    const test::Nearest nearest = test::nearest_point(results, expected);
    CAPTURE(k, nearest.distance);
    CHECK(nearest.distance < 1e-9);
    CHECK(test::at(results, "unstable_modes", {nearest.point}) == modes[k]);
    CHECK(test::at(results, "stable", {nearest.point}) == (modes[k] == 0.0 ? 1.0 : 0.0));
  }
  CHECK(std::ranges::max(test::array(results, "q").values) <= 1e-24);
  REQUIRE(results.summary.size() == 2);
  CHECK(
      results.summary[0].starts_with("27 fixed points with zero input: 8 stable, 6 with 1 unstable mode, 8 with 2, "
                                     "4 with 3, 1 with 4; q at most "));
  CHECK(results.summary[1] == "1024 of 1024 searches ended at a fixed point");
}

TEST_CASE("searches between the points found add those that few seeds lead to", "[fixed_points][flip_flop]") {
  const test::Subject subject = flip_flop();
  const std::string keys = "seeds = 100\ninput = \"zero\"\n";

  const auto alone = test::analyse(subject, "fixed_points", keys + "between = false");
  const auto between = test::analyse(subject, "fixed_points", keys);

  CHECK(test::points(alone) < test::points(between));
  CHECK(std::ranges::min(test::array(alone, "found").values) >= 1.0);
  CHECK(std::ranges::min(test::array(between, "found").values) == 0.0);
}

TEST_CASE("the gradient method finds the same points", "[fixed_points][flip_flop]") {
  const test::Subject subject = flip_flop();
  const std::string keys = "seeds = 60\nnoise_scale = 0.5\ninput = \"zero\"\nbetween = false\n";

  const auto gradient = test::analyse(subject, "fixed_points", keys + "method = \"gradient\"");
  const auto all = test::analyse(subject, "fixed_points", "noise_scale = 0.5\ninput = \"zero\"");

  REQUIRE(test::points(gradient) >= 8);
  CHECK(std::ranges::max(test::array(gradient, "q").values) <= 1e-24);
  for (const Eigen::VectorXd& point : test::rows(gradient, "x")) {
    CHECK(test::nearest_point(all, point).distance < 1e-9);
  }
}

TEST_CASE("activity that leaves a saddle with one unstable mode comes to rest at two stable points",
          "[fixed_points][flip_flop]") {
  const auto results = test::analyse(flip_flop(), "fixed_points", "noise_scale = 0.5\ninput = \"zero\"\nvectors = 2");

  REQUIRE(test::array(results, "leads_to").shape == std::vector<Index>{27, 2, 2});
  Index saddles = 0;
  for (Index point = 0; point < 27; ++point) {
    if (test::at(results, "unstable_modes", {point}) != 1.0) continue;
    ++saddles;
    std::vector<Index> ends;
    for (const Index side : {0, 1}) {
      const double end = test::at(results, "leads_to", {point, 0, side});
      REQUIRE(end >= 0.0);
      CHECK(test::at(results, "stable", {static_cast<Index>(end)}) == 1.0);
      ends.push_back(static_cast<Index>(end));
    }
    CHECK(sorted(ends)[0] != sorted(ends)[1]);
  }
  CHECK(saddles == 6);
}

TEST_CASE("the search changes neither the network nor the simulation nor the seeds", "[fixed_points][flip_flop]") {
  const test::Subject subject = flip_flop();
  const test::Subject before = subject;

  const auto results = test::analyse(subject, "fixed_points", "seeds = 50\ninput = \"zero\"");

  CHECK(subject.parameters.recurrent == before.parameters.recurrent);
  CHECK(subject.parameters.input == before.parameters.input);
  CHECK(subject.parameters.bias == before.parameters.bias);
  const auto& x = std::get<mrnn::Sequence>(subject.simulations[0].x);
  CHECK(x.data == std::get<mrnn::Sequence>(before.simulations[0].x).data);
  CHECK(subject.simulations[0].trials.inputs.data == before.simulations[0].trials.inputs.data);
  const std::vector<Eigen::VectorXd> seeds = test::rows(results, "seeds");
  REQUIRE(seeds.size() == 50);
  for (Index seed = 0; seed < 50; ++seed) {
    const auto trial = static_cast<Index>(test::at(results, "seed_trial", {seed}));
    const auto step = static_cast<Index>(test::at(results, "seed_step", {seed}));
    CHECK(seeds[static_cast<std::size_t>(seed)] ==
          subject.simulations[0].state(subject.network, subject.parameters, trial, step - 1));
  }
}
