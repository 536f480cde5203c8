// Demixed principal components: which axes of the activity depend on the stimulus, which on the decision, which on
// time alone (Kobak et al. 2016).

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dpca_figure.hpp"
#include "keys.hpp"
#include "mrnn/alignment.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/samples.hpp"
#include "regularisation.hpp"
#include "results.hpp"
#include "trial_data.hpp"

namespace {

using dpca::Index;
using Eigen::MatrixXd;

class Dpca final : public mrnn::Analysis {
 public:
  Dpca(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config), dt_(network.spec().dt), alignment_(config, dt_), keys_(config, network) {}

  mrnn::Record needs() const override {
    mrnn::Record record;
    record.x = keys_.quantity == mrnn::Quantity::x;
    record.h = keys_.quantity == mrnn::Quantity::h;
    record.y = uses_choices();
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    alignment_.common_window(planned);
    for (const std::string& name : keys_.factors) {
      if (name != choice && name != "simulation") mrnn::read_levels(config_, "factors", name, planned);
    }
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const auto& simulations = context.simulations();
    const dpca::Excerpt excerpt{keys_.quantity, alignment_.common_window(simulations), keys_.bin};
    if (excerpt.points() < 1) config_.fail("bin", "is longer than the time that all trials have in common");
    const std::vector<bool> complete = dpca::complete_trials(simulations, alignment_, excerpt.window);
    if (std::find(complete.begin(), complete.end(), true) == complete.end()) {
      config_.fail(config_.has("window") ? "window" : "", "leaves no trial that was recorded over the whole of it");
    }
    const bool holds_out = !keys_.lambda || keys_.significance;
    const dpca::Grid grid = dpca::make_grid(config_, read_factors(context), complete,
                                            {holds_out ? Index{2} : Index{1}, keys_.drop_missing});
    context.expect(parts() * std::ssize(keys_.populations));
    long done = 0;
    std::vector<std::string> constant;
    for (const dpca::Population& population : keys_.populations) {
      const dpca::Outcome outcome = decompose(context, population, excerpt, grid, done);
      if (outcome.found.origin.empty()) {
        constant.push_back(population.name);
        continue;
      }
      dpca::add_arrays(outcome, population.units, results);
      dpca::add_summary(outcome, results);
      dpca::draw(outcome, time_of(excerpt), keys_.populations.size() > 1 ? population.name : "", results);
    }
    mrnn::say_constant(constant, keys_.populations.size(), "variance to demix", results);
    add_design(grid, excerpt, results);
    add_trials(complete, grid, results);
  }

 private:
  /// The network's own choice, as a factor.
  static constexpr const char* choice = "network_choice";

  bool uses_choices() const {
    return std::find(keys_.factors.begin(), keys_.factors.end(), choice) != keys_.factors.end();
  }

  std::vector<mrnn::Levels> read_factors(const mrnn::AnalysisContext& context) const {
    std::vector<mrnn::Levels> factors;
    for (const std::string& name : keys_.factors) {
      if (name == choice) {
        factors.push_back(read_choices(context));
      } else if (name == "simulation") {
        factors.push_back(simulations_as_levels(context));
      } else {
        factors.push_back(mrnn::read_levels(config_, "factors", name, context.simulations()));
      }
    }
    return factors;
  }

  /// 1 where the choice is the one that the task's psychometric curve counts, else 0.
  mrnn::Levels read_choices(const mrnn::AnalysisContext& context) const {
    mrnn::Levels levels{choice, {"0", "1"}, {}};
    for (const mrnn::Simulation* simulation : context.simulations()) {
      Eigen::VectorXd choices;
      if (simulation->task != nullptr) {
        const mrnn::Selection all({{0, context.network().outputs()}});
        choices =
            mrnn::scores_of(*simulation->task, simulation->trials, simulation->activity(mrnn::Quantity::y, all)).choice;
      }
      if (choices.size() == 0) config_.fail("factors", "names \"network_choice\", but the task knows no choices");
      for (const double value : choices) levels.of_trial.push_back(std::isfinite(value) ? (value > 0.5 ? 1 : 0) : -1);
    }
    return levels;
  }

  static mrnn::Levels simulations_as_levels(const mrnn::AnalysisContext& context) {
    mrnn::Levels levels{"simulation", {}, {}};
    for (const mrnn::Simulation* simulation : context.simulations()) {
      const auto trials = static_cast<std::size_t>(simulation->trials.count);
      levels.of_trial.insert(levels.of_trial.end(), trials, static_cast<int>(levels.values.size()));
      levels.values.push_back(simulation->name);
    }
    return levels;
  }

