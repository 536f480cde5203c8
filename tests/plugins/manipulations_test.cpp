// The interventions that manipulations append to trials, and the text of each mistake in their tables.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/runtime.hpp"

namespace {

using mrnn::Index;
using mrnn::Intervention;
using Source = mrnn::ScaleWeights::Source;

constexpr std::uint64_t seed = 7;

/// Units: a 0..9 (a.e 0..4, a.i 5..9), b 10..13, alone 14..15. Channels: cue 0..1, tone 2.
mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.dt = 10.0;
  mrnn::Region a, b, alone;
  a.name = "a";
  a.units = 10;
  a.cell_types = {{"e", 0.5, {}}, {"i", 0.5, {}}};
  b.name = "b";
  b.units = 4;
  alone.name = "alone";
  alone.units = 2;
  spec.regions = {a, b, alone};
  spec.inputs = {{"cue", 2}, {"tone", 1}};
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"a.e", "b"}, {"b", "a"}, {"a.i", "a"}, {"cue", "a"}}) {
    mrnn::Connection connection;
    connection.from = from;
    connection.to = to;
    spec.connections.push_back(connection);
  }
  return mrnn::build_network(spec, seed);
}

std::unique_ptr<mrnn::Manipulation> make(const std::string& plugin, const std::string& keys) {
  static const mrnn::Network net = network();
  static const auto runtime = [] {
    auto loaded = std::make_unique<mrnn::Runtime>();
    for (const char* name : {"stimulus", "silence", "lesion", "scale_connection", "noise"}) {
      loaded->load(std::string(MRNN_PLUGINS_DIR) + "/" + name + ".so");
    }
    return loaded;
  }();
  const auto config = mrnn::ConfigNode::parse("name = \"m\"\nplugin = \"" + plugin + "\"\n" + keys, "x.toml");
  config.text("name");
  config.text("plugin");
  auto manipulation = runtime->manipulations.find(plugin)->make(config, net);
  config.finish();
  return manipulation;
}

std::vector<Intervention> apply(const std::string& plugin, const std::string& keys, std::uint64_t with_seed = seed) {
  mrnn::Trials trials = mrnn::blank_trials(3, 2, 10);
  make(plugin, keys)->apply(network(), with_seed, trials);
  return trials.interventions;
}

/// Four trials of 10 steps whose delays are at 2..6, 4..6, nowhere, and 2..6 again.
std::vector<Intervention> apply_to_delays(const std::string& plugin, const std::string& keys) {
  mrnn::Trials trials = mrnn::blank_trials(3, 4, 10);
  trials.epochs = {{"cue", {0, 0, -1, 0}, {2, 4, -1, 2}}, {"delay", {2, 4, -1, 2}, {6, 6, -1, 6}}};
  trials.texts["condition"] = {"left", "right", "catch", "right"};
  make(plugin, keys)->apply(network(), seed, trials);
  return trials.interventions;
}

std::string mistake(const std::string& plugin, const std::string& keys) {
  try {
    apply(plugin, keys);
  } catch (const mrnn::ConfigError& error) {
    return error.what();
  }
  return "";
}

std::vector<Index> range(Index first, Index last) {
  std::vector<Index> all;
  for (Index unit = first; unit < last; ++unit) all.push_back(unit);
  return all;
}

/// Which of the rectangles `to x from` of units (or channels) a scaling covers.
bool covers(const Intervention& intervention, Source source, Index to, Index from) {
  const auto& scaling = std::get<mrnn::ScaleWeights>(intervention.what);
  return scaling.source == source && scaling.to.contains(to) && scaling.from.contains(from);
}

bool any_covers(const std::vector<Intervention>& all, Source source, Index to, Index from) {
  return std::ranges::any_of(all, [&](const Intervention& one) { return covers(one, source, to, from); });
}

}  // namespace

