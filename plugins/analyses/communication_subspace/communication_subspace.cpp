// Which dimensions of one population's activity predict that of another: reduced-rank regression.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cross_validation.hpp"
#include "factor_analysis.hpp"
#include "matching.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/populations.hpp"
#include "mrnn/samples.hpp"
#include "residual_activity.hpp"
#include "subspace_report.hpp"

namespace {

using communication_subspace::Activity;
using communication_subspace::Draw;
using communication_subspace::Group;
using communication_subspace::Match;
using communication_subspace::Pair;
using communication_subspace::Populations;
using communication_subspace::Regression;
using communication_subspace::Removal;
using communication_subspace::Report;
using communication_subspace::Side;
using mrnn::Index;

Match read_match(const mrnn::ConfigNode& config) {
  const std::vector<std::string> accepted{"number", "rate", "none"};
  const std::string match = config.choice("match", accepted, "number");
  return match == "none" ? Match::none : match == "rate" ? Match::rate : Match::number;
}

mrnn::Quantity read_quantity(const mrnn::ConfigNode& config) {
  const std::vector<std::string> accepted{"h", "x"};
  return config.choice("quantity", accepted, "h") == "h" ? mrnn::Quantity::h : mrnn::Quantity::x;
}

Regression read_regression(const mrnn::ConfigNode& config) {
  const std::vector<std::string> accepted{"ols", "ridge"};
  return config.choice("regression", accepted, "ols") == "ols" ? Regression::ols : Regression::ridge;
}

/// Every source with every target. @throws ConfigError where two share some of their units.
std::vector<Group> read_groups(const mrnn::ConfigNode& config, const mrnn::Network& network) {
  const std::vector<mrnn::Population> targets = mrnn::read_population_list(config, "target", network);
  std::vector<Group> groups;
  for (const mrnn::Population& source : mrnn::read_population_list(config, "source", network)) {
    Group group{source, targets, -1};
    const std::vector<Index> own = source.units.indices();
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const std::vector<Index> others = targets[t].units.indices();
      if (own == others) group.within = static_cast<int>(t);
      const bool shared = std::ranges::any_of(others, [&](Index unit) { return source.units.contains(unit); });
      if (shared && own != others) {
        config.fail(config.has("target") ? "target" : "source",
                    "\"" + source.name + "\" and \"" + targets[t].name +
                        "\" share some of their units; a source and a target must be the same or apart");
      }
    }
    if (group.within >= 0 && own.size() < 2) {
      config.fail(config.has("source") ? "source" : "",
                  "\"" + source.name + "\" has a single unit, which cannot be divided into source and target");
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

/// Y about its mean is predicted by X B V_m V_m^T: V the principal components of X B, m by cross-validation.
class CommunicationSubspace final : public mrnn::Analysis {
 public:
  CommunicationSubspace(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : groups_(read_groups(config, network)),
        quantity_(read_quantity(config)),
        activity_(config, network.spec().dt),
        match_(read_match(config)),
        regression_(read_regression(config)),
        folds_(config.count_or("folds", 10, 2)),
        draws_(config.count_or("draws", 1)),
        dimensions_(config.count_or("dimensions", 10)),
        factors_(config.count_or("factors", 0, 0)),
        private_(config.flag("private", true)) {
    mrnn::expect_one_simulation(config, "communication is that within one simulation");
    const bool own = std::ranges::any_of(groups_, [](const Group& group) { return group.within >= 0; });
    if (config.has("private") && private_ && !own) {
      config.fail("private", "has no meaning where no source is a target, too");
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    (quantity_ == mrnn::Quantity::x ? record.x : record.h) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { activity_.check(*planned.front()); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    std::vector<mrnn::Population> all = groups_.front().targets;
    for (const Group& group : groups_) all.push_back(group.source);
    const Activity activity = activity_.read(context.simulation(), quantity_, all);
    std::vector<std::string> constant;
    const std::vector<Group> groups = communication_subspace::varying_groups(groups_, activity, constant);
    say_constant(constant, !groups.empty(), results);
    Report report = empty_report(groups, activity);
    context.expect(draws_ * std::ssize(groups) * std::ssize(report.targets));
    for (Index draw = 0; draw < draws_; ++draw) {
      const std::vector<Index> folds = communication_subspace::draw_folds(activity, folds_, context.seed(), draw);
      report.trial_folds.emplace_back(static_cast<std::size_t>(activity.values.trials), -1);
      for (std::size_t k = 0; k < folds.size(); ++k) {
        report.trial_folds.back()[static_cast<std::size_t>(activity.trials[k])] = folds[k];
      }
      for (std::size_t g = 0; g < groups.size(); ++g) run_group(context, activity, folds, {groups, g, draw}, report);
    }
    communication_subspace::add_arrays(report, results);
    communication_subspace::add_summary(report, results);
    add_figures(context.network(), report, results);
  }

 private:
  void say_constant(std::vector<std::string> names, bool others, mrnn::AnalysisResults& results) const {
    if (activity_.residuals()) {
      for (std::string& name : names) name += " about the means of its conditions";
    }
    mrnn::say_constant(names, names.size() + (others ? 1 : 0), "part in communication", results);
  }

  Report empty_report(const std::vector<Group>& groups, const Activity& activity) const {
    Report report;
    for (const mrnn::Population& target : groups_.front().targets) report.all_targets.push_back(target.name);
    for (const Group& group : groups_) report.all_sources.push_back(group.source.name);
    for (const mrnn::Population& target : groups.front().targets) report.targets.push_back(target.name);
    for (const Group& group : groups) {
      report.sources.push_back(group.source.name);
      for (const std::string& target : report.targets) report.pairs.push_back({group.source.name, target, {}});
    }
    if (factors_ > 0) report.source_factors = Eigen::VectorXd::Zero(std::ssize(groups));
    for (std::size_t row = 0; row < activity.units.size(); ++row) {
      if (!activity.varies[row]) report.dropped.push_back(activity.units[row]);
    }
    report.dimensions = dimensions_;
    report.ridge = regression_ == Regression::ridge;
    return report;
  }

  /// One draw of one source and all its targets.
  struct Turn {
    const std::vector<Group>& groups;
    std::size_t number;  ///< of the group
    Index draw;
  };

  void run_group(const mrnn::AnalysisContext& context, const Activity& activity, const std::vector<Index>& folds,
                 const Turn& turn, Report& report) const {
    const auto& [groups, number, draw] = turn;
    const Group& group = groups[number];
    const Populations units = communication_subspace::draw_units(group, activity, match_, context.seed(), draw);
    std::optional<Pair> own;  // kept while the others are compared with it
    Index own_best = 0;
    std::optional<Index> source_factors;
    long done = (turn.draw * std::ssize(turn.groups) + static_cast<long>(turn.number)) * std::ssize(group.targets);
    const auto step = [&] { context.advance(done); };
    for (const std::size_t t : order(group)) {
      Pair pair = communication_subspace::make_pair(
          group.source.name, group.targets[t].name,
          communication_subspace::fold_tables(activity, units.source, units.targets[t], folds, folds_), regression_);
      Draw made;
      made.curve = communication_subspace::validate(pair);
      made.fit = reduced_rank(pair.whole, pair.lambda);
      made.lambda = pair.lambda;
      made.source_units = units.source;
      made.target_units = units.targets[t];
      if (own && private_) made.removal = remove(*own, own_best, pair, made.curve.best, context.seed(), draw);
      if (factors_ > 0 && !source_factors) {
        source_factors = communication_subspace::count_factors(pair, Side::source, factors_, step).count;
        report.source_factors(static_cast<Index>(number)) +=
            static_cast<double>(*source_factors) / static_cast<double>(draws_);
      }
      if (source_factors) {
        made.target_factors = communication_subspace::count_factors(pair, Side::target, factors_, step).count;
        if (*source_factors > 0) made.factor_curve = factor_regression(pair, *source_factors, step);
      }
      if (static_cast<int>(t) == group.within) {
        own = std::move(pair);
        own_best = made.curve.best;
      }
      report.pairs[number * group.targets.size() + t].draws.push_back(std::move(made));
      context.advance(++done);
    }
  }

  /// Indices of the targets, the source itself first.
  static std::vector<std::size_t> order(const Group& group) {
    std::vector<std::size_t> targets;
    if (group.within >= 0) targets.push_back(static_cast<std::size_t>(group.within));
    for (std::size_t t = 0; t < group.targets.size(); ++t) {
      if (static_cast<int>(t) != group.within) targets.push_back(t);
    }
    return targets;
  }

  /// What the dimensions for one target mean for the prediction of the source's own, and the other way round.
  static Removal remove(const Pair& own, Index own_best, const Pair& other, Index other_best, std::uint64_t seed,
                        Index draw) {
    mrnn::RandomStream random(
        seed, mrnn::Stream::analyses,
        "communication_subspace:removal:" + own.source + ":" + other.target + ":" + std::to_string(draw));
    const auto full = [](const communication_subspace::Curve& curve) {
      return 1.0 - curve.mean(curve.mean.size() - 1);
    };
    const auto left = [&](const Pair& pair, const communication_subspace::Axes& axes) {
      return communication_subspace::validate(pair, &axes);
    };
    const communication_subspace::Curve within =
        left(own, communication_subspace::without_predictive(other, other_best));
    Removal removal;
    removal.within = full(within);
    removal.dimensions = static_cast<double>(within.best);
    removal.within_random = full(left(own, communication_subspace::without_random(own, other_best, random)));
    removal.across = full(left(other, communication_subspace::without_predictive(own, own_best)));
    removal.across_random = full(left(other, communication_subspace::without_random(other, own_best, random)));
    return removal;
  }

  void add_figures(const mrnn::Network& network, const Report& report, mrnn::AnalysisResults& results) const {
    results.figures.push_back(communication_subspace::draw_performance(network, report));
    if (report.pairs.size() > 1) results.figures.push_back(communication_subspace::draw_table(report));
    mrnn::Figure removal = communication_subspace::draw_removal(report);
    if (!removal.panels.empty()) results.figures.push_back(std::move(removal));
    if (factors_ == 0) return;
    results.figures.push_back(communication_subspace::draw_factors(network, report));
    mrnn::Figure regression = communication_subspace::draw_factor_regression(report);
    if (!regression.panels.empty()) results.figures.push_back(std::move(regression));
  }

  std::vector<Group> groups_;
  mrnn::Quantity quantity_;
  communication_subspace::ActivityChoice activity_;
  Match match_;
  Regression regression_;
  Index folds_, draws_, dimensions_, factors_;
  bool private_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "communication_subspace",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<CommunicationSubspace>(config, network);
      },
      "dimensions of a region's activity that predict another's, by reduced-rank regression",
      "source              selectors; default: every region\n"
      "target              selectors; default: every region. One that is also the source is the other half of it\n"
      "quantity = \"h\"      h | x\n"
      "match = \"number\"    units of targets: number | rate (as many in each bin of mean rate) | none\n"
      "draws = 1           of units and folds, at random\n"
      "residuals = true    about the mean of each condition\n"
      "zscore = false      divide each unit by its standard deviation\n"
      "regression = \"ols\"  ols | ridge\n"
      "folds = 10          of cross-validation, by trials\n"
      "dimensions = 10     predictive dimensions that are handed back\n"
      "private = true      predictions without the dimensions for others\n"
      "factors = 0         largest number of factors tried; 0: no factor analysis\n"
      "every = 1           steps between samples\n"
      "by = \"condition\"    per-trial metadata that groups trials\n"
      "align               epoch whose first step is time zero\n"
      "align_at = 0        instead: ms from the start of the run\n"
      "window              [from, to] in ms around time zero; default: all that was recorded");
}

}  // namespace

MRNN_PLUGIN("communication_subspace", "1.0", attach)
