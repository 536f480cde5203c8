#include "options.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace dsa {
namespace {

/// Of steps and delays; their product stays within the numbers that steps can have.
constexpr std::int64_t most_count = 1'000'000;

/// A whole number of 1 or more, or several, ascending.
std::vector<Index> read_counts(const mrnn::ConfigNode& config, const std::string& key) {
  constexpr double fallback = 10.0, most = most_count;
  std::vector<Index> counts;
  for (const double number : config.numbers(key, {fallback})) {
    if (!(number >= 1.0 && number <= most && number == std::floor(number))) {
      config.fail(key, "holds a number that is not 1, 2, 3, ...");
    }
    counts.push_back(static_cast<Index>(number));
  }
  if (counts.empty()) config.fail(key, "is an empty list; one number or several are accepted");
  std::ranges::sort(counts);
  if (std::ranges::adjacent_find(counts) != counts.end()) config.fail(key, "has a number twice");
  return counts;
}

RankChoice read_rank(const mrnn::ConfigNode& config) {
  const int keys = config.has("rank") + config.has("threshold") + config.has("explained_variance");
  if (keys > 1) {
    const char* key = config.has("threshold") ? "threshold" : "explained_variance";
    config.fail(key, "says the rank in another way; one of rank, threshold and explained_variance is accepted");
  }
  RankChoice rank;
  if (config.has("threshold")) {
    rank.threshold = config.positive("threshold");
  } else if (config.has("explained_variance")) {
    rank.explained = config.within("explained_variance", 0.0, 1.0);
  } else {
    rank.given = read_counts(config, "rank");
  }
  return rank;
}

/// Delays, ranks, and how the best of several is chosen.
void read_sweep(const mrnn::ConfigNode& config, Options& options) {
  Sweep& sweep = options.sweep;
  sweep.delays = read_counts(config, "delays");
  sweep.ranks = options.rank.given;
  sweep.interval = config.count_or("delay_interval", 1, 1, most_count);
  const std::string criterion = config.choice("criterion", std::vector<std::string>{"aic", "mase"}, "aic");
  options.criterion = criterion == "aic" ? Criterion::aic : Criterion::mase;
  sweep.held_out = config.number("held_out", 0.2);
  if (!(sweep.held_out > 0.0 && sweep.held_out < 1.0)) {
    config.fail("held_out", "must lie between 0 and 1; it is a share of the trials");
  }
  for (const char* key : {"criterion", "held_out"}) {
    if (config.has(key) && !options.is_sweep()) {
      config.fail(key, "has no effect with one number of delays and one rank; lists of them are tried out");
    }
  }
  if (sweep.delays.size() > 1 && sweep.ranks.empty()) {
    config.fail("delays",
                "holds several numbers, which are judged with given ranks; give rank instead of threshold or "
                "explained_variance");
  }
}

void read_fit(const mrnn::ConfigNode& config, Options& options) {
  if (config.has("components")) options.preparation.components = config.count("components");
  options.preparation.centre = config.flag("centre", false);
  options.preparation.delays = options.sweep.delays.back();
  options.fit.steps_ahead = config.count_or("steps_ahead", 1);
  options.fit.ridge = config.at_least_zero("ridge", 1e-8);
  if (config.has("reduced_rank")) options.fit.reduced_rank = config.count("reduced_rank");
}

void read_metric(const mrnn::ConfigNode& config, Options& options) {
  const std::vector<std::string> accepted{"angular", "euclidean", "wasserstein", "controllability"};
  const std::string name = config.choice("metric", accepted, "angular");
  options.metric = static_cast<Metric>(std::ranges::find(accepted, name) - accepted.begin());
  const auto only = [&](const char* key, bool fits, const char* metrics) {
    if (!config.has(key) || fits) return;
    config.fail(key, "has no effect with metric = \"" + name + "\"; it belongs to " + metrics);
  };
  const bool similarity = options.metric == Metric::angular || options.metric == Metric::euclidean;
  only("normalise", options.metric == Metric::euclidean, "euclidean");
  only("starts", similarity, "angular and euclidean");
  only("tolerance", similarity, "angular and euclidean");
  only("horizon", options.metric == Metric::controllability, "controllability");
  options.normalise = config.flag("normalise", true);
  constexpr std::int64_t most_starts = 1'000'000;
  options.search.starts = static_cast<int>(std::min(config.count_or("starts", 20, 0), most_starts));
  options.search.tolerance = config.positive("tolerance", 1e-9);
  if (config.has("horizon")) options.horizon = config.count("horizon");
}

/// What the same inputs can reach is compared, channel by channel.
void check_channels(const mrnn::ConfigNode& config, const std::vector<std::vector<mrnn::NamedRange>>& runs) {
  for (const auto& inputs : runs) {
    const bool same = std::ranges::equal(
        inputs, runs.front(), [](const auto& a, const auto& b) { return a.name == b.name && a.range == b.range; });
    if (!same) {
      config.fail("metric",
                  "is \"controllability\", which needs the same inputs in all runs; they differ in names or "
                  "numbers of channels");
    }
  }
  if (runs.front().empty()) config.fail("metric", "is \"controllability\", but the network has no inputs");
}

void read_inputs(const mrnn::ConfigNode& config, const mrnn::Comparison& comparison, Options& options) {
  const bool controllability = options.metric == Metric::controllability;
  options.inputs = config.flag("inputs", controllability);
  if (controllability) {
    if (!options.inputs) config.fail("inputs", "is false, but controllability is that by the inputs");
    check_channels(config, comparison.inputs());
  }
  if (options.inputs && options.fit.steps_ahead > 1) {
    config.fail("steps_ahead", "must be 1 where the effect of inputs is fitted too");
  }
  if (options.inputs && options.fit.reduced_rank > 0) {
    config.fail("reduced_rank", "cannot be combined with inputs");
  }
}

}  // namespace

Index RankChoice::of(const DelayBasis& basis) const {
  if (!given.empty()) return given.front();
  if (threshold > 0.0) return (basis.singular_values.array() > threshold).count();
  Index rank = 1;
  while (rank < basis.singular_values.size() && basis.share(rank) < explained) ++rank;
  return rank;
}

Options read_options(const mrnn::ConfigNode& config, const mrnn::Comparison& comparison) {
  Options options;
  options.rank = read_rank(config);
  read_sweep(config, options);
  read_fit(config, options);
  read_metric(config, options);
  read_inputs(config, comparison, options);
  return options;
}

const char* describe_options() {
  return "delays = 10           in each row; several: the best is chosen\n"
         "delay_interval = 1    steps between delays\n"
         "rank = 10             of the dynamics; several: the best is chosen\n"
         "threshold             instead: singular values above it\n"
         "explained_variance    instead: share of the sum of squares\n"
         "components            before delays; default: all, but rows of at most 500 columns\n"
         "centre = false        subtract the mean of each unit\n"
         "steps_ahead = 1       of the dynamics\n"
         "ridge = 1e-8          of their fit\n"
         "reduced_rank          of A; default: not reduced\n"
         "inputs = false        fit the effect of inputs too\n"
         "metric = \"angular\"    angular | euclidean | wasserstein | controllability\n"
         "normalise = true      euclidean: scale A to norm 1\n"
         "starts = 20           of the search for the best coordinates, beside guesses\n"
         "tolerance = 1e-9      slope at which the search ends\n"
         "horizon               controllability: steps; default: the rank\n"
         "criterion = \"aic\"     aic | mase, by which delays and rank are chosen\n"
         "held_out = 0.2        share of trials they are judged by";
}

}  // namespace dsa
