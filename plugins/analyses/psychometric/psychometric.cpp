// Psychometric curves of the network's choices: bias, threshold and lapses by maximum likelihood, with bootstrap
// intervals.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "answers.hpp"
#include "fit.hpp"
#include "mrnn/error.hpp"
#include "mrnn/plugin.hpp"
#include "psychometric_figure.hpp"

namespace {

using mrnn::Index;
using psychometric::Curve;
using psychometric::Estimate;
using psychometric::Fitted;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_shown = 25;  // points of a curve; more are put into as many equal parts
constexpr int curve_points = 201;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

/// The value below which this share of the values lies, with linear interpolation; NaN where there are none.
double quantile(std::vector<double> values, double share) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return nan;
  std::ranges::sort(values);
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

/// A number of the curve, with its 95 % interval over the bootstrap.
template <class Number>
Estimate estimate(const Curve& curve, const std::vector<Curve>& others, Number&& number_of) {
  std::vector<double> values;
  for (const Curve& other : others) values.push_back(number_of(other));
  return {number_of(curve), quantile(values, 0.025), quantile(values, 0.975)};
}

class PsychometricCurves final : public mrnn::Analysis {
 public:
  PsychometricCurves(const mrnn::ConfigNode& config, const mrnn::Network& network) : config_(config) {
    const std::vector<std::string> shapes{"logistic", "normal"};
    shape_ = config.choice("fit", shapes, "logistic") == "logistic" ? psychometric::Shape::logistic
                                                                    : psychometric::Shape::normal;
    read_lapses();
    bootstrap_ = config.count_or("bootstrap", 1000, 0);
    if (config.has("trials")) trials_ = config.count("trials", 1, mrnn::TrialRequest::most_trials);
    if (config.has("variable")) config.text("variable");  // what the trials offer is known only when they are there
    if (config.has("by")) config.text("by");
    if (network.outputs() == 0) config.fail("", "needs a network with outputs, from which choices are read");
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    record.y = trials_ == 0;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    const psychometric::Question question = psychometric::read_question(config_, planned);
    if (trials_ == 0) {
      psychometric::check(config_, question, planned);
    } else {
      psychometric::check_rerun(config_, planned);
    }
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const psychometric::Question question = psychometric::read_question(config_, context.simulations());
    std::vector<mrnn::Simulation> own;
    std::vector<const mrnn::Simulation*> simulations = context.simulations();
    if (trials_ > 0) {
      for (const mrnn::Simulation* simulation : context.simulations()) {
        own.push_back(psychometric::run_psychometric(config_, context, *simulation, trials_));
      }
      simulations.clear();
      for (const mrnn::Simulation& simulation : own) simulations.push_back(&simulation);
    }
    std::vector<psychometric::Group> groups = psychometric::collect(config_, question, simulations, context);
    context.expect(static_cast<long>(groups.size()));
    std::vector<Fitted> curves;
    for (psychometric::Group& group : groups) {
      curves.push_back(fit(std::move(group), question, context.seed()));
      context.advance(std::ssize(curves));
    }
    if (curves.empty()) config_.fail("", "found no trial with a choice and a value of \"" + question.variable + "\"");
    add_parameters(curves, results);
    add_curves(curves, question, results);
    add_summary(curves, results);
    const psychometric::Drawing drawing{curves, question, simulations.size()};
    results.figures.push_back(psychometric::draw_curves(drawing));
    if (curves.size() > 1) results.figures.push_back(psychometric::draw_parameters(drawing));
  }

 private:
  void read_lapses() {
    constexpr double usual_most = 0.25;
    using Kind = psychometric::Lapses::Kind;
    if (config_.kind("lapses") == mrnn::ConfigKind::list) {
      const std::vector<double> rates = config_.numbers("lapses");
      const bool two = rates.size() == 2 && std::min(rates[0], rates[1]) >= 0.0 && rates[0] + rates[1] < 1.0;
      if (!two) config_.fail("lapses", "as a list is [guess, lapse], rates of 0 or more whose sum is below 1");
      lapses_ = {Kind::fixed, rates[0], rates[1]};
    } else {
      const std::vector<std::string> words{"free", "equal", "none"};
      const std::string word = config_.choice("lapses", words, "free");
      lapses_.kind = word == "free" ? Kind::free : word == "equal" ? Kind::equal : Kind::fixed;
    }
    if (lapses_.kind == Kind::fixed && config_.has("most_lapses")) {
      config_.fail("most_lapses", "has no meaning where rates are not free");
    }
    lapses_.most = config_.within("most_lapses", 0.0, 0.49, usual_most);
  }

