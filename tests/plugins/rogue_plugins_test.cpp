// Tasks, manipulations, analyses and backends that do not keep to their contract: each has its say, none ends the
// program.

#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "catch.hpp"
#include "experiment_bench.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "small_experiment.hpp"

namespace {

using mrnn::ConfigNode;
using mrnn::Index;
using mrnn::Network;
using mrnn::Trials;

/// What a plugin is told to do, by the key `mode`.
template <class Function>
using Modes = std::map<std::string, std::function<Function>>;

const Modes<void(Trials&)>& task_modes() {
  static const Modes<void(Trials&)> modes{
      {"good", [](Trials&) {}},
      {"number", [](Trials&) { throw 7; }},
      {"exception", [](Trials&) { throw std::runtime_error("the stimulus set is empty"); }},
      {"wordless", [](Trials&) { throw std::runtime_error(""); }},
      {"more", [](Trials& trials) { trials = mrnn::blank_trials(2, trials.count + 1, 5); }},
      {"ids", [](Trials& trials) { trials.ids.assign(trials.ids.size(), 0); }},
      {"stimulus", [](Trials& trials) { trials.stimulus = mrnn::Sequence(3, trials.count, trials.steps); }},
      {"states", [](Trials& trials) { trials.initial_state = Eigen::MatrixXd::Zero(2, trials.count); }},
  };
  return modes;
}

constexpr Index steps = 20;

class RogueTask final : public mrnn::Task {
 public:
  explicit RogueTask(std::string mode) : mode_(std::move(mode)) {}
  Trials make(const mrnn::TrialRequest& request) const override {
    Trials trials = mrnn::blank_trials(2, request.count, steps);
    for (std::uint64_t& id : trials.ids) id += request.first;
    trials.targets = mrnn::Sequence(1, request.count, steps);
    if (task_modes().contains(mode_)) task_modes().at(mode_)(trials);
    return trials;
  }
  mrnn::Scores score(const Trials& trials, const mrnn::Sequence& /*outputs*/) const override {
    if (mode_ == "scores of nobody") return {Eigen::VectorXd::Ones(trials.count + 1), {}};
    if (mode_ == "scores beyond 1") return {Eigen::VectorXd::Constant(trials.count, 2.0), {}};
    if (mode_ == "no score") throw 7;
    if (mode_ == "score of a file") throw mrnn::FileError("answers.txt", "there is no such file");
    return {};
  }

 private:
  std::string mode_;
};

mrnn::Intervention clamp_of(mrnn::UnitRange units, mrnn::StepRange steps, double value) {
  return {steps, {}, mrnn::Clamp{mrnn::Selection({units}), value}};
}

const Modes<void(Trials&)>& manipulation_modes() {
  static const Modes<void(Trials&)> modes{
      {"number", [](Trials&) { throw 7; }},
      {"exception", [](Trials&) { throw std::logic_error("no such opsin"); }},
      {"fewer", [](Trials& trials) { trials = mrnn::slice(trials, 0, 1); }},
      {"inputs", [](Trials& trials) { trials.inputs.data.clear(); }},
      {"erase",
       [](Trials& trials) {
         if (trials.interventions.empty()) throw std::logic_error("nothing to erase");
         trials.interventions.clear();
       }},
      {"late",
       [](Trials& trials) {
         trials.interventions.push_back(clamp_of({0, 1}, {0, 99}, 0.0));
       }},
      {"unit",
       [](Trials& trials) {
         trials.interventions.push_back(clamp_of({6, 2}, {0, 1}, 0.0));
       }},
      {"negative",
       [](Trials& trials) {
         trials.interventions.push_back(clamp_of({3, -2}, {0, 1}, 0.0));
       }},
      {"huge",
       [](Trials& trials) {
         trials.interventions.push_back(clamp_of({1, std::numeric_limits<Index>::max()}, {0, 1}, 0.0));
       }},
      {"not a number",
       [](Trials& trials) {
         trials.interventions.push_back(clamp_of({0, 1}, {0, 1}, std::nan("")));
       }},
  };
  return modes;
}

class RogueManipulation final : public mrnn::Manipulation {
 public:
  explicit RogueManipulation(std::string mode) : mode_(std::move(mode)) {}
  void apply(const Network& /*network*/, std::uint64_t /*seed*/, Trials& trials) const override {
    manipulation_modes().at(mode_)(trials);
  }