TEST_CASE("a stimulus drives chosen units with its ramps", "[manipulation]") {
  const auto all = apply("stimulus", "regions = [\"b\", \"a.i\"]\nstrength = -2\nstart = 20\nstop = 60\nramp_up = 20");

  REQUIRE(all.size() == 1);
  CHECK(all[0].steps == mrnn::StepRange{2, 6});
  CHECK(all[0].trials.empty());
  const auto& drive = std::get<mrnn::Drive>(all[0].what);
  CHECK(drive.units.indices() == std::vector<Index>{10, 11, 12, 13, 5, 6, 7, 8, 9});
  CHECK(drive.strength == Eigen::VectorXd::Constant(9, -2.0));
  CHECK(drive.course.isApprox(Eigen::Vector4d(0.25, 0.75, 1.0, 1.0)));
}

TEST_CASE("a stimulus takes a strength per unit and a time course", "[manipulation]") {
  const auto all =
      apply("stimulus", "regions = \"b\"\nstrength = [1, 2, 3, 4]\nstop = 30\ntime_course = [0.5, -1, 2]\ntrials = 1");

  const auto& drive = std::get<mrnn::Drive>(all.at(0).what);
  CHECK(drive.strength == Eigen::Vector4d(1, 2, 3, 4));
  CHECK(drive.course == Eigen::Vector3d(0.5, -1, 2));
  CHECK(all[0].trials == std::vector<Index>{1});
}

TEST_CASE("a fraction of each selector's units is drawn by seed and name", "[manipulation]") {
  const std::string keys = "regions = [\"a\", \"b\"]\nstrength = 1\nfraction = 0.5\n";
  const auto drawn = [&keys](std::uint64_t with_seed) {
    return std::get<mrnn::Drive>(apply("stimulus", keys, with_seed).at(0).what).units;
  };

  const mrnn::Selection units = drawn(seed);

  Index in_a = 0, in_b = 0;
  for (const Index unit : units.indices()) ++(unit < 10 ? in_a : in_b);
  CHECK(in_a == 5);
  CHECK(in_b == 2);
  CHECK(drawn(seed).indices() == units.indices());
  CHECK(drawn(seed + 1).indices() != units.indices());
  const auto silenced = std::get<mrnn::Clamp>(apply("silence", "regions = [\"a\", \"b\"]\nfraction = 0.5").at(0).what);
  CHECK(silenced.units.indices() == units.indices());
}

TEST_CASE("the units drawn keep their own strengths", "[manipulation]") {
  const auto all = apply("stimulus", "regions = \"b\"\nstrength = [0, 1, 2, 3]\nfraction = 0.5");

  const auto& drive = std::get<mrnn::Drive>(all.at(0).what);
  REQUIRE(drive.strength.size() == 2);
  for (Index k = 0; k < 2; ++k) {
    CHECK(drive.strength[k] == static_cast<double>(drive.units.indices()[static_cast<std::size_t>(k)] - 10));
  }
}

TEST_CASE("silence clamps activity to zero or a value", "[manipulation]") {
  const auto zero = apply("silence", "regions = \"b\"\nstart = 50");
  const auto value = apply("silence", "regions = \"b\"\nvalue = 0.3");

  CHECK(zero.at(0).steps == mrnn::StepRange{5, 10});
  CHECK(std::get<mrnn::Clamp>(zero[0].what).value == 0.0);
  CHECK(std::get<mrnn::Clamp>(zero[0].what).units.indices() == range(10, 14));
  CHECK(std::get<mrnn::Clamp>(value.at(0).what).value == 0.3);
}

TEST_CASE("noise adds its sigma to chosen units", "[manipulation]") {
  const auto all = apply("noise", "regions = \"a.e\"\nsigma = 0.2");

  CHECK(std::get<mrnn::ExtraNoise>(all.at(0).what).sigma == 0.2);
  CHECK(std::get<mrnn::ExtraNoise>(all[0].what).units.indices() == range(0, 5));
}

