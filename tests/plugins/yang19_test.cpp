// The twenty tasks of Yang et al. (2019): trials worked by hand, the answer that each rule wants, what is shared by a
// batch, and what counts as correct.

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;
using Mode = mrnn::TrialRequest::Mode;
using test::course;
using test::stretches;

const std::vector<std::string> rules{"fdgo",         "reactgo",  "delaygo",  "fdanti",          "reactanti",
                                     "delayanti",    "dm1",      "dm2",      "contextdm1",      "contextdm2",
                                     "multidm",      "delaydm1", "delaydm2", "contextdelaydm1", "contextdelaydm2",
                                     "multidelaydm", "dmsgo",    "dmsnogo",  "dmcgo",           "dmcnogo"};

/// Inputs: fixation 0, rings 1 to 32 and 33 to 64, rules 65 to 84. Outputs: fixation 0, ring 1 to 32.
struct Bench : test::TaskBench {
  explicit Bench(double dt = 100.0)
      : TaskBench("yang19", {{"fixation", 1}, {"ring1", 32}, {"ring2", 32}, {"rule", 20}},
                  {{"fixation", 1}, {"ring", 32}}, dt) {}
};

std::string only(const std::string& rule) {
  return "rules = \"" + rule + "\"\n";
}

/// Degrees, 0 to 180.
double apart(double one, double other) {
  return std::abs(std::remainder(one - other, 360.0));
}

/// Activity of a channel (11.25 degrees each) for a stimulus of strength 1 at so many degrees.
double bump(Index channel, double direction) {
  const double z = apart(11.25 * static_cast<double>(channel), direction) / 22.5;
  return 0.8 * std::exp(-z * z / 2.0);
}

/// One number of one trial.
double number(const mrnn::Trials& made, const std::string& name, Index trial) {
  return made.numbers.at(name)[static_cast<std::size_t>(trial)];
}

/// Is ring 1 or 2, at this step, what the metadata say of these stimuli (1, 2)?
void check_rings(const mrnn::Trials& made, Index trial, Index step, const std::vector<int>& stimuli) {
  for (Index ring = 1; ring <= 2; ++ring) {
    for (Index k = 0; k < 32; ++k) {
      double expected = 0.0;
      for (const int stimulus : stimuli) {
        const std::string name = "stimulus" + std::to_string(stimulus);
        const double strength = number(made, name + "_ring" + std::to_string(ring), trial);
        if (strength > 0.0) expected += strength * bump(k, number(made, name, trial));
      }
      CAPTURE(trial, step, ring, k);
      CHECK_THAT(made.inputs(1 + 32 * (ring - 1) + k, trial, step), WithinAbs(expected, 1e-12));
    }
  }
}

/// The answer in degrees that a rule wants, from what was shown, as a sentence per rule; NaN: fixate.
double wanted(const std::string& rule, const mrnn::Trials& made, Index trial) {
  const auto of = [&](const std::string& name) { return number(made, name, trial); };
  const double one = of("stimulus1"), two = of("stimulus2");
  const double opposite = one < 180.0 ? one + 180.0 : one - 180.0;
  const double ring1 = of("stimulus1_ring1") - of("stimulus2_ring1");
  const double ring2 = of("stimulus1_ring2") - of("stimulus2_ring2");
  const bool same_place = apart(one, two) < 1e-9, same_half = (one < 180.0) == (two < 180.0);
  const double fixate = std::nan("");
  const std::map<std::string, double> answers{
      {"fdgo", one},
      {"reactgo", one},
      {"delaygo", one},
      {"fdanti", opposite},
      {"reactanti", opposite},
      {"delayanti", opposite},
      {"dm1", ring1 > 0 ? one : two},
      {"dm2", ring2 > 0 ? one : two},
      {"contextdm1", ring1 > 0 ? one : two},
      {"contextdm2", ring2 > 0 ? one : two},
      {"multidm", ring1 + ring2 > 0 ? one : two},
      {"delaydm1", ring1 > 0 ? one : two},
      {"delaydm2", ring2 > 0 ? one : two},
      {"contextdelaydm1", ring1 > 0 ? one : two},
      {"contextdelaydm2", ring2 > 0 ? one : two},
      {"multidelaydm", ring1 + ring2 > 0 ? one : two},
      {"dmsgo", same_place ? two : fixate},
      {"dmsnogo", same_place ? fixate : two},
      {"dmcgo", same_half ? two : fixate},
      {"dmcnogo", same_half ? fixate : two},
  };
  return answers.at(rule);
}

}  // namespace

