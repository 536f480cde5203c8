// Currents by source: worked by hand on three linear units, and added up to the drive of networks with everything.

#include <cmath>

#include "currents_subject.hpp"
#include "mrnn/components.hpp"
#include "problems.hpp"

using mrnn::Index;
using test::at;
using namespace test::currents;

namespace {

constexpr double exact = 1e-13;

/// Of a current kept in full.
double current(const mrnn::AnalysisResults& results, const std::string& target, const std::vector<Index>& index) {
  return at(results, target + "_current", index);
}

}  // namespace

TEST_CASE("currents, inputs, bias and stimulus add up to the drive, to rounding, for all dynamics", "[currents]") {
  const auto dynamics = GENERATE(mrnn::Dynamics::leaky, mrnn::Dynamics::elman, mrnn::Dynamics::rate);
  const auto dale = GENERATE(mrnn::Dale::none, mrnn::Dale::abs);
  const test::Subject made = with_everything(dynamics, dale);
  const mrnn::Simulation& simulation = made.simulations.front();

  const mrnn::AnalysisResults results = test::analyse(made, "currents", "store = true");

  CHECK(test::texts(results, "sources") == std::vector<std::string>{"a", "b", "c", "cue", "tone", "bias", "stimulus"});
  const auto& x = std::get<mrnn::Sequence>(simulation.x);
  double largest = 0.0;
  for (const mrnn::RegionLayout& region : made.network.regions()) {
    for (Index unit = 0; unit < region.range.size; ++unit) {
      for (Index trial = 0; trial < 4; ++trial) {
        for (Index step = 0; step < 12; ++step) {
          double sum = 0.0;
          for (Index source = 0; source < 7; ++source) {
            sum += current(results, region.name, {source, trial, step, unit});
          }
          const Index n = region.range.start + unit;
          double drive = x(n, trial, step);
          if (dynamics == mrnn::Dynamics::leaky) {
            const double alpha = 10.0 / made.parameters.tau(n);
            const double before = step > 0 ? x(n, trial, step - 1) : made.parameters.initial_state(n);
            drive = (drive - (1.0 - alpha) * before) / alpha;
          }
          REQUIRE(std::isfinite(sum));
          largest = std::max(largest, std::abs(sum - drive));
        }
      }
    }
  }
  CHECK(largest < exact);
  CHECK(at(results, "largest_residual", {}) < exact);
  CHECK_THAT(results.summary.back(),
             StartsWith("the currents add up to the drive within ") && !ContainsSubstring("noise"));
}

TEST_CASE("a current is the weights times the activity of the step before", "[currents]") {
  const mrnn::AnalysisResults results = test::analyse(with_activity(), "currents", "store = true");

  // Sources a, b, cue, bias; the input without weights is not among them. At step 1 of trial 0, h = (1, 2, 3).
  CHECK(test::texts(results, "targets") == std::vector<std::string>{"a", "b"});
  REQUIRE(test::texts(results, "sources") == std::vector<std::string>{"a", "b", "cue", "unused", "bias"});
  CHECK(current(results, "a", {1, 0, 1, 0}) == 5.0 * 2.0 - 7.0 * 3.0);
  CHECK(current(results, "b", {0, 0, 1, 0}) == 2.0);
  CHECK(current(results, "b", {0, 0, 1, 1}) == -3.0);
  CHECK(current(results, "b", {0, 1, 2, 1}) == -3.0 * 4.0);  // trial 1, step 2: h of a is 4
  CHECK(current(results, "a", {2, 1, 2, 0}) == 11.0);
  CHECK(current(results, "a", {4, 0, 0, 0}) == 13.0);
  // Before the first step there is the initial state, 0.
  CHECK(current(results, "b", {0, 0, 0, 0}) == 0.0);
  CHECK(test::array(results, "time").values == std::vector<double>{0.0, 10.0, 20.0});
}