TEST_CASE("scale_connection multiplies the weights of its connections", "[manipulation]") {
  const auto all = apply("scale_connection", "connections = [\"b -> a.e\", \"cue->a\"]\nfactor = 0.5\nstop = 40");

  REQUIRE(all.size() == 2);
  CHECK(all[0].steps == mrnn::StepRange{0, 4});
  for (const Intervention& one : all) CHECK(std::get<mrnn::ScaleWeights>(one.what).factor == 0.5);
  const auto& first = std::get<mrnn::ScaleWeights>(all[0].what);
  CHECK(first.source == Source::recurrent);
  CHECK(first.from.indices() == range(10, 14));
  CHECK(first.to.indices() == range(0, 5));
  const auto& second = std::get<mrnn::ScaleWeights>(all[1].what);
  CHECK(second.source == Source::input);
  CHECK(second.from.indices() == range(0, 2));
  CHECK(apply("scale_connection", "connection = \"b->a\"\nfactor = 2").size() == 1);
}

TEST_CASE("a lesion of connections removes them for the whole run", "[manipulation]") {
  const auto all = apply("lesion", "connections = [\"a.e->b\", \"cue->a\"]");

  REQUIRE(all.size() == 2);
  for (const Intervention& one : all) {
    CHECK(one.steps == mrnn::StepRange{0, 10});
    CHECK(std::get<mrnn::ScaleWeights>(one.what).factor == 0.0);
  }
  CHECK(covers(all[0], Source::recurrent, 10, 0));
  CHECK_FALSE(covers(all[0], Source::recurrent, 0, 10));
  CHECK(covers(all[1], Source::input, 0, 1));
}

TEST_CASE("a lesion of a region removes weights into it, out of it, or both", "[manipulation]") {
  const auto both = apply("lesion", "regions = \"a\"");
  const auto in = apply("lesion", "regions = \"a\"\ndirection = \"in\"");
  const auto out = apply("lesion", "regions = \"a\"\ndirection = \"out\"");

  CHECK(any_covers(both, Source::recurrent, 0, 10));
  CHECK(any_covers(both, Source::recurrent, 10, 0));
  CHECK(any_covers(both, Source::input, 0, 0));
  CHECK(any_covers(in, Source::recurrent, 0, 10));
  CHECK(any_covers(in, Source::input, 0, 0));
  CHECK_FALSE(any_covers(in, Source::recurrent, 10, 0));
  CHECK(any_covers(out, Source::recurrent, 10, 0));
  CHECK_FALSE(any_covers(out, Source::recurrent, 10, 10));
  CHECK_FALSE(any_covers(out, Source::input, 0, 0));
}

TEST_CASE("a lesion of nothing is an error that lists the connections", "[manipulation]") {
  const std::string connections = "the network has the connections a.e->b, a.i->a, b->a, cue->a";

  CHECK_THAT(mistake("lesion", "regions = \"alone\""),
             StartsWith("x.toml:3:11: regions: there is nothing to lesion: \"alone\" has no weights into it or out of "
                        "it; " +
                        connections));
  CHECK_THAT(mistake("lesion", "connections = [\"b->alone\"]"),
             StartsWith("x.toml:3:15: connections: there is no connection \"b->alone\"; the network has a.e->b"));
  CHECK_THAT(mistake("lesion", ""), ContainsSubstring("a lesion needs connections"));
}

TEST_CASE("a lesion has no window", "[manipulation]") {
  CHECK_THAT(mistake("lesion", "regions = \"a\"\nstart = 100"),
             StartsWith("x.toml:4:9: start: a lesion lasts the whole run"));
  CHECK_THAT(mistake("lesion", "connections = \"b->a\"\ndirection = \"in\""),
             StartsWith("x.toml:4:13: direction: belongs to regions"));
}

