#include "lyapunov_report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <limits>
#include <sstream>
#include <utility>

namespace lyapunov {
namespace {

using mrnn::Index;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// Lines of the figure of convergence: more cannot be told apart.
constexpr Index most_lines = 5;

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

/// Over the columns of `values`: mean, and standard error, NaN from a single column.
struct Mean {
  Eigen::VectorXd mean, sem;
};
Mean mean_of(const Eigen::MatrixXd& values) {
  const auto count = static_cast<double>(values.cols());
  Mean result{values.rowwise().mean(), Eigen::VectorXd::Constant(values.rows(), nan)};
  if (values.cols() < 2) return result;
  const Eigen::MatrixXd centred = values.colwise() - result.mean;
  result.sem = (centred.rowwise().squaredNorm() / (count - 1.0) / count).cwiseSqrt();
  return result;
}

/// Exponents of all trials, [count x trials].
Eigen::MatrixXd exponents_of(const SimulationExponents& simulation) {
  Eigen::MatrixXd values(simulation.growth.trials.front().exponents.size(), std::ssize(simulation.growth.trials));
  for (Index k = 0; k < values.cols(); ++k) {
    values.col(k) = simulation.growth.trials[static_cast<std::size_t>(k)].exponents;
  }
  return values;
}

/// Running estimates of one exponent, [samples x trials].
Eigen::MatrixXd running_of(const SimulationExponents& simulation, Index exponent) {
  Eigen::MatrixXd values(std::ssize(simulation.growth.times), std::ssize(simulation.growth.trials));
  for (Index k = 0; k < values.cols(); ++k) {
    values.col(k) = simulation.growth.trials[static_cast<std::size_t>(k)].running.row(exponent).transpose();
  }
  return values;
}

/// The largest exponent of each trial, a row: not always the first one, before they have settled.
Eigen::MatrixXd largest_of(const SimulationExponents& simulation) {
  return exponents_of(simulation).colwise().maxCoeff();
}

/// Running estimates of the largest exponent, [samples x trials].
Eigen::MatrixXd running_largest(const SimulationExponents& simulation) {
  Eigen::MatrixXd values = running_of(simulation, 0);
  for (Index i = 1; i < simulation.growth.trials.front().exponents.size(); ++i) {
    values = values.cwiseMax(running_of(simulation, i));
  }
  return values;
}

/// (trial) from a function of one trial, trials of all simulations one after the other.
mrnn::NamedArray per_trial(const Report& report, std::string name, std::string units, std::string description,
                           const std::function<double(const Growth&)>& value) {
  mrnn::NamedArray array{std::move(name), {0}, {}, std::move(units), {"trial"}, std::move(description)};
  for (const SimulationExponents& simulation : report.simulations) {
    for (const Growth& growth : simulation.growth.trials) array.values.push_back(value(growth));
  }
  array.shape.front() = std::ssize(array.values);
  return array;
}

void add_exponents(const Report& report, mrnn::AnalysisResults& results) {
  Eigen::MatrixXd mean(std::ssize(report.simulations), report.count), sem = mean;
  mrnn::NamedArray trials{
      "exponents_trials",
      {0, report.count},
      {},
      "1/s",
      {"trial", "exponent"},
      "Lyapunov exponents of each trial, in the order of the columns: falling, once they have settled"};
  for (Index s = 0; s < mean.rows(); ++s) {
    const Eigen::MatrixXd values = exponents_of(report.simulations[static_cast<std::size_t>(s)]);
    const Mean over_trials = mean_of(values);
    mean.row(s) = over_trials.mean.transpose();
    sem.row(s) = over_trials.sem.transpose();
    trials.shape.front() += values.cols();
    trials.values.insert(trials.values.end(), values.data(), values.data() + values.size());
  }
  results.add("exponents", mean, {"simulation", "exponent"}, "1/s",
              "Lyapunov exponents, mean over trials; falling, once they have settled");
  results.add("exponents_sem", sem, {"simulation", "exponent"}, "1/s",
              "standard error of the mean over trials; NaN for a single trial");
  results.add(std::move(trials));
}

/// Simulations of different length are filled up with NaN.
void add_convergence(const Report& report, mrnn::AnalysisResults& results) {
  Index samples = 0;
  for (const SimulationExponents& simulation : report.simulations) {
    samples = std::max(samples, std::ssize(simulation.growth.times));
  }
  const Index simulations = std::ssize(report.simulations);
  mrnn::NamedArray array{"convergence",
                         {simulations, samples, report.count},
                         std::vector<double>(static_cast<std::size_t>(simulations * samples * report.count), nan),
                         "1/s",
                         {"simulation", "time", "exponent"},
                         "estimates from the discarded steps up to each time, mean over trials"};
  Eigen::MatrixXd times = Eigen::MatrixXd::Constant(simulations, samples, nan);
  for (Index s = 0; s < simulations; ++s) {
    const SimulationExponents& simulation = report.simulations[static_cast<std::size_t>(s)];
    for (Index i = 0; i < report.count; ++i) {
      const Eigen::VectorXd mean = mean_of(running_of(simulation, i)).mean;
      for (Index k = 0; k < mean.size(); ++k) {
        array.values[static_cast<std::size_t>((s * samples + k) * report.count + i)] = mean(k);
        times(s, k) = simulation.growth.times[static_cast<std::size_t>(k)];
      }
    }
  }
  results.add(std::move(array));
  results.add("convergence_time", times, {"simulation", "time"}, "ms", "time since the end of the discarded steps");
}

void add_trials(const Report& report, mrnn::AnalysisResults& results) {
  mrnn::NamedTexts names{"simulations", {}, "names of the simulations", "simulation"};
  mrnn::NamedTexts of_trial{"trial_simulation", {}, "simulation of each trial", "trial"};
  for (const SimulationExponents& simulation : report.simulations) {
    names.values.push_back(simulation.name);
    of_trial.values.insert(of_trial.values.end(), simulation.growth.trials.size(), simulation.name);
  }
  results.texts.push_back(std::move(names));
  results.texts.push_back(std::move(of_trial));
  results.add(per_trial(report, "trial", "1", "number of each trial within its simulation",
                        [](const Growth& growth) { return static_cast<double>(growth.trial); }));
}

/// Mean and, where trials differ by more than rounding, standard error: `2.31 +- 0.04`.
std::string with_error(const Mean& value) {
  const bool differ = value.sem(0) > 1e-9 * std::abs(value.mean(0));
  return number(value.mean(0)) + (differ ? " +- " + number(value.sem(0)) : "");
}

/// Of the largest exponent. Within two standard errors of 0 nothing is said.
std::string meaning(const Mean& largest) {
  const double margin = std::isfinite(largest.sem(0)) ? 2.0 * largest.sem(0) : 0.0;
  if (largest.mean(0) > margin) return "neighbouring states move apart";
  if (largest.mean(0) < -margin) return "neighbouring states come together";
  return "neither growth nor decay can be told from 0";
}

/// By how much the estimate of the largest exponent has changed over the second half of the samples, mean over trials;
/// 0 where that is little. A transient adds c / T to an estimate over the time T, so that what is left of it is as
/// large as the change from T / 2 to T: too much where it is beyond the error of the change and beyond what the error
/// of the exponent says, which knows only how trials differ; or without that, a tenth of the exponent.
double drift(const SimulationExponents& simulation, const Mean& largest) {
  constexpr double much = 0.1, little = 0.01;  // of the exponent
  const Eigen::MatrixXd running = running_largest(simulation);
  const Eigen::MatrixXd changes = running.row(running.rows() - 1) - running.row(running.rows() / 2);
  const Mean change = mean_of(changes);
  const double size = std::abs(largest.mean(0));
  if (!std::isfinite(change.sem(0))) return std::abs(change.mean(0)) > much * size ? change.mean(0) : 0.0;
  const double said = std::clamp(largest.sem(0), little * size, much * size);
  return std::abs(change.mean(0)) > 2.0 * change.sem(0) + said ? change.mean(0) : 0.0;
}

Mean mean_of_totals(const Report& report, const SimulationExponents& simulation, double Totals::*which) {
  Eigen::MatrixXd values(1, std::ssize(simulation.growth.trials));
  for (Index k = 0; k < values.cols(); ++k) {
    const Growth& growth = simulation.growth.trials[static_cast<std::size_t>(k)];
    values(k) = totals(growth.exponents, report.all).*which;
  }
  return mean_of(values);
}

/// Line and, where there is an error, a band of one standard error.
void add_line(const Eigen::VectorXd& x, const Mean& y, int colour, const std::string& label, mrnn::Panel& panel) {
  mrnn::Series line, band;
  line.label = label;
  band.kind = mrnn::Series::Kind::band;
  line.colour = band.colour = colour;
  line.x = {x.begin(), x.end()};
  line.y = {y.mean.begin(), y.mean.end()};
  for (Index k = 0; k < x.size(); ++k) {
    if (!std::isfinite(y.mean(k)) || !std::isfinite(y.sem(k))) continue;
    band.x.push_back(x(k));
    band.y.push_back(y.mean(k) - y.sem(k));
    band.upper.push_back(y.mean(k) + y.sem(k));
  }
  if (!band.x.empty()) panel.series.push_back(std::move(band));
  panel.series.push_back(std::move(line));
}

mrnn::Panel spectrum_panel(const Report& report) {
  mrnn::Panel panel;
  panel.title = "spectrum";
  panel.x.label = "exponent";
  panel.y.label = "Lyapunov exponent (1/s)";
  panel.guides.push_back({mrnn::Guide::Kind::horizontal, 0.0, ""});
  const Eigen::VectorXd index = Eigen::VectorXd::LinSpaced(report.count, 1.0, static_cast<double>(report.count));
  int colour = 0;
  for (const SimulationExponents& simulation : report.simulations) {
    const Mean mean = mean_of(exponents_of(simulation));
    add_line(index, mean, colour, report.simulations.size() > 1 ? simulation.name : "", panel);
    mrnn::Series points;
    points.kind = mrnn::Series::Kind::scatter;
    points.colour = colour++;
    points.x = {index.begin(), index.end()};
    points.y = {mean.mean.begin(), mean.mean.end()};
    panel.series.push_back(std::move(points));
  }
  return panel;
}

/// Of one simulation the leading exponents; of several the first one of each.
mrnn::Panel convergence_panel(const Report& report) {
  mrnn::Panel panel;
  const bool several = report.simulations.size() > 1;
  panel.title = several ? "convergence of the first" : "convergence";
  panel.x.label = "time (ms)";
  panel.y.label = "estimate (1/s)";
  panel.guides.push_back({mrnn::Guide::Kind::horizontal, 0.0, ""});
  int colour = 0;
  for (const SimulationExponents& simulation : report.simulations) {
    const std::vector<double>& times = simulation.growth.times;
    const Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXd>(times.data(), std::ssize(times));
    for (Index i = 0; i < (several ? 1 : std::min(report.count, most_lines)); ++i) {
      const std::string label = several || report.count == 1 ? "" : "exponent " + std::to_string(i + 1);
      Mean mean = mean_of(running_of(simulation, i));
      if (i > 0) mean.sem.setConstant(nan);  // bands of several exponents would cover each other
      add_line(x, mean, colour++, label, panel);
    }
  }
  return panel;
}

}  // namespace

Totals totals(const Eigen::VectorXd& exponents, bool all) {
  Eigen::VectorXd sorted = exponents;  // finite times may leave neighbours swapped
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  Totals result{nan, nan};
  const double entropy = sorted.cwiseMax(0.0).sum();
  if (all || sorted(sorted.size() - 1) <= 0.0) result.entropy = entropy;
  double sum = 0.0;
  for (Index i = 0; i < sorted.size(); ++i) {
    if (sum + sorted(i) < 0.0) {
      result.dimension = static_cast<double>(i) + sum / std::abs(sorted(i));
      return result;
    }
    sum += sorted(i);
  }
  if (all) result.dimension = static_cast<double>(sorted.size());
  return result;
}

void add_arrays(const Report& report, mrnn::AnalysisResults& results) {
  add_exponents(report, results);
  results.add(per_trial(report, "dimension", "1", "Kaplan-Yorke dimension; NaN where more exponents would be needed",
                        [&](const Growth& growth) { return totals(growth.exponents, report.all).dimension; }));
  results.add(per_trial(report, "entropy", "1/s",
                        "sum of the positive exponents, nats per s; NaN where more exponents would be needed",
                        [&](const Growth& growth) { return totals(growth.exponents, report.all).entropy; }));
  results.add(per_trial(report, "positive", "1", "how many of the exponents are positive", [](const Growth& growth) {
    return static_cast<double>((growth.exponents.array() > 0.0).count());
  }));
  add_convergence(report, results);
  add_trials(report, results);
}

void add_summary(const Report& report, mrnn::AnalysisResults& results) {
  for (const SimulationExponents& simulation : report.simulations) {
    const auto trials = simulation.growth.trials.size();
    const Mean largest = mean_of(largest_of(simulation));
    std::string line = simulation.name + " (" + std::to_string(trials) + (trials == 1 ? " trial" : " trials") +
                       "): largest Lyapunov exponent " + with_error(largest) + " per s, " + meaning(largest);
    const Mean dimension = mean_of_totals(report, simulation, &Totals::dimension);
    const Mean entropy = mean_of_totals(report, simulation, &Totals::entropy);
    if (std::isnan(dimension.mean(0))) {
      line += "; the Kaplan-Yorke dimension needs more than " + std::to_string(report.count) + " exponents";
    } else {
      line += "; Kaplan-Yorke dimension " + with_error(dimension);
    }
    if (entropy.mean(0) > 0.0) line += ", entropy " + with_error(entropy) + " nats per s";
    results.summary.push_back(std::move(line));
    if (const double change = drift(simulation, largest); change != 0.0) {
      results.summary.push_back(simulation.name + ": the largest exponent still moved by " + number(change) +
                                " per s over the second half of the time; a longer run (duration) settles it");
    }
    if (std::ranges::any_of(simulation.growth.trials, &Growth::coarse)) {
      results.summary.push_back(simulation.name + ": some exponents have lost digits; a smaller every keeps them");
    }
  }
}

mrnn::Figure draw(const Report& report) {
  mrnn::Figure figure;
  figure.name = "lyapunov";
  figure.title = "Lyapunov exponents";
  figure.caption =
      "Mean over trials, bands: standard error (right: of the first exponent). Right: estimates from the first "
      "counted step up to each time.";
  figure.columns = 2;
  figure.panels = {spectrum_panel(report), convergence_panel(report)};
  return figure;
}

}  // namespace lyapunov
