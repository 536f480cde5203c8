// Experiments of tasks and analyses that do not keep to their contract.

#include "mrnn/experiment.hpp"

#include <memory>

#include "catch.hpp"
#include "experiment_bench.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "small_experiment.hpp"

namespace {

using mrnn::AnalysisResults;

class Returns final : public mrnn::Analysis {
 public:
  using Fill = void (*)(AnalysisResults& results);
  explicit Returns(Fill fill) : fill_(fill) {}
  void run(const mrnn::AnalysisContext& /*context*/, AnalysisResults& results) const override { fill_(results); }

 private:
  Fill fill_;
};

void add(mrnn::PluginContext& context, const std::string& name, Returns::Fill fill) {
  context.add_analysis(
      name, [fill](const mrnn::ConfigNode&, const mrnn::Network&) { return std::make_unique<Returns>(fill); }, "", "");
}

/// Has a condition for the first trial only.
class Forgetful final : public mrnn::Task {
 public:
  mrnn::Trials make(const mrnn::TrialRequest& request) const override {
    mrnn::Trials trials = mrnn::blank_trials(2, request.count, 5);
    trials.texts["condition"] = {"left"};
    return trials;
  }
};

void attach(mrnn::PluginContext& context) {
  add(context, "namesakes", [](AnalysisResults& results) {
    results.scalar("a", 1.0, "1", "");
    results.texts.push_back({"a", {"word"}, ""});
  });
  add(context, "nested", [](AnalysisResults& results) {
    results.texts.push_back({"a", {"word"}, ""});
    results.texts.push_back({"a/b", {"word"}, ""});
  });
  add(context, "nameless", [](AnalysisResults& results) { results.texts.push_back({"", {"word"}, ""}); });
  context.add_task(
      "forgetful", [](const mrnn::ConfigNode&, const mrnn::Network&) { return std::make_unique<Forgetful>(); }, "", "");
}

}  // namespace

TEST_CASE("an analysis whose arrays cannot be written fails alone", "[experiment][bad]") {
  const test::ExperimentBench bench(attach);
  std::string text = test::small_experiment();
  for (const std::string name : {"namesakes", "nested", "nameless"}) {
    text += "\n[[analysis]]\nplugin = \"" + name + "\"\n";
  }
  mrnn::Progress silent;

  const mrnn::RunSummary summary = bench.experiment(text).run(silent);

  CHECK(summary.failures ==
        std::vector<std::string>{"analysis \"namesakes\": there are two arrays called \"a\"",
                                 "analysis \"nested\": \"a/b\" cannot lie in \"a\", which is an array itself",
                                 "analysis \"nameless\": \"\" cannot be the name of an array"});
  const mrnn::Hdf5Reader results(summary.results);
  CHECK(results.members("analyses") == std::vector<std::string>{"psth"});
}

TEST_CASE("a task whose metadata are not there for each trial is refused before anything runs", "[experiment][bad]") {
  const test::ExperimentBench bench(attach);
  const std::string text = test::small_experiment();
  const std::size_t task = text.find("[task]"), after = text.find("[[manipulation]]");

  CHECK_THROWS_WITH(bench.experiment(text.substr(0, task) + "[task]\nplugin = \"forgetful\"\n\n" + text.substr(after)),
                    "the task: the metadata \"condition\" have 1 values for 4 trials");
}
