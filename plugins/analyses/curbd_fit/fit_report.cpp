#include "fit_report.hpp"

#include <cmath>
#include <functional>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>
#include <utility>

#include "mrnn/names.hpp"

namespace curbd {
namespace {

using Eigen::MatrixXd;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
const std::array<std::string, part_count> suffixes{"", "_excitatory", "_inhibitory"};
const std::array<std::string, part_count> words{"", "; weights above 0 only", "; weights below 0 only"};

std::string number(double value, int digits) {
  std::ostringstream text;
  text << std::setprecision(digits) << value;
  return text.str();
}

class Writer {
 public:
  Writer(const Found& found, mrnn::AnalysisResults& results)
      : found_(found),
        results_(results),
        regions_(std::ssize(found.data.regions)),
        units_(found.data.units()),
        samples_(found.data.count()) {}

  void write() {
    add_regions();
    add_runs();
    results_.add("weights", found_.fit.weights, {"to", "from"}, "1", "J after learning");
    results_.add("weights_initial", found_.fit.initial_weights, {"to", "from"}, "1", "J before learning");
    add_times();
    for (std::size_t k = 0; k < part_count; ++k) {
      add_courses("norm" + suffixes[k], "a.u.", "|C|, length of the current" + words[k],
                  [k](const PairCurrent& current) { return current.norm[k]; });
      add_courses("mean" + suffixes[k], "a.u.", "mean of the current over the units of the target" + words[k],
                  [k](const PairCurrent& current) { return current.mean[k]; });
    }
    add_components();
    if (!found_.comparisons.empty()) add_comparison();
    if (found_.options.trace) add_trace();
    add_activity();
  }

 private:
  mrnn::NamedArray pairs(std::string name, std::string description) const {
    return {std::move(name), {regions_, regions_}, {}, "1", {"target", "source"}, std::move(description)};
  }

  void add_regions() {
    mrnn::NamedTexts names{"regions", {}, "names of the regions, targets and sources alike", "region"};
    mrnn::NamedArray first{"region_first", {regions_}, {}, "1", {"region"}, "number of the first unit"};
    mrnn::NamedArray units{"region_units", {regions_}, {}, "1", {"region"}, "number of units"};
    for (const mrnn::NamedRange& region : found_.data.regions) {
      names.values.push_back(region.name);
      first.values.push_back(static_cast<double>(region.range.start));
      units.values.push_back(static_cast<double>(region.range.size));
    }
    results_.texts.push_back(std::move(names));
    results_.add(std::move(first));
    results_.add(std::move(units));
  }

  void add_runs() {
    const auto runs = std::ssize(found_.fit.p_var);
    results_.add({"p_var", {runs}, found_.fit.p_var, "1", {"run"}, "share of the variance of the data explained"});
    results_.add({"chi2", {runs}, found_.fit.chi2, "1", {"run"}, "sum over samples of the mean squared error"});
    mrnn::NamedArray learning{"learning", {runs}, {}, "1", {"run"}, "1 where J learned, 0 in the runs after"};
    for (Index run = 0; run < runs; ++run) learning.values.push_back(run < found_.options.runs ? 1.0 : 0.0);
    results_.add(std::move(learning));
  }

  void add_times() {
    mrnn::NamedArray time{"time", {samples_}, {}, "ms", {"sample"}, "of the sample, from the start of its trial"};
    mrnn::NamedArray trial{"sample_trial", {samples_}, {}, "1", {"sample"}, "trial of the sample, counted from 0"};
    for (std::size_t k = 0; k < found_.data.trials.size(); ++k) {
      for (Index sample = 0; sample < found_.data.trials[k].size(); ++sample) {
        time.values.push_back(static_cast<double>(sample) * found_.data.dt);
        trial.values.push_back(static_cast<double>(k));
      }
    }
    results_.add(std::move(time));
    results_.add(std::move(trial));
  }

