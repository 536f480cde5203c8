#include "mrnn/network.hpp"

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/parameters.hpp"

using namespace mrnn;

namespace {

/// cue -> a (types p, q); a.p -> b; b -> a; a and b share the parent `cortex`.
NetworkSpec two_regions() {
  NetworkSpec spec;
  spec.dale = Dale::clamp;
  Region a{"a", 10, {{"p", 0.7, {}}, {"q", 0.3, Sign::inhibitory}}};
  a.parent = "cortex";
  Region b{"b", 4};
  b.sign = Sign::inhibitory;
  b.parent = "cortex";
  spec.regions = {a, b};
  spec.inputs = {{"cue", 2}};
  spec.connections = {{"cue", "a"}, {"a.p", "b"}, {"b", "a"}};
  spec.outputs = {{"choice", 2, {"a.p", "b"}}};
  return spec;
}

/// The key and the text of the error that building `spec` ends in.
std::string problem(const NetworkSpec& spec) {
  try {
    build_network(spec, 0);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

Index absent_in_column(const Block& block, Index column) {
  return (block.pattern.col(column).array() == 0).count();
}

}  // namespace

TEST_CASE("regions and cell types lie one after the other", "[network]") {
  const Network network = build_network(two_regions(), 0);

  CHECK(network.units() == 14);
  CHECK(network.inputs() == 2);
  CHECK(network.outputs() == 2);
  CHECK(network.regions()[0].cell_types[0].range == UnitRange{0, 7});
  CHECK(network.regions()[0].cell_types[1].range == UnitRange{7, 3});
  CHECK(network.regions()[1].range == UnitRange{10, 4});
}

TEST_CASE("the k-th cell type ends at round(cumulative fraction x units)", "[network]") {
  NetworkSpec spec;
  spec.regions = {{"a", 10, {{"p", 0.25, {}}, {"q", 0.25, {}}, {"r", 0.5, {}}}}};

  const Network network = build_network(spec, 0);

  CHECK(network.select("a.p").size() == 3);  // round(2.5) = 3, away from zero
  CHECK(network.select("a.q").size() == 2);
  CHECK(network.select("a.r").size() == 5);
}

TEST_CASE("a selector names a region, a cell type, a parent or everything", "[network]") {
  const Network network = build_network(two_regions(), 0);

  CHECK(network.select("b").ranges() == std::vector<UnitRange>{{10, 4}});
  CHECK(network.select("a.q").ranges() == std::vector<UnitRange>{{7, 3}});
  CHECK(network.select("cortex").size() == 14);
  CHECK(network.select("*").size() == 14);
  CHECK(network.select(std::vector<std::string>{"b", "a.p"}).indices().front() == 10);
  CHECK_THROWS_WITH(network.select("a.P"),
                    "no region called \"a.P\"; available: a, a.p, a.q, b, cortex, *. Did you mean \"a.p\"?");
  CHECK_THROWS_WITH(network.select("cue"), "\"cue\" is an input; recurrent units are needed here");
  CHECK_THROWS_WITH(network.select(std::vector<std::string>{"a", "a.p"}),
                    "\"a.p\" names units that are already selected");
}

TEST_CASE("the sign of a weight is the connection's, else the cell type's, else the region's", "[network]") {
  NetworkSpec spec = two_regions();
  spec.connections = {{"a", "b"}, {"b", "b", Sign::excitatory}, {"b", "a"}};

  const Network network = build_network(spec, 0);
  Eigen::MatrixXi sign = Eigen::MatrixXi::Zero(14, 14);
  for (const Block& block : network.recurrent_blocks()) {
    sign.block(block.to.start, block.from.start, block.to.size, block.from.size) = block.pattern.cast<int>();
  }

  CHECK(sign(10, 0) == 1);   // a.p takes the region's
  CHECK(sign(10, 7) == -1);  // a.q has its own
  CHECK(sign(10, 10) == 1);  // the connection overrides b's
  CHECK(sign(0, 10) == -1);
  CHECK(sign(0, 0) == 0);  // no connection
}

TEST_CASE("of each source unit's n targets ceil(sparsity n) are absent", "[network]") {
  const auto [units, sparsity, absent] = GENERATE(table<Index, double, Index>(
      {{10, 0.25, 3}, {10, 0.7, 7}, {10, 0.0, 0}, {10, 1.0, 10}, {100, 0.07, 7}, {3, 0.9, 3}}));
  NetworkSpec spec;
  spec.regions = {{"a", 5}, {"b", units}};
  Connection connection{"a", "b"};
  connection.sparsity = sparsity;
  spec.connections = {connection};

  const Network network = build_network(spec, 3);

  for (Index column = 0; column < 5; ++column) CHECK(absent_in_column(network.recurrent_blocks()[0], column) == absent);
}

TEST_CASE("without autapses no unit is its own target, and the sparsity counts the others", "[network]") {
  NetworkSpec spec;
  spec.regions = {{"a", 9}};
  Connection connection{"a", "a"};
  connection.sparsity = 0.5;
  connection.autapses = false;
  spec.connections = {connection};

  const Block block = build_network(spec, 3).recurrent_blocks()[0];

  for (Index unit = 0; unit < 9; ++unit) {
    CHECK(block.pattern(unit, unit) == 0);
    CHECK(absent_in_column(block, unit) == 1 + 4);
  }
}

TEST_CASE("masks depend on the seed and the connection's name only", "[network]") {
  NetworkSpec spec = two_regions();
  spec.connections = {{"b", "a"}};
  spec.connections[0].sparsity = 0.5;
  const PatternMatrix alone = build_network(spec, 5).recurrent_blocks()[0].pattern;
  const PatternMatrix other = build_network(spec, 6).recurrent_blocks()[0].pattern;
  spec.connections.insert(spec.connections.begin(), {"a.p", "b"});

  const Network larger = build_network(spec, 5);

  CHECK(alone != other);
  CHECK(std::any_of(larger.recurrent_blocks().begin(), larger.recurrent_blocks().end(),
                    [&](const Block& block) { return block.pattern == alone; }));
}

TEST_CASE("a connection between parents is one connection per pair of their regions", "[network]") {
  NetworkSpec spec = two_regions();
  spec.connections = {{"cortex", "cortex"}};

  const Network network = build_network(spec, 0);

  CHECK(network.recurrent_blocks().size() == 1);  // merged
  std::vector<std::string> names;
  for (const Piece& piece : network.recurrent_blocks()[0].pieces) names.push_back(piece.name);
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"a->a", "a->b", "b->a", "b->b"});
}

