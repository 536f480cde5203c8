#include "currents_report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <sstream>
#include <utility>

#include "mrnn/names.hpp"

namespace currents {
namespace {

const std::array<std::string, part_count> suffixes{"", "_excitatory", "_inhibitory"};

std::string number(double value, int digits) {
  std::ostringstream text;
  text << std::setprecision(digits) << value;
  return text.str();
}

/// Appends a matrix row by row; of an empty one NaN in its stead.
void append(std::vector<double>& values, const Eigen::MatrixXd& matrix, Index rows, Index columns) {
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      values.push_back(matrix.size() > 0 ? matrix(row, column) : missing);
    }
  }
}

bool has_noise(const mrnn::Simulation& simulation, const mrnn::Network& network) {
  const bool own = network.noise().maxCoeff() > 0.0 || network.spec().noise_input > 0.0;
  if (simulation.noise == mrnn::Noise::on && own) return true;
  return std::ranges::any_of(simulation.trials.interventions, [](const mrnn::Intervention& intervention) {
    return std::holds_alternative<mrnn::ExtraNoise>(intervention.what);
  });
}

/// `m1 from pmd (64 %)` of each target that has a current.
std::string largest_shares(const Found& found, const Eigen::MatrixXd& share) {
  std::vector<std::string> words;
  for (Index a = 0; a < share.rows(); ++a) {
    Index largest = 0;
    if (!(share.row(a).maxCoeff(&largest) > 0.0)) continue;
    words.push_back(found.request.targets[static_cast<std::size_t>(a)].name + " from " +
                    found.request.sources[static_cast<std::size_t>(largest)].name + " (" +
                    std::to_string(std::lround(100.0 * share(a, largest))) + " %)");
  }
  return mrnn::join(words);
}

class Writer {
 public:
  Writer(const Found& found, mrnn::AnalysisResults& results)
      : found_(found),
        results_(results),
        targets_(std::ssize(found.targets)),
        sources_(std::ssize(found.request.sources)),
        conditions_(std::ssize(found.scope.conditions.list)),
        times_(found.scope.window.size()) {}

  void write() {
    add_axes();
    for (std::size_t part = 0; part < part_count; ++part) {
      add_courses("norm" + suffixes[part], "|C|, length of the current, mean over trials" + words_of(part),
                  [part](const Current& current) { return current.norm[part]; });
      add_courses("mean" + suffixes[part], "mean over the units of the target, then over trials" + words_of(part),
                  [part](const Current& current) { return current.mean[part]; });
    }
    results_.add("share", shares(found_, &Current::power), {"target", "source"}, "1",
                 "|C|^2 as a share of its sum over sources, each averaged over trials and time");
    if (found_.scope.compares()) {
      results_.add("condition_share", shares(found_, &Current::condition_power), {"target", "source"}, "1",
                   "the same of what differs between conditions: C, mean over trials, less its mean over conditions");
    }
    add_components();
    add_units();
    if (found_.request.per_trial) add_trials();
    if (found_.request.store) add_stored();
  }

 private:
  static std::string words_of(std::size_t part) {
    return part == 0 ? "" : part == 1 ? "; weights above 0 only" : "; weights below 0 only";
  }

  void each(const std::function<void(const Current&)>& visit) const {
    for (const TargetCurrents& target : found_.targets) {
      for (const Current& current : target.from) visit(current);
    }
  }