  /// Parts of the work on each population: one for its data, one for each repeat of the search, one for each shuffle.
  long parts() const {
    long parts = 1;
    if (!keys_.lambda) parts += dpca::lambda_repeats;
    if (keys_.significance) parts += 1 + static_cast<long>(keys_.rules.shuffles);
    return parts;
  }

  /// Without components where the activity does not vary.
  dpca::Outcome decompose(const mrnn::AnalysisContext& context, const dpca::Population& population,
                          const dpca::Excerpt& excerpt, const dpca::Grid& grid, long& done) const {
    dpca::Outcome outcome;
    outcome.population = population.name;
    outcome.grid = grid;
    outcome.marginalisations = keys_.marginalisations;
    const auto advance = [&] { context.advance(++done); };
    dpca::TrialData data = dpca::gather(context.simulations(), population.units, alignment_, excerpt, grid);
    const dpca::Tensor means = dpca::cell_means(data, grid);
    const dpca::Tensor x = dpca::centred(means, outcome.mean);
    outcome.total = x.values.squaredNorm();
    if (!varies(outcome)) {
      context.advance(done += parts());
      return outcome;
    }
    const dpca::Scatter scatter = dpca::scatter(data, means, grid, outcome.mean);
    outcome.noise = dpca::noise_variance(data, means, grid, keys_.marginalisations);
    const MatrixXd noise = noise_covariance(scatter.within);
    advance();
    dpca::ReducedData reduced;
    if (!keys_.lambda || keys_.significance) {
      reduced = dpca::reduce(data, outcome.mean, scatter.all, dpca::lambda_dimensions);
    }
    data = {};  // may be hundreds of megabytes
    find_lambda(context.seed(), reduced, noise, advance, outcome);
    const dpca::Moments moments = dpca::moments(x, keys_.marginalisations);
    const double ridge = dpca::ridge_of(outcome.lambda, moments);
    outcome.found =
        dpca::decompose(moments, dpca::Demixer(moments, moments.total + noise), ridge, keys_.marginalisations);
    if (outcome.found.origin.empty()) fail_empty(population);
    outcome.explained = dpca::explain(moments, outcome.found);
    outcome.projections = outcome.found.decoders.transpose() * x.values;
    if (keys_.significance) test(context.seed(), reduced, noise, advance, outcome);
    return outcome;
  }

  static bool varies(const dpca::Outcome& outcome) {
    constexpr double rounding = 1e-24;  // of squares
    const double columns = static_cast<double>(outcome.grid.cells());
    return outcome.total > rounding * columns * outcome.mean.squaredNorm();
  }

  [[noreturn]] static void fail_empty(const dpca::Population& population) {
    throw mrnn::RunError("the marginalisations that have components have no variance in " + population.name);
  }

  MatrixXd noise_covariance(const MatrixXd& within) const {
    switch (keys_.noise) {
      case dpca::NoiseCovariance::none:
        return MatrixXd::Zero(within.rows(), within.cols());
      case dpca::NoiseCovariance::diagonal:
        return within.diagonal().asDiagonal();
      case dpca::NoiseCovariance::full:
        break;
    }
    return within;
  }

  /// For splits of trials: empty where it is found anew from the training trials.
  MatrixXd fixed_noise(const dpca::ReducedData& reduced, const MatrixXd& noise) const {
    if (keys_.noise == dpca::NoiseCovariance::full) return {};
    return reduced.basis.transpose() * noise * reduced.basis;
  }

  template <class Advance>
  void find_lambda(std::uint64_t seed, const dpca::ReducedData& reduced, const MatrixXd& noise, Advance&& advance,
                   dpca::Outcome& outcome) const {
    if (keys_.lambda) {
      outcome.lambda = *keys_.lambda;
      return;
    }
    const dpca::Splitter splitter(reduced, outcome.grid, keys_.marginalisations, fixed_noise(reduced, noise));
    outcome.search = dpca::search_lambda(splitter, keys_.marginalisations, seed, "dpca " + outcome.population, advance);
    outcome.lambda = outcome.search->lambdas(outcome.search->best);
  }