TEST_CASE("a delayed go trial is as worked by hand", "[yang19]") {
  const auto made = Bench().trials(
      only("delaygo") + "timing = { delaygo = { fixation = 300, stimulus1 = 200, delay1 = 200 } }", {.seed = 4});

  CHECK(test::epoch_names(made) ==
        std::vector<std::string>{"fixation", "stimulus1", "delay1", "stimulus2", "delay2", "go"});
  CHECK(test::boundaries(made, 0) == std::vector<Index>{0, 3, 5, 7, 7, 7, 12});
  CHECK(made.texts.at("rule") == std::vector<std::string>{"delaygo"});
  CHECK(course(made.inputs, 0) == stretches({{7, 1}, {5, 0}}));
  for (Index rule = 0; rule < 20; ++rule) CHECK(course(made.inputs, 65 + rule) == stretches({{12, rule == 2 ? 1 : 0}}));
  for (Index step = 0; step < 12; ++step) {
    check_rings(made, 0, step, step == 3 || step == 4 ? std::vector<int>{1} : std::vector<int>{});
  }
  const double direction = number(made, "correct", 0);
  CHECK(direction == number(made, "stimulus1", 0));
  CHECK(course(made.targets, 0) == stretches({{7, 0.8}, {5, 0.05}}));
  for (Index k = 0; k < 32; ++k) {
    for (Index step = 0; step < 12; ++step) {
      CHECK_THAT(made.targets(1 + k, 0, step), WithinAbs(step < 7 ? 0.05 : 0.05 + bump(k, direction), 1e-12));
    }
    CHECK(course(made.mask, 1 + k) == stretches({{1, 0}, {6, 1}, {1, 0}, {4, 5}}));
  }
  CHECK(course(made.mask, 0) == stretches({{1, 0}, {6, 2}, {1, 0}, {4, 10}}));
}

TEST_CASE("every rule wants the answer that its sentence says", "[yang19]") {
  const Bench bench(20.0);
  for (const std::string& rule : rules) {
    CAPTURE(rule);
    const auto task = bench.task(only(rule));
    auto made = task->make({.seed = 8, .count = 60});
    for (Index trial = 0; trial < made.count; ++trial) {
      CAPTURE(trial);
      const double answer = wanted(rule, made, trial), correct = number(made, "correct", trial);
      CHECK(std::isnan(correct) == std::isnan(answer));
      if (std::isnan(answer)) continue;
      CHECK(apart(answer, correct) < 1e-9);
    }
    CHECK(task->score(made, made.targets).score.minCoeff() == 1.0);
    std::ranges::reverse(made.epochs);  // a batch of several tasks has the epochs in an order of its own
    CHECK(task->score(made, made.targets).score.minCoeff() == 1.0);
  }
}

TEST_CASE("stimuli are on in the epochs of their rule", "[yang19]") {
  struct Times {
    std::string one_from, one_to, two_from, two_to;
    bool fixation_stays;
  };
  const std::map<std::string, Times> families{
      {"fdgo", {"stimulus1", "go", "", "", false}},
      {"reactgo", {"go", "go", "", "", true}},
      {"delaygo", {"stimulus1", "stimulus1", "", "", false}},
      {"multidm", {"stimulus1", "stimulus1", "stimulus1", "stimulus1", false}},
      {"contextdelaydm2", {"stimulus1", "stimulus1", "stimulus2", "stimulus2", false}},
      {"dmsgo", {"stimulus1", "stimulus1", "go", "go", true}},
      {"dmcnogo", {"stimulus1", "stimulus1", "go", "go", true}}};
  for (const auto& [rule, times] : families) {
    CAPTURE(rule);
    const auto made = Bench(50.0).trials(only(rule), {.seed = 2, .count = 3});
    const auto epoch = [&](const std::string& name) {
      return *std::ranges::find(made.epochs, name, &mrnn::Epoch::name);
    };
    for (std::size_t b = 0; b < 3; ++b) {
      const auto on = [&](const std::string& from, const std::string& to, Index step) {
        return !from.empty() && step >= epoch(from).first[b] && step < epoch(to).last[b];
      };
      const auto trial = static_cast<Index>(b);
      for (Index step = 0; step < epoch("go").last[b]; ++step) {
        std::vector<int> shown;
        if (on(times.one_from, times.one_to, step)) shown.push_back(1);
        if (on(times.two_from, times.two_to, step)) shown.push_back(2);
        check_rings(made, trial, step, shown);
        CHECK(made.inputs(0, trial, step) == (times.fixation_stays || step < epoch("go").first[b] ? 1.0 : 0.0));
      }
    }
  }
}

