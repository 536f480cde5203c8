// Dynamic similarity analysis: distances between the linear dynamics of delay-embedded activity.

#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "dsa_report.hpp"
#include "item_fits.hpp"
#include "mrnn/plugin.hpp"

namespace {

using dsa::Index;
using dsa::ItemFit;
using dsa::Metric;

/// d(A, B) = min over orthogonal C of the angle between (or the length of the difference of) A and C B C^T.
class Dsa final : public mrnn::Analysis {
 public:
  Dsa(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : comparison_(config, network, mrnn::Correspondence::none), options_(dsa::read_options(config, comparison_)) {}

  mrnn::Record needs() const override { return comparison_.needs(); }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { comparison_.check(planned); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    mrnn::ComparedActivities activities = comparison_.read(context);
    activities.leave_out(dsa::still_items(activities), "constant");
    const long parts = dsa::parts_of_fitting(options_, activities);
    context.expect(parts + std::ssize(activities.pairs()));
    const dsa::Fits fits = dsa::fit_all(options_, activities, context);
    const mrnn::ComparisonMatrix distances = compare(activities, fits.items, context, parts);

    const dsa::Report report{activities, context.network(), fits, distances, options_.sweep};
    results.add("distance", distances.values, {"item", "item"}, distances.unit.empty() ? "1" : distances.unit,
                metric_words() + "; NaN where two are not compared, and of an activity that is constant");
    dsa::add_arrays(report, results);
    dsa::add_summary(report, results);
    dsa::add_figures(report, results);
  }

 private:
  mrnn::ComparisonMatrix compare(const mrnn::ComparedActivities& activities, const std::vector<ItemFit>& fits,
                                 const mrnn::AnalysisContext& context, long done) const {
    dsa::Search search = options_.search;
    search.seed = context.seed();
    search.pulse = [&] { context.advance(done); };
    mrnn::ComparisonMatrix distances{mrnn::no_comparisons(activities, 0.0), label(), unit()};
    for (const auto& [i, j] : activities.pairs()) {
      const double value = distance(fits[i], fits[j], search);
      distances.values(static_cast<Index>(i), static_cast<Index>(j)) = value;
      distances.values(static_cast<Index>(j), static_cast<Index>(i)) = value;
      context.advance(++done);
    }
    return distances;
  }

  double distance(const ItemFit& first, const ItemFit& second, const dsa::Search& search) const {
    const dsa::Dynamics &a = first.dynamics, &b = second.dynamics;
    switch (options_.metric) {
      case Metric::angular:
        return dsa::compare_dynamics(a.a, b.a, search).angular;
      case Metric::euclidean:
        if (options_.normalise) return dsa::compare_dynamics(a.a.normalized(), b.a.normalized(), search).euclidean;
        return dsa::compare_dynamics(a.a, b.a, search).euclidean;
      case Metric::wasserstein:
        return dsa::wasserstein(first.eigenvalues, second.eigenvalues);
      case Metric::controllability:
        break;
    }
    const Index horizon = options_.horizon > 0 ? options_.horizon : a.a.rows();
    return dsa::compare_controllability(a.a, a.b, b.a, b.b, horizon);
  }

  std::string unit() const {
    return options_.metric == Metric::angular || options_.metric == Metric::controllability ? "rad" : "";
  }

  std::string label() const {
    switch (options_.metric) {
      case Metric::angular:
        return "angular distance (rad)";
      case Metric::euclidean:
        return "Euclidean distance";
      case Metric::wasserstein:
        return "Wasserstein distance";
      case Metric::controllability:
        break;
    }
    return "controllability distance (rad)";
  }

  std::string metric_words() const {
    switch (options_.metric) {
      case Metric::angular:
        return "smallest angle between A and C B C^T over orthogonal C";
      case Metric::euclidean:
        return std::string("smallest |A - C B C^T| over orthogonal C") +
               (options_.normalise ? ", A and B of norm 1" : "");
      case Metric::wasserstein:
        return "2-Wasserstein distance between the eigenvalues of A and B in the plane";
      case Metric::controllability:
        break;
    }
    return "smallest angle between controllability matrices over orthogonal changes of the state";
  }

  mrnn::Comparison comparison_;
  dsa::Options options_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "dsa",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Dsa>(config, network);
      },
      "dynamic similarity: distances between the linear dynamics of regions, simulations and runs",
      std::string(mrnn::comparison_options) + dsa::describe_options());
}

}  // namespace

MRNN_PLUGIN("dsa", "1.0", attach)
