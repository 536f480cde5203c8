// How the subspaces that activity fills lie to each other, and to the weights that read them.

#include <functional>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "activity_sets.hpp"
#include "alignment_figure.hpp"
#include "mrnn/plugin.hpp"
#include "pathway.hpp"
#include "subspaces.hpp"

namespace {

using mrnn::Index;
using subspace_alignment::ActivitySet;
using subspace_alignment::Between;
using subspace_alignment::Comparison;
using subspace_alignment::PathwayResult;
using subspace_alignment::Scale;

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

  void check(const std::vector<const mrnn::Simulation*>& planned, const mrnn::Task* /*task*/) const override {
    sets_.check(planned);
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const bool regions = sets_.between() == Between::regions;
    context.expect((regions ? 1 : std::ssize(populations_.list)) * draws_);
    long done = 0;
    const auto count = [&] { context.advance(++done); };
    std::vector<Comparison> comparisons;
    if (regions) {
      comparisons.push_back(compare(context, "regions", sets_.of_regions(context.simulations(), populations_), count));
    } else {
      for (const mrnn::Population& population : populations_.list) {
        comparisons.push_back(compare(
            context, population.name,
            sets_.of_population(context.simulations(), populations_.quantity, population, Scale::normalised), count));
      }
    }
    for (const Comparison& comparison : comparisons) add_comparison(comparison, results);
    results.texts.push_back({"sets", comparisons.front().sets, "what is compared", "set"});
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

  Comparison compare(const mrnn::AnalysisContext& context, const std::string& name,
                     const std::vector<ActivitySet>& sets, const std::function<void()>& count) const {
    Comparison made{name, names_of(sets), subspace_alignment::align(sets, size_), {}};
    made.chance =
        subspace_alignment::chance(sets, made.alignment, draws_, context.seed(), "subspace_alignment:" + name, count);
    return made;
  }

  static void add_comparison(const Comparison& made, mrnn::AnalysisResults& results) {
    const auto& [name, sets, alignment, chance] = made;
    results.add(name + "_index", alignment.index, {"subspace", "activity"}, "1",
                "share of the activity's variance in the subspace, of the most that so many dimensions can hold");
    results.add(stack(name + "_angles", alignment.angles, Stacked::last, {"set", "set", "angle"}, "degrees",
                      "principal angles between subspaces, rising"));
    results.add(stack(name + "_axes", transposed(alignment.axes), Stacked::first, {"set", "component", "unit"}, "1",
                      "orthonormal axes of the subspaces"));
    results.add(name + "_random_index", chance.mean, {"activity"}, "1",
                "mean alignment index of random subspaces with the activity of each set");
    results.add(name + "_random_low", chance.low, {"activity"}, "1", "its 2.5 % quantile");
    results.add(name + "_random_high", chance.high, {"activity"}, "1", "its 97.5 % quantile");
    results.add(name + "_random_angles", chance.angles, {"angle"}, "degrees",
                "mean principal angles between random subspaces");
    add_summary(made, results);
  }

  static std::vector<Eigen::MatrixXd> transposed(const std::vector<Eigen::MatrixXd>& matrices) {
    std::vector<Eigen::MatrixXd> made;
    for (const Eigen::MatrixXd& matrix : matrices) made.emplace_back(matrix.transpose());
    return made;
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
    if (!all.empty()) results.figures.push_back(subspace_alignment::draw_pathways(context.network(), all));
  }

  static void add_pathway(const PathwayResult& made, mrnn::AnalysisResults& results) {
    const std::string& name = made.pathway.name;
    const double even = static_cast<double>(made.power.axes.cols()) / static_cast<double>(made.power.axes.rows());
    results.add(name + "_potent_axes", made.power.axes.transpose(), {"component", "unit"}, "1",
                "orthonormal axes of the potent space: right singular vectors of the weights");
    results.add(name + "_singular_values", made.power.values, {"component"}, "1", "of the weights");
    results.add(name + "_potent_share", made.power.share, {"set"}, "1",
                "share of the source's variance in the potent space; the rest is in the null space");
    results.scalar(name + "_even_share", even, "1", "that of activity spread evenly over all directions");
    results.add(name + "_gain", made.power.gain, {"set"}, "1",
                "variance that passes the weights, over that of activity spread evenly");
    std::ostringstream line;
    line << std::setprecision(3) << name << ": " << made.power.axes.cols() << " potent dimensions of "
         << made.power.axes.rows() << "; share of the variance in them ";
    for (std::size_t s = 0; s < made.sets.size(); ++s) {
      line << (s == 0 ? "" : ", ") << 100.0 * made.power.share(static_cast<Index>(s)) << " % (" << made.sets[s] << ")";
    }
    line << "; spread evenly it would be " << 100.0 * even << " %";
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