  void add_axes() {
    mrnn::NamedTexts targets{"targets", {}, "what receives the currents", "target"};
    for (const mrnn::Population& target : found_.request.targets) targets.values.push_back(target.name);
    mrnn::NamedTexts sources{"sources", {}, "what the currents come from", "source"};
    for (const Source& source : found_.request.sources) sources.values.push_back(source.name);
    mrnn::NamedTexts conditions{"conditions", {}, "names of the conditions", "condition"};
    for (const mrnn::Condition& condition : found_.scope.conditions.list) conditions.values.push_back(condition.name);
    for (auto* texts : {&targets, &sources, &conditions}) results_.texts.push_back(std::move(*texts));
    mrnn::NamedArray time{"time", {times_}, {}, "ms", {"time"}, "of the step that the current enters, after time zero"};
    for (Index k = 0; k < times_; ++k) {
      time.values.push_back(static_cast<double>(found_.scope.window.first + k) * found_.dt);
    }
    results_.add(std::move(time));
    results_.add("counts", found_.targets.front().counts, {"condition", "time"}, "1", "trials averaged");
    mrnn::NamedArray of_trial{"trial_condition",
                              {found_.scope.trials()},
                              {},
                              "1",
                              {"trial"},
                              "condition of each trial, -1 for none; trials of all simulations counted through"};
    of_trial.values.assign(found_.scope.conditions.of_trial.begin(), found_.scope.conditions.of_trial.end());
    results_.add(std::move(of_trial));
  }

  /// (target, source, condition, time)
  void add_courses(std::string name, std::string description,
                   const std::function<Eigen::MatrixXd(const Current&)>& values) {
    mrnn::NamedArray array{std::move(name), {targets_, sources_, conditions_, times_}, {},
                           "a.u.",          {"target", "source", "condition", "time"}, std::move(description)};
    each([&](const Current& current) { append(array.values, values(current), conditions_, times_); });
    results_.add(std::move(array));
  }

  /// Per component: [rows x times], NaN beyond the last one found.
  void add_projections(std::string name, const std::string& axis, Index rows, std::string description,
                       const std::function<const std::vector<Eigen::MatrixXd>&(const Current&)>& values) {
    const Index count = found_.request.components;
    mrnn::NamedArray array{std::move(name), {targets_, sources_, count, rows, times_},       {},
                           "a.u.",          {"target", "source", "component", axis, "time"}, std::move(description)};
    each([&](const Current& current) {
      const std::vector<Eigen::MatrixXd>& all = values(current);
      for (Index k = 0; k < count; ++k) {
        append(array.values, k < std::ssize(all) ? all[static_cast<std::size_t>(k)] : Eigen::MatrixXd(), rows, times_);
      }
    });
    results_.add(std::move(array));
  }

  void add_components() {
    const Index count = found_.request.components;
    Eigen::MatrixXd dimension(targets_, sources_);
    mrnn::NamedArray explained{"explained_variance",
                               {targets_, sources_, count},
                               {},
                               "1",
                               {"target", "source", "component"},
                               "share of the current's variance"};
    for (Index a = 0; a < targets_; ++a) {
      for (Index b = 0; b < sources_; ++b) {
        const Current& current = found_.targets[static_cast<std::size_t>(a)].from[static_cast<std::size_t>(b)];
        dimension(a, b) = current.dimension;
        const Eigen::VectorXd& shares = current.components.shares;
        for (Index k = 0; k < count; ++k) explained.values.push_back(k < shares.size() ? shares(k) : missing);
      }
    }
    results_.add("dimension", dimension, {"target", "source"}, "1", "participation ratio of the current");
    results_.add(std::move(explained));
    add_projections("projection", "condition", conditions_, "of the current less its mean on its leading components",
                    [](const Current& current) -> const std::vector<Eigen::MatrixXd>& { return current.projections; });
  }

  /// Arrays whose last axis is the units of a target.
  void add_units() {
    const Index count = found_.request.components;
    for (std::size_t a = 0; a < found_.targets.size(); ++a) {
      const std::string& name = found_.request.targets[a].name;
      const Index units = found_.request.targets[a].units.size();
      mrnn::NamedArray mean{name + "_unit_mean",
                            {sources_, units},
                            {},
                            "a.u.",
                            {"source", "unit"},
                            "mean of the current over trials and time"};
      mrnn::NamedArray components{name + "_components",
                                  {sources_, count, units},
                                  {},
                                  "1",
                                  {"source", "component", "unit"},
                                  "leading principal components of the current"};
      for (const Current& current : found_.targets[a].from) {
        append(mean.values, current.unit_mean.transpose(), 1, units);
        for (Index k = 0; k < count; ++k) {
          const bool has = k < current.components.directions.cols();
          append(components.values, has ? current.components.directions.col(k).transpose() : Eigen::MatrixXd(), 1,
                 units);
        }
      }
      results_.add(std::move(mean));
      results_.add(std::move(components));
    }
  }