TEST_CASE("neighbouring blocks are merged unless one is sparse and the other dense", "[network]") {
  NetworkSpec spec;
  spec.regions = {{"a", 10}, {"b", 10}, {"c", 10}};
  spec.connections = {{"a", "c"}, {"b", "c"}};
  CHECK(build_network(spec, 0).recurrent_blocks().size() == 1);

  spec.connections[1].sparsity = 0.9;

  CHECK(build_network(spec, 0).recurrent_blocks().size() == 2);
}

TEST_CASE("weights of blocks are counted where they exist", "[network]") {
  NetworkSpec spec = two_regions();
  spec.connections[1].sparsity = 0.5;  // of 4 targets of each of 7 units
  const Network network = build_network(spec, 0);

  CHECK(existing_weights(network.recurrent_blocks()) == 2 * 7 + 4 * 10);
  CHECK(existing_weights(network.input_blocks()) == 2 * 10);
  CHECK(existing_weights({}) == 0);
}

TEST_CASE("connections that touch the same pair of units are an error", "[network]") {
  NetworkSpec spec = two_regions();
  spec.connections.push_back({"a", "b"});

  CHECK(problem(spec) ==
        "connection[3]: a->b touches the same pairs of units as a.p->b (connection[1]); two connections between the "
        "same units are not accepted");

  spec.connections.back() = {"a.q", "b"};
  CHECK(problem(spec) == "no error");
}

TEST_CASE("initial weights that cannot be drawn are refused with the key at fault", "[network][bad]") {
  const auto mistake = [](Initialiser::Distribution distribution, double Initialiser::*number, double value) {
    NetworkSpec spec = two_regions();
    Initialiser init;
    init.distribution = distribution;
    init.*number = value;
    spec.connections[1].init = init;
    return problem(spec);
  };
  using Distribution = Initialiser::Distribution;
  const double nan = std::numeric_limits<double>::quiet_NaN();

  CHECK_THAT(mistake(Distribution::gamma, &Initialiser::shape, -1.0),
             EndsWith("connection[1].init.shape: is -1; a number above 0 is accepted"));
  CHECK_THAT(mistake(Distribution::balanced, &Initialiser::scale, 0.0), ContainsSubstring("init.scale: is 0; "));
  CHECK_THAT(mistake(Distribution::normal, &Initialiser::standard_deviation, -0.5),
             ContainsSubstring("init.standard_deviation: is -0.5; 0 or more is accepted"));
  CHECK_THAT(mistake(Distribution::constant, &Initialiser::value, nan),
             ContainsSubstring("init.value: is nan; a finite number is accepted"));
  CHECK_THAT(mistake(Distribution::orthogonal, &Initialiser::gain, nan), ContainsSubstring("init.gain: is nan"));
  CHECK_THAT(mistake(Distribution::uniform, &Initialiser::low, 2.0),
             ContainsSubstring("init.low: is 2, above high = 1"));
  CHECK_THAT(mistake(Distribution::identity_scaled, &Initialiser::fraction, 7.0),
             ContainsSubstring("init.fraction: is 7; a number above 0 and up to 1 is accepted"));
}