TEST_CASE("timings of the rules are those published", "[yang19]") {
  const std::map<std::string, std::vector<std::set<Index>>> choices{
      {"delaygo", {{300, 500, 700}, {200, 400, 600}, {200, 400, 800, 1600}, {0}, {0}, {500}}},
      {"dmsgo", {{200, 400, 600}, {200, 400, 600}, {200, 400, 800, 1600}, {0}, {0}, {500}}},
      {"dmcgo", {{200, 400, 600}, {200, 400, 600}, {200, 400, 800, 1600}, {0}, {0}, {200, 400, 600}}}};
  for (const auto& [rule, epochs] : choices) {
    const auto made = Bench(1.0).trials(only(rule), {.count = 80});
    for (std::size_t e = 0; e < 6; ++e) {
      CAPTURE(rule, e);
      std::set<Index> seen;
      for (std::size_t b = 0; b < 80; ++b) seen.insert(made.epochs[e].last[b] - made.epochs[e].first[b]);
      CHECK(seen == epochs[e]);
    }
  }
  const std::map<std::string, std::vector<std::pair<Index, Index>>> ranges{
      {"fdanti", {{300, 700}, {500, 1500}, {0, 0}, {0, 0}, {0, 0}, {500, 500}}},
      {"reactgo", {{500, 2500}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {500, 500}}},
      {"dm1", {{100, 400}, {400, 1600}, {0, 0}, {0, 0}, {0, 0}, {500, 500}}},
      {"delaydm1", {{200, 600}, {200, 600}, {200, 1600}, {200, 600}, {100, 300}, {500, 500}}}};
  for (const auto& [rule, epochs] : ranges) {
    const auto made = Bench(1.0).trials(only(rule), {.count = 80});
    for (std::size_t e = 0; e < 6; ++e) {
      CAPTURE(rule, e);
      std::vector<Index> lengths;
      for (std::size_t b = 0; b < 80; ++b) lengths.push_back(made.epochs[e].last[b] - made.epochs[e].first[b]);
      const Index spread = epochs[e].second - epochs[e].first;
      CHECK(std::ranges::min(lengths) >= epochs[e].first - (spread > 0 ? 1 : 0));
      CHECK(std::ranges::min(lengths) <= epochs[e].first + spread / 10);
      CHECK(std::ranges::max(lengths) <= epochs[e].second + (spread > 0 ? 1 : 0));
      CHECK(std::ranges::max(lengths) >= epochs[e].second - spread / 10);
    }
  }
}

TEST_CASE("the strengths of the two stimuli differ by the coherence", "[yang19]") {
  const std::map<std::string, std::set<int>> per_mille{{"dm2", {10, 20, 40, 80}},
                                                       {"contextdm1", {10, 20, 40, 80}},
                                                       {"multidm", {10, 20, 40, 80}},
                                                       {"delaydm1", {80, 160, 320}},
                                                       {"multidelaydm", {80, 160, 320}}};
  for (const auto& [rule, magnitudes] : per_mille) {
    CAPTURE(rule);
    const auto made = Bench().trials(only(rule), {.count = 200});
    std::set<int> seen;
    for (Index trial = 0; trial < 200; ++trial) {
      const auto strength = [&](int s, int ring) {
        return number(made, "stimulus" + std::to_string(s) + "_ring" + std::to_string(ring), trial);
      };
      const double coherence = number(made, "coherence", trial);
      seen.insert(static_cast<int>(std::lround(1000 * std::abs(coherence))));
      if (rule == "dm2") CHECK((strength(1, 1) == 0.0 && strength(2, 1) == 0.0));
      const int counted = rule == "dm2" ? 2 : 1;
      const bool both = rule.starts_with("multi");
      const double one = both ? (strength(1, 1) + strength(1, 2)) / 2 : strength(1, counted);
      const double two = both ? (strength(2, 1) + strength(2, 2)) / 2 : strength(2, counted);
      CHECK_THAT((one - two) / 2, WithinAbs(coherence, 1e-12));
      CHECK(((one + two) / 2 >= 0.8 - 1e-12 && (one + two) / 2 < 1.2 + 1e-12));
      const double distance = apart(number(made, "stimulus1", trial), number(made, "stimulus2", trial));
      CHECK(distance >= 90.0 - 1e-9);
      if (!both) continue;
      const double share = std::abs(strength(1, 1) - strength(1, 2)) / one;
      CHECK((share >= 0.2 - 1e-12 && share < 0.8 + 1e-12));
    }
    CHECK(seen == magnitudes);
  }
  const auto easy = Bench().trials("easy = true\n" + only("dm1"), {.count = 100}).numbers.at("coherence");
  CHECK_THAT(std::ranges::max(easy), WithinAbs(0.8, 1e-12));
  const auto easy_delay = Bench().trials("easy = true\n" + only("delaydm1"), {.count = 100}).numbers.at("coherence");
  CHECK_THAT(std::ranges::max(easy_delay), WithinAbs(0.64, 1e-12));
}

