#include "mrnn/network_config.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "same_spec.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::ConfigNode;

const std::string two_regions =
    "[[region]]\nname = 'striatum'\nunits = 4\n"
    "[[region]]\nname = 'snr'\nunits = 3\n";

mrnn::NetworkSource read(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return mrnn::read_network(ConfigNode::parse(text, "x.toml", ".", overrides));
}

/// The text of the ConfigError that reading and building gives.
std::string message(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    mrnn::build_network(read(text, overrides), 1);
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

mrnn::NetworkSpec read_back(const mrnn::NetworkSpec& spec) {
  return read(mrnn::to_toml(spec)).spec;
}

TEST_CASE("the settings of a network are read", "[network_config]") {
  const mrnn::NetworkSpec spec = read(
                                     "[network]\ndynamics = 'rate'\nactivation = 'tanh'\ndt = 5\ntau = 50\n"
                                     "noise = { recurrent = 0.1, input = 0.2 }\ndale = 'clamp'\ndale_input = 'none'\n"
                                     "bounds = [1, 2]\nspectral_radius = 1.2\nweights = 'w.h5'\n")
                                     .spec;

  CHECK(spec.dynamics == mrnn::Dynamics::rate);
  CHECK(spec.activation == mrnn::Activation::tanh);
  CHECK(spec.dt == 5.0);
  CHECK(spec.tau == 50.0);
  CHECK(spec.noise_recurrent == 0.1);
  CHECK(spec.noise_input == 0.2);
  CHECK(spec.dale == mrnn::Dale::clamp);
  CHECK(spec.dale_input == mrnn::Dale::none);
  CHECK(spec.bounds == std::array{1.0, 2.0});
  CHECK(spec.spectral_radius == 1.2);
}

TEST_CASE("regions and their cell types are read in the file's order", "[network_config]") {
  const mrnn::NetworkSpec spec =
      read(
          "[[region]]\nname = 'striatum'\nunits = 100\nsign = 'inhibitory'\nactivation = 'softplus'\nnoise = 0.1\n"
          "base_firing = 1.5\ninitial_state = -2\nlearnable_bias = true\ntau = 50\nparent = 'basal_ganglia'\n"
          "cell_types = [ { name = 'd2', fraction = 0.25 }, { name = 'd1', fraction = 0.75, sign = 'excitatory' } ]\n"
          "[[region]]\nname = 'alm'\nunits = 2\n")
          .spec;

  REQUIRE(spec.regions.size() == 2);
  const mrnn::Region& striatum = spec.regions[0];
  CHECK(striatum.name == "striatum");
  CHECK(striatum.units == 100);
  CHECK(striatum.sign == mrnn::Sign::inhibitory);
  CHECK(striatum.activation == mrnn::Activation::softplus);
  CHECK(striatum.noise == 0.1);
  CHECK(striatum.base_firing == 1.5);
  CHECK(striatum.initial_state == -2.0);
  CHECK(striatum.learnable_bias);
  CHECK(striatum.tau == 50.0);
  CHECK(striatum.parent == "basal_ganglia");
  REQUIRE(striatum.cell_types.size() == 2);
  CHECK(striatum.cell_types[0].name == "d2");
  CHECK_FALSE(striatum.cell_types[0].sign.has_value());
  CHECK(striatum.cell_types[1].name == "d1");
  CHECK(striatum.cell_types[1].fraction == 0.75);
  CHECK(striatum.cell_types[1].sign == mrnn::Sign::excitatory);
  test::check_same(spec.regions[1], mrnn::Region{.name = "alm", .units = 2});
}

TEST_CASE("inputs, connections and outputs are read", "[network_config]") {
  const mrnn::NetworkSpec spec =
      read(
          "[[input]]\nname = 'cue'\nunits = 3\nsign = 'inhibitory'\n"
          "[[connection]]\nfrom = 'striatum.d1'\nto = 'snr'\nsign = 'inhibitory'\nsparsity = 0.25\nautapses = false\n"
          "trainable = false\ninit = { distribution = 'uniform', low = 0.1, high = 0.2 }\n"
          "[[connection]]\nfrom = 'cue'\nto = 'striatum'\n"
          "[[output]]\nname = 'choice'\nunits = 2\nfrom = ['alm.exc', 'snr']\nactivation = 'softmax'\n"
          "sign = 'excitatory'\nreadout = 'weights'\n"
          "[[output]]\nname = 'rates'\nunits = 7\nfrom = 'snr'\nreadout = 'identity'\n")
          .spec;

  CHECK(spec.inputs[0].name == "cue");
  CHECK(spec.inputs[0].units == 3);
  CHECK(spec.inputs[0].sign == mrnn::Sign::inhibitory);
  const mrnn::Connection& first = spec.connections[0];
  CHECK(first.from == "striatum.d1");
  CHECK(first.to == "snr");
  CHECK(first.sign == mrnn::Sign::inhibitory);
  CHECK(first.sparsity == 0.25);
  CHECK_FALSE(first.autapses);
  CHECK_FALSE(first.trainable);
  CHECK(first.init->distribution == mrnn::Initialiser::Distribution::uniform);
  CHECK(first.init->low == 0.1);
  CHECK(first.init->high == 0.2);
  test::check_same(spec.connections[1], mrnn::Connection{.from = "cue", .to = "striatum"});
  CHECK(spec.outputs[0].from == std::vector<std::string>{"alm.exc", "snr"});
  CHECK(spec.outputs[0].activation == mrnn::OutputActivation::softmax);
  CHECK(spec.outputs[0].sign == mrnn::Sign::excitatory);
  CHECK(spec.outputs[1].from == std::vector<std::string>{"snr"});
  CHECK(spec.outputs[1].readout == mrnn::Readout::identity);
}

TEST_CASE("every initialiser has its own parameters and no others", "[network_config]") {
  const auto [distribution, keys] = GENERATE(table<std::string, std::vector<std::string>>({
      {"uniform", {"low", "high"}},
      {"normal", {"mean", "standard_deviation"}},
      {"gamma", {"shape", "scale"}},
      {"constant", {"value"}},
      {"xavier_normal", {"gain"}},
      {"orthogonal", {"gain"}},
      {"identity_scaled", {"value", "fraction"}},
      {"balanced", {"shape", "scale"}},
  }));
  const std::string start = "[[connection]]\nfrom = 'a'\nto = 'b'\ninit = { distribution = '" + distribution + "'";
  std::string parameters;
  for (const std::string& key : keys) parameters += ", " + key + " = 0.5";

  const mrnn::Initialiser init = *read(start + parameters + " }\n").spec.connections[0].init;

  CHECK(mrnn::name_of(init.distribution) == distribution);
  for (const auto& [key, value] : mrnn::parameters_of(init.distribution)) CHECK(init.*value == 0.5);
  CHECK(mrnn::parameters_of(init.distribution).size() == keys.size());
  CHECK_THAT(message(start + ", wrong = 1 }\n"), ContainsSubstring("connection[0].init.wrong: unknown key"));
}

TEST_CASE("a fraction of the diagonal lies above 0 and up to 1", "[network_config]") {
  const std::string fraction = GENERATE("0", "-0.1", "1.5");

  CHECK_THAT(
      message("[[connection]]\nfrom = 'a'\nto = 'b'\ninit = { distribution = 'identity_scaled', fraction = " +
              fraction + " }\n"),
      ContainsSubstring("connection[0].init.fraction: is " + fraction + "; a number above 0 and up to 1 is accepted"));
}

TEST_CASE("a description written as TOML reads back the same", "[network_config]") {
  mrnn::NetworkSpec spec;
  spec.dynamics = mrnn::Dynamics::elman;
  spec.activation = mrnn::Activation::retanh;
  spec.dt = 1.0 / 3.0;
  spec.tau = 1e300;
  spec.noise_recurrent = 1e-17;
  spec.noise_input = 0.1;
  spec.dale = mrnn::Dale::project;
  spec.dale_input = mrnn::Dale::abs;
  spec.bounds = {0.1, 0.3};
  spec.spectral_radius = 0.7;
  spec.regions = {{.name = "a",
                   .units = 12,
                   .cell_types = {{"e", 0.8, mrnn::Sign::excitatory}, {"i", 0.2, std::nullopt}},
                   .sign = mrnn::Sign::inhibitory,
                   .activation = mrnn::Activation::sigmoid,
                   .noise = 0.0,
                   .tau = 33.3,
                   .base_firing = -0.5,
                   .initial_state = 0.25,
                   .learnable_bias = true,
                   .parent = "p"},
                  {.name = "b"}};
  spec.inputs = {{"u", 3, mrnn::Sign::inhibitory}, {"v", 1, mrnn::Sign::excitatory}};
  for (const auto& [distribution, name] : mrnn::named_values<mrnn::Initialiser::Distribution>()) {
    spec.connections.push_back({.from = "a.e", .to = "b", .init = mrnn::Initialiser{.distribution = distribution}});
  }
  spec.connections.push_back({"u", "a", mrnn::Sign::inhibitory, 0.3, false, false, std::nullopt});
  spec.outputs = {{"y", 2, {"a.e", "b"}, mrnn::OutputActivation::sigmoid, mrnn::Sign::inhibitory, {}},
                  {"z", 12, {}, {}, {}, mrnn::Readout::identity}};

  test::check_same(read_back(spec), spec);
}

TEST_CASE("TOML is written only for what differs from the defaults", "[network_config]") {
  mrnn::NetworkSpec spec;
  spec.regions = {{.name = "a", .units = 2}};
  spec.connections = {{.from = "a", .to = "a", .sparsity = 0.5}};

  CHECK(mrnn::to_toml(spec) ==
        "[[region]]\nname = \"a\"\nunits = 2\n\n[[connection]]\nfrom = \"a\"\nto = \"a\"\nsparsity = 0.5\n");
  CHECK(mrnn::to_toml(mrnn::NetworkSpec{}).empty());
}

TEST_CASE("numbers are written to the last bit", "[network_config]") {
  std::mt19937_64 bits(1);
  std::vector<double> numbers = {-0.0, 0.1, 1e16, 1e15, 9007199254740993.0, 5e-324, 1.7976931348623157e308, -1e-310};
  while (numbers.size() < 2000) {
    const double number = std::bit_cast<double>(bits());
    if (std::isfinite(number)) numbers.push_back(number);
  }
  mrnn::NetworkSpec spec;
  for (const double number : numbers) spec.regions.push_back({.name = "a", .base_firing = number});

  const mrnn::NetworkSpec copy = read_back(spec);

  REQUIRE(copy.regions.size() == numbers.size());
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    CAPTURE(numbers[k]);
    CHECK(std::bit_cast<std::uint64_t>(copy.regions[k].base_firing) == std::bit_cast<std::uint64_t>(numbers[k]));
  }
}

