#include "mrnn/trials.hpp"

#include <cmath>

#include "catch.hpp"
#include "mrnn/simulation.hpp"

using namespace mrnn;

TEST_CASE("a slice of a batch carries its trials' inputs, metadata, ids and interventions", "[trials]") {
  Trials trials = blank_trials(1, 4, 2);
  for (Index trial = 0; trial < 4; ++trial) trials.inputs(0, trial, 1) = 10.0 + static_cast<double>(trial);
  trials.numbers["coherence"] = {0.0, 1.0, 2.0, 3.0};
  trials.texts["condition"] = {"a", "b", "c", "d"};
  trials.epochs = {{"stimulus", {0, 1, 0, 1}, {2, 2, 2, 2}}};
  const Selection unit({{0, 1}});
  trials.interventions = {
      {{0, 2}, {0, 2}, Clamp{unit, 1.0}}, {{0, 2}, {0}, Clamp{unit, 2.0}}, {{0, 1}, {}, Clamp{unit, 3.0}}};

  const Trials part = slice(trials, 1, 2);

  CHECK(part.count == 2);
  CHECK(part.inputs(0, 0, 1) == 11.0);
  CHECK(part.ids == std::vector<std::uint64_t>{1, 2});
  CHECK(part.numbers.at("coherence") == std::vector<double>{1.0, 2.0});
  CHECK(part.texts.at("condition") == std::vector<std::string>{"b", "c"});
  CHECK(part.epochs[0].first == std::vector<Index>{1, 0});
  REQUIRE(part.interventions.size() == 2);  // the second acts on trial 0 alone
  CHECK(part.interventions[0].trials == std::vector<Index>{1});
  CHECK(part.interventions[1].trials.empty());
}

TEST_CASE("trials are grouped by the weights they see, whatever else acts on them", "[trials]") {
  Trials trials = blank_trials(1, 5, 2);
  const Selection unit({{0, 1}});
  const ScaleWeights scale{ScaleWeights::Source::recurrent, unit, unit, 0.5};
  using Groups = std::vector<std::vector<Index>>;
  CHECK(groups_by_weights(trials) == Groups{{0, 1, 2, 3, 4}});

  trials.interventions = {{{0, 2}, {1, 3}, scale}, {{1, 2}, {3, 4}, scale}, {{0, 2}, {0}, Clamp{unit, 1.0}}};

  CHECK(groups_by_weights(trials) == Groups{{0, 2}, {1}, {3}, {4}});
}

TEST_CASE("a selection knows its complement and picks rows in order", "[selection]") {
  const Selection selection({{4, 2}, {0, 1}});
  Eigen::MatrixXd rows(6, 1);
  rows << 0, 1, 2, 3, 4, 5;

  CHECK(selection.indices() == std::vector<Index>{4, 5, 0});
  CHECK(selection.complement(7).indices() == std::vector<Index>{1, 2, 3, 6});
  CHECK(selection.rows_of(rows) == Eigen::Vector3d(4, 5, 0));
  CHECK(selection.contains(5));
  CHECK_FALSE(selection.contains(3));
}

TEST_CASE("a slice of trials without inputs still says how many trials it has", "[trials]") {
  const Trials part = slice(blank_trials(0, 4, 2), 1, 2);

  CHECK(part.inputs.units == 0);
  CHECK(part.inputs.trials == 2);
  CHECK(part.inputs.steps == 2);
  CHECK(part.targets.trials == 0);
}

TEST_CASE("a trial ends where its metadata say, or with the run", "[trials]") {
  Trials trials = blank_trials(1, 4, 10);

  CHECK(trial_end(trials, 2) == 10);
  trials.numbers[trial_steps] = {10.0, 7.0, std::nan(""), 12.0};
  CHECK(trial_end(trials, 0) == 10);
  CHECK(trial_end(trials, 1) == 7);
  CHECK(trial_end(trials, 2) == 10);  // nobody says
  CHECK(trial_end(trials, 3) == 10);  // cut since
  CHECK(trial_end(slice(trials, 1, 1), 0) == 7);
}

TEST_CASE("what is recorded of a trial ends with it", "[trials]") {
  Simulation made;
  made.trials = blank_trials(1, 3, 10);
  made.trials.numbers[trial_steps] = {10.0, 7.0, 2.0};
  made.steps = {3, 9};

  CHECK(made.recorded(0) == StepRange{3, 9});
  CHECK(made.recorded(1) == StepRange{3, 7});
  CHECK(made.recorded(2).size() == 0);
}
