#include "approximation_report.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <utility>

#include "mrnn/samples.hpp"

namespace linear_approximation {
namespace {

using Eigen::MatrixXd;
using mrnn::Index;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// States from which principal components are taken; more would not change them visibly.
constexpr Index most_samples = 1000;

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

/// NaN where the trial does not move.
double relative(double square, double variance) {
  return variance > 0.0 ? std::sqrt(square / variance) : nan;
}

/// (trial, time, unit)
mrnn::NamedArray trajectories(const mrnn::Sequence& states, std::string name, std::string axis,
                              std::string description) {
  mrnn::NamedArray array{std::move(name), {states.trials, states.steps, states.units}, {},
                         "a.u.",          {"stored_trial", "time", std::move(axis)},   std::move(description)};
  array.values.reserve(states.data.size());
  for (Index trial = 0; trial < states.trials; ++trial) {
    for (Index step = 0; step < states.steps; ++step) {
      const auto column = states.at(step).col(trial);
      array.values.insert(array.values.end(), column.begin(), column.end());
    }
  }
  return array;
}

/// In the plane of the components.
mrnn::Sequence project(const mrnn::Sequence& states, const Plane& plane) {
  mrnn::Sequence projected(plane.components.directions.cols(), states.trials, states.steps);
  for (Index step = 0; step < states.steps; ++step) {
    projected.at(step) = plane.components.directions.transpose() * (states.at(step).colwise() - plane.mean);
  }
  return projected;
}

void add_trajectories(const Report& report, mrnn::AnalysisResults& results) {
  if (report.plan.stored == 0) return;
  const Comparison& comparison = report.comparison;
  results.add(trajectories(comparison.full, "full", "unit", "states of the full network after each step"));
  results.add(trajectories(comparison.linear, "linear", "unit", "states of the linear network after each step"));
  if (report.plane.components.directions.cols() == 0) return;
  results.add("axes", report.plane.components.directions.transpose(), {"component", "unit"}, "1",
              "leading principal components of the full network's stored states");
  results.add("mean", report.plane.mean, {"unit"}, "a.u.", "mean of those states");
  results.add(trajectories(project(comparison.full, report.plane), "full_projection", "component",
                           "states of the full network along the axes"));
  results.add(trajectories(project(comparison.linear, report.plane), "linear_projection", "component",
                           "states of the linear network along the axes"));
}

void add_parts(const Report& report, mrnn::AnalysisResults& results) {
  const std::vector<MatrixXd>& parts = report.measures.parts;
  const Index trials = parts.front().rows(), steps = parts.front().cols();
  mrnn::NamedArray array{"region_relative_error",
                         {std::ssize(parts), trials, steps},
                         {},
                         "1",
                         {"region", "trial", "time"},
                         "error over the units of each region, relative to the trial's standard deviation there"};
  for (const MatrixXd& part : parts) {
    const MatrixXd row_major = part.transpose();
    array.values.insert(array.values.end(), row_major.data(), row_major.data() + row_major.size());
  }
  results.add(std::move(array));
  results.add("region_r2", report.measures.part_r2, {"region", "trial"}, "1",
              "share of each region's variance over time that the linear network has");
  mrnn::NamedTexts regions{"regions", {}, "regions of the linear units", "region"};
  for (const Part& part : report.comparison.errors.parts()) regions.values.push_back(part.name);
  results.texts.push_back(std::move(regions));
}

void add_numbers(std::string name, const std::vector<Index>& numbers, std::string axis, std::string description,
                 mrnn::AnalysisResults& results) {
  mrnn::NamedArray array{std::move(name), {std::ssize(numbers)}, {}, "1", {std::move(axis)}, std::move(description)};
  array.values.assign(numbers.begin(), numbers.end());
  results.add(std::move(array));
}

}  // namespace

double quantile(std::vector<double> values, double share) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return nan;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::ranges::nth_element(values, values.begin() + rank);
  return values[static_cast<std::size_t>(rank)];
}