  /// (target, source, sample)
  void add_courses(std::string name, std::string units, std::string description,
                   const std::function<Eigen::VectorXd(const PairCurrent&)>& values) {
    mrnn::NamedArray array{std::move(name),  {regions_, regions_, samples_}, {},
                           std::move(units), {"target", "source", "sample"}, std::move(description)};
    for (const PairCurrent& current : found_.currents) {
      const Eigen::VectorXd course = values(current);
      array.values.insert(array.values.end(), course.begin(), course.end());
    }
    results_.add(std::move(array));
  }

  void add_components() {
    const Index count = found_.components;
    mrnn::NamedArray share = pairs("share", "|C|^2 as a share of its sum over sources, each averaged over samples");
    mrnn::NamedArray dimension = pairs("dimension", "participation ratio of the current");
    mrnn::NamedArray explained{"explained_variance",
                               {regions_, regions_, count},
                               {},
                               "1",
                               {"target", "source", "component"},
                               "share of the current's variance"};
    mrnn::NamedArray projection{"projection",
                                {regions_, regions_, count, samples_},
                                {},
                                "a.u.",
                                {"target", "source", "component", "sample"},
                                "of the current less its mean on its leading components"};
    for (std::size_t to = 0; to < found_.regions(); ++to) {
      double total = 0.0;
      for (std::size_t from = 0; from < found_.regions(); ++from) total += found_.currents[found_.pair(to, from)].power;
      for (std::size_t from = 0; from < found_.regions(); ++from) {
        const PairCurrent& current = found_.currents[found_.pair(to, from)];
        share.values.push_back(total > 0.0 ? current.power / total : 0.0);
        dimension.values.push_back(current.dimension);
        for (Index k = 0; k < count; ++k) {
          const bool has = k < current.components.shares.size();
          explained.values.push_back(has ? current.components.shares(k) : missing);
          for (Index sample = 0; sample < samples_; ++sample) {
            projection.values.push_back(has ? current.projections(k, sample) : missing);
          }
        }
      }
    }
    for (auto* array : {&share, &dimension, &explained, &projection}) results_.add(std::move(*array));
    for (std::size_t to = 0; to < found_.regions(); ++to) add_directions(to);
  }

  void add_directions(std::size_t to) {
    const Index count = found_.components;
    mrnn::NamedArray array{found_.data.regions[to].name + "_components",
                           {regions_, count, found_.data.regions[to].range.size},
                           {},
                           "1",
                           {"source", "component", "unit"},
                           "leading principal components of the current"};
    for (std::size_t from = 0; from < found_.regions(); ++from) {
      const MatrixXd& directions = found_.currents[found_.pair(to, from)].components.directions;
      for (Index k = 0; k < count; ++k) {
        for (Index unit = 0; unit < array.shape[2]; ++unit) {
          array.values.push_back(k < directions.cols() ? directions(unit, k) : missing);
        }
      }
    }
    results_.add(std::move(array));
  }

  void add_comparison() {
    mrnn::NamedArray correlation =
        pairs("correlation", "of the recovered with the true current over units and samples, each unit less its mean");
    mrnn::NamedArray component =
        pairs("component_correlation", "|r| of the leading principal components of the recovered and the true current");
    mrnn::NamedArray size = pairs("size_ratio",
                                  "recovered (times what the target's data were divided by) over true: root mean "
                                  "square about the mean of each unit");
    mrnn::NamedArray course{
        "true_component", {regions_, regions_, samples_}, {},
        "a.u.",           {"target", "source", "sample"}, "leading principal component of the true current"};
    for (const Comparison& pair : found_.comparisons) {
      correlation.values.push_back(pair.correlation);
      component.values.push_back(pair.component_correlation);
      size.values.push_back(pair.size);
      course.values.insert(course.values.end(), pair.true_component.begin(), pair.true_component.end());
    }
    for (auto* array : {&correlation, &component, &size, &course}) results_.add(std::move(*array));
  }

