#include "subspace_report.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>
#include <utility>

#include "mrnn/names.hpp"

namespace communication_subspace {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;
using mrnn::NamedArray;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Matrices of any sizes as one array (draw, row, column), filled up with NaN.
NamedArray stack(std::string name, const std::vector<MatrixXd>& matrices, std::vector<std::string> axes,
                 std::string description) {
  Index rows = 0, columns = 0;
  for (const MatrixXd& matrix : matrices) {
    rows = std::max(rows, matrix.rows());
    columns = std::max(columns, matrix.cols());
  }
  NamedArray array{std::move(name),       {std::ssize(matrices), rows, columns}, {}, "1", std::move(axes),
                   std::move(description)};
  for (const MatrixXd& matrix : matrices) {
    for (Index row = 0; row < rows; ++row) {
      for (Index column = 0; column < columns; ++column) {
        array.values.push_back(row < matrix.rows() && column < matrix.cols() ? matrix(row, column) : missing);
      }
    }
  }
  return array;
}

/// Lists of numbers as one array (draw, ...), filled up with -1.
NamedArray stack(std::string name, const std::vector<std::vector<Index>>& lists, std::string axis,
                 std::string description) {
  std::size_t longest = 0;
  for (const auto& list : lists) longest = std::max(longest, list.size());
  NamedArray array{
      std::move(name),       {std::ssize(lists), static_cast<Index>(longest)}, {}, "1", {"draw", std::move(axis)},
      std::move(description)};
  for (const auto& list : lists) {
    for (std::size_t k = 0; k < longest; ++k) array.values.push_back(k < list.size() ? double(list[k]) : -1.0);
  }
  return array;
}

/// A number of each source and target; NaN where there is none.
template <class Number>
MatrixXd table(const Report& report, Number&& number) {
  MatrixXd values = MatrixXd::Constant(std::ssize(report.all_sources), std::ssize(report.all_targets), missing);
  for (const PairResult& pair : report.pairs) {
    const auto place = [](const std::vector<std::string>& names, const std::string& name) {
      return std::ranges::find(names, name) - names.begin();
    };
    values(place(report.all_sources, pair.source), place(report.all_targets, pair.target)) = number(pair);
  }
  return values;
}

double removal_of(const PairResult& pair, double Removal::*number) {
  return pair.mean([&](const Draw& draw) { return draw.removal ? *draw.removal.*number : missing; });
}

void add_pair(const PairResult& pair, Index dimensions, mrnn::AnalysisResults& results) {
  const std::string name = pair.array_name(), of = " of " + pair.target + " from " + pair.source;
  std::vector<MatrixXd> losses, predictive, axes;
  std::vector<std::vector<Index>> source_units, target_units;
  for (const Draw& draw : pair.draws) {
    const Index kept = std::min(dimensions, draw.fit.dimensions.cols());
    losses.push_back(draw.curve.losses);
    predictive.emplace_back(draw.fit.dimensions.leftCols(kept).transpose());
    axes.emplace_back(draw.fit.axes.leftCols(kept).transpose());
    source_units.push_back(draw.source_units);
    target_units.push_back(draw.target_units);
  }
  results.add(name + "_performance", pair.performance(), {"rank"}, "1",
              "1 - normalised squared error of the prediction" + of + " by 0, 1, ... dimensions, mean over folds");
  results.add(name + "_performance_sem", pair.sem(), {"rank"}, "1", "its standard error over folds");
  results.add(stack(name + "_loss", losses, {"draw", "fold", "rank"}, "normalised squared error of each fold"));
  results.add(stack(name + "_predictive_dimensions", predictive, {"draw", "dimension", "unit"},
                    "columns of B V: weights of the source's units, fitted to all samples"));
  results.add(stack(name + "_target_axes", axes, {"draw", "dimension", "unit"},
                    "columns of V: what each dimension predicts in the target's units"));
  results.add(stack(name + "_source_units", source_units, "unit", "numbers of the source's units; -1: no more"));
  results.add(stack(name + "_target_units", target_units, "unit", "numbers of the target's units; -1: no more"));
  VectorXd best(std::ssize(pair.draws));
  for (std::size_t d = 0; d < pair.draws.size(); ++d) {
    best(static_cast<Index>(d)) = pair.draws[d].optimum();
  }
  results.add(name + "_optimal_dimension", best, {"draw"}, "1",
              "least number of dimensions within one SEM of the best; 0: nothing is predicted");
}

void add_factor_curve(const PairResult& pair, mrnn::AnalysisResults& results) {
  const bool any = std::ranges::any_of(pair.draws, [](const Draw& draw) { return draw.factor_curve.has_value(); });
  if (!any) return;
  std::vector<MatrixXd> losses;
  for (const Draw& draw : pair.draws) losses.push_back(draw.factor_curve ? draw.factor_curve->losses : MatrixXd());
  results.add(stack(pair.array_name() + "_factor_loss", losses, {"draw", "fold", "factor"},
                    "normalised squared error of regression on 0, 1, ... leading factors of the source"));
}

void add_removal_tables(const Report& report, mrnn::AnalysisResults& results) {
  const auto add = [&](const char* name, double Removal::*number, const char* description) {
    results.add(name, table(report, [&](const PairResult& pair) { return removal_of(pair, number); }),
                {"source", "target"}, "1", description);
  };
  add("private_dimension", &Removal::dimensions,
      "dimensions that predict the source's own target once those for the target are taken out");
  add("within_after_removal", &Removal::within,
      "performance on the source's own target without the dimensions for the target");
  add("within_after_random", &Removal::within_random, "the same without as many random dimensions");
  add("across_after_removal", &Removal::across,
      "performance on the target without the dimensions for the source's own target");
  add("across_after_random", &Removal::across_random, "the same without as many random dimensions");
}

void add_tables(const Report& report, mrnn::AnalysisResults& results) {
  const auto add = [&](const char* name, auto number, const char* description) {
    results.add(name, table(report, [&](const PairResult& pair) { return pair.mean(number); }), {"source", "target"},
                "1", description);
  };
  add("optimal_dimension", &Draw::optimum,
      "predictive dimensions: least number within one SEM of the best, 0 where nothing is predicted; mean over draws");
  add("performance", &Draw::performance, "1 - normalised squared error at that number");
  add("performance_sem", &Draw::performance_sem, "its standard error over folds");
  add("full_performance", &Draw::full_performance, "that of the full regression");
  if (report.ridge) add("lambda", &Draw::lambda, "ridge penalty");
  const bool removal =
      std::ranges::any_of(report.pairs, [](const PairResult& pair) { return pair.draws.front().removal.has_value(); });
  if (removal) add_removal_tables(report, results);
  if (report.source_factors.size() == 0) return;
  VectorXd factors = VectorXd::Constant(std::ssize(report.all_sources), missing);
  for (std::size_t s = 0; s < report.sources.size(); ++s) {
    factors(std::ranges::find(report.all_sources, report.sources[s]) - report.all_sources.begin()) =
        report.source_factors(static_cast<Index>(s));
  }
  results.add("source_factors", factors, {"source"}, "1",
              "factors of the source that hold 95 % of its shared variance, mean over draws");
  add("target_factors", &Draw::factors, "factors of the target that hold 95 % of its shared variance");
}

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

/// `2 dimensions, performance 0.65 (full regression 0.66)`.
std::string words_of(const PairResult& pair) {
  const double best = pair.mean(&Draw::optimum);
  return number(best) + (best == 1.0 ? " dimension" : " dimensions") + ", performance " +
         number(pair.mean(&Draw::performance)) + " (full regression " + number(pair.mean(&Draw::full_performance)) +
         ")";
}

}  // namespace