  void add_trials() {
    const Index trials = found_.scope.trials();
    mrnn::NamedArray norm{"norm_trials",
                          {targets_, sources_, trials, times_},
                          {},
                          "a.u.",
                          {"target", "source", "trial", "time"},
                          "|C|, length of the current; NaN where a trial has no such step"};
    each([&](const Current& current) { append(norm.values, current.norm_trials, trials, times_); });
    results_.add(std::move(norm));
    add_projections("projection_trials", "trial", trials, "of the current less its mean on its leading components",
                    [](const Current& c) -> const std::vector<Eigen::MatrixXd>& { return c.projection_trials; });
  }

  void add_stored() {
    const Index trials = found_.scope.trials();
    for (std::size_t a = 0; a < found_.targets.size(); ++a) {
      const std::string& name = found_.request.targets[a].name;
      const Index units = found_.request.targets[a].units.size();
      mrnn::NamedArray all{name + "_current",
                           {sources_, trials, times_, units},
                           {},
                           "a.u.",
                           {"source", "trial", "time", "unit"},
                           "C, the current itself; NaN where a trial has no such step"};
      mrnn::NamedArray mean{name + "_mean_current",
                            {sources_, conditions_, times_, units},
                            {},
                            "a.u.",
                            {"source", "condition", "time", "unit"},
                            "C, mean over trials; NaN where no trial has that step"};
      for (const Current& current : found_.targets[a].from) {
        all.values.insert(all.values.end(), current.stored.begin(), current.stored.end());
        mean.values.insert(mean.values.end(), current.stored_mean.begin(), current.stored_mean.end());
      }
      results_.add(std::move(all));
      results_.add(std::move(mean));
    }
  }

  const Found& found_;
  mrnn::AnalysisResults& results_;
  Index targets_, sources_, conditions_, times_;
};

}  // namespace

Eigen::MatrixXd shares(const Found& found, double Current::*power) {
  Eigen::MatrixXd shares(std::ssize(found.targets), std::ssize(found.request.sources));
  for (Index a = 0; a < shares.rows(); ++a) {
    for (Index b = 0; b < shares.cols(); ++b) {
      shares(a, b) = found.targets[static_cast<std::size_t>(a)].from[static_cast<std::size_t>(b)].*power;
    }
    const double total = shares.row(a).sum();
    if (total > 0.0) shares.row(a) /= total;
  }
  return shares;
}

void add_arrays(const Found& found, mrnn::AnalysisResults& results) {
  Writer(found, results).write();
}

void add_summary(const Found& found, mrnn::AnalysisResults& results) {
  const std::string whole = largest_shares(found, shares(found, &Current::power));
  const std::string differing = largest_shares(found, shares(found, &Current::condition_power));
  if (!whole.empty()) results.summary.push_back("largest share of the current into each: " + whole);
  if (!differing.empty()) results.summary.push_back("of what differs between conditions: " + differing);
  double residual = 0.0;
  for (const TargetCurrents& target : found.targets) {
    residual =
        std::isnan(target.largest_residual) ? target.largest_residual : std::max(residual, target.largest_residual);
  }
  results.scalar("largest_residual", residual, "a.u.",
                 "largest |drive told by the state - sum of the currents|: rounding, or the noise; NaN without x");
  if (std::isnan(residual)) return;
  const bool noisy = std::ranges::any_of(found.scope.context.simulations(), [&](const mrnn::Simulation* simulation) {
    return has_noise(*simulation, found.scope.context.network());
  });
  results.summary.push_back(noisy ? "the drive differs from the sum of the currents by up to " + number(residual, 2) +
                                        ": the noise"
                                  : "the currents add up to the drive within " + number(residual, 2));
}

}  // namespace currents