TEST_CASE("lengths, means and shares of currents", "[currents]") {
  const mrnn::AnalysisResults results = test::analyse(with_activity(), "currents", "");

  // (target, source, condition, time). b from a at step 1: (2, -3) in trial 0, twice that in trial 1.
  CHECK_THAT(at(results, "norm", {1, 0, 0, 1}), WithinRel(1.5 * std::sqrt(13.0), exact));
  CHECK_THAT(at(results, "norm_excitatory", {1, 0, 0, 1}), WithinRel(1.5 * 2.0, exact));
  CHECK_THAT(at(results, "norm_inhibitory", {1, 0, 0, 1}), WithinRel(1.5 * 3.0, exact));
  CHECK_THAT(at(results, "mean", {1, 0, 0, 1}), WithinRel(1.5 * -0.5, exact));
  CHECK_THAT(at(results, "mean_excitatory", {1, 0, 0, 1}), WithinRel(1.5 * 1.0, exact));
  CHECK_THAT(at(results, "mean_inhibitory", {1, 0, 0, 1}), WithinRel(1.5 * -1.5, exact));
  CHECK(at(results, "counts", {0, 1}) == 2.0);
  // Means over trials and steps: h of a is 0, 1, 2 and 0, 2, 4 before the steps.
  CHECK_THAT(at(results, "b_unit_mean", {0, 1}), WithinRel(-3.0 * 9.0 / 6.0, exact));
  // Into a: b sends -11 (step) times 1 or 2; the cue 11 once; the bias 13 always.
  const double from_b = 121.0 * (1.0 + 4.0) * (1.0 + 4.0) / 6.0, from_cue = 121.0 / 6.0, bias = 169.0;
  CHECK_THAT(at(results, "share", {0, 1}), WithinRel(from_b / (from_b + from_cue + bias), exact));
  CHECK_THAT(at(results, "share", {0, 4}), WithinRel(bias / (from_b + from_cue + bias), exact));
  CHECK(at(results, "share", {0, 0}) == 0.0);
  CHECK(results.summary.front() == "largest share of the current into each: a from b (73 %), b from a (100 %)");
}

TEST_CASE("shares of what differs between conditions leave out what all have in common", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.front().trials.texts["condition"] = {"left", "right"};

  const mrnn::AnalysisResults results = test::analyse(made, "currents", "");

  // Into a: b sends -11 (step) in trial 0, twice that in trial 1: half of the difference is 11 (step) / 2. The cue
  // comes at step 2 of trial 1 only. The bias is always there.
  const double from_b = 0.25 * 121.0 * (1.0 + 4.0), from_cue = 0.25 * 121.0;
  CHECK_THAT(at(results, "condition_share", {0, 1}), WithinRel(from_b / (from_b + from_cue), exact));
  CHECK_THAT(at(results, "condition_share", {0, 2}), WithinRel(from_cue / (from_b + from_cue), exact));
  CHECK(at(results, "condition_share", {0, 4}) == 0.0);
  CHECK(at(results, "condition_share", {1, 0}) == 1.0);
  CHECK(results.summary[1] == "of what differs between conditions: a from b (83 %), b from a (100 %)");
  const mrnn::Figure& drawn = results.figures[2];
  REQUIRE(drawn.panels.size() == 2);
  CHECK(drawn.panels[1].title == "What differs between conditions");
  CHECK(drawn.panels[1].heat_map->values(1, 1) == at(results, "condition_share", {0, 1}));
}

TEST_CASE("where all trials are one condition there are no shares of differences", "[currents]") {
  const mrnn::AnalysisResults results = test::analyse(with_activity(), "currents", "");

  CHECK_FALSE(test::has_array(results, "condition_share"));
  CHECK(results.figures[2].panels.size() == 1);
}

TEST_CASE("conditions that differ by the rounding of their means do not differ", "[currents]") {
  test::Subject made = with_activity();
  mrnn::Simulation& simulation = made.simulations.front();
  simulation.trials = mrnn::blank_trials(2, 9, 3);
  simulation.trials.texts["condition"] = {"left", "left", "left", "left", "left", "left", "left", "right", "right"};
  mrnn::Sequence h(3, 9, 3);
  for (Index trial = 0; trial < 9; ++trial) {
    for (Index step = 0; step < 3; ++step) {
      for (Index unit = 0; unit < 3; ++unit) h(unit, trial, step) = 0.1 / static_cast<double>(unit + 3);
    }
  }
  simulation.h = h;

  const mrnn::AnalysisResults results = test::analyse(made, "currents", "");

  for (const double share : test::array(results, "condition_share").values) CHECK(share == 0.0);
  CHECK(results.summary.size() == 1);
}

TEST_CASE("only times that several conditions have tell what differs between them", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.front().trials.texts["condition"] = {"left", "right"};
  made.simulations.front().trials.epochs.push_back({"go", {1, 2}, {3, 3}});

  const auto results = test::analyse(made, "currents", "align = \"go\"\nwindow = [-20, 10]");

  // At -20 ms there is but trial 1. At -10 and 0 ms, b sends a 0 and -11 in trial 0, -22 and -44 in trial 1, and the
  // cue comes at 0 ms of trial 1.
  const double from_b = 22.0 * 22.0 + 33.0 * 33.0, from_cue = 11.0 * 11.0;
  CHECK_THAT(at(results, "condition_share", {0, 1}), WithinRel(from_b / (from_b + from_cue), exact));
}