VectorXd PairResult::performance() const {
  Index ranks = draws.front().curve.mean.size();
  for (const Draw& draw : draws) ranks = std::min(ranks, draw.curve.mean.size());
  VectorXd sum = VectorXd::Zero(ranks);
  for (const Draw& draw : draws) sum += draw.curve.mean.head(ranks);
  return 1.0 - sum.array() / static_cast<double>(draws.size());
}

VectorXd PairResult::sem() const {
  VectorXd sum = VectorXd::Zero(performance().size());
  for (const Draw& draw : draws) sum += draw.curve.sem.head(sum.size());
  return sum / static_cast<double>(draws.size());
}

VectorXd PairResult::factor_performance() const {
  Index count = std::numeric_limits<Index>::max();
  for (const Draw& draw : draws) count = std::min(count, draw.factor_curve ? draw.factor_curve->mean.size() : 0);
  VectorXd sum = VectorXd::Zero(count);
  for (const Draw& draw : draws) {
    if (count > 0) sum += draw.factor_curve->mean.head(count);
  }
  return 1.0 - sum.array() / static_cast<double>(draws.size());
}

void add_arrays(const Report& report, mrnn::AnalysisResults& results) {
  add_tables(report, results);
  for (const PairResult& pair : report.pairs) add_pair(pair, report.dimensions, results);
  for (const PairResult& pair : report.pairs) add_factor_curve(pair, results);
  results.add(stack("trial_fold", report.trial_folds, "trial", "fold of each trial; -1: no samples"));
  VectorXd dropped(std::ssize(report.dropped));
  std::ranges::copy(report.dropped, dropped.begin());
  results.add("dropped_units", dropped, {"unit"}, "1", "numbers of units that do not vary and are left out");
  results.texts.push_back({"sources", report.all_sources, "sources", "source"});
  results.texts.push_back(
      {"targets", report.all_targets, "targets; one that is also the source is the other half of it", "target"});
}

void add_summary(const Report& report, mrnn::AnalysisResults& results) {
  for (const std::string& source : report.sources) {
    std::vector<std::string> parts;
    const PairResult* best = nullptr;  // of the other targets
    Index others = 0;
    for (const PairResult& pair : report.pairs) {
      if (pair.source != source) continue;
      if (pair.within()) {
        parts.push_back("within it " + words_of(pair));
        continue;
      }
      ++others;
      if (best == nullptr || pair.mean(&Draw::performance) > best->mean(&Draw::performance)) best = &pair;
    }
    if (best != nullptr) {
      const std::string of = others == 1 ? "" : "best of " + std::to_string(others) + " ";
      parts.push_back(of + "to " + best->target + " " + words_of(*best));
      if (best->draws.front().removal && best->mean(&Draw::optimum) > 0.0) {
        parts.push_back("without these, within it " + number(removal_of(*best, &Removal::within)) +
                        " (without random ones " + number(removal_of(*best, &Removal::within_random)) + ")");
      }
    }
    results.summary.push_back("from " + source + ": " + mrnn::join(parts, "; "));
  }
  if (report.dropped.empty()) return;
  results.summary.push_back(std::to_string(report.dropped.size()) + (report.dropped.size() == 1
                                                                         ? " unit does not vary and is left out"
                                                                         : " units do not vary and are left out"));
}

}  // namespace communication_subspace