 private:
  std::string mode_;
};

class RogueAnalysis final : public mrnn::Analysis {
 public:
  explicit RogueAnalysis(std::string mode) : mode_(std::move(mode)) {
    if (mode_ == "constructor") throw 7;
  }
  mrnn::Record needs() const override {
    if (mode_ == "needs") throw 7;
    mrnn::Record record;
    if (mode_ == "units") record.units = mrnn::Selection({{5, 5}});
    return record;
  }
  void check(const std::vector<const mrnn::Simulation*>& /*planned*/) const override {
    if (mode_ == "check") throw std::runtime_error("not today");
  }
  void run(const mrnn::AnalysisContext& /*context*/, mrnn::AnalysisResults& results) const override {
    constexpr Index half = Index{1} << 33;
    if (mode_ == "number") throw 7;
    if (mode_ == "wordless") throw std::runtime_error("");
    if (mode_ == "overflow") results.arrays.push_back({"a", {half, half}, {}, "1", {"x", "y"}, ""});
    if (mode_ == "axes") {
      results.arrays.push_back({"a", std::vector<Index>(40, 1), {1.0}, "1", std::vector<std::string>(40, "x"), ""});
    }
  }

 private:
  std::string mode_;
};

template <class Plugin, class Kind>
auto factory() {
  return [](const ConfigNode& config, const Network&) -> std::unique_ptr<Kind> {
    const std::string mode = config.text("mode");
    if (mode == "null") return nullptr;
    return std::make_unique<Plugin>(mode);
  };
}

void attach(mrnn::PluginContext& context) {
  context.add_task("rogue", factory<RogueTask, mrnn::Task>(), "", "");
  context.add_manipulation("rogue", factory<RogueManipulation, mrnn::Manipulation>(), "", "");
  context.add_analysis("rogue", factory<RogueAnalysis, mrnn::Analysis>(), "", "");
  context.add_backend(
      "nothing", [] { return std::unique_ptr<mrnn::Backend>(); }, "");
}

struct Bench : test::ExperimentBench {
  Bench() : ExperimentBench(attach) {}
  /// What is said of a configuration before anything runs.
  std::string refusal(const std::string& text) const {
    try {
      experiment(text);
    } catch (const mrnn::Error& error) {
      return error.what();
    }
    return "";
  }
};

std::string with_task(const std::string& mode) {
  const std::string text = test::small_experiment();
  const std::size_t task = text.find("[task]"), after = text.find("[[manipulation]]");
  return text.substr(0, task) + "[task]\nplugin = \"rogue\"\nmode = \"" + mode + "\"\n\n" + text.substr(after);
}

std::string with_manipulation(const std::string& mode) {
  return test::with(
      test::small_experiment() + "\n[[manipulation]]\nname = \"m\"\nplugin = \"rogue\"\nmode = \"" + mode + "\"\n",
      "manipulations = [\"silence_motor\"]", "manipulations = [\"silence_motor\", \"m\"]");
}

std::string with_analysis(const std::string& mode) {
  return test::small_experiment() + "\n[[analysis]]\nplugin = \"rogue\"\nmode = \"" + mode + "\"\n";
}

std::string with_training(const std::string& mode) {
  return test::with(
      with_task(mode), "[[manipulation]]",
      "[train]\niterations = 2\nbatch = 4\nvalidate_every = 1\nvalidation_trials = 4\n\n[[manipulation]]");
}

}  // namespace

TEST_CASE("what a task makes is checked before anything runs", "[rogue][bad]") {
  const Bench bench;
  const auto refusal = [&](const std::string& mode) { return bench.refusal(with_task(mode)); };

  CHECK(refusal("number") == "the task: it threw something that is not an exception");
  CHECK(refusal("exception") == "the task: the stimulus set is empty");
  CHECK(refusal("wordless") == "the task: it failed without saying why");
  CHECK(refusal("more") == "the task: it made 2 trials; the number asked for is 1");
  CHECK(refusal("ids") == "the task: two trials have the id 0, and with it the same noise; each needs its own");
  CHECK(refusal("stimulus") == "the task: the stimuli are for 3 units; the network has 7");
  CHECK(refusal("states") == "the task: the initial states are of 2 units; the network has 7");
  CHECK_THAT(refusal("null"), StartsWith("the factory of the task \"rogue\" from ") && EndsWith(" made nothing"));
  CHECK_THAT(bench.refusal(with_training("scores of nobody") + "\n[train.stop]\nperformance = 0.9\n"),
             ContainsSubstring("the task: it hands back 2 scores for 1 trials"));
}

TEST_CASE("a score that is none ends the training, not the program", "[rogue][bad]") {
  const Bench bench;
  mrnn::Progress silent;

  CHECK_THROWS_WITH(bench.experiment(with_training("scores of nobody")).run(silent),
                    StartsWith("training failed in iteration 1: the task: it hands back 5 scores for 4 trials; "));
  CHECK_THROWS_WITH(
      bench.experiment(with_training("scores beyond 1")).run(silent, mrnn::Experiment::Existing::overwrite),
      ContainsSubstring("is 2.000000, of trial 0; 0 to 1 is accepted, or NaN where a trial does not "));
  CHECK_THROWS_WITH(bench.experiment(with_training("no score")).run(silent, mrnn::Experiment::Existing::overwrite),
                    ContainsSubstring("the task: it threw something that is not an exception; "));
}

