// Trials are continued to the longest of their batch. What analyses look at ends with each trial's own steps.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "analysis_run.hpp"
#include "mrnn/parameters.hpp"

using namespace Catch::Matchers;
using mrnn::Index;

namespace {

constexpr Index long_trial = 20, short_trial = 12;

/// Four units that turn and decay, two trials with an input of their own; the second ends earlier.
test::Subject two_lengths() {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::tanh;
  spec.dale = mrnn::Dale::none;
  spec.regions = {{"a", 4}};
  spec.inputs = {{"u", 1}};
  spec.connections = {{"a", "a"}, {"u", "a"}};
  const mrnn::Network network = mrnn::build_network(spec, 1);
  test::Subject made{network, mrnn::initial_parameters(network, 3)};
  mrnn::Trials trials = mrnn::blank_trials(1, 2, long_trial);
  for (Index step = 0; step < long_trial; ++step) {
    trials.inputs(0, 0, step) = std::sin(0.7 * static_cast<double>(step));
    trials.inputs(0, 1, step) = step < short_trial ? 1.0 : 0.0;
  }
  trials.numbers[mrnn::trial_steps] = {double{long_trial}, double{short_trial}};
  made.simulations.push_back(test::simulate(made, "control", trials));
  return made;
}

/// The same, what was recorded after the end of the short trial made unusable.
test::Subject spoilt(test::Subject made) {
  for (mrnn::Simulation::Activity* activity : {&made.simulations.front().x, &made.simulations.front().h}) {
    auto& all = std::get<mrnn::Sequence>(*activity);
    for (Index step = short_trial; step < long_trial; ++step) {
      all.at(step).col(1).setConstant(std::numeric_limits<double>::quiet_NaN());
    }
  }
  return made;
}

bool same(const std::vector<double>& left, const std::vector<double>& right) {
  return std::ranges::equal(left, right, [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
}

}  // namespace

TEST_CASE("states after a trial's own end play no part in any analysis of states", "[own_end]") {
  const auto [plugin, keys] = GENERATE(table<std::string, std::string>({
      {"eigen_spectrum", "trials = [0, 1]"},
      {"eigen_spectrum", "trials = [0, 1]\nevery = 3"},
      {"gramians", "trials = [0, 1]\nevery = 7"},
      {"fixed_points", ""},
      {"flow_field", "trial = 0"},
      {"flow_field", "trial = 1"},
      {"lyapunov", ""},
      {"lyapunov", "duration = 100"},
      {"linear_approximation", ""},
      {"linear_approximation", "every = 4"},
  }));
  CAPTURE(plugin, keys);
  const test::Subject made = two_lengths();

  const mrnn::AnalysisResults clean = test::analyse(made, plugin, keys);
  const mrnn::AnalysisResults results = test::analyse(spoilt(made), plugin, keys);

  REQUIRE(results.arrays.size() == clean.arrays.size());
  for (std::size_t k = 0; k < clean.arrays.size(); ++k) {
    CAPTURE(clean.arrays[k].name);
    CHECK(results.arrays[k].shape == clean.arrays[k].shape);
    CHECK(same(results.arrays[k].values, clean.arrays[k].values));
  }
}

TEST_CASE("by default the state before the last step of each trial's own is linearised about", "[own_end]") {
  const mrnn::AnalysisResults results = test::analyse(two_lengths(), "eigen_spectrum", "trials = [0, 1]");

  CHECK(test::array(results, "step").values == std::vector<double>{long_trial - 1, short_trial - 1});
}

TEST_CASE("a step that some trials have is looked at in those", "[own_end]") {
  const mrnn::AnalysisResults results =
      test::analyse(two_lengths(), "eigen_spectrum", "trials = [0, 1]\nsteps = [3, 15]");

  CHECK(test::array(results, "trial").values == std::vector<double>{0, 0, 1});
  CHECK(test::array(results, "step").values == std::vector<double>{3, 15, 3});
}

TEST_CASE("a step after the end of every trial chosen is a mistake", "[own_end][bad]") {
  const test::Subject made = two_lengths();

  CHECK_THAT(test::mistake(made, "eigen_spectrum", "trials = [1]\nsteps = [15]"),
             ContainsSubstring("steps: names step 15; trial 1 of simulation \"control\" has steps 0 to 11"));
  CHECK_THAT(test::mistake(made, "gramians", "trials = [0, 1]\nreach_times = [150]"),
             ContainsSubstring("names step 15, whose state before it was not recorded in trial 1 of simulation"));
  CHECK_THAT(test::mistake(made, "lyapunov", "duration = 100\nhold_at = 150"),
             ContainsSubstring("hold_at: is step 15; simulation \"control\" has steps 0 to 11"));
  CHECK_THAT(test::mistake(made, "linear_approximation", "steps = [2, 15]"),
             ContainsSubstring("steps: names step 15; trial 1 of simulation \"control\" has steps 0 to 11"));
  CHECK_THAT(
      test::mistake(made, "flow_field", "trial = 1\nstart = 150"),
      ContainsSubstring("start: leaves no step of trial 1 of simulation \"control\" whose state was recorded; it "
                        "has 12 steps"));
}