TEST_CASE("excitatory and inhibitory currents can be looked at on their own", "[currents]") {
  const test::Subject made = with_activity();
  const auto all = test::analyse(made, "currents", "store = true");
  const auto excitatory = test::analyse(made, "currents", "store = true\npart = \"excitatory\"");
  const auto inhibitory = test::analyse(made, "currents", "store = true\npart = \"inhibitory\"");

  // a from b: the part is that of the weight, not of the current.
  CHECK(current(excitatory, "a", {1, 0, 1, 0}) == 10.0);
  CHECK(current(inhibitory, "a", {1, 0, 1, 0}) == -21.0);
  CHECK(at(excitatory, "b_unit_mean", {0, 1}) == 0.0);
  CHECK(at(inhibitory, "b_unit_mean", {0, 0}) == 0.0);
  // The bias has no weight: its own sign tells.
  CHECK(current(excitatory, "a", {4, 0, 1, 0}) == 13.0);
  CHECK(current(inhibitory, "a", {4, 0, 1, 0}) == 0.0);
  // One direction each.
  CHECK(std::abs(at(excitatory, "b_components", {0, 0, 0})) == 1.0);
  CHECK(std::abs(at(inhibitory, "b_components", {0, 0, 1})) == 1.0);
  CHECK(test::array(all, "norm").values == test::array(inhibitory, "norm").values);
}

TEST_CASE("weights that are scaled for a time make scaled currents for that time", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.front().trials.interventions = {
      {{2, 3},
       {1},
       mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, mrnn::Selection({{1, 1}}), mrnn::Selection({{0, 1}}),
                          10.0}}};

  const mrnn::AnalysisResults results = test::analyse(made, "currents", "store = true");

  CHECK(current(results, "b", {0, 1, 1, 0}) == 2.0 * 2.0);
  CHECK(current(results, "b", {0, 1, 2, 0}) == 10.0 * 2.0 * 4.0);
  CHECK(current(results, "b", {0, 1, 2, 1}) == -3.0 * 4.0);
  CHECK(current(results, "b", {0, 0, 2, 0}) == 2.0 * 2.0);
}

TEST_CASE("a stimulus and drives are one more source", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.front().trials.interventions = {
      {{1, 3},
       {0},
       mrnn::Drive{mrnn::Selection({{2, 1}}), Eigen::VectorXd::Constant(1, -0.5), Eigen::Vector2d(1.0, 2.0)}}};

  const mrnn::AnalysisResults results = test::analyse(made, "currents", "store = true");

  REQUIRE(test::texts(results, "sources").back() == "stimulus");
  CHECK(current(results, "b", {5, 0, 2, 1}) == -1.0);
  CHECK(current(results, "b", {5, 1, 2, 1}) == 0.0);
  CHECK_THAT(at(results, "mean_inhibitory", {1, 5, 0, 2}), WithinRel(-0.25, exact));
}

TEST_CASE("units that no source names are a source of their own, so that nothing is left out", "[currents]") {
  const test::Subject made = with_everything(mrnn::Dynamics::leaky);

  const auto all = test::analyse(made, "currents", "store = true\nregions = \"b\"");
  const auto some = test::analyse(made, "currents", "store = true\nregions = \"b\"\nsources = [\"c\", \"a.e\"]");

  REQUIRE(test::texts(some, "sources") == std::vector<std::string>{"c", "a.e", "others", "bias", "stimulus"});
  REQUIRE(test::texts(all, "sources") == std::vector<std::string>{"a", "b", "c", "bias", "stimulus"});
  CHECK(at(some, "largest_residual", {}) < exact);
  const double from_a = current(all, "b", {0, 1, 6, 3});
  CHECK_THAT(current(some, "b", {1, 1, 6, 3}) + current(some, "b", {2, 1, 6, 3}), WithinRel(from_a, exact));
  CHECK(current(some, "b", {0, 1, 6, 3}) == current(all, "b", {2, 1, 6, 3}));
}

