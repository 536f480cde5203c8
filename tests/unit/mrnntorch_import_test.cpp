#include <string>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/network_config.hpp"
#include "same_spec.hpp"
#include "temporary_folder.hpp"

namespace {

mrnn::NetworkSpec import_text(const std::string& json) {
  const test::TemporaryFolder folder;
  return mrnn::import_mrnntorch(folder.write("net.json", json)).spec;
}

/// The text of the ConfigError that importing gives, without the folder.
std::string message(const std::string& json) {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("net.json", json).string();
  try {
    mrnn::import_mrnntorch(file);
  } catch (const mrnn::ConfigError& error) {
    const std::string text = error.what();
    REQUIRE_THAT(text, StartsWith(file));
    return "net.json" + text.substr(file.size());
  }
  return "no ConfigError";
}

std::string region(const std::string& keys) {
  return R"({"recurrent_regions": [{)" + keys + "}]}";
}
std::string connection(const std::string& keys) {
  return R"({"recurrent_connections": [{)" + keys + "}]}";
}

TEST_CASE("the dialect with cell types is imported", "[mrnntorch]") {
  const mrnn::NetworkSpec spec = import_text(R"({
    "__comment_regions": ["free text"],
    "recurrent_regions": [
      {"name": "striatum", "num_units": 100, "base_firing": 1, "cell_types": {"d2": 0.75, "d1": 0.25}, "init": 0.5},
      {"name": "gpe", "num_units": 50, "base_firing": 1.5, "cell_types": {}, "init": 1}],
    "recurrent_connections": [
      {"src_region": "striatum", "dst_region": "gpe", "src_region_cell_type": "d2", "dst_region_cell_type": null,
       "sign": "inhib", "sparsity": 0.7},
      {"src_region": "gpe", "dst_region": "striatum", "dst_region_cell_type": "d1", "sign": "exc"}],
    "input_regions": [{"num_units": 2, "name": "iti"}],
    "input_connections": [{"input": "iti", "dst_region": "striatum", "dst_region_cell_type": null, "sign": "exc",
                           "sparsity": 0.5}]})");

  mrnn::NetworkSpec expected;
  expected.regions = {{.name = "striatum",
                       .units = 100,
                       .cell_types = {{"d2", 0.75, std::nullopt}, {"d1", 0.25, std::nullopt}},
                       .base_firing = 1.0,
                       .initial_state = 0.5},
                      {.name = "gpe", .units = 50, .base_firing = 1.5, .initial_state = 1.0}};
  expected.inputs = {{.name = "iti", .units = 2}};
  expected.connections = {{.from = "striatum.d2", .to = "gpe", .sign = mrnn::Sign::inhibitory, .sparsity = 0.7},
                          {.from = "gpe", .to = "striatum.d1", .sign = mrnn::Sign::excitatory},
                          {.from = "iti", .to = "striatum", .sign = mrnn::Sign::excitatory, .sparsity = 0.5}};
  test::check_same(spec, expected);
}

TEST_CASE("the dialect with signs on regions is imported", "[mrnntorch]") {
  const mrnn::NetworkSpec spec = import_text(R"({
    "recurrent_regions": [
      {"name": "alm_exc", "num_units": 40, "sign": "pos", "parent_region": "alm", "learnable_bias": true, "device": "cpu"},
      {"num_units": 10, "sign": "neg", "parent_region": null, "learnable_bias": false, "init": null}],
    "recurrent_connections": [{"src_region": "alm_exc", "dst_region": "region_1", "sparsity": null,
                               "zero_connection": false}],
    "input_regions": [{"num_units": 25, "sign": "neg"}],
    "input_connections": [{"src_region": "input_0", "dst_region": "alm_exc", "sparsity": 0.25}]})");

  mrnn::NetworkSpec expected;
  expected.regions = {{.name = "alm_exc", .units = 40, .learnable_bias = true, .parent = "alm"},
                      {.name = "region_1", .units = 10, .sign = mrnn::Sign::inhibitory}};
  expected.inputs = {{"input_0", 25, mrnn::Sign::inhibitory}};
  expected.connections = {{.from = "alm_exc", .to = "region_1"},
                          {.from = "input_0", .to = "alm_exc", .sparsity = 0.25}};
  test::check_same(spec, expected);
}

TEST_CASE("absent, null and empty parts of a network are no error", "[mrnntorch]") {
  test::check_same(import_text("{}"), mrnn::NetworkSpec{});
  test::check_same(import_text(R"({"recurrent_regions": {}, "input_regions": null, "recurrent_connections": []})"),
                   mrnn::NetworkSpec{});
}