TEST_CASE("texts of any characters are written so that they read back", "[network_config]") {
  mrnn::NetworkSpec spec;
  spec.regions = {{.name = "a \"quoted\" \\ \n\t\x01\x7F h\xC3\xB6rbar"}};

  CHECK(read_back(spec).regions[0].name == spec.regions[0].name);
}

TEST_CASE("a misspelt key is an error in every table of a network", "[network_config]") {
  CHECK(message("[network]\ndt = 1\nactivaton = 'relu'\n") ==
        "x.toml:3:13: network.activaton: unknown key; this table accepts: activation bounds dale dale_input dt "
        "dynamics file noise spectral_radius tau weights. Did you mean \"activation\"?");
  CHECK_THAT(message("[network]\nnoise = { recurent = 1 }\n"),
             StartsWith("x.toml:2:22: network.noise.recurent: unknown key; this table accepts: input recurrent."));
  CHECK_THAT(message("[[region]]\nname = 'a'\nunits = 1\nsing = 'excitatory'\n"),
             StartsWith("x.toml:4:8: region[0].sing: unknown key"));
  CHECK_THAT(message("[[region]]\nname = 'a'\nunits = 1\ncell_types = [ { name = 'b', fractoin = 1.0 } ]\n"),
             StartsWith("x.toml:4:41: region[0].cell_types[0].fraction: is missing; a number from 0 to 1 is required. "
                        "Is \"fractoin\" meant to be it?"));
  CHECK_THAT(message("[[region]]\nname = 'a'\nunits = 1\ncell_types = [ { name = 'b', fraction = 1, a = 1 } ]\n"),
             StartsWith("x.toml:4:48: region[0].cell_types[0].a: unknown key"));
  CHECK_THAT(message("[[input]]\nname = 'a'\nunits = 1\nunit = 2\n"), StartsWith("x.toml:4:8: input[0].unit: unknown"));
  CHECK_THAT(message("[[connection]]\nfrom = 'a'\nto = 'b'\nsparsty = 0.5\n"),
             StartsWith("x.toml:4:11: connection[0].sparsty: unknown key"));
  CHECK_THAT(message("[[output]]\nname = 'a'\nunits = 1\nregions = 'a'\n"),
             StartsWith("x.toml:4:11: output[0].regions: unknown key"));
}

