#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cross_validation.hpp"
#include "mrnn/analysis.hpp"

namespace communication_subspace {

/// What is left of predictions where dimensions are taken out of the source.
struct Removal {
  double within = 0.0;         ///< performance on the source's own target without the dimensions for the other one
  double within_random = 0.0;  ///< without as many random ones
  double across = 0.0;         ///< performance on the other target without the dimensions for the source's own
  double across_random = 0.0;
  double dimensions = 0.0;  ///< private ones: the optimal number for `within`
};

/// One draw of units and folds of a source and a target.
struct Draw {
  Curve curve;
  ReducedRank fit;  ///< to all samples
  double lambda = 0.0;
  std::vector<mrnn::Index> source_units, target_units;
  std::optional<Removal> removal;
  std::optional<mrnn::Index> target_factors;
  std::optional<Curve> factor_curve;  ///< empty where the source has no factors

  double factors() const { return static_cast<double>(target_factors.value_or(0)); }
  double optimum() const { return static_cast<double>(curve.best); }
  double performance() const { return 1.0 - curve.mean(curve.best); }
  double performance_sem() const { return curve.sem(curve.best); }
  double full_performance() const { return 1.0 - curve.mean(curve.mean.size() - 1); }
};

struct PairResult {
  std::string source, target;
  std::vector<Draw> draws;

  bool within() const { return source == target; }
  std::string array_name() const { return source + "_to_" + target; }
  /// Mean over draws of a number of each: `mean(&Draw::performance)`.
  template <class Number>
  double mean(Number&& number) const {
    double sum = 0.0;
    for (const Draw& draw : draws) sum += std::invoke(number, draw);
    return sum / static_cast<double>(draws.size());
  }
  /// Mean over draws of the performance of each number of dimensions, and of its SEM over folds; as many as the draw
  /// with the fewest has.
  Eigen::VectorXd performance() const;
  Eigen::VectorXd sem() const;
  /// The same of regression on 0, 1, ... factors of the source; empty where it has none in some draw.
  Eigen::VectorXd factor_performance() const;
};

/// Everything that was found.
struct Report {
  std::vector<std::string> sources, targets;
  std::vector<std::string> all_sources, all_targets;  ///< with those that are constant and so have no pairs
  std::vector<PairResult> pairs;                      ///< source by source
  Eigen::VectorXd source_factors;                     ///< per source, mean over draws; empty: not asked for
  std::vector<std::vector<mrnn::Index>> trial_folds;  ///< per draw and trial; -1: no samples
  std::vector<mrnn::Index> dropped;                   ///< units that do not vary
  mrnn::Index dimensions = 0;                         ///< predictive dimensions that are handed back
  bool ridge = false;
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
void add_summary(const Report& report, mrnn::AnalysisResults& results);

/// Performance against the number of predictive dimensions, a panel per source.
mrnn::Figure draw_performance(const mrnn::Network& network, const Report& report);
/// Optimal dimensions and performance of each source and target.
mrnn::Figure draw_table(const Report& report);
/// What is left of the prediction of the source's own target without dimensions for the others.
mrnn::Figure draw_removal(const Report& report);
/// Regression on the leading factors of the source beside that on predictive dimensions.
mrnn::Figure draw_factor_regression(const Report& report);
/// Predictive dimensions against the factors of the target.
mrnn::Figure draw_factors(const mrnn::Network& network, const Report& report);

}  // namespace communication_subspace