  Fitted fit(psychometric::Group group, const psychometric::Question& question, std::uint64_t seed) const {
    Fitted fitted;
    const psychometric::Points points = mrnn::choices_by_value(group.answers);
    require_points(group, points, question);
    fitted.shown = mrnn::choices_in_parts(group.answers, most_shown);
    fitted.curve = psychometric::fit(points, shape_, lapses_);
    fitted.deviance = psychometric::deviance(fitted.curve, points);
    mrnn::RandomStream random(seed, mrnn::Stream::analyses, "psychometric " + group.name);
    const psychometric::Bootstrap drawn = psychometric::bootstrap(fitted.curve, points, lapses_, bootstrap_, random);
    fitted.worse = bootstrap_ > 0 ? drawn.worse : nan;
    const std::vector<Curve>& others = drawn.curves;
    fitted.bias = estimate(fitted.curve, others, [](const Curve& c) { return c.bias(); });
    fitted.slope = estimate(fitted.curve, others, [](const Curve& c) { return c.slope; });
    fitted.threshold = estimate(fitted.curve, others, [](const Curve& c) { return c.threshold(); });
    fitted.guess = estimate(fitted.curve, others, [](const Curve& c) { return c.guess; });
    fitted.lapse = estimate(fitted.curve, others, [](const Curve& c) { return c.lapse; });
    if (const auto open = psychometric::open_slope(fitted.curve, points, lapses_)) leave_open(*open, fitted);
    const double low = points.front().variable, high = points.back().variable;
    for (int k = 0; k < curve_points; ++k) {
      const double x = low + (high - low) * k / (curve_points - 1.0);
      const Estimate at = estimate(fitted.curve, others, [x](const Curve& c) { return c(x); });
      fitted.x.push_back(x);
      fitted.y.push_back(at.value);
      fitted.low.push_back(at.low);
      fitted.high.push_back(at.high);
    }
    fitted.group = std::move(group);
    return fitted;
  }

  /// Of a slope without an upper limit the bootstrap would say nothing: it draws from one curve of many.
  static void leave_open(const psychometric::OpenSlope& open, Fitted& fitted) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const bool falling = fitted.curve.slope < 0.0;
    fitted.open = fitted.curve.at_limit = true;
    fitted.slope.low = falling ? -infinite : open.gentlest;
    fitted.slope.high = falling ? open.gentlest : infinite;
    fitted.threshold.low = 0.0;
    fitted.threshold.high = psychometric::quartile(fitted.curve.shape) / std::abs(open.gentlest);
    fitted.bias.low = open.bias_low;
    fitted.bias.high = open.bias_high;
  }

  void require_points(const psychometric::Group& group, const psychometric::Points& points,
                      const psychometric::Question& question) const {
    const Index needed = psychometric::free_parameters(lapses_);
    if (std::ssize(points) >= needed) return;
    throw mrnn::RunError("the curve \"" + group.name + "\" has " + std::to_string(points.size()) + " values of " +
                         question.variable + ", too few for the " + std::to_string(needed) + " parameters of the fit" +
                         (needed > 2 ? "; lapses = \"none\" leaves two of them" : "") +
                         (trials_ == 0 ? ", and trials = N takes trials with all values" : ""));
  }

  static void add_parameters(const std::vector<Fitted>& curves, mrnn::AnalysisResults& results) {
    const auto column = [&](const std::string& name, auto&& value, const std::string& units,
                            const std::string& description) {
      mrnn::NamedArray array{name, {std::ssize(curves)}, {}, units, {"curve"}, description};
      for (const Fitted& fitted : curves) array.values.push_back(value(fitted));
      results.add(std::move(array));
    };
    const auto with_interval = [&](const std::string& name, Estimate Fitted::*parameter, const std::string& units,
                                   const std::string& description) {
      column(
          name, [=](const Fitted& f) { return (f.*parameter).value; }, units, description);
      column(
          name + "_low", [=](const Fitted& f) { return (f.*parameter).low; }, units, "lower end of its 95 % interval");
      column(
          name + "_high", [=](const Fitted& f) { return (f.*parameter).high; }, units,
          "upper end of its 95 % interval");
    };
    with_interval("bias", &Fitted::bias, "x", "x at which F is 1/2");
    with_interval("slope", &Fitted::slope, "1/x", "of the argument of F");
    with_interval("threshold", &Fitted::threshold, "x", "from the bias to F = 3/4");
    with_interval("guess", &Fitted::guess, "1", "lower asymptote");
    with_interval("lapse", &Fitted::lapse, "1", "1 less the upper asymptote");
    column(
        "deviance", [](const Fitted& f) { return f.deviance; }, "1", "twice the log likelihood lost to the points");
    column(
        "fit_p", [](const Fitted& f) { return f.worse; }, "1", "share of bootstrap fits with at least this deviance");
    column(
        "at_limit", [](const Fitted& f) { return f.curve.at_limit ? 1.0 : 0.0; }, "1",
        "1: the choices do not bound the slope or the bias");
    mrnn::NamedTexts names{"curves", {}, "names of the curves", "curve"};
    for (const Fitted& fitted : curves) names.values.push_back(fitted.group.name);
    results.texts.push_back(std::move(names));
  }