  /// (step, unit) of the last run.
  void add_steps(const std::string& name, const MatrixXd& values, std::string units, std::string description) {
    results_.add(name, values.transpose(), {"step", "unit"}, std::move(units), std::move(description));
  }

  void add_trace() {
    const Trace& trace = found_.fit.trace;
    add_steps("x", trace.x, "a.u.", "state of the model in the last run, every step");
    add_steps("h", trace.h, "a.u.", "activity of the model in the last run, every step");
    add_steps("noise", trace.noise, "a.u.", "w that entered each step of the last run");
    mrnn::NamedArray segment{
        "step_segment", {trace.h.cols()}, {}, "1", {"step"}, "which stretch between resets the step belongs to"};
    for (std::size_t k = 0; k < trace.segments.size(); ++k) {
      segment.values.insert(segment.values.end(), static_cast<std::size_t>(trace.segments[k].size()), double(k));
    }
    results_.add(std::move(segment));
    for (std::size_t to = 0; to < found_.regions(); ++to) add_full_currents(to);
  }

  /// J_ab h_b of the step before, NaN at the first step of a segment.
  void add_full_currents(std::size_t to) {
    const Trace& trace = found_.fit.trace;
    const mrnn::NamedRange& target = found_.data.regions[to];
    mrnn::NamedArray array{
        target.name + "_current",   {regions_, trace.h.cols(), target.range.size},          {}, "a.u.",
        {"source", "step", "unit"}, "C, the current that entered each step of the last run"};
    for (std::size_t from = 0; from < found_.regions(); ++from) {
      const mrnn::UnitRange source = found_.data.regions[from].range;
      const MatrixXd sent = weights_between(found_.data, found_.fit.weights, {to, from}, found_.part) *
                            trace.h.middleRows(source.start, source.size);
      MatrixXd received = MatrixXd::Constant(sent.rows(), sent.cols(), missing);
      for (const mrnn::StepRange& segment : trace.segments) {
        received.middleCols(segment.first + 1, segment.size() - 1) = sent.middleCols(segment.first, segment.size() - 1);
      }
      array.values.insert(array.values.end(), received.data(), received.data() + received.size());
    }
    results_.add(std::move(array));
  }

  void add_activity() {
    const std::vector<Index> shape{samples_, units_};
    results_.add({"data",
                  shape,
                  std::move(found_.data.samples.data),
                  "1",
                  {"sample", "unit"},
                  "what was fitted, scaled and clipped"});
    results_.add({"model",
                  shape,
                  std::move(found_.fit.model.data),
                  "1",
                  {"sample", "unit"},
                  "activity of the model in the last run"});
  }

  const Found& found_;
  mrnn::AnalysisResults& results_;
  Index regions_, units_, samples_;
};

}  // namespace

void add_summary(const Found& found, mrnn::AnalysisResults& results) {
  results.summary.push_back("pVar " + number(found.fit.p_var.back(), 4) + " without learning, after " +
                            std::to_string(found.options.runs) + " runs of learning");
  if (found.data.clipped > 0.0) {
    results.summary.push_back(number(100.0 * found.data.clipped, 2) +
                              " % of the values lay beyond what the activation can reach and were clipped");
  }
  if (found.comparisons.empty()) return;
  std::vector<std::string> pairs;
  for (std::size_t to = 0; to < found.regions(); ++to) {
    for (std::size_t from = 0; from < found.regions(); ++from) {
      const double r = found.comparisons[found.pair(to, from)].correlation;
      if (std::isnan(r)) continue;
      pairs.push_back(found.data.regions[from].name + " to " + found.data.regions[to].name + " " + number(r, 2));
    }
  }
  results.summary.push_back("correlation with the true currents: " + (pairs.empty() ? "none vary" : mrnn::join(pairs)));
}

void add_arrays(const Found& found, mrnn::AnalysisResults& results) {
  Writer(found, results).write();
}

}  // namespace curbd