TEST_CASE("components of a current are those of its samples", "[currents]") {
  const test::Subject made = with_everything(mrnn::Dynamics::leaky);

  const auto results = test::analyse(made, "currents", "store = true\nper_trial = true\ncomponents = 2");

  // a from b, all trials and steps, by another way.
  const Index units = 11;
  Eigen::MatrixXd samples(units, 4 * 12);
  for (Index trial = 0; trial < 4; ++trial) {
    for (Index step = 0; step < 12; ++step) {
      for (Index unit = 0; unit < units; ++unit) {
        samples(unit, trial * 12 + step) = current(results, "a", {1, trial, step, unit});
      }
    }
  }
  REQUIRE(test::array(results, "a_components").shape == std::vector<Index>{7, 2, units});
  const Eigen::MatrixXd centred = samples.colwise() - samples.rowwise().mean();
  const mrnn::Components expected = mrnn::principal_components(centred, 2);
  CHECK_THAT(at(results, "dimension", {0, 1}), WithinRel(mrnn::participation_ratio(centred), 1e-10));
  const Eigen::MatrixXd projected = expected.directions.transpose() * centred;
  for (Index k = 0; k < 2; ++k) {
    CHECK_THAT(at(results, "explained_variance", {0, 1, k}), WithinRel(expected.shares(k), 1e-10));
    CHECK_THAT(at(results, "a_components", {1, k, 4}), WithinAbs(expected.directions(4, k), 1e-10));
    CHECK_THAT(at(results, "projection_trials", {0, 1, k, 3, 7}), WithinAbs(projected(k, 3 * 12 + 7), 1e-10));
    // Condition left: trials 0, 2 and 3.
    const double left = (projected(k, 7) + projected(k, 2 * 12 + 7) + projected(k, 3 * 12 + 7)) / 3.0;
    CHECK_THAT(at(results, "projection", {0, 1, k, 0, 7}), WithinAbs(left, 1e-10));
  }
  // A constant current has no component and no dimension; one of a single unit's activity has one.
  CHECK(at(results, "dimension", {0, 5}) == 0.0);
  CHECK(std::isnan(at(results, "explained_variance", {0, 5, 0})));
  CHECK(std::isnan(at(results, "projection", {0, 5, 0, 0, 7})));
  CHECK_THAT(at(results, "explained_variance", {2, 4, 0}), WithinRel(1.0, 1e-10));
  CHECK(std::isnan(at(results, "explained_variance", {2, 4, 1})));
}

TEST_CASE("lengths of single trials are kept where they are wanted, and average to those of conditions", "[currents]") {
  const test::Subject made = with_everything(mrnn::Dynamics::leaky);
  const auto results = test::analyse(made, "currents", "per_trial = true");

  REQUIRE(test::array(results, "norm_trials").shape == std::vector<Index>{3, 7, 4, 12});
  CHECK_THAT((at(results, "norm_trials", {1, 0, 0, 5}) + at(results, "norm_trials", {1, 0, 2, 5}) +
              at(results, "norm_trials", {1, 0, 3, 5})) /
                 3.0,
             WithinRel(at(results, "norm", {1, 0, 0, 5}), exact));
  CHECK(at(results, "norm_trials", {1, 0, 1, 5}) == at(results, "norm", {1, 0, 1, 5}));
  CHECK(test::array(results, "trial_condition").values == std::vector<double>{0.0, 1.0, 0.0, 0.0});
  const auto without = test::analyse(made, "currents", "");
  CHECK_FALSE(test::has_array(without, "norm_trials"));
  CHECK_FALSE(test::has_array(without, "a_current"));
}

TEST_CASE("aligned to an epoch, currents are those around it, NaN where a trial has no such step", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.front().trials.epochs.push_back({"go", {1, 2}, {3, 3}});

  const auto results =
      test::analyse(made, "currents", "align = \"go\"\nwindow = [-20, 10]\nstore = true\nper_trial = true");

  CHECK(test::array(results, "time").values == std::vector<double>{-20.0, -10.0, 0.0});
  CHECK(current(results, "b", {0, 0, 2, 0}) == 2.0);        // trial 0, step 1
  CHECK(current(results, "b", {0, 1, 2, 0}) == 2.0 * 4.0);  // trial 1, step 2
  CHECK(std::isnan(current(results, "b", {0, 0, 0, 0})));   // trial 0, step -1
  CHECK(test::array(results, "counts").values == std::vector<double>{1.0, 2.0, 2.0});
  CHECK_THAT(at(results, "b_mean_current", {0, 0, 2, 0}), WithinRel(5.0, exact));
  CHECK(at(results, "b_mean_current", {0, 0, 0, 0}) == 0.0);  // trial 1, step 0
  CHECK(std::isnan(at(results, "norm_trials", {1, 0, 0, 0})));
}

