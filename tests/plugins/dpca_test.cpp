// Demixed principal components, against numpy and against data whose parts are known.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis_run.hpp"
#include "mrnn/random.hpp"
#include "recorded.hpp"

namespace {

using mrnn::AnalysisResults;
using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-8;

const std::string two_factors = "factors = [\"s\", \"d\"]\n";

/// Labels of two factors, `s0`, `s1`, and `d0`, `d1`; one pair a trial.
void label(const std::vector<std::pair<int, int>>& labels, mrnn::Trials& trials) {
  for (const auto& [s, d] : labels) {
    trials.texts["s"].push_back("s" + std::to_string(s));
    trials.texts["d"].push_back("d" + std::to_string(d));
  }
}

/// Five units, eleven trials of four steps in four conditions with 3, 2, 4 and 2 trials.
test::Subject unequal() {
  const std::vector<std::pair<int, int>> labels{{0, 0}, {1, 0}, {0, 0}, {1, 1}, {0, 0}, {1, 0},
                                                {0, 1}, {1, 1}, {0, 1}, {1, 0}, {1, 0}};
  test::Subject made{test::bare_network({{"a", 3}, {"b", 2}}), {}};
  made.simulations.push_back(test::recorded("control", 5, 11, 4, [&](Index unit, Index trial, Index step) {
    const auto [s, d] = labels[static_cast<std::size_t>(trial)];
    const double n = double(unit), b = double(trial), t = double(step);
    return std::sin(0.7 * n + 1.3 * s + 0.4 * t) + 0.5 * std::cos(1.1 * n * d + 0.3 * t) +
           0.2 * std::sin(1.7 * b * n + 0.9 * t + b);
  }));
  label(labels, made.simulations.front().trials);
  return made;
}

/// So many trials of each of four conditions, six steps; h = signal(unit, s, d, step) + noise N(0, 1).
template <class Signal>
test::Subject noisy(Index units, Index trials_each, double noise, Signal&& signal) {
  std::vector<std::pair<int, int>> labels;
  for (Index k = 0; k < 4 * trials_each; ++k) labels.emplace_back(k % 2, k / 2 % 2);
  test::Subject made{test::bare_network({{"a", units}}), {}};
  mrnn::RandomStream random(11, mrnn::Stream::simulation_trials, "dpca test");
  made.simulations.push_back(
      test::recorded("control", units, std::ssize(labels), 6, [&](Index unit, Index trial, Index step) {
        const auto [s, d] = labels[static_cast<std::size_t>(trial)];
        return signal(unit, s, d, step) + noise * random.normal();
      }));
  label(labels, made.simulations.front().trials);
  return made;
}

double sum(const mrnn::NamedArray& array) {
  return std::accumulate(array.values.begin(), array.values.end(), 0.0);
}

std::string failure(const test::Subject& subject, const std::string& keys) {
  try {
    test::analyse(subject, "dpca", keys);
  } catch (const mrnn::RunError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

// The numbers of the next two tests, by numpy (X: trial averages [5, 2, 2, 4] less the mean of each unit, Xf: [5, 16]):
//   S = Xf @ Xf.T + Cn + (lam * (Xf**2).sum())**2 * np.eye(5)
//   C = Xphi @ Xf.T @ np.linalg.inv(S); U = np.linalg.svd(C @ Xf)[0][:, :2]; D = U.T @ C
// with Cn = sum over conditions of E @ E.T / trials, E the deviations of single trials from their condition's mean.
// Without regularisation the package dPCA 1.0.5 of the method's authors gives the same components to 2e-14.
TEST_CASE("demixed components of unequal numbers of trials are those of numpy", "[dpca]") {
  const AnalysisResults results = test::analyse(unequal(), "dpca", two_factors + "lambda = 0.01\ncomponents = 2");

  const std::vector<double> explained{0.550356416318001,    0.43699467230669997, 0.23947679860506688,
                                      0.17948285133179231,  0.03646232824915152, 0.010690481649983208,
                                      0.006508457159860481, 0.004077736718001379};
  const std::vector<double> encoder{-0.302344622871609, 0.04352303878161598, 0.46900690030839065, 0.6539690972315367,
                                    0.5089699612404669};
  const std::vector<double> decoder{0.4832989721931634, 0.39956127669537667, -0.08152175546750073, 0.3319286669608189,
                                    -0.2729441077893228};
  const std::vector<double> projection{-0.23705019657189244, -0.346634623222492, -0.22662043095266343,
                                       -0.008939852937827477};
  const std::vector<double> shares{0.5336421185245332, 0.292887245211142, 0.16636542784682884, 0.007105208417495996};
  REQUIRE(test::array(results, "all_explained").shape == std::vector<Index>{8});
  for (Index k = 0; k < 8; ++k) {
    CHECK_THAT(at(results, "all_explained", {k}), WithinAbs(explained[std::size_t(k)], tolerance));
  }
  CHECK(test::array(results, "all_marginalisation").values == std::vector<double>{0, 1, 2, 0, 1, 2, 3, 3});
  for (Index n = 0; n < 5; ++n) {
    CHECK_THAT(at(results, "all_encoder", {0, n}), WithinAbs(encoder[std::size_t(n)], tolerance));
    CHECK_THAT(at(results, "all_decoder", {3, n}), WithinAbs(decoder[std::size_t(n)], tolerance));
  }
  REQUIRE(test::array(results, "all_projection").shape == std::vector<Index>{8, 2, 2, 4});
  CHECK(test::array(results, "all_projection").axes == std::vector<std::string>{"component", "s", "d", "time"});
  for (Index t = 0; t < 4; ++t) {
    CHECK_THAT(at(results, "all_projection", {0, 1, 0, t}), WithinAbs(projection[std::size_t(t)], tolerance));
  }
  for (Index m = 0; m < 4; ++m) {
    CHECK_THAT(at(results, "all_shares", {m}), WithinAbs(shares[std::size_t(m)], tolerance));
  }
  CHECK_THAT(at(results, "all_variance", {}), WithinRel(26.632559268440527, tolerance));
  CHECK_THAT(at(results, "all_cumulative", {7}), WithinAbs(0.993871941057609, tolerance));
  CHECK(test::array(results, "trials").values == std::vector<double>{3, 2, 4, 2});
  CHECK(test::texts(results, "marginalisations") == std::vector<std::string>{"s", "d", "time", "s:d"});
}

TEST_CASE("noise covariance, regularisation and marginalisations do what numpy does", "[dpca]") {
  const auto explained = [](const std::string& keys, const std::vector<double>& expected, double cumulative) {
    const AnalysisResults results = test::analyse(unequal(), "dpca", two_factors + keys);
    for (std::size_t k = 0; k < expected.size(); ++k) {
      CHECK_THAT(at(results, "all_explained", {Index(k)}), WithinAbs(expected[k], tolerance));
    }
    CHECK_THAT(test::array(results, "all_cumulative").values.back(), WithinAbs(cumulative, tolerance));
  };

  explained("lambda = 0.01\ncomponents = 2\nnoise_covariance = \"none\"", {0.5342754302943229, 0.4231695760530496},
            0.9983174870387829);
  explained("lambda = 0.01\ncomponents = 2\nnoise_covariance = \"diagonal\"", {0.5499687802421913, 0.4367967152798533},
            0.9938657957080165);
  explained("lambda = 0.05\ncomponents = 2", {0.5531700758166691, 0.41642969148160514}, 0.9645916401798145);
  const AnalysisResults own = test::analyse(
      unequal(), "dpca",
      two_factors +
          "lambda = 0.01\ncomponents = 1\nmarginalisations = { all_s = [\"s\", \"time:s\", \"s:d\", \"s:d:time\"] }");
  // What is not named stands alone, in the order d, s:d, time, ...: here d, time, d:time.
  CHECK(test::texts(own, "marginalisations") == std::vector<std::string>{"all_s", "d", "time", "d:time"});
  CHECK_THAT(at(own, "all_explained", {0}), WithinAbs(0.554982437846558, tolerance));
  CHECK_THAT(at(own, "all_explained", {3}), WithinAbs(0.045602866876362946, tolerance));
  CHECK_THAT(at(own, "all_shares", {3}), WithinAbs(0.030618719825882906, tolerance));
}

TEST_CASE("explained variances are those of the reconstruction, and sum over marginalisations", "[dpca]") {
  const test::Subject made = unequal();
  const AnalysisResults results = test::analyse(made, "dpca", two_factors + "lambda = 0.02\ncomponents = 3");

  CHECK_THAT(sum(test::array(results, "all_shares")), WithinRel(1.0, 1e-12));
  const Index components = test::array(results, "all_explained").shape[0];
  for (Index k = 0; k < components; ++k) {
    double parts = 0.0;
    for (Index m = 0; m < 4; ++m) parts += at(results, "all_explained_by_part", {k, m});
    CHECK_THAT(parts, WithinAbs(at(results, "all_explained", {k}), 1e-12));
  }
  // X by hand: means over the trials of each condition, less the mean over conditions and time.
  const auto& trials = made.simulations.front().trials;
  const auto h = made.simulations.front().activity(mrnn::Quantity::h, mrnn::Selection({{0, 5}}));
  double total = 0.0, lost_first = 0.0, lost_all = 0.0;
  for (Index n = 0; n < 5; ++n) {
    for (Index s = 0; s < 2; ++s) {
      for (Index d = 0; d < 2; ++d) {
        for (Index t = 0; t < 4; ++t) {
          double mean = 0.0, count = 0.0;
          for (Index b = 0; b < 11; ++b) {
            const bool here = trials.texts.at("s")[std::size_t(b)] == "s" + std::to_string(s) &&
                              trials.texts.at("d")[std::size_t(b)] == "d" + std::to_string(d);
            if (here) mean += h(n, b, t);
            if (here) count += 1.0;
          }
          double left = mean / count - at(results, "all_mean", {n});
          total += left * left;
          for (Index k = 0; k < components; ++k) {
            left -= at(results, "all_encoder", {k, n}) * at(results, "all_projection", {k, s, d, t});
            if (k == 0) lost_first += left * left;
          }
          lost_all += left * left;
        }
      }
    }
  }
  CHECK_THAT(at(results, "all_explained", {0}), WithinAbs(1.0 - lost_first / total, 1e-12));
  CHECK_THAT(at(results, "all_cumulative", {0}), WithinAbs(1.0 - lost_first / total, 1e-12));
  CHECK_THAT(at(results, "all_cumulative", {components - 1}), WithinAbs(1.0 - lost_all / total, 1e-12));
}

TEST_CASE("without regularisation all components together explain everything", "[dpca]") {
  const AnalysisResults results =
      test::analyse(unequal(), "dpca", two_factors + "lambda = 0\nnoise_covariance = \"none\"");

  CHECK_THAT(test::array(results, "all_cumulative").values.back(), WithinAbs(1.0, 1e-9));
  // Five units: no more than five principal components.
  CHECK_THAT(at(results, "all_cumulative_pca", {4}), WithinAbs(1.0, 1e-12));
  CHECK(at(results, "all_cumulative_pca", {0}) > at(results, "all_cumulative", {0}));
}

TEST_CASE("units that depend on one thing each are the axes of their marginalisations", "[dpca]") {
  // Unit 0 goes with s, unit 1 with time, unit 2 with d times time, unit 3 with both factors; unit 4 does nothing.
  test::Subject made = noisy(5, 1, 0.0, [](Index unit, int s, int d, Index t) {
    const double sign_s = s == 0 ? -1.0 : 1.0, sign_d = d == 0 ? -1.0 : 1.0, time = double(t) - 2.5;
    const std::vector<double> all{sign_s, time, 0.5 * sign_d * time, 2.0 * sign_s * sign_d, 3.0};
    return all[std::size_t(unit)];
  });
  const AnalysisResults results = test::analyse(made, "dpca", two_factors + "lambda = 0\nnoise_covariance = \"none\"");

  // Sums of squares over 4 conditions of 6 steps; the sum of time^2 over the steps is 17.5.
  const double of_s = 24.0, of_time = 4.0 * 17.5, of_d = 0.25 * 4.0 * 17.5, of_both = 4.0 * 24.0;
  const double all = of_s + of_time + of_d + of_both;
  CHECK_THAT(at(results, "all_variance", {}), WithinRel(all, 1e-12));
  CHECK_THAT(at(results, "all_shares", {0}), WithinRel(of_s / all, 1e-12));
  CHECK_THAT(at(results, "all_shares", {1}), WithinRel(of_d / all, 1e-12));
  CHECK_THAT(at(results, "all_shares", {2}), WithinRel(of_time / all, 1e-12));
  CHECK_THAT(at(results, "all_shares", {3}), WithinRel(of_both / all, 1e-12));
  // One component each: s:d, time, s, d. Their axes are the units.
  REQUIRE(test::array(results, "all_marginalisation").values == std::vector<double>{3, 2, 0, 1});
  const std::vector<Index> unit{3, 1, 0, 2};
  for (Index k = 0; k < 4; ++k) {
    for (Index n = 0; n < 5; ++n) {
      const double expected = n == unit[std::size_t(k)] ? 1.0 : 0.0;
      CHECK_THAT(std::abs(at(results, "all_encoder", {k, n})), WithinAbs(expected, 1e-9));
      CHECK_THAT(std::abs(at(results, "all_decoder", {k, n})), WithinAbs(expected, 1e-9));
      CHECK_THAT(at(results, "all_overlap", {k, std::min<Index>(n, 3)}),
                 WithinAbs(k == std::min<Index>(n, 3) ? 1.0 : 0.0, 1e-9));
    }
  }
}

TEST_CASE("the signal is what the noise of single trials leaves", "[dpca]") {
  // One unit, one factor with two values, two trials each, two steps; values by condition, trial, step.
  const std::vector<double> values{1.0, 2.0, 3.0, 6.0, 0.0, 1.0, 2.0, 1.0};
  test::Subject made{test::bare_network({{"a", 1}}), {}};
  made.simulations.push_back(test::recorded(
      "control", 1, 4, 2, [&](Index, Index trial, Index t) { return values[std::size_t(2 * trial + t)]; }));
  made.simulations.front().trials.texts["condition"] = {"left", "left", "right", "right"};

  const AnalysisResults results = test::analyse(made, "dpca", "lambda = 0");

  // Means: left 2, 4, right 1, 1; about their mean 2: 0, 2, -1, -1: |X|^2 = 6; condition: +-1: 4; time: -+0.5: 1;
  // condition x time: the rest, 1.
  // Deviations: left -+(1, 2), right (-1, 0), (1, 0). Variances over trials, halved for the mean of two:
  //   at each time  left 1, 4; right 1, 0; sum 6
  //   of the mean over time  left 2 x 1.5^2 / 2 = 2.25, right 0.25, times two steps: 4.5 + 0.5 = 5
  // Noise in the condition (1 of 2 degrees of freedom of the cells): 5 / 2; in time: (6 - 5) / 2; in both: the same.
  CHECK_THAT(at(results, "all_variance", {}), WithinRel(6.0, 1e-12));
  const double signal = 6.0 - 2.5 - 0.5 - 0.5;
  CHECK_THAT(at(results, "all_signal_variance", {}), WithinRel(signal, 1e-12));
  CHECK_THAT(at(results, "all_signal_shares", {0}), WithinRel((5.0 - 2.5 - 0.5) / signal, 1e-12));  // {s, st}
  CHECK_THAT(at(results, "all_signal_shares", {1}), WithinRel((1.0 - 0.5) / signal, 1e-12));
}

TEST_CASE("significance finds a true signal and not noise", "[dpca]") {
  // s acts from step 3 on, d does nothing.
  const test::Subject made = noisy(6, 8, 1.0, [](Index unit, int s, int, Index t) {
    return 0.5 * double(t) + (t >= 3 && s == 1 ? 2.0 + 0.3 * double(unit) : 0.0);
  });
  const std::string keys = two_factors +
                           "lambda = 0.001\nsignificance = true\nsplits = 20\nshuffles = 20\nconsecutive = 2\n"
                           "components = { d = 1, s = 1, \"s:d\" = 1 }";

  const AnalysisResults results = test::analyse(made, "dpca", keys);

  const auto& origin = test::array(results, "all_marginalisation").values;
  const auto& tested = test::array(results, "all_tested").values;
  REQUIRE(tested.size() == 3);
  for (Index k = 0; k < 3; ++k) {
    const double marginalisation = origin[std::size_t(tested[std::size_t(k)])];
    CHECK(at(results, "all_chance", {k}) == (marginalisation == 3.0 ? 0.25 : 0.5));
    for (Index t = 0; t < 6; ++t) {
      const bool signal = marginalisation == 0.0 && t >= 3;
      CAPTURE(marginalisation, t);
      if (marginalisation != 3.0) CHECK(at(results, "all_significant", {k, t}) == (signal ? 1.0 : 0.0));
      if (signal) CHECK(at(results, "all_accuracy", {k, t}) > 0.9);
    }
  }
  CHECK(test::analyse(made, "dpca", keys).arrays.back().values == results.arrays.back().values);  // by the seed alone
  // Three time points are no run of four.
  const AnalysisResults longer = test::analyse(made, "dpca",
                                               two_factors +
                                                   "lambda = 0.001\nsignificance = true\nsplits = 20\nshuffles = 20\n"
                                                   "consecutive = 4\ncomponents = 1");
  CHECK(sum(test::array(longer, "all_significant")) == 0.0);
  CHECK_THAT(longer.summary[2], ContainsSubstring("no component tells conditions apart"));
}

TEST_CASE("accuracies are means over splits, and shuffles leave their best", "[dpca]") {
  const test::Subject made = noisy(4, 3, 1.0, [](Index unit, int s, int, Index) { return s * double(unit == 2); });
  const auto analyse = [&](const std::string& keys) {
    return test::analyse(made, "dpca", two_factors + "lambda = 0.01\nsignificance = true\n" + keys);
  };
  const AnalysisResults one = analyse("splits = 1\nshuffles = 1"), more = analyse("splits = 1\nshuffles = 6");
  const AnalysisResults splits = analyse("splits = 5\nshuffles = 1");

  const auto& few = test::array(one, "all_accuracy_shuffled").values;
  const auto& many = test::array(more, "all_accuracy_shuffled").values;
  for (std::size_t k = 0; k < few.size(); ++k) CHECK(many[k] >= few[k]);
  CHECK(many != few);
  // Four trials are held out in each split.
  for (const double share : test::array(one, "all_accuracy").values) CHECK(4.0 * share == std::round(4.0 * share));
  for (const double share : test::array(splits, "all_accuracy").values) {
    CHECK_THAT(20.0 * share, WithinAbs(std::round(20.0 * share), 1e-12));
  }
}

TEST_CASE("lambda is larger where trials are noisy", "[dpca]") {
  const auto lambda = [](double noise) {
    const test::Subject made = noisy(6, 4, noise, [](Index unit, int s, int d, Index t) {
      return std::sin(double(unit) + double(t)) + (unit == 4 ? double(s) : 0.0) + 0.5 * d * double(unit % 3);
    });
    return test::analyse(made, "dpca", two_factors + "noise_covariance = \"none\"");
  };

  const AnalysisResults quiet = lambda(0.0), loud = lambda(2.0);

  CHECK(at(quiet, "all_lambda", {}) < 1e-6);
  CHECK(at(loud, "all_lambda", {}) > 1e-4);
  REQUIRE(test::array(loud, "all_lambda_error").shape == std::vector<Index>{10, 45});
  CHECK_THAT(at(loud, "all_lambdas", {44}), WithinRel(1e-7 * std::pow(1.4, 44), 1e-12));
  // Without noise held-out trials are the means: nothing is lost. With the largest lambda nearly all is.
  CHECK(at(quiet, "all_lambda_error", {0, 0}) < 1e-6);
  CHECK(at(loud, "all_lambda_error", {0, 44}) > 0.5);
  CHECK(quiet.figures[1].panels.size() == 5);
}

TEST_CASE("a combination without trials is named, or a level is left out", "[dpca]") {
  test::Subject made = unequal();
  auto& labels = made.simulations.front().trials.texts;
  for (std::size_t k = 0; k < 11; ++k) {
    if (k % 2 == 0) labels["d"][k] = labels["s"][k] == "s0" ? labels["d"][k] : "d2";
  }
  const std::string keys = two_factors + "lambda = 0.01\n";

  CHECK_THAT(
      test::mistake(made, "dpca", keys),
      ContainsSubstring("x.toml:2:") &&
          ContainsSubstring("factors: no trial has s = s0, d = d2; ask for more trials, or leave levels out with "
                            "missing = \"drop\""));
  const AnalysisResults results = test::analyse(made, "dpca", keys + "missing = \"drop\"");
  CHECK(test::texts(results, "levels_d") == std::vector<std::string>{"d0", "d1"});
  CHECK(results.summary.back() == "left out, for want of trials: d = d2");
  made.simulations.front().trials.texts["d"] = {"d0", "d0", "d0", "d1", "d0", "d0", "d0", "d1", "d0", "d0", "d0"};
  CHECK_THAT(test::mistake(made, "dpca", keys), ContainsSubstring("no trial has s = s0, d = d1"));
  CHECK_THAT(test::mistake(made, "dpca", keys + "missing = \"drop\""),
             ContainsSubstring("names \"s\", which has fewer than two values left after") ||
                 ContainsSubstring("names \"d\", which has fewer than two values left after"));
}

TEST_CASE("what holds out trials needs two of each combination", "[dpca]") {
  test::Subject made = unequal();
  made.simulations.front().trials.texts["d"][3] = "d0";

  CHECK_THAT(test::mistake(made, "dpca", two_factors),
             ContainsSubstring("only 1 trial has s = s1, d = d1, where 2 are needed to hold one out"));
  CHECK_THAT(test::mistake(made, "dpca", two_factors + "lambda = 0.1\nsignificance = true"),
             ContainsSubstring("where 2 are needed"));
  CHECK(test::mistake(made, "dpca", two_factors + "lambda = 0.1").empty());
}

TEST_CASE("catch trials and trials that do not cover the window take no part", "[dpca]") {
  test::Subject made = unequal();
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.epochs.push_back({"catch", std::vector<Index>(11, 4), std::vector<Index>(11, 4)});
  trials.epochs.back().first[0] = 0;  // the first trial
  trials.epochs.push_back({"go", {1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1}, std::vector<Index>(11, 4)});

  const AnalysisResults results =
      test::analyse(made, "dpca", two_factors + "lambda = 0.01\nalign = \"go\"\nwindow = [-10, 30]");
  const AnalysisResults common = test::analyse(made, "dpca", two_factors + "lambda = 0.01\nalign = \"go\"");

  // Trial 0 is a catch trial, trial 2 ends before 30 ms after its step 2.
  CHECK(test::array(results, "trials").values == std::vector<double>{1, 2, 4, 2});
  CHECK(test::array(results, "time").values == std::vector<double>{-10.0, 0.0, 10.0, 20.0});
  CHECK_THAT(results.summary.back(), StartsWith("9 trials in 4 conditions; 2 trials are catch trials or do not cover"));
  CHECK(test::array(common, "time").values == std::vector<double>{-10.0, 0.0, 10.0});
}

TEST_CASE("figures have a row for each marginalisation, time first, and stack variances in their colours", "[dpca]") {
  const AnalysisResults results = test::analyse(unequal(), "dpca", two_factors + "lambda = 0.01");

  REQUIRE(results.figures.size() == 2);
  const auto& panels = results.figures[0].panels;
  REQUIRE(panels.size() == 12);
  CHECK_THAT(panels[0].title, StartsWith("3: time ("));
  CHECK_THAT(panels[3].title, StartsWith("1: s (") && EndsWith(" %)"));
  CHECK(panels[0].series.size() == 4);  // conditions
  CHECK(panels[0].series[0].label == "s0, d0");
  CHECK(panels[0].series[1].dashed);  // the second level of the second factor
  CHECK(panels[3].y.high == panels[4].y.high);
  // Boxes of the first component's bar stand on each other, up to its explained variance.
  const auto& boxes = results.figures[1].panels[0].polygons;
  CHECK(boxes[0].y[0] == 0.0);
  CHECK(boxes[1].y[0] == boxes[0].y[2]);
  CHECK(results.figures[1].panels[2].x.names[3].words == "s:d");
  const AnalysisResults apart = test::analyse(
      unequal(), "dpca", two_factors + "lambda = 0.01\nmarginalisations = { time = [\"time\"] }\ncomponents = 1");
  CHECK(apart.figures[0].panels.size() == 18);  // the six of seven with most variance
  CHECK(apart.figures[1].panels[2].x.names.back().words == "others");
  CHECK_THAT(apart.figures[0].caption, EndsWith("Only the 6 marginalisations with most variance are drawn."));
}

TEST_CASE("bins are averaged", "[dpca]") {
  const test::Subject made = noisy(
      3, 1, 0.0, [](Index unit, int s, int d, Index t) { return double(unit + 1) * (s + 0.1 * d) + double(t * t); });
  const AnalysisResults results =
      test::analyse(made, "dpca", two_factors + "lambda = 0\nbin = 20.0\nnoise_covariance = \"none\"");

  CHECK(test::array(results, "time").values == std::vector<double>{5.0, 25.0, 45.0});
  // t^2 in bins: 0.5, 6.5, 20.5, mean 55 / 6; the means over s and d add 0.55 (n + 1).
  CHECK_THAT(at(results, "all_mean", {0}), WithinRel(27.5 / 3.0 + 0.55, 1e-12));
}

TEST_CASE("regions are decomposed by themselves, components are limited by marginalisation", "[dpca]") {
  const AnalysisResults results = test::analyse(
      unequal(), "dpca",
      two_factors + "lambda = 0.01\nregions = [\"a\", \"b\"]\ncomponents = { s = 2, d = 0, time = 1, \"s:d\" = 0 }");

  CHECK(test::array(results, "a_encoder").shape == std::vector<Index>{3, 3});
  CHECK(test::array(results, "b_units").values == std::vector<double>{3.0, 4.0});
  CHECK_FALSE(test::has_array(results, "all_encoder"));
  REQUIRE(results.figures.size() == 4);
  CHECK(results.figures[0].name == "a");
  CHECK(results.figures[3].name == "variance_b");
}

TEST_CASE("simulations can be a factor", "[dpca]") {
  test::Subject made = unequal();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "lesion";
  auto& h = std::get<mrnn::Sequence>(made.simulations.back().h);
  for (double& value : h.data) value *= 0.5;

  const AnalysisResults results = test::analyse(made, "dpca", "factors = [\"simulation\", \"s\"]\nlambda = 0.01");

  CHECK(test::texts(results, "levels_simulation") == std::vector<std::string>{"control", "lesion"});
  CHECK(test::array(results, "trials").values == std::vector<double>{5, 6, 5, 6});
}

TEST_CASE("the network's own choice can be a factor", "[dpca]") {
  struct Chooser final : mrnn::Task {
    mrnn::Trials make(const mrnn::TrialRequest&) const override { return {}; }
    mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence&) const override {
      mrnn::Scores scores;
      scores.choice = Eigen::VectorXd::Zero(trials.count);
      for (Index k = 0; k < trials.count; k += 2) scores.choice(k) = 1.0;
      return scores;
    }
  };
  test::Subject made = unequal();
  made.simulations.front().y = mrnn::Sequence(2, 11, 4);
  const std::string keys = "factors = \"network_choice\"\nlambda = 0.01";

  CHECK_THAT(test::mistake(made, "dpca", keys), ContainsSubstring("but the task knows no choices"));
  const Chooser task;
  made.task = &task;
  const AnalysisResults results = test::analyse(made, "dpca", keys);
  CHECK(test::array(results, "trials").values == std::vector<double>{5, 6});
  CHECK(results.figures.front().panels.front().series[0].label == "network_choice 0");
  CHECK(test::make_analysis("dpca", keys, made.network)->needs().y);
  CHECK_FALSE(test::make_analysis("dpca", "", made.network)->needs().y);
  CHECK(test::make_analysis("dpca", "quantity = \"x\"", made.network)->needs().x);
}

TEST_CASE("activity that does not vary cannot be demixed", "[dpca]") {
  const test::Subject made = noisy(3, 2, 0.0, [](Index unit, int, int, Index) { return 1.0 + double(unit); });
  const test::Subject time_only = noisy(3, 2, 0.0, [](Index, int, int, Index t) { return double(t); });

  CHECK(failure(made, two_factors + "lambda = 0.1") ==
        "the activity of all is the same at all times of all conditions, so there is nothing to demix");
  CHECK(failure(time_only, two_factors + "lambda = 0.1\ncomponents = { time = 0 }") ==
        "the marginalisations that have components have no variance in all");
}

TEST_CASE("mistakes in the keys of dpca are named", "[dpca]") {
  const test::Subject made = unequal();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "dpca", keys); };