TEST_CASE("what cannot be built is refused with the key at fault", "[network][bad]") {
  NetworkSpec spec = two_regions();

  SECTION("unknown source") {
    spec.connections[1].from = "aa";
    CHECK_THAT(problem(spec), StartsWith("connection[1].from: no region or input called \"aa\"; available: a, a.p"));
  }
  SECTION("unknown target") {
    spec.connections[1].to = "bb";
    CHECK_THAT(problem(spec), StartsWith("connection[1].to: no region called \"bb\""));
  }
  SECTION("an input as target") {
    spec.connections[1].to = "cue";
    CHECK(problem(spec) == "connection[1].to: \"cue\" is an input; recurrent units are needed here");
  }
  SECTION("fractions") {
    spec.regions[0].cell_types[1].fraction = 0.2;
    CHECK(problem(spec) ==
          "region[0].cell_types: the fractions of \"a\" sum to 0.8999999999999999; they must sum to 1");
  }
  SECTION("an empty cell type") {
    spec.regions[0].cell_types = {{"p", 0.99, {}}, {"q", 0.01, {}}};
    CHECK(problem(spec) ==
          "region[0].cell_types[1].fraction: leaves cell type \"q\" without any of the 10 units of \"a\"");
  }
  SECTION("units") {
    spec.regions[1].units = 0;
    CHECK(problem(spec) == "region[1].units: is 0; a whole number from 1 to 10000000 is accepted");
  }
  SECTION("a short tau") {
    spec.regions[1].tau = 5.0;
    CHECK(
        problem(spec) ==
        "region[1].tau: is 5 ms, shorter than dt = 10 ms; the Euler step would be unstable. Take a tau of at least dt, "
        "or a smaller dt");
    spec.dynamics = Dynamics::elman;  // uses no tau
    CHECK(problem(spec) == "no error");
    spec.regions[1].tau = -5.0;
    CHECK(problem(spec) == "region[1].tau: is -5; a number above 0 is accepted");
  }
  SECTION("sparsity") {
    spec.connections[0].sparsity = 1.5;
    CHECK(problem(spec) == "connection[0].sparsity: is 1.5; a number from 0 to 1 is accepted");
  }
  SECTION("bounds below zero") {
    spec.bounds = {-1.0, 2.0};
    CHECK(problem(spec) == "network.bounds: begins at -1; under Dale's law the lower bound is 0 or more");
  }
  SECTION("bounds of a method without them") {
    spec.dale = Dale::abs;
    spec.bounds = {0.0, 2.0};
    CHECK(problem(spec) == "network.bounds: belongs to dale = \"clamp\" and \"project\"; this network uses neither");
  }
  SECTION("two regions of one name") {
    spec.regions[1].name = "a";
    CHECK(problem(spec) == "region[1].name: \"a\" is already the name of a region");
  }
  SECTION("a region called like an input") {
    spec.inputs[0].name = "b";
    CHECK(problem(spec) == "input[0].name: \"b\" is already the name of a region");
  }
  SECTION("a name with a blank") {
    spec.regions[0].name = "my region";
    CHECK(problem(spec) ==
          "region[0].name: \"my region\" is not a name; names begin with a letter and have letters, digits and _ only");
  }
  SECTION("no regions") {
    spec.regions.clear();
    CHECK(problem(spec) == "region: at least one [[region]] is needed");
  }
  SECTION("an identity readout of another size") {
    spec.outputs[0].readout = Readout::identity;
    CHECK(problem(spec) ==
          "output[0].units: is 2, but an identity readout has one channel for each of the 11 units it reads");
  }
  SECTION("an identity readout with what belongs to weights") {
    spec.outputs[0].readout = Readout::identity;
    spec.outputs[0].sign = Sign::excitatory;
    CHECK(problem(spec) == "output[0].sign: belongs to readout = \"weights\"; an identity readout has no weights");
    spec.outputs[0].sign.reset();
    spec.outputs[0].activation = OutputActivation::sigmoid;
    CHECK(problem(spec) ==
          "output[0].activation: belongs to readout = \"weights\"; an identity readout is the activity as it is");
  }
  SECTION("an output of units named twice") {
    spec.outputs[0].from = {"a", "a.p"};
    CHECK(problem(spec) == "output[0].from: \"a.p\" names units that are already selected");
  }
}