TEST_CASE("real networks of both dialects are imported, built, and the same after a detour through TOML",
          "[mrnntorch]") {
  const auto [file, units, connections] = GENERATE(table<std::string, mrnn::Index, std::size_t>({
      {"celltypes_relu", 70, 12},
      {"celltypes_full_relu", 350, 12},
      {"leaky_tanh", 70, 21},
      {"cbgtcl_full_relu", 350, 21},
      {"flip_flop_leaky", 30, 6},
  }));
  CAPTURE(file);
  const mrnn::Hdf5Reader golden(std::filesystem::path(MRNN_TEST_DATA) / "golden" / (file + ".h5"));

  const mrnn::NetworkSpec spec = import_text(golden.text_attribute("/", "config_json"));
  const mrnn::NetworkSpec copy = mrnn::read_network(mrnn::ConfigNode::parse(mrnn::to_toml(spec))).spec;

  CHECK(mrnn::build_network(spec, 1).units() == units);
  CHECK(spec.connections.size() == connections);
  test::check_same(copy, spec);
}

TEST_CASE("text that is not JSON is an error with line and column", "[mrnntorch]") {
  CHECK_THAT(message("{\n  \"a\": ]\n}"), StartsWith("net.json:2:8: syntax error while parsing value"));
  CHECK_THAT(message(""), StartsWith("net.json:1:1: syntax error"));
  CHECK_THAT(message("{\"a\": 1"), StartsWith("net.json:1:8: syntax error"));
  CHECK_THAT(message("{\"a\": \"\xFF\"}"), StartsWith("net.json:1:8: syntax error"));
  CHECK_THAT(message("{\"a\": NaN}"), StartsWith("net.json:1:7: syntax error"));
  CHECK_THAT(message("{} {}"), StartsWith("net.json:1:4: syntax error"));
  CHECK_THAT(message("{\"a\": 1e999}"), StartsWith("net.json: number overflow"));
  CHECK_THAT(message(std::string("\0\0", 2)), StartsWith("net.json:1:1: syntax error"));
}