TEST_CASE("a simulation whose trials cannot be scored is kept, and that is said", "[rogue][bad]") {
  struct Heard final : mrnn::Progress {
    void warn(const std::string& text) override { warnings += text + "\n"; }
    std::string warnings;
  };
  const std::string mode = GENERATE("scores of nobody", "no score", "score of a file");
  const Bench bench;
  Heard heard;

  const mrnn::RunSummary summary = bench.experiment(with_task(mode)).run(heard);

  CAPTURE(mode);
  CHECK_THAT(heard.warnings, ContainsSubstring("simulation \"control\" has no scores: "));
  CHECK(std::filesystem::exists(summary.results));
}

TEST_CASE("what a manipulation does to the trials is checked before anything runs", "[rogue][bad]") {
  const Bench bench;
  const auto refusal = [&](const std::string& mode) { return bench.refusal(with_manipulation(mode)); };
  const std::string changed =
      "manipulation \"m\": it changed the trials themselves; it can only add interventions to them";

  CHECK(refusal("number") == "manipulation \"m\": it threw something that is not an exception");
  CHECK(refusal("exception") == "manipulation \"m\": no such opsin");
  CHECK(refusal("fewer") == changed);
  CHECK(refusal("inputs") == changed);
  CHECK(refusal("erase") == changed);
  CHECK(refusal("late") == "manipulation \"m\": an intervention covers steps 0 to 99 of a run of 20");
  CHECK(refusal("unit") == "manipulation \"m\": a clamp names unit 7 of 7");
  CHECK(refusal("negative") == "manipulation \"m\": a clamp names -2 units");
  CHECK_THAT(refusal("huge"), StartsWith("manipulation \"m\": a clamp names unit "));
  CHECK(refusal("not a number") == "manipulation \"m\": the value of a clamp is not a finite number");
  CHECK_THAT(refusal("null"), StartsWith("the factory of the manipulation \"rogue\" from "));
}

TEST_CASE("an analysis that fails in an odd way fails alone, and counts as failed", "[rogue][bad]") {
  const Bench bench;
  std::string text = test::small_experiment();
  for (const std::string mode : {"number", "wordless", "overflow", "axes"}) {
    text += "\n[[analysis]]\nname = \"" + mode + "\"\nplugin = \"rogue\"\nmode = \"" + mode + "\"\n";
  }
  mrnn::Progress silent;

  const mrnn::RunSummary summary = bench.experiment(text).run(silent);

  CHECK(summary.failures ==
        std::vector<std::string>{"analysis \"number\": it threw something that is not an exception",
                                 "analysis \"wordless\": it failed without saying why",
                                 "analysis \"overflow\": array \"a\" has a shape of more numbers than there can be",
                                 "analysis \"axes\": array \"a\" has 40 dimensions; at most 32 are accepted"});
  CHECK(mrnn::Hdf5Reader(summary.results).members("analyses") == std::vector<std::string>{"psth"});
}

TEST_CASE("an analysis that fails before it runs is told by its name", "[rogue][bad]") {
  const Bench bench;
  const auto refusal = [&](const std::string& mode) { return bench.refusal(with_analysis(mode)); };

  CHECK(refusal("constructor") == "analysis \"rogue\": it threw something that is not an exception");
  CHECK(refusal("needs") == "analysis \"rogue\": it threw something that is not an exception");
  CHECK(refusal("check") == "analysis \"rogue\": not today");
  CHECK(refusal("units") == "analysis \"rogue\": the record it needs names unit 9 of 7");
  CHECK_THAT(refusal("null"), StartsWith("the factory of the analysis \"rogue\" from "));
}

TEST_CASE("a factory of backends that makes nothing is told", "[rogue][bad]") {
  const Bench bench;

  CHECK_THAT(bench.refusal(test::small_experiment() + "\n[backend]\nname = \"nothing\"\n"),
             StartsWith("the factory of the backend \"nothing\" from ") && EndsWith(" made nothing"));
}

TEST_CASE("what cannot be registered is refused", "[rogue][bad]") {
  mrnn::Runtime runtime;
  const auto refusal = [&](void (*attach)(mrnn::PluginContext&)) -> std::string {
    try {
      runtime.attach("odd", attach);
    } catch (const mrnn::PluginError& error) {
      return error.what();
    }
    return "";
  };

  CHECK(refusal(nullptr) == "the plugin \"odd\" has no attach function");
  CHECK(refusal([](mrnn::PluginContext& context) { context.add_backend("x", {}, ""); }) ==
        "backend \"x\" from odd has no factory");
  CHECK(refusal([](mrnn::PluginContext& context) {
          context.add_backend(
              "two words", [] { return std::unique_ptr<mrnn::Backend>(); }, "");
        }) ==
        "\"two words\" from odd cannot be the name of a backend; letters, digits and the like are accepted, no "
        "spaces");
}