TEST_CASE("sources without a connection have currents of 0 at the steps that a trial has", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.front().trials.epochs.push_back({"go", {1, 2}, {3, 3}});

  const auto results =
      test::analyse(made, "currents", "align = \"go\"\nwindow = [-20, 10]\nstore = true\nper_trial = true");

  REQUIRE(test::texts(results, "sources").front() == "a");
  CHECK(current(results, "a", {0, 0, 1, 0}) == 0.0);  // a from a, trial 0, step 0
  CHECK(at(results, "norm_trials", {0, 0, 0, 1}) == 0.0);
  CHECK(at(results, "a_mean_current", {0, 0, 1, 0}) == 0.0);
  CHECK(std::isnan(current(results, "a", {0, 0, 0, 0})));  // trial 0, step -1
  CHECK(std::isnan(at(results, "norm_trials", {0, 0, 0, 0})));
}

TEST_CASE("without x the currents are there, and the sum is not compared", "[currents]") {
  const mrnn::AnalysisResults results = test::analyse(with_activity(), "currents", "");

  CHECK(std::isnan(at(results, "largest_residual", {})));
  CHECK(results.summary.size() == 1);
}

TEST_CASE("with noise the sum of the currents differs from the drive by it", "[currents]") {
  test::Subject made = with_everything(mrnn::Dynamics::leaky);
  made.simulations.front().trials.interventions.push_back(
      {{0, 1}, {}, mrnn::ExtraNoise{mrnn::Selection({{0, 1}}), 0.1}});

  const mrnn::AnalysisResults results = test::analyse(made, "currents", "");

  CHECK_THAT(results.summary.back(),
             StartsWith("the drive differs from the sum of the currents by up to ") && EndsWith(": the noise"));
}

TEST_CASE("simulations are compared as conditions", "[currents]") {
  test::Subject made = with_activity();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "again";

  const auto results = test::analyse(made, "currents", "");

  CHECK(test::texts(results, "conditions") == std::vector<std::string>{"control", "again"});
  CHECK(at(results, "norm", {1, 0, 0, 2}) == at(results, "norm", {1, 0, 1, 2}));
  CHECK(results.figures.front().panels.front().series.empty());  // a from a
  CHECK(results.figures.front().panels[1].series[1].label == "again");
}

TEST_CASE("progress goes through every trial twice for every target, and a wish to stop is heard", "[currents]") {
  const test::Subject made = with_activity();
  test::CountingProgress progress;

  test::analyse(made, "currents", "", &progress);

  CHECK(progress.total == 2 * 2 * 2);
  CHECK(progress.done == progress.total);
  progress.stop_at = 3;
  CHECK_THROWS_AS(test::analyse(made, "currents", "", &progress), mrnn::Interrupted);
}

TEST_CASE("currents need h of all units", "[currents]") {
  const mrnn::Record needs = test::make_analysis("currents", "", by_hand().network)->needs();

  CHECK(needs.h);
  CHECK_FALSE(needs.x);
  CHECK(needs.units.empty());
}

TEST_CASE("mistakes in the keys of currents are found", "[currents][bad]") {
  const test::Subject made = with_activity();

  CHECK_THAT(
      test::mistake(made, "currents", "regions = \"aa\""),
      StartsWith("x.toml:2:11: regions: no region or cell type called \"aa\"") || ContainsSubstring("called \"aa\""));
  CHECK_THAT(test::mistake(made, "currents", "sources = [\"a\", \"*\"]"), ContainsSubstring("sources: "));
  CHECK_THAT(test::mistake(made, "currents", "part = \"both\""),
             ContainsSubstring("part: ") && ContainsSubstring("all, excitatory, inhibitory"));
  CHECK_THAT(test::mistake(made, "currents", "components = 0"), ContainsSubstring("components: "));
  CHECK_THAT(test::mistake(made, "currents", "by = \"colour\""), ContainsSubstring("by: no per-trial metadata"));
}

TEST_CASE("currents that would take too much memory are refused before the work", "[currents][bad]") {
  test::Subject made = with_activity();
  mrnn::Simulation& simulation = made.simulations.front();
  simulation.trials.count = simulation.trials.steps = 5000;
  simulation.steps = {0, 5000};
  simulation.h = std::monostate();

  CHECK_THROWS_WITH(test::analyse(made, "currents", "store = true"),
                    "the currents of every trial, step and unit would take 3 GB; with store = true at most 1 GB are "
                    "kept: name fewer regions, a shorter window or fewer trials");
}
