// Where a task's channels lie in a network: by name, by order, by other names; and what to write where they do not.

#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "mrnn/channels.hpp"
#include "mrnn/error.hpp"

namespace {

using mrnn::Channels;
using mrnn::UnitRange;

using Sizes = std::vector<std::pair<std::string, mrnn::Index>>;

/// A network with these inputs, and outputs of the same names and sizes.
mrnn::Network network(const Sizes& sizes) {
  mrnn::NetworkSpec spec;
  spec.regions.push_back(mrnn::Region{"area"});
  for (const auto& [name, size] : sizes) {
    spec.inputs.push_back({name, size});
    spec.outputs.push_back({name, size});
  }
  return mrnn::build_network(spec, 1);
}

const std::vector<mrnn::ChannelGroup> two_modalities = {{"motion", 2, "left, right"},
                                                        {"colour", 3, "red, green, blue"}};

Channels channels(const Sizes& sizes, const std::string& keys = "", Channels::Side side = Channels::Side::input,
                  const std::vector<mrnn::ChannelGroup>& groups = two_modalities) {
  const auto root = mrnn::ConfigNode::parse("[task]\nplugin = \"senses\"\n" + keys, "x.toml");
  Channels found(root.table("task"), network(sizes), side, groups);
  root.table("task").text("plugin");
  root.table("task").finish();
  return found;
}

std::string mistake(const Sizes& sizes, const std::string& keys = "", Channels::Side side = Channels::Side::input) {
  try {
    channels(sizes, keys, side);
  } catch (const mrnn::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("channels are found by name wherever they lie", "[channels]") {
  const Channels::Side side = GENERATE(Channels::Side::input, Channels::Side::output);
  const Channels found = channels({{"colour", 3}, {"tone", 1}, {"motion", 2}}, "", side);

  CHECK(found["motion"] == UnitRange{4, 2});
  CHECK(found["colour"] == UnitRange{0, 3});
  CHECK(found.groups().size() == 2);
}

TEST_CASE("channels without their names fill the network in order", "[channels]") {
  const Channels joint = channels({{"stimulus", 5}});
  const Channels apart = channels({{"a", 1}, {"b", 4}});

  CHECK(joint["motion"] == UnitRange{0, 2});
  CHECK(joint["colour"] == UnitRange{2, 3});
  CHECK(apart["colour"] == UnitRange{2, 3});
}

TEST_CASE("a task's table can give its channels other names", "[channels]") {
  const Channels found = channels({{"a", 3}, {"b", 2}, {"c", 2}}, "inputs = { motion = \"c\", colour = \"a\" }");
  const Channels partly =
      channels({{"colour", 3}, {"b", 2}, {"c", 2}}, "outputs = { motion = \"c\" }", Channels::Side::output);

  CHECK(found["motion"] == UnitRange{5, 2});
  CHECK(found["colour"] == UnitRange{0, 3});
  CHECK(partly["motion"] == UnitRange{5, 2});
}

TEST_CASE("a task without channels fits any network", "[channels]") {
  CHECK(channels({{"a", 3}}, "", Channels::Side::output, {}).groups().empty());
}

TEST_CASE("channels that do not fit are told with the tables to write", "[channels]") {
  CHECK(mistake({{"cue", 3}}) ==
        "x.toml:1:1: task: \"senses\" has the input channels motion (2), colour (3); the network has cue (3). Write "
        "[[input]] with name = \"motion\" and units = 2, [[input]] with name = \"colour\" and units = 3");
  CHECK(mistake({{"cue", 6}}) ==
        "x.toml:1:1: task: \"senses\" has the input channels motion (2), colour (3); the network has cue (6). Write "
        "[[input]] with name = \"motion\" and units = 2, [[input]] with name = \"colour\" and units = 3");
  CHECK(mistake({}) ==
        "x.toml:1:1: task: \"senses\" has the input channels motion (2), colour (3); the network has none. Write "
        "[[input]] with name = \"motion\" and units = 2, [[input]] with name = \"colour\" and units = 3");
  CHECK(mistake({{"motion", 4}, {"colour", 3}}, "", Channels::Side::output) ==
        "x.toml:1:1: task: \"senses\" has the output channels motion (2), colour (3); the network has motion (4), "
        "colour (3). Write [[output]] with name = \"motion\" and units = 2");
}

TEST_CASE("a free input of the right size is suggested", "[channels]") {
  CHECK(mistake({{"colour", 3}, {"tone", 1}, {"dots", 2}}) ==
        "x.toml:1:1: task: \"senses\" has the input channels motion (2), colour (3); the network has colour (3), tone "
        "(1), dots (2). Write [[input]] with name = \"motion\" and units = 2, or, under [task], inputs = { motion = "
        "\"dots\" }");
}

TEST_CASE("each free input is suggested once", "[channels]") {
  const auto root = mrnn::ConfigNode::parse("[task]\nplugin = \"senses\"", "x.toml");
  const std::vector<mrnn::ChannelGroup> eyes = {{"left", 2, ""}, {"right", 2, ""}};
  const auto text = [&](const Sizes& sizes) -> std::string {
    try {
      Channels(root.table("task"), network(sizes), Channels::Side::input, eyes);
    } catch (const mrnn::ConfigError& error) {
      return error.what();
    }
    return "";
  };

  CHECK_THAT(text({{"a", 2}, {"b", 2}, {"c", 2}}),
             EndsWith(", or, under [task], inputs = { left = \"a\", right = \"b\" }"));
  CHECK_THAT(text({{"a", 2}, {"b", 1}}), EndsWith("[[input]] with name = \"right\" and units = 2"));
}

TEST_CASE("an order that contradicts a name is not guessed", "[channels]") {
  CHECK(mistake({{"colour", 3}, {"movement", 2}}) ==
        "x.toml:1:1: task: \"senses\" has the input channels motion (2), colour (3); the network has colour (3), "
        "movement (2). Write [[input]] with name = \"motion\" and units = 2, or, under [task], inputs = { motion = "
        "\"movement\" }");
}

TEST_CASE("mistaken names of channels are told at their key", "[channels]") {
  const Sizes sizes = {{"a", 3}, {"b", 2}, {"c", 2}};

  CHECK(mistake(sizes, "inputs = { movement = \"b\", motion = \"c\" }") ==
        "x.toml:3:23: task.inputs.movement: no input of the task called \"movement\"; available: motion, colour");
  CHECK(mistake(sizes, "inputs = { motion = \"d\" }") ==
        "x.toml:3:21: task.inputs.motion: no input called \"d\"; available: a, b, c");
  CHECK(mistake(sizes, "inputs = { motion = \"a\" }") ==
        "x.toml:3:21: task.inputs.motion: input \"a\" of the network has 3 channels; motion of the task needs 2");
  CHECK(mistake({{"a", 3}, {"b", 3}}, "inputs = { motion = \"colour\" }") ==
        "x.toml:3:21: task.inputs.motion: no input called \"colour\"; available: a, b");
  CHECK(mistake({{"colour", 3}, {"b", 2}}, "inputs = { motion = 3 }") ==
        "x.toml:3:21: task.inputs.motion: is an integer; a string is accepted");
}

TEST_CASE("two groups cannot share the channels of a network", "[channels]") {
  const auto root =
      mrnn::ConfigNode::parse("[task]\nplugin = \"senses\"\ninputs = { left = \"eye\", right = \"eye\" }", "x.toml");
  std::string text;
  try {
    Channels(root.table("task"), network({{"eye", 2}}), Channels::Side::input, {{"left", 2, ""}, {"right", 2, ""}});
  } catch (const mrnn::ConfigError& error) {
    text = error.what();
  }

  CHECK(text == "x.toml:3:10: task.inputs: gives input \"eye\" of the network to two groups of the task");
}

TEST_CASE("an unknown group is a mistake of the task", "[channels]") {
  const Channels found = channels({{"stimulus", 5}});

  CHECK_THROWS_WITH(found["color"],
                    "no channel group called \"color\"; available: motion, colour. Did you mean \"colour\"?");
}