  CHECK_THAT(mistake("factors = [\"s\", \"dd\"]"),
             ContainsSubstring("no per-trial metadata called \"dd\"; available: d, s") &&
                 ContainsSubstring("Did you mean \"d\"? (simulation \"control\")"));
  CHECK_THAT(mistake("factors = []"), ContainsSubstring("has 0 names; 1 to 5 are accepted"));
  CHECK_THAT(mistake("factors = [\"s\", \"s\"]"), ContainsSubstring("names \"s\" twice"));
  CHECK_THAT(mistake("factors = [\"s\", \"time\"]"), ContainsSubstring("which is always the last axis"));
  CHECK_THAT(mistake(two_factors + "lambda = \"best\""),
             ContainsSubstring("is \"best\"; \"auto\" or a number of 0 or more is accepted"));
  CHECK_THAT(mistake(two_factors + "lambda = -1"), ContainsSubstring("lambda"));
  CHECK_THAT(mistake(two_factors + "noise_covariance = \"ful\""), ContainsSubstring("Did you mean \"full\"?"));
  CHECK_THAT(mistake(two_factors + "missing = \"dorp\""), ContainsSubstring("Did you mean \"drop\"?"));
  CHECK_THAT(mistake(two_factors + "quantity = \"y\""), ContainsSubstring("quantity"));
  CHECK_THAT(mistake(two_factors + "regions = \"c\""), ContainsSubstring("no region"));
  CHECK_THAT(mistake(two_factors + "components = { t = 1 }"), ContainsSubstring("components.t: unknown key"));
  CHECK_THAT(mistake(two_factors + "components = { s = 0, d = 0, time = 0, \"s:d\" = 0 }"),
             ContainsSubstring("asks for no component of any marginalisation"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [\"s:tme\"] }"),
             ContainsSubstring("no axis called \"tme\"; available: s, d, time. Did you mean \"time\"?"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [\"s:s\"] }"), ContainsSubstring("has \"s\" twice"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [\"s\"], y = [\"d\", \"s\"] }"),
             ContainsSubstring("has the term \"s\", which is there already"));
  CHECK_THAT(mistake(two_factors + "marginalisations = { x = [] }"), ContainsSubstring("is an empty list"));
  CHECK_THAT(mistake(two_factors + "bin = 1000"), ContainsSubstring("is longer than the time that all trials have"));
  CHECK_THAT(mistake(two_factors + "window = [-20, 30]"),
             ContainsSubstring("window: leaves no trial that was recorded over the whole of it"));
  CHECK_THAT(mistake(two_factors + "splits = 0"), ContainsSubstring("splits"));
  test::Subject one = unequal();
  one.simulations.front().trials.texts["s"].assign(11, "same");
  CHECK_THAT(test::mistake(one, "dpca", two_factors),
             ContainsSubstring("names \"s\", which has fewer than two values"));
}
