// Lists of names in [[connection]]: every pair of them is a connection as if it stood in a table of its own.

#include <algorithm>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/network_config.hpp"
#include "mrnn/parameters.hpp"
#include "same_spec.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::ConfigNode;

const std::string parts =
    "[network]\ndale = 'clamp'\n"
    "[[region]]\nname = 'a'\nunits = 5\n"
    "[[region]]\nname = 'b'\nunits = 4\nsign = 'inhibitory'\nparent = 'both'\n"
    "[[region]]\nname = 'c'\nunits = 3\nparent = 'both'\n"
    "[[input]]\nname = 'cue'\nunits = 2\n";  // 17 lines

const std::string keys =
    "sparsity = 0.4\nautapses = false\ntrainable = false\ninit = { distribution = 'gamma', shape = 3, scale = 0.1 }\n";

std::string table(const std::string& from, const std::string& to, const std::string& more = "") {
  return "[[connection]]\nfrom = " + from + "\nto = " + to + "\n" + more;
}

mrnn::NetworkSource read(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return mrnn::read_network(ConfigNode::parse(text, "x.toml", ".", overrides));
}

/// The text of the ConfigError that reading and building gives.
std::string message(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    mrnn::build_network(read(parts + text, overrides), 1);
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

std::vector<std::string> pairs(const mrnn::NetworkSpec& spec) {
  std::vector<std::string> all;
  for (const mrnn::Connection& connection : spec.connections) all.push_back(connection.from + "->" + connection.to);
  return all;
}

}  // namespace

TEST_CASE("lists of names connect every pair, in the order written", "[connection_lists]") {
  const auto spec = read(parts + table("['b', 'a']", "['a', 'c']") + table("['cue']", "'a'")).spec;

  CHECK(pairs(spec) == std::vector<std::string>{"b->a", "b->c", "a->a", "a->c", "cue->a"});
}

TEST_CASE("a list of names makes the network of the tables that it stands for, bit for bit", "[connection_lists]") {
  const std::string first = table("'c'", "'b'");
  const std::string listed = first + table("['a', 'cue']", "['a', 'both']", keys) + table("'b'", "'a'");
  const std::string spelled = first + table("'a'", "'a'", keys) + table("'a'", "'both'", keys) +
                              table("'cue'", "'a'", keys) + table("'cue'", "'both'", keys) + table("'b'", "'a'");
  const mrnn::NetworkSpec one = read(parts + listed).spec, other = read(parts + spelled).spec;

  test::check_same(one, other);
  test::check_same(read(mrnn::to_toml(one)).spec, one);
  const mrnn::Network a = mrnn::build_network(one, 7), b = mrnn::build_network(other, 7);
  const mrnn::Parameters left = mrnn::initial_parameters(a, 7), right = mrnn::initial_parameters(b, 7);
  REQUIRE(left.recurrent.size() == right.recurrent.size());
  REQUIRE(left.input.size() == right.input.size());
  for (std::size_t k = 0; k < left.recurrent.size(); ++k) {
    CHECK(left.recurrent[k] == right.recurrent[k]);
    CHECK(a.recurrent_blocks()[k].pattern == b.recurrent_blocks()[k].pattern);
  }
  for (std::size_t k = 0; k < left.input.size(); ++k) CHECK(left.input[k] == right.input[k]);
}

TEST_CASE("overrides reach the keys of a table with lists, for all of its pairs", "[connection_lists]") {
  const std::string listed = parts + table("'c'", "'b'") + table("['a', 'b']", "'a'");

  const auto sparse = read(listed, {"connection.1.sparsity=0.5"}).spec.connections;
  CHECK(sparse[0].sparsity == 0.0);
  CHECK(sparse[1].sparsity == 0.5);
  CHECK(sparse[2].sparsity == 0.5);
  CHECK(pairs(read(listed, {"connection.1.from=[\"b\", \"c\"]"}).spec) ==
        std::vector<std::string>{"c->b", "b->a", "c->a"});
  CHECK(pairs(read(listed, {"connection.1.from.1=c"}).spec) == std::vector<std::string>{"c->b", "a->a", "c->a"});
}

TEST_CASE("wrong lists of names are errors at their place", "[connection_lists]") {
  CHECK(message(table("[]", "'a'")) ==
        "x.toml:19:8: connection[0].from: is an empty list; at least one name is needed");
  CHECK(message(table("'a'", "['b', 'c', 'b']")) == "x.toml:20:6: connection[0].to: names \"b\" twice");
  CHECK(message(table("['a', 3]", "'b'")) ==
        "x.toml:19:14: connection[0].from[1]: is an integer; a string is accepted");
  CHECK(message(table("3", "'b'")) ==
        "x.toml:19:8: connection[0].from: is an integer; a string or an array of strings is accepted");
  CHECK_THAT(message(table("['b', 'c']", "'a'") + table("['a', 'd']", "'b'")),
             StartsWith("x.toml:22:8: connection[1].from: no region or input called \"d\""));
  CHECK(message(table("'b'", "['a', 'cue']")) ==
        "x.toml:20:6: connection[0].to: \"cue\" is an input; recurrent units are needed here");
  CHECK(message(table("['a', 'b']", "'c'", "sparsity = 0.1\ninit = { distribution = 'constant', valu = 1 }\n")) ==
        "x.toml:22:44: connection[0].init.valu: unknown key; this table accepts: distribution value. Did you mean "
        "\"value\"?");
}

TEST_CASE("a pair that another table makes, or the same one, is an error that names both tables",
          "[connection_lists]") {
  CHECK(message(table("['b', 'c']", "'a'") + table("'a'", "'b'") + table("['a', 'c']", "['c', 'a']")) ==
        "x.toml:24:1: connection[2]: c->a touches the same pairs of units as c->a (connection[0], x.toml:18:1); two "
        "connections between the same units are not accepted");
  CHECK(message(table("'a'", "'b'") + table("['both', 'c']", "'a'")) ==
        "x.toml:21:1: connection[1]: c->a touches the same pairs of units as c->a (of the same table); two "
        "connections between the same units are not accepted");
}

TEST_CASE("tables are counted as in their own file, where a network file has others", "[connection_lists]") {
  const test::TemporaryFolder folder;
  folder.write("net.toml", parts + table("['a', 'b']", "'c'"));
  const auto wrong = [&](const std::string& tables) -> std::string {
    try {
      mrnn::build_network(
          mrnn::read_network(ConfigNode::parse("[network]\nfile = 'net.toml'\n" + tables, "x.toml", folder.path())), 1);
    } catch (const mrnn::ConfigError& error) {
      return error.what();
    }
    return "no ConfigError";
  };

  CHECK(wrong(table("'b'", "'c'")) ==
        "x.toml:3:1: connection[0]: b->c touches the same pairs of units as b->c (connection[0], " +
            (folder.path() / "net.toml").string() + ":18:1); two connections between the same units are not accepted");
  CHECK_THAT(wrong(table("'b'", "'d'")), StartsWith("x.toml:5:6: connection[0].to: no region called \"d\""));
  CHECK_THAT(wrong("[[region]]\nname = 'd'\nunits = 2\ntau = 1\n"), StartsWith("x.toml:6:7: region[0].tau: "));
}