TEST_CASE("a wrong value is an error at its place", "[network_config]") {
  CHECK(message("[network]\ndynamics = 'leakey'\n") ==
        "x.toml:2:12: network.dynamics: is \"leakey\"; accepted: leaky, elman, rate. Did you mean \"leaky\"?");
  CHECK(message("[network]\ndt = 0\n") == "x.toml:2:6: network.dt: is 0; a number above 0 is accepted");
  CHECK(message("[network]\ntau = nan\n") == "x.toml:2:7: network.tau: is nan; a finite number is accepted");
  CHECK(message("[network]\nnoise = 0.1\n") ==
        "x.toml:2:9: network.noise: is a number with a decimal point; a table is accepted");
  CHECK(message("[network]\nnoise = { input = -1 }\n") ==
        "x.toml:2:19: network.noise.input: is -1; a number of 0 or more is accepted");
  CHECK(message("[network]\nbounds = [0, 1, 2]\n") ==
        "x.toml:2:10: network.bounds: has 3 number(s); two, [low, high], are accepted");
  CHECK(message("[network]\nspectral_radius = -1\n") ==
        "x.toml:2:19: network.spectral_radius: is -1; a number above 0 is accepted");
  CHECK(message("[[region]]\nname = 'a'\nunits = 0\n") ==
        "x.toml:3:9: region[0].units: is 0; an integer of at least 1 is accepted");
  CHECK(message("[[region]]\nname = 'a'\nunits = -5\n") ==
        "x.toml:3:9: region[0].units: is -5; an integer of at least 1 is accepted");
  CHECK(message("[[region]]\nname = 'a'\nunits = 1\ncell_types = [ { name = 'b', fraction = 0 } ]\n") ==
        "x.toml:4:41: region[0].cell_types[0].fraction: is 0; a number above 0 and up to 1 is accepted");
  CHECK(message("[[connection]]\nfrom = 'a'\nto = 'b'\nsparsity = 1.5\n") ==
        "x.toml:4:12: connection[0].sparsity: is 1.5; a number from 0 to 1 is accepted");
  CHECK(message("[[connection]]\nfrom = 'a'\nto = 'b'\nsign = 'inhib'\n") ==
        "x.toml:4:8: connection[0].sign: is \"inhib\"; accepted: excitatory, inhibitory. Did you mean \"inhibitory\"?");
  CHECK(message("[[connection]]\nfrom = 'a'\n") ==
        "x.toml:1:1: connection[0].to: is missing; a string or an array of strings is required");
  CHECK(message("[[connection]]\nfrom = 'a'\nto = 'b'\ninit = { low = 1 }\n") ==
        "x.toml:4:8: connection[0].init.distribution: is missing; a string is required");
  CHECK(message("[[connection]]\nfrom = 'a'\nto = 'b'\ninit = { distribution = 'uniform', low = 2 }\n") ==
        "x.toml:4:42: connection[0].init.low: is 2, above high = 1");
  CHECK(message("[[connection]]\nfrom = 'a'\nto = 'b'\ninit = { distribution = 'gamma', shape = 0 }\n") ==
        "x.toml:4:42: connection[0].init.shape: is 0; a number above 0 is accepted");
  CHECK(message("[region]\nname = 'a'\n") ==
        "x.toml:1:1: region: is a table; an array of tables ([[region]]) is accepted");
}