  static void add_curves(const std::vector<Fitted>& curves, const psychometric::Question& question,
                         mrnn::AnalysisResults& results) {
    const auto rows = std::ssize(curves);
    std::size_t most = 0;
    for (const Fitted& fitted : curves) most = std::max(most, fitted.shown.size());
    Eigen::MatrixXd empty = Eigen::MatrixXd::Constant(rows, static_cast<Index>(most), nan);
    Eigen::MatrixXd variable = empty, share = empty, low = empty, high = empty, trials = empty;
    Eigen::MatrixXd x(rows, curve_points), y = x, y_low = x, y_high = x;
    for (Index row = 0; row < rows; ++row) {
      const Fitted& fitted = curves[static_cast<std::size_t>(row)];
      for (std::size_t k = 0; k < fitted.shown.size(); ++k) {
        const auto column = static_cast<Index>(k);
        variable(row, column) = fitted.shown[k].variable;
        share(row, column) = fitted.shown[k].share();
        trials(row, column) = fitted.shown[k].trials;
        std::tie(low(row, column), high(row, column)) = mrnn::wilson_interval(fitted.shown[k]);
      }
      for (Index k = 0; k < curve_points; ++k) {
        const auto at = static_cast<std::size_t>(k);
        x(row, k) = fitted.x[at];
        y(row, k) = fitted.y[at];
        y_low(row, k) = fitted.low[at];
        y_high(row, k) = fitted.high[at];
      }
    }
    results.add("variable", variable, {"curve", "point"}, "x", question.x_label);
    results.add("share", share, {"curve", "point"}, "1", question.y_label);
    results.add("share_low", low, {"curve", "point"}, "1", "of its 95 % interval (Wilson)");
    results.add("share_high", high, {"curve", "point"}, "1", "of its 95 % interval (Wilson)");
    results.add("trials", trials, {"curve", "point"}, "1", "trials of each point");
    results.add("fit_x", x, {"curve", "x"}, "x", question.x_label);
    results.add("fit_y", y, {"curve", "x"}, "1", "fitted curve");
    results.add("fit_low", y_low, {"curve", "x"}, "1", "2.5 % of the bootstrap");
    results.add("fit_high", y_high, {"curve", "x"}, "1", "97.5 % of the bootstrap");
  }

  static bool same_choices(const mrnn::Answers& answers) {
    return std::ranges::all_of(answers, [&](const auto& answer) { return answer.second == answers.front().second; });
  }

  void add_summary(const std::vector<Fitted>& curves, mrnn::AnalysisResults& results) const {
    const auto words = [&](const char* name, const Estimate& value) {
      const std::string interval = bootstrap_ > 0 ? " (" + number(value.low) + " to " + number(value.high) + ")" : "";
      return std::string(name) + " " + number(value.value) + interval;
    };
    for (const Fitted& fitted : curves) {
      std::string line = fitted.group.name + ": ";
      if (same_choices(fitted.group.answers)) {
        line += "all choices are the same, which leaves bias and threshold open";
      } else if (fitted.flat()) {
        line += "the choices may not depend on the variable at all, " + words("slope", fitted.slope);
      } else {
        const std::string threshold = fitted.open
                                          ? "threshold at most " + number(fitted.threshold.high) + " (not determined)"
                                          : words("threshold", fitted.threshold);
        line += words("bias", fitted.bias) + ", " + threshold + ", " + words("guess rate", fitted.guess) + ", " +
                words("lapse rate", fitted.lapse);
      }
      line += "; " + std::to_string(fitted.group.answers.size()) + " trials";
      if (fitted.curve.at_limit && !same_choices(fitted.group.answers)) {
        line += fitted.open ? "; the choices do not rule out a curve as steep as the fit allows"
                            : "; the choices do not bound slope or bias, which are at the limits of the fit";
      }
      if (fitted.worse < 0.01) line += "; the curve fits poorly (p = " + number(fitted.worse) + ")";
      results.summary.push_back(std::move(line));
    }
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  psychometric::Shape shape_ = psychometric::Shape::logistic;
  psychometric::Lapses lapses_;
  Index bootstrap_ = 0;
  Index trials_ = 0;  ///< of its own; 0: those of the simulation
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "psychometric",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<PsychometricCurves>(config, network);
      },
      "psychometric curves of the network's choices, fitted with lapses",
      "fit = \"logistic\"   logistic | normal\n"
      "lapses = \"free\"    free | equal | none, or [guess, lapse] fixed\n"
      "most_lapses = 0.25  of guess and lapse rate each, where they are free\n"
      "bootstrap = 1000   fits to drawn choices, for the intervals; 0: none\n"
      "trials             psychometric trials to run; default: the simulation's own\n"
      "variable           metadata of the x axis; default: the task's\n"
      "by                 metadata with a curve for each value; default: the task's");
}

}  // namespace

MRNN_PLUGIN("psychometric", "1.0", attach)