TEST_CASE("half of the second stimuli match and categories are halves of the circle", "[yang19]") {
  for (const std::string rule : {"dmsgo", "dmcgo"}) {
    CAPTURE(rule);
    const auto made = Bench().trials(only(rule), {.count = 400});
    const auto& match = made.numbers.at("match");
    CHECK_THAT(std::ranges::count(match, 1.0) / 400.0, WithinAbs(0.5, 0.08));
    for (Index trial = 0; trial < 400; ++trial) {
      const double one = number(made, "stimulus1", trial), two = number(made, "stimulus2", trial);
      CAPTURE(trial, one, two);
      if (rule == "dmsgo") {
        CHECK((apart(one, two) == 0.0 || apart(one, two) > 20.0 - 1e-9));
      } else {
        for (const double location : {one, two}) {
          CHECK_THAT(std::remainder(location - 18.0, 36.0), WithinAbs(0.0, 1e-9));
        }
      }
      CHECK((match[static_cast<std::size_t>(trial)] == 1.0) ==
            (rule == "dmsgo" ? one == two : (one < 180.0) == (two < 180.0)));
    }
  }
}

TEST_CASE("a training batch has one rule and one timing", "[yang19]") {
  const Bench bench;
  const auto task = bench.task();
  std::set<std::string> seen;
  for (std::uint64_t batch = 0; batch < 30; ++batch) {
    const auto made = task->make({.stream = mrnn::Stream::training_trials, .first = 16 * batch, .count = 16});
    const auto& names = made.texts.at("rule");
    CHECK(std::ranges::count(names, names.front()) == 16);
    for (std::size_t b = 0; b < 16; ++b) CHECK(test::boundaries(made, b) == test::boundaries(made, 0));
    CHECK(std::set<double>(made.numbers.at("stimulus1").begin(), made.numbers.at("stimulus1").end()).size() > 4);
    seen.insert(names.front());
  }
  CHECK(seen.size() > 8);
}

TEST_CASE("training batches can mix rules and timings", "[yang19]") {
  const auto made = Bench().trials("rule_per = \"trial\"", {.stream = mrnn::Stream::training_trials, .count = 200});

  test::check_tiling(made);
  const auto& names = made.texts.at("rule");
  CHECK(std::set<std::string>(names.begin(), names.end()).size() > 15);
  CHECK(std::set<Index>(made.epochs.back().last.begin(), made.epochs.back().last.end()).size() > 10);
}

TEST_CASE("rules of training batches are as frequent as asked for", "[yang19]") {
  const Bench bench;
  const auto shares = [&](const std::string& keys) {
    std::map<std::string, double> share;
    const auto made =
        bench.trials("rule_per = \"trial\"\n" + keys, {.stream = mrnn::Stream::training_trials, .count = 1400});
    for (const std::string& name : made.texts.at("rule")) share[name] += 1.0 / 1400.0;
    return share;
  };

  auto usual = shares("");
  CHECK(usual.size() == 20);
  CHECK_THAT(usual["contextdm1"], WithinAbs(5.0 / 28.0, 0.03));
  CHECK_THAT(usual["contextdm2"], WithinAbs(5.0 / 28.0, 0.03));
  CHECK_THAT(usual["multidm"], WithinAbs(1.0 / 28.0, 0.02));
  auto chosen = shares("rules = [\"dm1\", \"fdgo\", \"dm2\"]\nprobabilities = { dm1 = 3, fdgo = 0 }");
  CHECK(chosen.size() == 2);
  CHECK_THAT(chosen["dm1"], WithinAbs(0.75, 0.05));
}

