// Tables laid over each other, and whole configurations as text.

#include "catch.hpp"
#include "mrnn/config.hpp"
#include "mrnn/error.hpp"

using namespace mrnn;

namespace {

std::string mistake(const ConfigNode& node) {
  try {
    node.finish();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a table laid over another has its keys before those of the other", "[config]") {
  const ConfigNode root =
      ConfigNode::parse("[task]\nplugin = \"p\"\nbits = 3\nrange = [1, 2]\n[[stage]]\nbits = 1\n", "c.toml");
  const ConfigNode stage = root.list("stage")[0].over(root.table("task"));

  CHECK(stage.count("bits") == 1);
  CHECK(stage.text("plugin") == "p");
  CHECK(stage.numbers("range") == std::vector<double>{1.0, 2.0});
  CHECK_FALSE(stage.has("until"));
  CHECK(stage.keys() == std::vector<std::string>{"bits", "plugin", "range"});
  CHECK(stage.dotted("bits") == "stage[0].bits");
  CHECK(stage.dotted("plugin") == "task.plugin");
  CHECK(stage.where("bits") == "c.toml:6:8");
  CHECK(stage.where("plugin") == "c.toml:2:10");
  CHECK(mistake(stage) == "no error");
}

TEST_CASE("an unread key of either table is an error where it stands", "[config][bad]") {
  const ConfigNode root =
      ConfigNode::parse("[task]\nplugin = \"p\"\nbist = 3\n[[stage]]\nbits = 1\n[[stage]]\nplugn = \"q\"\n", "c.toml");
  const std::vector<ConfigNode> stages = root.list("stage");
  for (const ConfigNode& table : stages) {
    const ConfigNode stage = table.over(root.table("task"));
    stage.text("plugin");
    stage.count_or("bits", 1);
  }

  CHECK(mistake(stages[0].over(root.table("task"))) ==
        "c.toml:3:8: task.bist: unknown key; this table accepts: bits plugin. Did you mean \"bits\"?");
  CHECK(mistake(stages[1]) ==
        "c.toml:7:9: stage[1].plugn: unknown key; this table accepts: bits plugin. Did you mean \"plugin\"?");
}

TEST_CASE("the kind of a value is known before it is read", "[config]") {
  const ConfigNode node =
      ConfigNode::parse("a = 1\nb = \"x\"\nc = true\nd = [1]\ne = { f = 1 }\ng = 2.5\nh = 1979-05-27");

  CHECK(node.kind("a") == ConfigKind::number);
  CHECK(node.kind("b") == ConfigKind::text);
  CHECK(node.kind("c") == ConfigKind::flag);
  CHECK(node.kind("d") == ConfigKind::list);
  CHECK(node.kind("e") == ConfigKind::table);
  CHECK(node.kind("g") == ConfigKind::number);
  CHECK(node.kind("h") == ConfigKind::other);
  CHECK(node.kind("i") == ConfigKind::absent);
}

TEST_CASE("a configuration as text has every value by its dotted key", "[config]") {
  const std::vector<std::string> overrides{"train.batch=32"};
  const ConfigNode root = ConfigNode::parse(
      "[train]\nbatch = 64\nrate = 1e-3\n[[simulation]]\nname = \"a\"\nrecord = [\"x\", \"h\"]\n[plugins]\npath = []\n",
      "c.toml", ".", overrides);

  const std::vector<std::pair<std::string, std::string>> expected{{"plugins.path", "[]"},
                                                                  {"simulation[0].name", "'a'"},
                                                                  {"simulation[0].record[0]", "'x'"},
                                                                  {"simulation[0].record[1]", "'h'"},
                                                                  {"train.batch", "32"},
                                                                  {"train.rate", "0.001"}};
  CHECK(root.flatten() == expected);
  CHECK(ConfigNode::parse("[train]\nrate = 0.001").flatten() == ConfigNode::parse("train.rate = 1e-3").flatten());
}
