// How many directions the activity of each region fills.

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/plugin.hpp"
#include "mrnn/populations.hpp"
#include "mrnn/samples.hpp"
#include "ratio_figure.hpp"
#include "sample_groups.hpp"

namespace {

using mrnn::Index;
using participation_ratio::Dimensionality;
using participation_ratio::Estimates;
using participation_ratio::Over;

std::vector<double> read_shares(const mrnn::ConfigNode& config) {
  std::vector<double> shares = config.numbers("variance", {0.8, 0.9, 0.95});
  for (const double share : shares) {
    if (!(share > 0.0 && share < 1.0)) config.fail("variance", "holds a number that is not between 0 and 1");
  }
  return shares;
}

/// PR = (tr C)^2 / tr C^2 of the covariance C of samples.
class ParticipationRatio final : public mrnn::Analysis {
 public:
  ParticipationRatio(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : populations_(mrnn::read_unit_populations(config, network)),
        groups_(config, network.spec().dt),
        shares_(read_shares(config)) {}

  mrnn::Record needs() const override {
    mrnn::Record record;
    (populations_.quantity == mrnn::Quantity::x ? record.x : record.h) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { groups_.check(planned); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const auto& simulations = context.simulations();
    std::vector<Estimates> estimates;
    std::vector<std::string> names, constant;
    context.expect(std::ssize(populations_.list));
    for (const mrnn::Population& population : populations_.list) {
      names.clear();
      std::vector<Dimensionality> found;
      groups_.visit(simulations, populations_.quantity, population.units,
                    [&](const std::string& name, const mrnn::Sequence& activity, const auto& choice) {
                      context.advance(std::ssize(estimates));
                      names.push_back(name);
                      found.push_back(participation_ratio::dimensionality(activity, choice, shares_));
                    });
      estimates.push_back(collect(population, found));
      if (!estimates.back().any()) constant.push_back(population.name);
      context.advance(std::ssize(estimates));
    }
    mrnn::say_constant(constant, estimates.size(), "dimensions", results);
    if (groups_.over() == Over::time) {
      finish_times(context, estimates, results);
    } else {
      finish_groups(context.network(), estimates, names, results);
    }
  }

 private:
  Estimates collect(const mrnn::Population& population, const std::vector<Dimensionality>& found) const {
    const Index count = std::ssize(found);
    Estimates made{population.name, Eigen::VectorXd(count), Eigen::VectorXd(count),
                   Eigen::MatrixXd(count, std::ssize(shares_))};
    for (Index g = 0; g < count; ++g) {
      const Dimensionality& one = found[static_cast<std::size_t>(g)];
      made.ratio(g) = one.ratio;
      made.sem(g) = one.sem;
      made.leading.row(g) = one.leading;
    }
    return made;
  }

  void add_shares(mrnn::AnalysisResults& results) const {
    results.add("variance", Eigen::Map<const Eigen::VectorXd>(shares_.data(), std::ssize(shares_)), {"share"}, "1",
                "shares of the variance that the leading components are to hold");
  }

  void finish_groups(const mrnn::Network& network, const std::vector<Estimates>& estimates,
                     const std::vector<std::string>& names, mrnn::AnalysisResults& results) const {
    for (const Estimates& made : estimates) {
      const std::string of = " of the activity of " + made.name;
      results.add(made.name + "_ratio", made.ratio, {"group"}, "1", "participation ratio" + of);
      results.add(made.name + "_sem", made.sem, {"group"}, "1", "its standard error over trials");
      results.add(made.name + "_components", made.leading, {"group", "share"}, "1",
                  "leading components that hold each share of the variance" + of);
      add_summary(made, names, results);
    }
    add_shares(results);
    results.texts.push_back({"groups", names, "samples that each estimate is of", "group"});
    results.figures.push_back(participation_ratio::draw_groups(network, drawn(estimates), names));
  }

  /// Groups are simulations times steps.
  void finish_times(const mrnn::AnalysisContext& context, const std::vector<Estimates>& estimates,
                    mrnn::AnalysisResults& results) const {
    std::vector<std::string> simulations;
    for (const mrnn::Simulation* simulation : context.simulations()) simulations.push_back(simulation->name);
    const Eigen::VectorXd times = groups_.times(context.simulations());
    const auto table = [&](std::string name, const Eigen::MatrixXd& values, std::string description) {
      mrnn::NamedArray array{
          std::move(name),       {std::ssize(simulations), times.size()}, {}, "1", {"simulation", "time"},
          std::move(description)};
      if (values.cols() > 1 || array.name.ends_with("_components")) {
        array.shape.push_back(values.cols());
        array.axes.emplace_back("share");
      }
      for (const auto row : values.rowwise()) array.values.insert(array.values.end(), row.begin(), row.end());
      results.add(std::move(array));
    };
    for (const Estimates& made : estimates) {
      const std::string of = " of the activity of " + made.name;
      table(made.name + "_ratio", made.ratio, "participation ratio over trials" + of);
      table(made.name + "_sem", made.sem, "its standard error over trials");
      table(made.name + "_components", made.leading, "leading components that hold each share of the variance" + of);
      add_range(made, results);
    }
    add_shares(results);
    results.add("time", times, {"time"}, "ms", "time after the moment of alignment");
    results.texts.push_back({"simulations", simulations, "simulations that the estimates are of", "simulation"});
    const std::vector<Estimates> varying = drawn(estimates);
    results.figures.push_back(
        participation_ratio::draw_times(context.network(), {varying, simulations, times, groups_.time_label()}));
  }

  /// Those of activity that varies.
  static std::vector<Estimates> drawn(std::vector<Estimates> estimates) {
    std::erase_if(estimates, [](const Estimates& made) { return !made.any(); });
    return estimates;
  }

  static void add_summary(const Estimates& made, const std::vector<std::string>& names,
                          mrnn::AnalysisResults& results) {
    if (!made.any()) return;
    std::ostringstream line;
    line << std::setprecision(3) << made.name << ": participation ratio ";
    for (std::size_t g = 0; g < names.size(); ++g) {
      const auto group = static_cast<Index>(g);
      line << (g == 0 ? "" : ", ") << made.ratio(group);
      if (std::isfinite(made.sem(group))) line << " +- " << made.sem(group);
      if (names.size() > 1) line << " (" << names[g] << ")";
    }
    results.summary.push_back(line.str());
  }

  static void add_range(const Estimates& made, mrnn::AnalysisResults& results) {
    if (!made.any()) return;
    double low = std::numeric_limits<double>::infinity(), high = 0.0;
    for (const double ratio : made.ratio) {
      if (std::isnan(ratio)) continue;
      low = std::min(low, ratio);
      high = std::max(high, ratio);
    }
    std::ostringstream line;
    line << std::setprecision(3) << made.name << ": participation ratio over trials from " << low << " to " << high
         << " over time";
    results.summary.push_back(line.str());
  }

  mrnn::Populations populations_;
  participation_ratio::SampleGroups groups_;
  std::vector<double> shares_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "participation_ratio",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<ParticipationRatio>(config, network);
      },
      "dimensions of the activity of each region: participation ratio, and components for shares of the variance",
      "regions             selectors, an estimate each; default: every region\n"
      "quantity = \"h\"      h | x\n"
      "over = \"all\"        one estimate for all samples | conditions | epochs | time (over trials at each step)\n"
      "fit = \"trials\"      samples: single trials | conditions (their means) | residuals (about those means)\n"
      "variance = [0.8, 0.9, 0.95]  shares that the leading components are to hold\n"
      "epochs              for over = \"epochs\"; default: all\n"
      "normalise = \"none\"  none | zscore | soft (range + softening)\n"
      "softening           in units of the activity; default: a tenth of the largest range\n"
      "every = 1           steps between samples\n"
      "by = \"condition\"    per-trial metadata that groups trials\n"
      "align               epoch whose first step is time zero\n"
      "align_at = 0        instead: ms from the start of the run\n"
      "window              [from, to] in ms around time zero; default: all that was recorded");
}

}  // namespace

MRNN_PLUGIN("participation_ratio", "1.0", attach)