TEST_CASE("outside training the rules take turns", "[yang19]") {
  const Bench bench;
  const auto task = bench.task();
  const auto made = task->make({.stream = mrnn::Stream::validation_trials, .first = 20, .count = 40});

  CHECK(task->default_trials() == 20);
  for (std::size_t b = 0; b < 40; ++b) {
    CHECK(made.texts.at("rule")[b] == rules[b % 20]);
    CHECK(made.inputs(65 + static_cast<Index>(b % 20), static_cast<Index>(b), 0) == 1.0);
  }
  CHECK(std::set<Index>(made.epochs.back().last.begin(), made.epochs.back().last.end()).size() > 5);
  const auto two = bench.trials("rules = [\"dm2\", \"dm1\"]", {.count = 3});
  CHECK(two.texts.at("rule") == std::vector<std::string>{"dm2", "dm1", "dm2"});
  CHECK(two.inputs(65 + 7, 0, 0) == 1.0);
}

TEST_CASE("a response within 36 degrees is correct unless fixation is kept", "[yang19]") {
  const Bench bench;
  const auto task = bench.task("rules = [\"fdgo\", \"dmsgo\"]");
  const auto made = task->make({.count = 40});
  const auto score = [&](double fixation, double turn) {
    mrnn::Sequence outputs(33, made.count, made.steps);
    for (Index b = 0; b < made.count; ++b) {
      const double correct = number(made, "correct", b);
      const double direction = (std::isnan(correct) ? 0.0 : correct) + turn;
      const Index last = made.epochs.back().last[static_cast<std::size_t>(b)] - 1;
      outputs(0, b, last) = fixation;
      for (Index k = 0; k < 32; ++k) outputs(1 + k, b, last) = bump(k, direction);
    }
    return task->score(made, outputs).score;
  };

  const auto near = score(0.4, 34.0), far = score(0.4, 38.0), other_side = score(0.4, -38.0), held = score(0.6, 0.0);
  Index holds = 0;
  for (Index b = 0; b < made.count; ++b) {
    CAPTURE(b);
    const bool responds = !std::isnan(number(made, "correct", b));
    CHECK(near[b] == (responds ? 1.0 : 0.0));
    CHECK(far[b] == 0.0);
    CHECK(other_side[b] == 0.0);
    CHECK(held[b] == (responds ? 0.0 : 1.0));
    if (!responds) ++holds;
  }
  CHECK((holds > 4 && holds < 18));
}

TEST_CASE("rules that compare strengths have psychometric curves", "[yang19]") {
  const Bench bench;
  const auto task = bench.task("rules = [\"fdgo\", \"dm1\", \"contextdelaydm2\"]");
  const auto curve = task->psychometric();
  REQUIRE(curve);
  CHECK(curve->variable == "coherence");
  CHECK(curve->group == "rule");
  CHECK(curve->conditions == 48);  // two rules, eight and six coherences

  const auto made = task->make({.count = 48, .mode = Mode::psychometric});
  std::map<std::pair<std::string, int>, int> seen;
  for (std::size_t b = 0; b < 48; ++b) {
    const double coherence = made.numbers.at("coherence")[b];
    ++seen[{made.texts.at("rule")[b], static_cast<int>(std::lround(1000 * coherence))}];
  }
  CHECK(seen.size() == 14);
  CHECK(seen.at({"dm1", -80}) == 3);
  CHECK(seen.at({"contextdelaydm2", 320}) == 4);
  const auto choice = task->score(made, made.targets).choice;
  for (Index b = 0; b < 48; ++b) CHECK(choice[b] == (number(made, "coherence", b) > 0 ? 1.0 : 0.0));
  const auto held = task->score(made, mrnn::Sequence(33, 48, made.steps)).choice;
  CHECK(held.size() == 48);
  CHECK_FALSE(bench.task(only("dmsgo"))->psychometric());
}

