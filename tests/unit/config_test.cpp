#include "mrnn/config.hpp"

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/error.hpp"

namespace {

using mrnn::ConfigNode;

ConfigNode parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return ConfigNode::parse(text, "x.toml", "folder", overrides);
}

/// The text of the ConfigError that `action` throws.
template <class Action>
std::string message(Action action) {
  try {
    action();
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

std::string parse_message(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return message([&] { parse(text, overrides); });
}

TEST_CASE("values are read as what they are", "[config]") {
  const ConfigNode node = parse(
      "name = 'loop'\ndt = 10\ntau = 12.5\nunits = 7\nflag = true\n"
      "record = ['x', 'h']\none = 'y'\nbounds = [0, 2.5]\nfile = 'net.json'\nrooted = '/net.json'\n");

  CHECK(node.text("name") == "loop");
  CHECK(node.number("dt") == 10.0);
  CHECK(node.positive("tau") == 12.5);
  CHECK(node.within("tau", 12.5, 13.0) == 12.5);
  CHECK(node.count("units") == 7);
  CHECK(node.flag("flag", false));
  CHECK(node.texts("record") == std::vector<std::string>{"x", "h"});
  CHECK(node.texts("one") == std::vector<std::string>{"y"});
  CHECK(node.numbers("bounds") == std::vector<double>{0.0, 2.5});
  CHECK(node.numbers("dt") == std::vector<double>{10.0});
  CHECK(node.path("file") == std::filesystem::path("folder/net.json"));
  CHECK(node.path("rooted") == std::filesystem::path("/net.json"));
  CHECK_NOTHROW(node.finish());
}

TEST_CASE("absent keys take their fallbacks", "[config]") {
  const ConfigNode node = parse("");

  CHECK_FALSE(node.has("name"));
  CHECK(node.text("name", "loop") == "loop");
  CHECK(node.choice("dale", std::vector<std::string>{"none", "abs"}, "abs") == "abs");
  CHECK(node.number("dt", -1.0) == -1.0);
  CHECK(node.positive("tau", 100.0) == 100.0);
  CHECK(node.within("share", 0.0, 1.0, 0.5) == 0.5);
  CHECK(node.count_or("units", 3) == 3);
  CHECK(node.flag("flag", true));
  CHECK(node.texts("record", {"x"}) == std::vector<std::string>{"x"});
  CHECK(node.numbers("bounds", {0.0}) == std::vector<double>{0.0});
  CHECK_FALSE(node.find_table("task").has_value());
  CHECK(node.list("region").empty());
}

TEST_CASE("a missing key is an error at its table", "[config]") {
  const ConfigNode node = parse("\n[network]\ndt = 1\n").table("network");

  CHECK(message([&] { node.text("name"); }) == "x.toml:2:1: network.name: is missing; a string is required");
  CHECK(message([&] { node.number("a"); }) == "x.toml:2:1: network.a: is missing; a number is required");
  CHECK(message([&] { node.positive("a"); }) == "x.toml:2:1: network.a: is missing; a number above 0 is required");
  CHECK(message([&] { node.count("a"); }) == "x.toml:2:1: network.a: is missing; an integer of at least 1 is required");
  CHECK(message([&] { node.within("a", 0, 1); }) ==
        "x.toml:2:1: network.a: is missing; a number from 0 to 1 is required");
  CHECK(message([&] { node.texts("a"); }) ==
        "x.toml:2:1: network.a: is missing; a string or an array of strings is required");
  CHECK(message([&] {
          node.choice("a", std::vector<std::string>{"b", "c"});
        }) == "x.toml:2:1: network.a: is missing; one of b, c is required");
  CHECK(message([] { parse("").table("task"); }) == "x.toml: task: is missing; a table [task] is required");
}

TEST_CASE("a value of the wrong type is an error that says what was found", "[config]") {
  const ConfigNode node = parse(
      "[network]\ndt = '5'\nname = 5\nflag = 1\nyes = true\nhalf = 2.5\nrecord = ['x', 1]\n"
      "bounds = [0, 'b']\ntable = 3\nlist = { a = 1 }\nelements = [1]\nday = 1979-05-27\n");
  const ConfigNode network = node.table("network");

  CHECK(message([&] { network.number("dt"); }) == "x.toml:2:6: network.dt: is a string; a number is accepted");
  CHECK(message([&] { network.positive("dt"); }) ==
        "x.toml:2:6: network.dt: is a string; a number above 0 is accepted");
  CHECK(message([&] { network.text("name"); }) == "x.toml:3:8: network.name: is an integer; a string is accepted");
  CHECK(message([&] { network.flag("flag", true); }) ==
        "x.toml:4:8: network.flag: is an integer; true or false is accepted");
  CHECK(message([&] { network.number("yes"); }) == "x.toml:5:7: network.yes: is a boolean; a number is accepted");
  CHECK(message([&] { network.count("yes"); }) ==
        "x.toml:5:7: network.yes: is a boolean; an integer of at least 1 is accepted");
  CHECK(message([&] { network.count("half"); }) ==
        "x.toml:6:8: network.half: is a number with a decimal point; an integer of at least 1 is accepted");
  CHECK(message([&] { network.texts("record"); }) ==
        "x.toml:7:16: network.record[1]: is an integer; a string is accepted");
  CHECK(message([&] { network.numbers("bounds"); }) ==
        "x.toml:8:14: network.bounds[1]: is a string; a number is accepted");
  CHECK(message([&] { network.table("table"); }) == "x.toml:9:9: network.table: is an integer; a table is accepted");
  CHECK(message([&] { network.find_table("table"); }) ==
        "x.toml:9:9: network.table: is an integer; a table is accepted");
  CHECK(message([&] { network.list("list"); }) ==
        "x.toml:10:8: network.list: is a table; an array of tables ([[network.list]]) is accepted");
  CHECK(message([&] { network.list("elements"); }) ==
        "x.toml:11:13: network.elements[0]: is an integer; a table is accepted");
  CHECK(message([&] { network.text("day"); }) == "x.toml:12:7: network.day: is a date or time; a string is accepted");
}

TEST_CASE("a number out of its range is an error that states the range", "[config]") {
  const ConfigNode node = parse("a = -1\nb = 1.5\nc = nan\nd = -inf\ne = 0\n");

  CHECK(message([&] { node.positive("a"); }) == "x.toml:1:5: a: is -1; a number above 0 is accepted");
  CHECK(message([&] { node.count("a"); }) == "x.toml:1:5: a: is -1; an integer of at least 1 is accepted");
  CHECK(message([&] { node.count_or("e", 3, 1); }) == "x.toml:5:5: e: is 0; an integer of at least 1 is accepted");
  CHECK(node.count("e", 0) == 0);
  CHECK(message([&] { node.within("b", 0.0, 1.0); }) == "x.toml:2:5: b: is 1.5; a number from 0 to 1 is accepted");
  CHECK(message([&] { node.number("c"); }) == "x.toml:3:5: c: is nan; a finite number is accepted");
  CHECK(message([&] { node.within("c", 0.0, 1.0); }) == "x.toml:3:5: c: is nan; a finite number is accepted");
  CHECK(message([&] { node.number("d"); }) == "x.toml:4:5: d: is -inf; a finite number is accepted");
}

TEST_CASE("counts end far from overflow, seeds where integers do", "[config]") {
  const ConfigNode node =
      parse("a = 1000000000000000\nb = 1000000000000001\nc = 9223372036854775807\nd = 11\ne = -1\n");

  CHECK(node.count("a") == 1'000'000'000'000'000);
  CHECK(message([&] { node.count("b"); }) ==
        "x.toml:2:5: b: is 1000000000000001; at most 1000000000000000 is accepted");
  CHECK(message([&] { node.count_or("c", 3); }) ==
        "x.toml:3:5: c: is 9223372036854775807; at most 1000000000000000 is accepted");
  CHECK(message([&] { node.count_or("d", 3, 1, 10); }) == "x.toml:4:5: d: is 11; at most 10 is accepted");
  CHECK(node.count_or("f", 3, 1, 2) == 3);
  CHECK(node.seed("c", 3) == 9223372036854775807U);
  CHECK(node.seed("f", 18446744073709551615U) == 18446744073709551615U);
  CHECK(message([&] { node.seed("e", 3); }) == "x.toml:5:5: e: is -1; an integer of at least 0 is accepted");
}

TEST_CASE("a choice that is not offered is an error with the choices and the nearest", "[config]") {
  const ConfigNode node = parse("[network]\ndale = 'clam'\nbounds = 1\n").table("network");
  const std::vector<std::string> methods = {"none", "clamp", "abs"};

  CHECK(message([&] { node.choice("dale", methods); }) ==
        "x.toml:2:8: network.dale: is \"clam\"; accepted: none, clamp, abs. Did you mean \"clamp\"?");
  CHECK(message([&] { node.choice("bounds", methods); }) ==
        "x.toml:3:10: network.bounds: is an integer; one of none, clamp, abs is accepted");
}

TEST_CASE("a misspelt key is an error with the keys that were asked for and the nearest", "[config]") {
  const ConfigNode root = parse("[[region]]\nname = 'M1'\nunits = 3\n\n\nntau = 5\naaa = 1\n");
  const ConfigNode region = root.list("region").front();
  region.text("name");
  region.count("units");
  region.number("tau", 1.0);

  CHECK(message([&] { region.finish(); }) ==
        "x.toml:6:8: region[0].ntau: unknown key; this table accepts: name tau units. Did you mean \"tau\"?");
}

TEST_CASE("a table that nobody read is an error at the end of the file's reading", "[config]") {
  const ConfigNode root = parse("[network]\ndt = 1\n[regoin]\nunits = 1\n");
  root.table("network").number("dt");
  root.list("region");

  CHECK(message([&] { root.finish(); }) ==
        "x.toml:3:1: regoin: unknown key; the configuration accepts: network region. Did you mean \"region\"?");
}

TEST_CASE("two readers of one table know what the other has read", "[config]") {
  const ConfigNode root = parse("[network]\ndt = 1\nweights = 'w.h5'\n");
  root.table("network").number("dt");
  const ConfigNode copy = root;
  const ConfigNode network = copy.table("network");
  CHECK_THROWS_AS(network.finish(), mrnn::ConfigError);

  network.has("weights");

  CHECK_NOTHROW(root.table("network").finish());
}

TEST_CASE("the keys present are listed in order and do not count as read", "[config]") {
  const ConfigNode node = parse("b = 1\na = 2\n");

  CHECK(node.keys() == std::vector<std::string>{"a", "b"});
  CHECK_THROWS_AS(node.finish(), mrnn::ConfigError);
}

TEST_CASE("positions are those of values, and of headers for tables", "[config]") {
  const ConfigNode root = parse("[network]\nnoise = { input = 0.5 }\n[[region]]\nname = 'a'\n[[region]]\nname = 'b'\n");
  const ConfigNode noise = root.table("network").table("noise");
  const ConfigNode second = root.list("region")[1];

  CHECK(noise.where("input") == "x.toml:2:19");
  CHECK(noise.dotted("input") == "network.noise.input");
  CHECK(second.where() == "x.toml:5:1");
  CHECK(second.where("name") == "x.toml:6:8");
  CHECK(second.where("absent") == "x.toml:5:1");
  CHECK(second.dotted() == "region[1]");
  CHECK(root.where() == "x.toml");
  CHECK(message([&] { second.fail("name", "is taken"); }) == "x.toml:6:8: region[1].name: is taken");
  CHECK(message([&] { second.fail("", "is odd"); }) == "x.toml:5:1: region[1]: is odd");
}

TEST_CASE("text that is not TOML is an error with file, line and column", "[config]") {
  CHECK_THAT(parse_message("a = 1\nb = = 2\n"), StartsWith("x.toml:2:5: "));
  CHECK_THAT(parse_message("a = 1\na = 2\n"), StartsWith("x.toml:2:"));
  CHECK_THAT(parse_message("a = 'never ends"), StartsWith("x.toml:1:"));
  CHECK_THAT(parse_message("a = \"never ends\\"), StartsWith("x.toml:1:"));
  CHECK_THAT(parse_message("a = '''never ends"), StartsWith("x.toml:1:"));
  CHECK_THAT(parse_message("[network\n"), StartsWith("x.toml:1:9: "));
  CHECK_THAT(parse_message("a = \xFF\n"), StartsWith("x.toml:1:"));
  CHECK_THAT(parse_message(std::string("a\0b = 1", 7)), StartsWith("x.toml:1:2: "));
  CHECK_THAT(parse_message("units = 99999999999999999999\n"), ContainsSubstring("is not representable in 64 bits"));
}

TEST_CASE("nesting of any depth is refused, never a crash", "[config]") {
  const int depth = GENERATE(10'000, 1'000'000);
  std::string dotted;
  for (int i = 0; i < depth; ++i) dotted += "a.";

  CHECK_THAT(parse_message("x = " + std::string(static_cast<std::size_t>(depth), '[')), StartsWith("x.toml:1:"));
  CHECK(parse_message("\n" + dotted + "a = 1") ==
        "x.toml:2: a key of more than 32 parts; tables cannot be nested so deep");
  CHECK(parse_message("[" + dotted + "a]") == "x.toml:1: a key of more than 32 parts; tables cannot be nested so deep");
  CHECK(parse_message("x = { " + dotted + "a = 1 }") ==
        "x.toml:1: a key of more than 32 parts; tables cannot be nested so deep");
  CHECK(parse_message("", {dotted + "a=1"}) == "--set " + dotted + "a=1: the key has too many parts");
  CHECK(parse({}, {"a={" + dotted + "a=1}"}).text("a") == "{" + dotted + "a=1}");
}

TEST_CASE("the deepest nesting that passes the limits is freed without a crash", "[config]") {
  std::string key = "a", text = "x = ";
  for (int i = 0; i < 31; ++i) key += ".a";
  for (int i = 0; i < 250; ++i) text += "{" + key + " = ";
  text += "1" + std::string(250, '}');

  CHECK_NOTHROW(parse(text));
}

TEST_CASE("dots in strings and comments are not keys", "[config]") {
  const std::string dots(100, '.');

  const ConfigNode node = parse("# " + dots + "\na = '" + dots + "'\nb = \"\\\"" + dots + "\"\nc = '''\n'" + dots +
                                "'''\nd = \"\"\"\n\"" + dots + "\"\"\"\ne = 'it' # '" + dots + "\n");

  CHECK(node.text("a") == dots);
  CHECK(node.text("b") == "\"" + dots);
  CHECK(node.text("c") == "'" + dots);
  CHECK(node.text("d") == "\"" + dots);
  CHECK(node.text("e") == "it");
}

TEST_CASE("a file that is missing or a folder is a FileError", "[config]") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();

  CHECK_THROWS_WITH(ConfigNode::read_file("no/such.toml"), "no/such.toml: no such file");
  CHECK_THROWS_AS(ConfigNode::read_file("no/such.toml"), mrnn::FileError);
  CHECK_THROWS_WITH(ConfigNode::read_file(folder), folder.string() + ": is a folder; a file is needed");
  CHECK_THROWS_WITH(ConfigNode::read_file("/dev/zero"), "/dev/zero: is larger than 64 MiB, which no configuration is");
}

TEST_CASE("a file's paths start from its folder and its messages from its name", "[config]") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "mrnn_config_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.toml") << "file = 'net.json'\nempty = ''\nnul = \"a\\u0000b\"\n";

  const ConfigNode node = ConfigNode::read_file(folder / "a.toml");

  CHECK(node.path("file") == folder / "net.json");
  CHECK(node.where("file") == (folder / "a.toml").string() + ":1:8");
  CHECK_THAT(message([&] { node.path("empty"); }), EndsWith("a.toml:2:9: empty: is empty; a path is accepted"));
  CHECK_THAT(message([&] { node.path("nul"); }),
             EndsWith("a.toml:3:7: nul: contains a NUL character; a path is accepted"));
  std::filesystem::remove_all(folder);
}

const std::string two_simulations =
    "[network]\ndt = 1.0\nbounds = [0.0, 1.0]\n"
    "[[simulation]]\nname = 'control'\ntrials = 100\n"
    "[[simulation]]\nname = 'thal_off'\ntrials = 100\n"
    "[[analysis]]\nplugin = 'psth'\n";

TEST_CASE("an override replaces a value, adds one, and makes the tables it needs", "[config][override]") {
  const ConfigNode root =
      parse(two_simulations, {"network.dt=5", "network.dale=abs", "train.stop.loss = 1e-3", "experiment.name=a=b",
                              "network.noise={ input = 0.5 }", "backend.threads=2", "network.dt=6"});

  CHECK(root.table("network").number("dt") == 6.0);
  CHECK(root.table("network").text("dale") == "abs");
  CHECK(root.table("network").table("noise").number("input") == 0.5);
  CHECK(root.table("train").table("stop").number("loss") == 1e-3);
  CHECK(root.table("experiment").text("name") == "a=b");
  CHECK(root.table("backend").count("threads") == 2);
}

TEST_CASE("the value of an override is TOML where it can be, else a string", "[config][override]") {
  const ConfigNode node = parse("", {"a=[1, 2]", "b=true", "c='5'", "d=5 apples", "e=", "f=1\nx = 2", "g=[1,"});

  CHECK(node.numbers("a") == std::vector<double>{1.0, 2.0});
  CHECK(node.flag("b", false));
  CHECK(node.text("c") == "5");
  CHECK(node.text("d") == "5 apples");
  CHECK(node.text("e").empty());
  CHECK(node.text("f") == "1\nx = 2");
  CHECK(node.text("g") == "[1,");
  CHECK_NOTHROW(node.finish());
}

TEST_CASE("an override reaches into an array by name, by plugin and by number", "[config][override]") {
  const ConfigNode root = parse(two_simulations, {"simulation.thal_off.trials=5", "simulation.0.trials=6",
                                                  "analysis.psth.bin=2", "network.bounds.1=7"});

  CHECK(root.list("simulation")[0].count("trials") == 6);
  CHECK(root.list("simulation")[1].count("trials") == 5);
  CHECK(root.list("analysis")[0].count("bin") == 2);
  CHECK(root.table("network").numbers("bounds") == std::vector<double>{0.0, 7.0});
}

TEST_CASE("a configuration knows the files that were asked for", "[config]") {
  const ConfigNode root = ConfigNode::parse("[task]\nfile = 'a.h5'\n[network]\nfile = '/b.json'\n", "", "folder");
  CHECK(root.paths().empty());

  root.table("task").path("file");
  root.table("network").path("file");

  CHECK(root.paths() ==
        std::map<std::string, std::filesystem::path>{{"network.file", "/b.json"}, {"task.file", "folder/a.h5"}});
}

TEST_CASE("the simulation that is there by default can be overridden", "[config][override]") {
  const ConfigNode simulation = parse("", {"simulation.control.trials=5"}).list("simulation").front();

  CHECK(simulation.text("name") == "control");
  CHECK(simulation.count("trials") == 5);
}

TEST_CASE("an override that reaches nothing is an error", "[config][override]") {
  CHECK(parse_message(two_simulations, {"simulation.contrl.trials=5"}) ==
        "--set simulation.contrl.trials=5: simulation: no simulation called \"contrl\"; available: control, "
        "thal_off. Did you mean \"control\"?");
  CHECK(parse_message(two_simulations, {"simulation.2.trials=5"}) ==
        "--set simulation.2.trials=5: simulation: there is no element 2; there are 2, counted from 0");
  CHECK(parse_message(two_simulations, {"network.dt.x=5"}) ==
        "--set network.dt.x=5: network.dt: is a number with a decimal point; nothing below it can be set");
  CHECK(parse_message("[[analysis]]\nplugin = 'psth'\n[[analysis]]\nplugin = 'psth'\n", {"analysis.psth.bin=5"}) ==
        "--set analysis.psth.bin=5: analysis: more than one is called \"psth\"; name it by its number, counted from 0");
  CHECK(parse_message("[[connection]]\nfrom = 'a'\n[[connection]]\nfrom = 'b'\n", {"connection.b.sparsity=0.5"}) ==
        "--set connection.b.sparsity=0.5: connection: the elements have no names; name one by its number, 0 to 1");
  CHECK(parse_message("", {"region.gpe.units=5"}) ==
        "--set region.gpe.units=5: region: no region called \"gpe\"; available: none; there is no [[region]]");
  CHECK(parse_message("", {"network.dt"}) ==
        "--set network.dt: there is no \"=\"; an override is written key=value, as in network.dt=5");
  CHECK(parse_message("", {"network..dt=5"}) ==
        "--set network..dt=5: a part of the key is empty; an override is written key=value");
  CHECK(parse_message("", {"=5"}) == "--set =5: a part of the key is empty; an override is written key=value");
}

TEST_CASE("what an override brought is reported at the override", "[config][override]") {
  const ConfigNode root = parse("[network]\ndt = 1\n", {"network.dt=fast", "network.dtt=5", "task.a={ b = 1 }"});
  const ConfigNode network = root.table("network");

  CHECK(message([&] { network.number("dt"); }) ==
        "--set network.dt=fast: network.dt: is a string; a number is accepted");
  CHECK(message([&] { network.finish(); }) ==
        "--set network.dtt=5: network.dtt: unknown key; this table accepts: dt. Did you mean \"dt\"?");
  CHECK(root.table("task").where() == "--set task.a={ b = 1 }");
  CHECK(root.table("task").table("a").where("b") == "--set task.a={ b = 1 }");
}

}  // namespace