TEST_CASE("nesting of JSON of any depth is refused, never a crash", "[mrnntorch]") {
  const std::size_t depth = GENERATE(10'000, 1'000'000);
  std::string objects;
  for (std::size_t i = 0; i < depth; ++i) objects += "{\"a\":";

  const std::string expected = "net.json: is nested more than 64 levels deep; no network is";
  CHECK(message(std::string(depth, '[')) == expected);
  CHECK(message(std::string(depth, '[') + std::string(depth, ']')) == expected);
  CHECK(message(objects) == expected);
  CHECK(message("{\"recurrent_regions\": " + std::string(depth, '[') + std::string(depth, ']') + "}") == expected);
}

TEST_CASE("a key that is there twice in one object is an error", "[mrnntorch]") {
  CHECK(message(region(R"("name": "a", "num_units": 1, "cell_types": {"d1": 0.5, "d1": 0.5})")) ==
        "net.json: d1: is there twice in one object");
  CHECK(message(R"({"recurrent_regions": [{"name": "a", "num_units": 1}, {"name": "b", "num_units": 1}]})") ==
        "no ConfigError");
}

TEST_CASE("an unknown key of JSON is an error with the nearest", "[mrnntorch]") {
  CHECK(message(R"({"recurent_regions": []})") ==
        "net.json: recurent_regions: unknown key; this object accepts: input_connections input_regions "
        "recurrent_connections recurrent_regions. Did you mean \"recurrent_regions\"?");
  CHECK(message(region(R"("name": "a", "num_units": 1, "sgn": "pos")")) ==
        "net.json: recurrent_regions[0].sgn: unknown key; this object accepts: base_firing cell_types device init "
        "learnable_bias name num_units parent_region sign. Did you mean \"sign\"?");
  CHECK_THAT(message(connection(R"("src_region": "a", "dst_region": "b", "weight": 1)")),
             StartsWith("net.json: recurrent_connections[0].weight: unknown key"));
  CHECK_THAT(message(R"({"input_regions": [{"num_units": 1, "init": 0}]})"),
             StartsWith("net.json: input_regions[0].init: unknown key"));
}

TEST_CASE("a missing key of JSON is an error", "[mrnntorch]") {
  CHECK(message(region(R"("name": "a")")) ==
        "net.json: recurrent_regions[0].num_units: is missing; an integer of at least 1 is required");
  CHECK(message(connection(R"("dst_region": "b")")) ==
        "net.json: recurrent_connections[0].src_region: is missing; a string is required");
  CHECK(message(connection(R"("src_region": "b", "dst_region": null)")) ==
        "net.json: recurrent_connections[0].dst_region: is missing; a string is required");
  CHECK(message(R"({"input_connections": [{"dst_region": "b"}]})") ==
        "net.json: input_connections[0].src_region: is missing; a string is required");
}

TEST_CASE("a wrong value in JSON is an error that says what is accepted", "[mrnntorch]") {
  CHECK(message("[]") == "net.json: is an array; an object is accepted");
  CHECK(message("null") == "net.json: is null; an object is accepted");
  CHECK(message(R"({"recurrent_regions": 3})") ==
        "net.json: recurrent_regions: is an integer; an array of objects is accepted");
  CHECK(message(R"({"recurrent_regions": ["a"]})") ==
        "net.json: recurrent_regions[0]: is a string; an object is accepted");
  CHECK(message(region(R"("name": 5, "num_units": 1)")) ==
        "net.json: recurrent_regions[0].name: is an integer; a string is accepted");
  CHECK(message(region(R"("num_units": 1.5)")) ==
        "net.json: recurrent_regions[0].num_units: is a number with a decimal point; an integer of at least 1 is "
        "accepted");
  CHECK(message(region(R"("num_units": true)")) ==
        "net.json: recurrent_regions[0].num_units: is a boolean; an integer of at least 1 is accepted");
  CHECK(message(region(R"("num_units": -3)")) ==
        "net.json: recurrent_regions[0].num_units: is -3; an integer of at least 1 is accepted");
  CHECK(message(region(R"("num_units": 18446744073709551615)")) ==
        "net.json: recurrent_regions[0].num_units: is 18446744073709551615, which does not fit into 64 bits");
  CHECK(message(region(R"("num_units": 1, "base_firing": "a")")) ==
        "net.json: recurrent_regions[0].base_firing: is a string; a number is accepted");
  CHECK(message(region(R"("num_units": 1, "learnable_bias": 1)")) ==
        "net.json: recurrent_regions[0].learnable_bias: is an integer; true or false is accepted");
  CHECK(message(region(R"("num_units": 1, "sign": "exc")")) ==
        "net.json: recurrent_regions[0].sign: is \"exc\"; accepted: pos, neg");
  CHECK(message(region(R"("num_units": 1, "cell_types": {"d1": "half"})")) ==
        "net.json: recurrent_regions[0].cell_types.d1: is a string; a number is accepted");
  CHECK(message(region(R"("num_units": 1, "cell_types": {"d1": 1.5})")) ==
        "net.json: recurrent_regions[0].cell_types.d1: is 1.5; a number above 0 and up to 1 is accepted");
  CHECK(message(region(R"("num_units": 1, "cell_types": ["d1"])")) ==
        "net.json: recurrent_regions[0].cell_types: is an array; an object of numbers is accepted");
  CHECK(message(connection(R"("src_region": "a", "dst_region": "b", "sign": "inhibi")")) ==
        "net.json: recurrent_connections[0].sign: is \"inhibi\"; accepted: exc, inhib. Did you mean \"inhib\"?");
  CHECK(message(connection(R"("src_region": "a", "dst_region": "b", "sparsity": -0.5)")) ==
        "net.json: recurrent_connections[0].sparsity: is -0.5; a number from 0 to 1 is accepted");
  CHECK(message(connection(R"("src_region": "a", "dst_region": "b", "zero_connection": true)")) ==
        "net.json: recurrent_connections[0].zero_connection: is true; a connection without weights is described by "
        "leaving it out");
  CHECK(message(R"({"input_connections": [{"input": "a", "src_region": "b", "dst_region": "c"}]})") ==
        "net.json: input_connections[0].input: and src_region are both there; the input is named once");
}

TEST_CASE("a connection in the list of the other kind is an error", "[mrnntorch]") {
  const std::string parts = R"({"recurrent_regions": [{"name": "a", "num_units": 1, "parent_region": "all"}],
    "input_regions": [{"name": "cue", "num_units": 1}], )";

  CHECK(message(parts + R"("input_connections": [{"src_region": "a", "dst_region": "a"}]})") ==
        "net.json: input_connections[0].src_region: is \"a\", a recurrent region; its connections belong into "
        "recurrent_connections");
  CHECK(message(parts + R"("input_connections": [{"input": "all", "dst_region": "a"}]})") ==
        "net.json: input_connections[0].input: is \"all\", a recurrent region; its connections belong into "
        "recurrent_connections");
  CHECK(message(parts + R"("recurrent_connections": [{"src_region": "cue", "dst_region": "a"}]})") ==
        "net.json: recurrent_connections[0].src_region: is \"cue\", an input; its connections belong into "
        "input_connections");
  CHECK(message(parts + R"("input_connections": [{"src_region": "cue", "dst_region": "a"}]})") == "no ConfigError");
}

TEST_CASE("a missing JSON file is a FileError", "[mrnntorch]") {
  CHECK_THROWS_AS(mrnn::import_mrnntorch("no/such.json"), mrnn::FileError);
  CHECK_THROWS_WITH(mrnn::import_mrnntorch("no/such.json"), "no/such.json: no such file");
}

}  // namespace
