#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "mrnn/names.hpp"

namespace dpca {
namespace {

using Eigen::VectorXd;

std::string number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string percent(double share) {
  return number("%.3g %%", 100.0 * share);
}

/// Projections as (component, factor, ..., time).
void add_projections(const Outcome& outcome, mrnn::AnalysisResults& results) {
  mrnn::NamedArray array{outcome.population + "_projection",
                         {outcome.projections.rows()},
                         {},
                         "a.u.",
                         {"component"},
                         "activity decoded by each component, averaged over the trials of each condition"};
  for (const mrnn::Levels& factor : outcome.grid.factors) {
    array.shape.push_back(std::ssize(factor.values));
    array.axes.push_back(factor.name);
  }
  array.shape.push_back(outcome.projections.cols() / outcome.grid.cells());
  array.axes.emplace_back("time");
  for (Index k = 0; k < outcome.projections.rows(); ++k) {
    for (Index column = 0; column < outcome.projections.cols(); ++column) {
      array.values.push_back(outcome.projections(k, column));
    }
  }
  results.add(std::move(array));
}

void add_axes(const Outcome& outcome, const mrnn::Selection& units, mrnn::AnalysisResults& results) {
  const std::string& name = outcome.population;
  results.add(name + "_encoder", outcome.found.encoders.transpose(), {"component", "unit"}, "1",
              "axis along which a component acts on the units");
  results.add(name + "_decoder", outcome.found.decoders.transpose(), {"component", "unit"}, "1",
              "weights by which a component is read from the units");
  results.add(name + "_mean", outcome.mean, {"unit"}, "a.u.", "mean over conditions and time, subtracted first");
  const std::vector<Index> indices = units.indices();
  VectorXd numbers(std::ssize(indices));
  for (Index k = 0; k < numbers.size(); ++k) numbers(k) = static_cast<double>(indices[static_cast<std::size_t>(k)]);
  results.add(name + "_units", numbers, {"unit"}, "1", "numbers of the units in the network");
  VectorXd origin(std::ssize(outcome.found.origin));
  for (Index k = 0; k < origin.size(); ++k) {
    origin(k) = static_cast<double>(outcome.found.origin[static_cast<std::size_t>(k)]);
  }
  results.add(name + "_marginalisation", origin, {"component"}, "1", "index of the component's marginalisation");
}

void add_variances(const Outcome& outcome, mrnn::AnalysisResults& results) {
  const std::string& name = outcome.population;
  const Explained& explained = outcome.explained;
  results.add(name + "_explained", explained.single, {"component"}, "1",
              "share of the variance that the component alone explains");
  results.add(name + "_explained_by_part", explained.by_part, {"component", "marginalisation"}, "1",
              "the same, by the marginalisation whose variance it is");
  results.add(name + "_cumulative", explained.cumulative, {"component"}, "1",
              "share of the variance that the components up to this one explain together");
  results.add(name + "_cumulative_pca", explained.principal, {"component"}, "1",
              "share of the variance that as many principal components explain");
  results.add(name + "_overlap", explained.overlaps, {"component", "component"}, "1", "products of encoders");
  results.add(name + "_correlation", explained.correlations, {"component", "component"}, "1",
              "correlations of projections");
  results.add(name + "_shares", explained.shares, {"marginalisation"}, "1",
              "share of the variance in each marginalisation");
  results.add(name + "_signal_shares", signal_shares(outcome), {"marginalisation"}, "1",
              "the same without the variance expected by noise; NaN: no signal, or noise unknown");
  results.scalar(name + "_variance", outcome.total, "a.u.^2", "sum of squares over units, conditions and time");
  results.scalar(name + "_signal_variance", signal_variance(outcome), "a.u.^2",
                 "the same without the variance expected by noise, 0 or less where there is no signal; NaN: no "
                 "condition has two trials");
}

void add_fit(const Outcome& outcome, mrnn::AnalysisResults& results) {
  const std::string& name = outcome.population;
  results.scalar(name + "_lambda", outcome.lambda, "1", "regularisation");
  if (outcome.search) {
    results.add(name + "_lambdas", outcome.search->lambdas, {"lambda"}, "1", "values tried");
    results.add(name + "_lambda_error", outcome.search->errors, {"repeat", "lambda"}, "1",
                "variance of training trials not found in trials held out, as a share");
  }
  if (!outcome.significance) return;
  const Significance& test = *outcome.significance;
  VectorXd tested(std::ssize(test.components));
  for (Index k = 0; k < tested.size(); ++k) {
    tested(k) = static_cast<double>(test.components[static_cast<std::size_t>(k)]);
  }
  results.add(name + "_tested", tested, {"tested"}, "1", "components tested");
  results.add(name + "_accuracy", test.accuracy, {"tested", "time"}, "1",
              "share of trials held out whose class is recognised");
  results.add(name + "_accuracy_shuffled", test.shuffled, {"tested", "time"}, "1", "the best of all shuffles");
  results.add(name + "_chance", test.chance, {"tested"}, "1", "1 / classes");
  results.add(name + "_significant", test.significant, {"tested", "time"}, "1", "1: better than all shuffles");
}

std::string significant_words(const Outcome& outcome) {
  std::vector<std::string> words;
  const Significance& test = *outcome.significance;
  for (std::size_t k = 0; k < test.components.size(); ++k) {
    const double share = test.significant.row(static_cast<Index>(k)).mean();
    if (!(share > 0.0)) continue;
    const auto component = static_cast<std::size_t>(test.components[k]);
    words.push_back(std::to_string(component + 1) + " (" +
                    outcome.marginalisations[outcome.found.origin[component]].name + ", " +
                    number("%.0f", 100.0 * share) + " % of the time)");
  }
  return words.empty() ? "no component tells conditions apart better than all shuffles"
                       : "components that tell conditions apart better than all shuffles: " + mrnn::join(words);
}

}  // namespace

VectorXd signal_shares(const Outcome& outcome) {
  const double signal = signal_variance(outcome);
  const VectorXd parts = outcome.explained.shares * outcome.total - outcome.noise;
  return signal > 0.0 ? VectorXd(parts / signal) : VectorXd::Constant(parts.size(), std::nan(""));
}

double signal_variance(const Outcome& outcome) {
  return outcome.total - outcome.noise.sum();
}

void add_arrays(const Outcome& outcome, const mrnn::Selection& units, mrnn::AnalysisResults& results) {
  add_projections(outcome, results);
  add_axes(outcome, units, results);
  add_variances(outcome, results);
  add_fit(outcome, results);
}

void add_summary(const Outcome& outcome, mrnn::AnalysisResults& results) {
  const Explained& explained = outcome.explained;
  const Index components = explained.single.size();
  std::vector<std::string> shares;
  for (std::size_t m = 0; m < outcome.marginalisations.size(); ++m) {
    shares.push_back(outcome.marginalisations[m].name + " " + percent(explained.shares(static_cast<Index>(m))));
  }
  results.summary.push_back(outcome.population + ": variance by " + mrnn::join(shares) + "; " +
                            std::to_string(components) + " demixed components explain " +
                            percent(explained.cumulative(components - 1)) + ", as many principal components " +
                            percent(explained.principal(components - 1)));
  const double signal = signal_variance(outcome);
  if (std::isfinite(signal)) {
    const std::string words = signal > 0.0 ? "signal " + percent(signal / outcome.total) +
                                                 " of the variance, the rest is noise of single trials"
                                           : "no signal above the noise of single trials";
    results.summary.push_back(outcome.population + ": " + words + "; lambda " + number("%.3g", outcome.lambda) +
                              (outcome.search ? " by cross-validation" : ""));
  }
  if (outcome.significance) results.summary.push_back(outcome.population + ": " + significant_words(outcome));
}

}  // namespace dpca