TEST_CASE("the epochs of the twenty tasks tile their trials for every step", "[yang19]") {
  for (const double dt : {5.0, 7.0, 20.0, 33.3, 100.0}) {
    CAPTURE(dt);
    const Bench bench(dt);
    const auto task = bench.task();
    const auto made = task->make({.count = 40});
    test::check_tiling(made);
    CHECK(task->score(made, made.targets).score.minCoeff() == 1.0);
  }
}

TEST_CASE("trials of the twenty tasks come from their seed and number alone", "[yang19]") {
  const Bench bench;

  test::check_reproducible(*bench.task());
  const auto task = bench.task();
  const mrnn::TrialRequest request{.seed = 2, .stream = mrnn::Stream::training_trials, .first = 64, .count = 8};
  CHECK(task->make(request).inputs.data == task->make(request).inputs.data);
}

TEST_CASE("fixation and ring can be one output", "[yang19]") {
  const test::TaskBench bench("yang19", {{"everything", 85}}, {{"response", 33}}, 20.0);
  const auto task = bench.task();
  const auto made = task->make({.count = 40});
  const Bench named(20.0);

  CHECK(task->score(made, made.targets).score.minCoeff() == 1.0);
  CHECK(made.inputs.data == named.trials("", {.count = 40}).inputs.data);
  CHECK(made.targets.data == named.trials("", {.count = 40}).targets.data);
}

TEST_CASE("a smaller ring does", "[yang19]") {
  const test::TaskBench bench("yang19", {{"fixation", 1}, {"ring1", 8}, {"ring2", 8}, {"rule", 20}},
                              {{"fixation", 1}, {"ring", 8}}, 20.0);
  const auto task = bench.task("ring = 8");
  const auto made = task->make({.count = 40});

  CHECK(task->score(made, made.targets).score.minCoeff() == 1.0);
}

TEST_CASE("mistakes in the twenty tasks are told at their key", "[yang19]") {
  const Bench bench;
  CHECK(bench.mistake("rules = []") == "x.toml:3:9: task.rules: is an empty list; one rule or more is accepted");
  CHECK(bench.mistake("rules = [\"dm1\", \"dm1\"]") == "x.toml:3:9: task.rules: \"dm1\" is listed twice");
  CHECK(bench.mistake("rules = \"dmgo\"") ==
        "x.toml:3:9: task.rules: no rule called \"dmgo\"; available: fdgo, reactgo, delaygo, fdanti, reactanti, "
        "delayanti, dm1, dm2, contextdm1, contextdm2, multidm, delaydm1, delaydm2, contextdelaydm1, contextdelaydm2, "
        "multidelaydm, dmsgo, dmsnogo, dmcgo, dmcnogo. Did you mean \"dmsgo\"?");
  CHECK(bench.mistake("rules = [\"dm1\", \"dm2\"]\nprobabilities = { dm1 = 2, fdgo = 1 }") ==
        "x.toml:4:35: task.probabilities.fdgo: unknown key; this table accepts: dm1 dm2");
  CHECK(bench.mistake("rules = \"dm1\"\nprobabilities = { dm1 = 0 }") ==
        "x.toml:4:17: task.probabilities: are all 0; one rule at least needs a number above 0");
  CHECK(bench.mistake("rule_per = \"bach\"") ==
        "x.toml:3:12: task.rule_per: is \"bach\"; accepted: batch, trial. Did you mean \"batch\"?");
  CHECK(bench.mistake("timing = { dm1 = { go = 300 } }") ==
        "x.toml:3:18: task.timing.dm1: unknown key; this table accepts: delaydm delaygo dm dmc dms fdgo reactgo. Did "
        "you mean \"dm\"?");
  CHECK(bench.mistake("timing = { dm = { delay1 = 300 } }") ==
        "x.toml:3:28: task.timing.dm.delay1: unknown key; this table accepts: fixation go stimulus1");
  CHECK(bench.mistake("timing = { dm = { go = [50, 300] } }") ==
        "x.toml:3:24: task.timing.dm.go: can last 50 ms; one step of the network (100 ms) or more is accepted");
  CHECK(bench.mistake("ring = 16") ==
        "x.toml:1:1: task: \"yang19\" has the input channels fixation (1), ring1 (16), ring2 (16), rule (20); the "
        "network has fixation (1), ring1 (32), ring2 (32), rule (20). Write [[input]] with name = \"ring1\" and units "
        "= 16, [[input]] with name = \"ring2\" and units = 16");
}