TEST_CASE("names are checked at their key with the nearest match", "[manipulation]") {
  CHECK_THAT(mistake("silence", "regions = [\"A\"]"),
             StartsWith("x.toml:3:11: regions: no region called \"A\"; available: a, a.e, a.i, b, alone, *. Did you "
                        "mean \"a\"?"));
  CHECK_THAT(mistake("silence", "regions = [\"a\", \"a.e\"]"), ContainsSubstring("already selected"));
  CHECK_THAT(mistake("silence", "regions = []"), ContainsSubstring("regions: is an empty list"));
  CHECK_THAT(mistake("silence", ""), ContainsSubstring("regions: is missing"));
  CHECK_THAT(mistake("silence", "regions = \"cue\""), ContainsSubstring("\"cue\" is an input"));
  CHECK_THAT(mistake("lesion", "connections = [\"cu->a\"]"),
             ContainsSubstring("no region or input called \"cu\"; available: a, a.e, a.i, b, alone, *, cue, tone. Did "
                               "you mean \"cue\"?"));
  CHECK_THAT(mistake("lesion", "connections = [\"b-a\"]"),
             ContainsSubstring("connections: \"b-a\" is not a connection; \"from->to\" is accepted"));
  CHECK_THAT(mistake("scale_connection", "connections = [\"b->a\", \"b->a.e\"]\nfactor = 2"),
             ContainsSubstring("\"b->a\" and \"b->a.e\" name some weights twice"));
}

TEST_CASE("values that make no sense are errors at their key", "[manipulation]") {
  CHECK_THAT(mistake("stimulus", "regions = \"b\"\nstrength = [1, 2]"),
             StartsWith("x.toml:4:12: strength: has 2 values for 4 units"));
  CHECK_THAT(mistake("stimulus", "regions = \"b\""), ContainsSubstring("strength: is missing"));
  CHECK_THAT(mistake("stimulus", "regions = \"b\"\nstrength = 1\ntime_course = [1, 2]"),
             StartsWith("x.toml:5:15: time_course: has 2 values; the window has 10 steps"));
  CHECK_THAT(mistake("stimulus", "regions = \"b\"\nstrength = 1\nfraction = 0"),
             ContainsSubstring("fraction: is 0; a number above 0, at most 1, is accepted"));
  CHECK_THAT(mistake("stimulus", "regions = \"b\"\nstrength = 1\nfraction = 0.1"),
             ContainsSubstring("fraction: 0.1 of the 4 units of \"b\" is less than one"));
  CHECK_THAT(mistake("noise", "regions = \"b\"\nsigma = -1"), ContainsSubstring("sigma: is negative"));
  CHECK_THAT(mistake("scale_connection", "connection = \"b->a\""), ContainsSubstring("factor: is missing"));
  CHECK_THAT(mistake("scale_connection", "connection = \"b->a\"\nconnections = \"b->a\"\nfactor = 1"),
             ContainsSubstring("is given as well as connections"));
  CHECK_THAT(mistake("silence", "regions = \"b\"\nramp_up = 20"), ContainsSubstring("ramp_up"));
  CHECK_THAT(mistake("silence", "regions = \"b\"\nregoins = 1"), ContainsSubstring("regoins"));
}

TEST_CASE("each manipulation acts at the steps that its epoch has in each trial", "[manipulation]") {
  const auto [plugin, keys] = GENERATE(table<std::string, std::string>({
      {"silence", "regions = \"b\""},
      {"noise", "regions = \"b\"\nsigma = 0.2"},
      {"stimulus", "regions = \"b\"\nstrength = 2"},
      {"scale_connection", "connections = \"b->a\"\nfactor = 0.5"},
  }));
  CAPTURE(plugin);
  const std::string epoch = keys + "\nepoch = \"delay\"";
  const auto whole = apply_to_delays(plugin, epoch);
  const auto offset = apply_to_delays(plugin, epoch + "\nstart = 20");
  const auto beyond = apply_to_delays(plugin, epoch + "\nstart = 30\nstop = 70\nconditions = \"right\"");

  REQUIRE(whole.size() == 2);
  CHECK(whole[0].steps == mrnn::StepRange{2, 6});
  CHECK(whole[0].trials == std::vector<Index>{0, 3});
  CHECK(whole[1].steps == mrnn::StepRange{4, 6});
  CHECK(whole[1].trials == std::vector<Index>{1});
  CHECK(whole[0].what.index() == apply(plugin, keys).at(0).what.index());
  REQUIRE(offset.size() == 1);  // a delay of two steps is over by then
  CHECK(offset[0].steps == mrnn::StepRange{4, 6});
  CHECK(offset[0].trials == std::vector<Index>{0, 3});
  REQUIRE(beyond.size() == 2);
  CHECK(beyond[0].steps == mrnn::StepRange{7, 10});
  CHECK(beyond[0].trials == std::vector<Index>{1});
  CHECK(beyond[1].steps == mrnn::StepRange{5, 9});
  CHECK(beyond[1].trials == std::vector<Index>{3});
}