Measures measure(const ErrorSums& errors, double threshold, double dt) {
  const Index trials = errors.trials(), steps = errors.steps(), parts = std::ssize(errors.parts());
  Measures measures{MatrixXd(trials, steps),
                    MatrixXd(trials, steps),
                    std::vector<MatrixXd>(errors.parts().size(), MatrixXd(trials, steps)),
                    Eigen::VectorXd(trials),
                    MatrixXd(parts, trials),
                    Eigen::VectorXd::Constant(trials, nan)};
  for (Index trial = 0; trial < trials; ++trial) {
    for (Index step = 0; step < steps; ++step) {
      const double square = errors.squared(trial, step);
      measures.absolute(trial, step) = std::sqrt(square);
      measures.relative(trial, step) = relative(square, errors.variance(trial));
      const bool passed = measures.relative(trial, step) > threshold;
      if (passed && std::isnan(measures.horizon(trial))) measures.horizon(trial) = static_cast<double>(step + 1) * dt;
      for (Index r = 0; r < parts; ++r) {
        measures.parts[static_cast<std::size_t>(r)](trial, step) =
            relative(errors.squared(r, trial, step), errors.variance(r, trial));
      }
    }
    measures.r2(trial) = 1.0 - measures.relative.row(trial).squaredNorm() / static_cast<double>(steps);
    for (Index r = 0; r < parts; ++r) {
      const MatrixXd& part = measures.parts[static_cast<std::size_t>(r)];
      measures.part_r2(r, trial) = 1.0 - part.row(trial).squaredNorm() / static_cast<double>(steps);
    }
  }
  return measures;
}

Plane make_plane(const mrnn::Sequence& full) {
  const Eigen::Map<const MatrixXd> all(full.data.data(), full.units, full.trials * full.steps);
  if (all.cols() == 0) return {Eigen::VectorXd::Zero(full.units), {MatrixXd(full.units, 0), {}}};
  Plane plane{all.rowwise().mean(), {}};
  const MatrixXd samples = all(Eigen::all, mrnn::spread_samples(all.cols(), most_samples));
  plane.components = mrnn::principal_components(samples.colwise() - plane.mean, 2);
  return plane;
}

void add_arrays(const Report& report, mrnn::AnalysisResults& results) {
  const Measures& measures = report.measures;
  results.add("error", measures.absolute, {"trial", "time"}, "a.u.", "|linear - full| over the linear units");
  results.add("relative_error", measures.relative, {"trial", "time"}, "1",
              "the same relative to the standard deviation over time of the full network's trial");
  results.add("r2", measures.r2, {"trial"}, "1", "share of the variance over time that the linear network has");
  results.add("horizon", measures.horizon, {"trial"}, "ms",
              "time from the start until the relative error exceeds the threshold; NaN where it never does");
  add_parts(report, results);
  add_trajectories(report, results);
  const mrnn::StepRange& steps = report.plan.steps;
  const Eigen::VectorXd time = Eigen::VectorXd::LinSpaced(steps.size(), static_cast<double>(steps.first) * report.dt,
                                                          static_cast<double>(steps.last - 1) * report.dt);
  results.add("time", time, {"time"}, "ms", "of the steps after which the states are compared");
  add_numbers("references", report.plan.references, "reference",
              "steps before which the states lie that are "
              "linearised about",
              results);
  add_numbers("trial", report.plan.trials, "trial", "number of each trial", results);
  add_numbers("units", report.plan.units.indices(), "unit", "number of each linear unit within the network", results);
}

void add_summary(const Report& report, mrnn::AnalysisResults& results) {
  const Plan& plan = report.plan;
  const Measures& measures = report.measures;
  std::vector<double> horizons;  // of the trials that move; infinite where the threshold is never passed
  for (Index trial = 0; trial < measures.r2.size(); ++trial) {
    if (std::isnan(measures.r2(trial))) continue;
    const double horizon = measures.horizon(trial);
    horizons.push_back(std::isnan(horizon) ? std::numeric_limits<double>::infinity() : horizon);
  }
  std::ostringstream line;
  line << report.simulation.name << ", " << plan.trials.size() << (plan.trials.size() == 1 ? " trial" : " trials")
       << " linearised about " << plan.references.size()
       << (plan.references.size() == 1 ? " state: " : " states each: ");
  const auto still = measures.r2.size() - std::ssize(horizons);
  if (horizons.empty()) {
    results.summary.push_back(line.str() + "the full network does not move, so there is nothing to explain");
    return;
  }
  line << "median R^2 " << number(quantile({measures.r2.begin(), measures.r2.end()}, 0.5));
  const double median = quantile(horizons, 0.5);
  const auto passed = std::ranges::count_if(horizons, [](double value) { return std::isfinite(value); });
  line << "; the relative error exceeds " << number(report.threshold);
  if (passed == 0) {
    line << " nowhere";
  } else if (!std::isfinite(median)) {
    line << " in " << passed << " of " << horizons.size() << " trials";
  } else {
    line << " after " << number(median) << " ms" << (horizons.size() > 1 ? " (median)" : "");
    const auto never = std::ssize(horizons) - passed;
    if (never > 0) line << ", never in " << never << " of " << horizons.size() << " trials";
  }
  if (still > 0) line << "; " << still << " do not move and are left out";
  results.summary.push_back(line.str());
}

}  // namespace linear_approximation