  template <class Advance>
  void test(std::uint64_t seed, const dpca::ReducedData& reduced, const MatrixXd& noise, Advance&& advance,
            dpca::Outcome& outcome) const {
    const dpca::ReducedData fewer = dpca::truncate(reduced, dpca::tested_dimensions);
    const dpca::Tested tested{
        fewer, outcome.grid, keys_.marginalisations, outcome.found, fixed_noise(fewer, noise), outcome.lambda};
    outcome.significance = dpca::test_components(tested, keys_.rules, seed, "dpca " + outcome.population, advance);
  }

  dpca::TimeAxis time_of(const dpca::Excerpt& excerpt) const {
    dpca::TimeAxis axis{Eigen::VectorXd(excerpt.points()), "time (ms)", alignment_.is_shifted()};
    if (alignment_.by_epoch()) axis.label = "time from " + alignment_.epoch() + " (ms)";
    const auto bin = static_cast<double>(excerpt.bin);
    for (Index point = 0; point < excerpt.points(); ++point) {
      const double steps = static_cast<double>(excerpt.window.first) + (static_cast<double>(point) + 0.5) * bin - 0.5;
      axis.time(point) = steps * dt_;
    }
    return axis;
  }

  void add_design(const dpca::Grid& grid, const dpca::Excerpt& excerpt, mrnn::AnalysisResults& results) const {
    results.add("time", time_of(excerpt).time, {"time"}, "ms", "after the moment of alignment; the middle of bins");
    mrnn::NamedArray trials{"trials", {}, {}, "1", {}, "trials of each combination of levels"};
    trials.values.assign(grid.counts.begin(), grid.counts.end());
    for (const mrnn::Levels& factor : grid.factors) {
      trials.shape.push_back(std::ssize(factor.values));
      trials.axes.push_back(factor.name);
      results.texts.push_back({"levels_" + factor.name, factor.values, "values of " + factor.name, factor.name});
    }
    results.add(std::move(trials));
    mrnn::NamedTexts names{"marginalisations", {}, "names of the marginalisations", "marginalisation"};
    for (const dpca::Marginalisation& marginalisation : keys_.marginalisations) {
      names.values.push_back(marginalisation.name);
    }
    results.texts.push_back(std::move(names));
  }

  static void add_trials(const std::vector<bool>& complete, const dpca::Grid& grid, mrnn::AnalysisResults& results) {
    const auto used = std::count_if(grid.cell.begin(), grid.cell.end(), [](int cell) { return cell >= 0; });
    const auto whole = std::count(complete.begin(), complete.end(), true);
    const auto all = std::ssize(complete);
    std::string line = std::to_string(used) + " trials in " + std::to_string(grid.cells()) + " conditions";
    if (whole < all) line += "; " + std::to_string(all - whole) + " trials are catch trials or do not cover the window";
    if (used < whole) line += "; " + std::to_string(whole - used) + " have no value of a factor or a level left out";
    results.summary.push_back(line);
    if (!grid.dropped.empty()) {
      results.summary.push_back("left out, for want of trials: " + mrnn::join(grid.dropped, "; "));
    }
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  mrnn::Alignment alignment_;
  dpca::Keys keys_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "dpca",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Dpca>(config, network);
      },
      "demixed principal components: activity by stimulus, decision, time and their interactions",
      "factors = [\"condition\"]  per-trial metadata; also simulation and network_choice\n"
      "marginalisations         table: name = terms such as [\"side\", \"side:time\"]; default: each with time\n"
      "components = 10          of each marginalisation, or a table by marginalisation\n"
      "lambda = \"auto\"          regularisation by cross-validation, or a number\n"
      "noise_covariance = \"full\"  full | diagonal | none\n"
      "missing = \"error\"        error | drop: levels without trials are left out\n"
      "regions                  selectors, each decomposed by itself; default: all units together\n"
      "quantity = \"h\"           h | x\n"
      "align                    epoch whose first step is time zero\n"
      "align_at = 0             instead: ms from the start of the run\n"
      "window                   [from, to] in ms around time zero; default: what all trials have\n"
      "bin                      ms averaged to one time point; default: a step\n"
      "significance = false     test components by decoding, against shuffles\n"
      "splits = 100             of trials\n"
      "shuffles = 100           of conditions\n"
      "consecutive = 10         time points a component must be significant for");
}

}  // namespace

MRNN_PLUGIN("dpca", "1.0", attach)