TEST_CASE("connections scaled by epoch are scaled in each trial", "[manipulation]") {
  const auto all =
      apply_to_delays("scale_connection", "connections = [\"b->a.e\", \"cue->a\"]\nfactor = 0\nepoch = \"delay\"");

  REQUIRE(all.size() == 4);
  for (const std::size_t first : {0, 2}) {
    CHECK(covers(all[first], Source::recurrent, 0, 10));
    CHECK(covers(all[first + 1], Source::input, 0, 0));
    CHECK(all[first].steps == all[first + 1].steps);
    CHECK(all[first].trials == all[first + 1].trials);
  }
}

TEST_CASE("ramps and time courses of a stimulus fit the epoch of each trial", "[manipulation]") {
  const auto course = [](const Intervention& intervention) { return std::get<mrnn::Drive>(intervention.what).course; };
  const std::string keys = "regions = \"b\"\nstrength = 1\nepoch = \"delay\"\n";
  const auto ramps = apply_to_delays("stimulus", keys + "ramp_up = 20");
  const auto numbers = apply_to_delays("stimulus", keys + "stop = 50\ntime_course = [1, 2, 3, 4, 5]");
  const auto cut = apply_to_delays("stimulus", keys + "start = 30\nstop = 70\ntime_course = [1, 2, 3, 4]");

  CHECK(course(ramps.at(0)).isApprox(Eigen::Vector4d(0.25, 0.75, 1.0, 1.0)));
  CHECK(course(ramps.at(1)).isApprox(Eigen::Vector2d(0.25, 0.75)));
  for (const Intervention& one : numbers) CHECK(course(one) == Eigen::VectorXd::LinSpaced(5, 1.0, 5.0));
  CHECK(course(cut.at(0)) == Eigen::Vector4d(1, 2, 3, 4));
  CHECK(course(cut.at(1)) == Eigen::Vector3d(1, 2, 3));  // by the end of the run
}

TEST_CASE("what an epoch lacks is an error at its key", "[manipulation]") {
  const auto missing = [](const std::string& plugin, const std::string& keys) -> std::string {
    try {
      apply_to_delays(plugin, keys);
    } catch (const mrnn::ConfigError& error) {
      return error.what();
    }
    return "";
  };
  const std::string keys = "regions = \"b\"\nstrength = 1\nepoch = \"delay\"\n";

  CHECK_THAT(
      missing("silence", "regions = \"b\"\nepoch = \"Delay\""),
      StartsWith("x.toml:4:9: epoch: no epoch called \"Delay\"; available: cue, delay. Did you mean \"delay\"?"));
  CHECK_THAT(missing("stimulus", keys + "time_course = [1, 2, 3, 4]"),
             StartsWith("x.toml:6:15: time_course: has 4 values; the window of trial 1 has 2 steps, and one value per "
                        "step is needed"));
  CHECK_THAT(missing("stimulus", keys + "ramp_up = 30"),
             ContainsSubstring("the window of 20 ms they lie in, that of trial 1"));
  CHECK_THAT(missing("lesion", "regions = \"b\"\nepoch = \"delay\""),
             StartsWith("x.toml:4:9: epoch: a lesion lasts the whole run"));
  CHECK_THAT(mistake("noise", "regions = \"b\"\nsigma = 1\nepoch = \"delay\""),
             ContainsSubstring("epoch: no epoch called \"delay\"; available: none"));
}
