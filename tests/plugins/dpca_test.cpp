// Demixed principal components, against numpy and against data whose parts are known.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dpca_subject.hpp"

using namespace test::dpca;

namespace {

using mrnn::AnalysisResults;
using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-8;

double sum(const mrnn::NamedArray& array) {
  return std::accumulate(array.values.begin(), array.values.end(), 0.0);
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

TEST_CASE("where there is no more than noise, no signal is told of", "[dpca]") {
  // Means of left and right: 0.1 and -0.1; single trials differ from them by 1.
  const std::vector<double> values{1.1, -0.9, 0.9, -1.1};
  test::Subject made{test::bare_network({{"a", 1}}), {}};
  made.simulations.push_back(test::recorded(
      "control", 1, 4, 2, [&](Index, Index trial, Index t) { return values[std::size_t(trial)] + 0.01 * double(t); }));
  made.simulations.front().trials.texts["condition"] = {"left", "left", "right", "right"};

  const AnalysisResults results = test::analyse(made, "dpca", "lambda = 0");

  // |X|^2 = 2 x 2 x 0.1^2 + 4 x 0.005^2; noise of the condition: variance 2 of each mean's two trials, halved, times
  // two cells and steps, of which one of two degrees of freedom is the condition's.
  CHECK_THAT(at(results, "all_variance", {}), WithinRel(0.04 + 0.0001, 1e-9));
  CHECK_THAT(at(results, "all_signal_variance", {}), WithinRel(0.0401 - 2.0, 1e-9));
  CHECK(std::isnan(at(results, "all_signal_shares", {0})));
  CHECK(results.summary[1] == "all: no signal above the noise of single trials; lambda 0");
  for (const mrnn::Figure& figure : results.figures) {
    for (const mrnn::Panel& panel : figure.panels) {
      for (const mrnn::Guide& guide : panel.guides) CHECK(guide.label != "signal");
      for (const mrnn::Series& series : panel.series) CHECK(series.label != "signal");
    }
  }
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