TEST_CASE("what building finds wrong is reported at its place in the file", "[network_config]") {
  CHECK_THAT(message(two_regions + "[[connection]]\nfrom = 'striatm'\nto = 'snr'\n"),
             StartsWith("x.toml:8:8: connection[0].from: no region") && EndsWith("Did you mean \"striatum\"?"));
  CHECK_THAT(message("[network]\ndt = 10\ntau = 5\n" + two_regions), StartsWith("x.toml:3:7: network.tau: "));
  CHECK_THAT(message("[network]\nbounds = [0, 1]\n" + two_regions), StartsWith("x.toml:2:10: network.bounds: "));
  CHECK_THAT(message(two_regions + "[[output]]\nname = 'y'\nunits = 1\nfrom = ['snr', 'gpe']\n"),
             StartsWith("x.toml:10:8: output[0].from"));
  CHECK_THAT(message("[[region]]\nname = 'a'\nunits = 10\ncell_types = [ { name = 'e', fraction = 0.5 } ]\n"),
             StartsWith("x.toml:4:14: region[0].cell_types: "));
  CHECK_THAT(message(two_regions + "[[region]]\nname = 'snr'\nunits = 1\n"),
             StartsWith("x.toml:8:8: region[2].name: "));
  CHECK_THAT(message("[network]\n"), StartsWith("x.toml:1:1: region: "));
  CHECK_THAT(message(""), StartsWith("x.toml: region: "));
  CHECK_THAT(message(two_regions, {"region.snr.tau=1"}), StartsWith("--set region.snr.tau=1: region[1].tau: "));
}

TEST_CASE("two connections of the same units are reported at the second", "[network_config]") {
  const std::string connection = "[[connection]]\nfrom = 'striatum'\nto = 'snr'\n";

  CHECK_THAT(message(two_regions + connection + connection), StartsWith("x.toml:10:"));
}

