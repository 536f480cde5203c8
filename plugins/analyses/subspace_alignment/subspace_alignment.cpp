// How the subspaces that activity fills lie to each other, and to the weights that read them.

#include <cmath>
#include <functional>
#include <iomanip>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "activity_sets.hpp"
#include "alignment_figure.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/samples.hpp"
#include "pathway.hpp"
#include "subspaces.hpp"

namespace {

using mrnn::Index;
using subspace_alignment::ActivitySet;
using subspace_alignment::Between;
using subspace_alignment::Comparison;
using subspace_alignment::PathwayResult;
using subspace_alignment::Scale;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Matrices of one size as an array; the first axis counts them, or the last does.
enum class Stacked : std::uint8_t { first, last };
mrnn::NamedArray stack(std::string name, const std::vector<Eigen::MatrixXd>& matrices, Stacked where,
                       std::vector<std::string> axes, std::string units, std::string description) {
  const Index count = std::ssize(matrices), rows = matrices.front().rows(), columns = matrices.front().cols();
  const bool first = where == Stacked::first;
  mrnn::NamedArray made{std::move(name),
                        {first ? count : rows, first ? rows : columns, first ? columns : count},
                        {},
                        std::move(units),
                        std::move(axes),
                        std::move(description)};
  for (Index i = 0; i < made.shape[0]; ++i) {
    for (Index j = 0; j < made.shape[1]; ++j) {
      for (Index k = 0; k < made.shape[2]; ++k) {
        made.values.push_back(first ? matrices[static_cast<std::size_t>(i)](j, k)
                                    : matrices[static_cast<std::size_t>(k)](i, j));
      }
    }
  }
  return made;
}

std::vector<std::string> names_of(const std::vector<ActivitySet>& sets) {
  std::vector<std::string> names;
  for (const ActivitySet& set : sets) names.push_back(set.name);
  return names;
}

/// A(a, b) = tr(Q_a^T C_b Q_a) / (sum of the k largest eigenvalues of C_b), Q_a the k leading components of a.
class SubspaceAlignment final : public mrnn::Analysis {
 public:
  SubspaceAlignment(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : populations_(mrnn::read_unit_populations(config, network)),
        sets_(config, network.spec().dt),
        size_(config),
        pathways_(config, network),
        draws_(config.count_or("draws", 1000)) {
    if (sets_.between() == Between::regions) check_regions(config);
    if (!pathways_.list().empty() && populations_.quantity == mrnn::Quantity::x) {
      config.fail("pathways", "needs quantity = \"h\": weights act on the activity");
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    (populations_.quantity == mrnn::Quantity::x ? record.x : record.h) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { sets_.check(planned); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const bool regions = sets_.between() == Between::regions;
    context.expect((regions ? 1 : std::ssize(populations_.list)) * draws_);
    long done = 0;
    const auto count = [&] { context.advance(++done); };
    const std::vector<Comparison> comparisons =
        regions ? compare_regions(context, count, results) : compare_sets(context, count, results);
    for (const Comparison& comparison : comparisons) add_comparison(comparison, results);
    results.texts.push_back({"sets", comparisons.front().all_sets, "what is compared", "set"});
    results.figures.push_back(subspace_alignment::draw_indices(comparisons));
    results.figures.push_back(subspace_alignment::draw_angles(comparisons));
    run_pathways(context, results);
  }

 private:
  void check_regions(const mrnn::ConfigNode& config) const {
    const std::vector<mrnn::Population>& list = populations_.list;
    if (list.size() < 2) config.fail("regions", "must name two at least to be compared");
    for (const mrnn::Population& other : list) {
      if (other.units.size() == list.front().units.size()) continue;
      config.fail("regions", "are compared unit by unit, but \"" + list.front().name + "\" has " +
                                 std::to_string(list.front().units.size()) + " units and \"" + other.name + "\" has " +
                                 std::to_string(other.units.size()));
    }
    if (!pathways_.list().empty()) config.fail("pathways", "has no meaning with between = \"regions\"");
  }

  std::vector<Comparison> compare_regions(const mrnn::AnalysisContext& context, const std::function<void()>& count,
                                          mrnn::AnalysisResults& results) const {
    const std::vector<ActivitySet> sets = sets_.of_regions(context.simulations(), populations_);
    const std::vector<std::string> constant = constant_sets(sets);
    mrnn::say_constant(constant, sets.size(), "subspace", results);
    if (constant.size() + 2 > sets.size()) fail_single();
    return {compare(context, "regions", sets, count)};
  }

  /// Within each population; of one that varies in a single set there is nothing to compare.
  std::vector<Comparison> compare_sets(const mrnn::AnalysisContext& context, const std::function<void()>& count,
                                       mrnn::AnalysisResults& results) const {
    std::vector<Comparison> comparisons;
    std::vector<std::string> constant;
    for (const mrnn::Population& population : populations_.list) {
      const std::vector<ActivitySet> sets =
          sets_.of_population(context.simulations(), populations_.quantity, population, Scale::normalised);
      const std::vector<std::string> without = constant_sets(sets);
      if (without.size() == sets.size()) {
        constant.push_back(population.name);
      } else if (!without.empty()) {
        results.summary.push_back("the activity of " + population.name + " is constant in " + mrnn::join(without) +
                                  ", so it has no subspace there");
      }
      if (without.size() + 2 <= sets.size()) {
        comparisons.push_back(compare(context, population.name, sets, count));
      } else {
        for (Index draw = 0; draw < draws_; ++draw) count();
      }
    }
    mrnn::say_constant(constant, populations_.list.size(), "subspaces", results);
    if (comparisons.empty()) fail_single();
    return comparisons;
  }

  [[noreturn]] static void fail_single() {
    throw mrnn::RunError("there are no two sets of activity that varies, so there are no subspaces to compare");
  }

  /// Those that vary are compared.
  Comparison compare(const mrnn::AnalysisContext& context, const std::string& name, const std::vector<ActivitySet>& all,
                     const std::function<void()>& count) const {
    std::vector<ActivitySet> sets;
    std::vector<Index> places;
    for (std::size_t s = 0; s < all.size(); ++s) {
      if (!all[s].varies()) continue;
      sets.push_back(all[s]);
      places.push_back(static_cast<Index>(s));
    }
    Comparison made{name, names_of(sets), subspace_alignment::align(sets, size_), {}, names_of(all), places};
    made.chance =
        subspace_alignment::chance(sets, made.alignment, draws_, context.seed(), "subspace_alignment:" + name, count);
    return made;
  }

  static std::vector<std::string> constant_sets(const std::vector<ActivitySet>& sets) {
    std::vector<std::string> names;
    for (const ActivitySet& set : sets) {
      if (!set.varies()) names.push_back(set.name);
    }
    return names;
  }

  static void add_comparison(const Comparison& made, mrnn::AnalysisResults& results) {
    const std::string& name = made.name;
    const subspace_alignment::Chance& chance = made.chance;
    std::vector<Eigen::MatrixXd> angles;
    for (const Eigen::MatrixXd& angle : made.alignment.angles) angles.push_back(among_all(made, angle));
    results.add(name + "_index", among_all(made, made.alignment.index), {"subspace", "activity"}, "1",
                "share of the activity's variance in the subspace, of the most that so many dimensions can hold; NaN "
                "where activity is constant");
    results.add(stack(name + "_angles", angles, Stacked::last, {"set", "set", "angle"}, "degrees",
                      "principal angles between subspaces, rising; NaN where activity is constant"));
    results.add(stack(name + "_axes", axes_among_all(made), Stacked::first, {"set", "component", "unit"}, "1",
                      "orthonormal axes of the subspaces; NaN where activity is constant"));
    results.add(name + "_random_index", among_all(made, chance.mean), {"activity"}, "1",
                "mean alignment index of random subspaces with the activity of each set");
    results.add(name + "_random_low", among_all(made, chance.low), {"activity"}, "1", "its 2.5 % quantile");
    results.add(name + "_random_high", among_all(made, chance.high), {"activity"}, "1", "its 97.5 % quantile");
    results.add(name + "_random_angles", chance.angles, {"angle"}, "degrees",
                "mean principal angles between random subspaces");
    add_summary(made, results);
  }

  /// A number of each set that varies, or of each two of them, among all sets: NaN of the others.
  static Eigen::MatrixXd among_all(const Comparison& made, const Eigen::MatrixXd& values) {
    const Index count = std::ssize(made.all_sets);
    const bool pairs = values.cols() > 1;
    Eigen::MatrixXd all = Eigen::MatrixXd::Constant(count, pairs ? count : 1, missing);
    if (pairs) {
      all(made.places, made.places) = values;
    } else {
      all(made.places, 0) = values;
    }
    return all;
  }

  /// [components x units] of each set.
  static std::vector<Eigen::MatrixXd> axes_among_all(const Comparison& made) {
    const Eigen::MatrixXd& first = made.alignment.axes.front();
    std::vector<Eigen::MatrixXd> all(made.all_sets.size(),
                                     Eigen::MatrixXd::Constant(first.cols(), first.rows(), missing));
    for (std::size_t s = 0; s < made.places.size(); ++s) {
      all[static_cast<std::size_t>(made.places[s])] = made.alignment.axes[s].transpose();
    }
    return all;
  }

  /// The least aligned pair.
  static void add_summary(const Comparison& made, mrnn::AnalysisResults& results) {
    Index a = 0, b = 0;
    made.alignment.index.minCoeff(&a, &b);
    const Index k = made.alignment.axes.front().cols();
    std::ostringstream line;
    line << std::setprecision(3) << made.name << ": subspaces of " << k << (k == 1 ? " dimension" : " dimensions")
         << "; least aligned: " << made.sets[static_cast<std::size_t>(b)] << " in that of "
         << made.sets[static_cast<std::size_t>(a)] << ", index " << made.alignment.index(a, b) << " (random "
         << made.chance.low(b) << " to " << made.chance.high(b) << ")";
    results.summary.push_back(line.str());
  }

  void run_pathways(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const {
    std::vector<PathwayResult> all;
    for (const subspace_alignment::Pathway& pathway : pathways_.list()) {
      const std::vector<ActivitySet> sets =
          sets_.of_population(context.simulations(), populations_.quantity, pathway.source, Scale::as_is);
      all.push_back({pathway, names_of(sets),
                     subspace_alignment::potent_power(context.network(), context.parameters(), pathway, sets,
                                                      pathways_.potent_components())});
      add_pathway(all.back(), results);
    }
    std::erase_if(all, [](const PathwayResult& made) { return made.power.share.array().isNaN().all(); });
    if (!all.empty()) results.figures.push_back(subspace_alignment::draw_pathways(context.network(), all));
  }

  static void add_pathway(const PathwayResult& made, mrnn::AnalysisResults& results) {
    const std::string& name = made.pathway.name;
    const double even = static_cast<double>(made.power.axes.cols()) / static_cast<double>(made.power.axes.rows());
    results.add(name + "_potent_axes", made.power.axes.transpose(), {"component", "unit"}, "1",
                "orthonormal axes of the potent space: right singular vectors of the weights");
    results.add(name + "_singular_values", made.power.values, {"component"}, "1", "of the weights");
    results.add(name + "_potent_share", made.power.share, {"set"}, "1",
                "share of the source's variance in the potent space; the rest is in the null space; NaN where its "
                "activity is constant");
    results.scalar(name + "_even_share", even, "1", "that of activity spread evenly over all directions");
    results.add(name + "_gain", made.power.gain, {"set"}, "1",
                "variance that passes the weights, over that of activity spread evenly");
    add_pathway_summary(made, even, results);
  }

  static void add_pathway_summary(const PathwayResult& made, double even, mrnn::AnalysisResults& results) {
    std::vector<std::string> shares;
    for (std::size_t s = 0; s < made.sets.size(); ++s) {
      const double share = made.power.share(static_cast<Index>(s));
      if (!std::isfinite(share)) continue;
      std::ostringstream words;
      words << std::setprecision(3) << 100.0 * share << " % (" << made.sets[s] << ")";
      shares.push_back(words.str());
    }
    std::ostringstream line;
    line << std::setprecision(3) << made.pathway.name << ": " << made.power.axes.cols() << " potent dimensions of "
         << made.power.axes.rows() << "; ";
    if (shares.empty()) {
      line << "the activity of " << made.pathway.source.name << " is constant, so it has no variance in them";
    } else {
      line << "share of the variance in them " << mrnn::join(shares) << "; spread evenly it would be " << 100.0 * even
           << " %";
    }
    results.summary.push_back(line.str());
  }

  mrnn::Populations populations_;
  subspace_alignment::SetChoice sets_;
  subspace_alignment::SizeChoice size_;
  subspace_alignment::PathwayChoice pathways_;
  Index draws_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "subspace_alignment",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<SubspaceAlignment>(config, network);
      },
      "subspaces of activity compared between epochs, conditions, simulations or regions, and with weights",
      "between = \"epochs\"  epochs | conditions | simulations | regions (of the same size)\n"
      "regions             selectors, a comparison each (or those compared); default: every region\n"
      "quantity = \"h\"      h | x\n"
      "components = 10     dimensions of a subspace, or as many as the activity has; or\n"
      "variance            instead: share of the variance that the subspace of every set holds\n"
      "draws = 1000        random subspaces to compare with\n"
      "pathways            \"from->to\": power of the source in their potent and null spaces\n"
      "potent_components   dimensions of a potent space; default: the rank of the weights\n"
      "fit = \"trials\"      samples: trials | conditions (means over trials)\n"
      "epochs              for between = \"epochs\"; default: all\n"
      "normalise = \"none\"  none | zscore | soft (range + softening)\n"
      "softening           in units of the activity; default: a tenth of the largest range\n"
      "every = 1           steps between samples\n"
      "by = \"condition\"    per-trial metadata that groups trials\n"
      "align               epoch whose first step is time zero\n"
      "align_at = 0        instead: ms from the start of the run\n"
      "window              [from, to] in ms around time zero; default: all that was recorded");
}

}  // namespace

MRNN_PLUGIN("subspace_alignment", "1.0", attach)