TEST_CASE("a network file in TOML comes first and the configuration adds to it", "[network_config]") {
  const test::TemporaryFolder folder;
  folder.write("net.toml", "[network]\ndt = 1\ntau = 20\nnoise = { recurrent = 0.1, input = 0.2 }\n" + two_regions +
                               "[[connection]]\nfrom = 'striatum'\nto = 'snr'\n");
  const auto main = folder.write("main.toml",
                                 "[network]\nfile = 'net.toml'\ndt = 2\nnoise = { input = 0.5 }\n"
                                 "[[region]]\nname = 'thal'\nunits = 2\ntau = 1\n");

  const mrnn::NetworkSource source = mrnn::read_network(ConfigNode::read_file(main));

  CHECK(source.spec.dt == 2.0);
  CHECK(source.spec.tau == 20.0);
  CHECK(source.spec.noise_recurrent == 0.1);
  CHECK(source.spec.noise_input == 0.5);
  REQUIRE(source.spec.regions.size() == 3);
  CHECK(source.spec.regions[2].name == "thal");
  CHECK(source.where.at("region[1].name") == (folder.path() / "net.toml").string() + ":9:8");
  CHECK_THROWS_WITH(mrnn::build_network(source, 1), StartsWith(main.string() + ":8:7: region[0].tau: "));
}

TEST_CASE("another experiment is a network file, whatever else it has", "[network_config]") {
  const test::TemporaryFolder folder;
  folder.write("other.toml", "[experiment]\nname = 'other'\n" + two_regions +
                                 "[task]\nplugin = 'pulses'\n[[simulation]]\nname = 'control'\n");
  const auto main = folder.write("main.toml", "[network]\nfile = 'other.toml'\n");

  CHECK(mrnn::read_network(ConfigNode::read_file(main)).spec.regions.size() == 2);

  folder.write("other.toml", two_regions + "[[simulations]]\nname = 'control'\n");
  CHECK_THROWS_WITH(mrnn::read_network(ConfigNode::read_file(main)),
                    ContainsSubstring("simulations: unknown key") && EndsWith("Did you mean \"simulation\"?"));
}

TEST_CASE("a network file in JSON comes first and the configuration adds to it", "[network_config]") {
  const test::TemporaryFolder folder;
  folder.write("net.JSON",
               R"({"recurrent_regions": [{"name": "exc", "num_units": 3}], "recurrent_connections":
                   [{"src_region": "exc", "dst_region": "inhib"}]})");
  const auto main = folder.write("main.toml", "[network]\nfile = 'net.JSON'\n[[region]]\nname = 'inh'\nunits = 2\n");

  const mrnn::NetworkSource source = mrnn::read_network(ConfigNode::read_file(main));

  CHECK(source.spec.regions.size() == 2);
  CHECK_THROWS_WITH(mrnn::build_network(source, 1),
                    StartsWith((folder.path() / "net.JSON").string() +
                               ": recurrent_connections[0]: connection[0].to: no region called \"inhib\""));
}

TEST_CASE("a network file that is not there, or no network file, is an error", "[network_config]") {
  const test::TemporaryFolder folder;
  const auto read_with = [&](const std::string& name, const std::string& content) {
    if (!content.empty()) folder.write(name, content);
    return mrnn::read_network(ConfigNode::read_file(folder.write("main.toml", "[network]\nfile = '" + name + "'\n")));
  };
  const std::string main = (folder.path() / "main.toml").string();

  CHECK_THROWS_AS(read_with("absent.toml", ""), mrnn::FileError);
  CHECK_THROWS_WITH(read_with("absent.toml", ""),
                    (folder.path() / "absent.toml").string() + ": no such file (network.file in " + main + ":2:8)");
  CHECK_THROWS_WITH(read_with("net.h5", "x"), StartsWith(main + ":2:8: network.file: is \"") &&
                                                  EndsWith("a network is described in .toml or .json (mRNNTorch)"));
  CHECK_THROWS_WITH(read_with("net.toml", "[network]\nfile = 'net.toml'\n"),
                    ContainsSubstring("network.file: belongs into the configuration, not into a network file"));
  CHECK_THROWS_WITH(read_with("net.toml", "[network]\nweights = 'w.h5'\n"),
                    ContainsSubstring("network.weights: belongs"));
  CHECK_THROWS_WITH(read_with("net.toml", "[tasks]\nplugin = 'pulses'\n"),
                    ContainsSubstring("net.toml:1:1: tasks: unknown key; the configuration accepts: analysis"));
  CHECK_THROWS_WITH(read_with("main.toml", ""), ContainsSubstring("network.file: belongs into the configuration"));
}

}  // namespace
