// Tuning curves: how the activity of each unit depends on a variable of the trials.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "curves.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/error.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "responses.hpp"
#include "tuning_figure.hpp"

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using tuning::Index;
using tuning::Tuned;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

class Tuning final : public mrnn::Analysis {
 public:
  Tuning(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config), variable_(config.text("variable")), period_(config, network.spec().dt) {
    const std::vector<std::string> quantities{"h", "x"};
    quantity_ = config.choice("quantity", quantities, "h") == "h" ? mrnn::Quantity::h : mrnn::Quantity::x;
    scale_.circular = config.flag("circular", false);
    if (config.has("period") && !scale_.circular) config.fail("period", "needs circular = true");
    scale_.period = config.positive("period", scale_.period);
    scale_.most_points = config.count_or("bins", scale_.most_points, 2);
    permutations_ = config.count_or("permutations", 1000, 0);
    level_ = config.within("level", 0.0, 1.0, 0.01);
    if (permutations_ == 0 && config.has("level")) config.fail("level", "has no meaning without permutations");
    mrnn::read_selection(config, "regions", network);  // a unit may be there only once
    std::vector<std::string> selectors = mrnn::read_selectors(config, "regions", network);
    if (selectors.empty()) {
      for (const mrnn::RegionLayout& region : network.regions()) selectors.push_back(region.name);
    }
    for (const std::string& selector : selectors) {
      populations_.push_back({selector == "*" ? "all" : selector, network.select(selector)});
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    record.x = quantity_ == mrnn::Quantity::x;
    record.h = quantity_ == mrnn::Quantity::h;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    mrnn::read_numbers(config_, "variable", variable_, planned);
    for (const mrnn::Simulation* simulation : planned) period_.steps(*simulation);
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const std::vector<double> values = mrnn::read_numbers(config_, "variable", variable_, context.simulations());
    const std::vector<Index> trials = usable_trials(values, context);
    VectorXd variable(std::ssize(trials));
    for (Index k = 0; k < variable.size(); ++k) {
      variable(k) = values[static_cast<std::size_t>(trials[static_cast<std::size_t>(k)])];
      if (scale_.circular) variable(k) -= scale_.period * std::floor(variable(k) / scale_.period);
    }
    const tuning::Points points = tuning::make_points(variable, scale_);
    require_values(points, variable.size());
    const tuning::Regression regression(variable, scale_);
    context.expect(std::max<long>(1, static_cast<long>(permutations_)) * static_cast<long>(populations_.size()));
    long done = 0;
    std::vector<Tuned> all;
    for (const tuning::Population& population : populations_) {
      const MatrixXd responses =
          tuning::responses(context.simulations(), quantity_, population.units, period_)(Eigen::all, trials);
      all.push_back(describe(population, responses, points, regression, context, done));
    }
    add_points(points, results);
    add_curves(all, results);
    add_measures(all, results);
    add_units(all, results);
    add_regions(all, results);
    const std::string quantity = quantity_ == mrnn::Quantity::h ? "activity h (a.u.)" : "pre-activation x (a.u.)";
    const tuning::Drawing drawing{all,
                                  points,
                                  regression,
                                  scale_,
                                  context.network(),
                                  variable_,
                                  quantity,
                                  scale_.circular ? 0.0 : variable.minCoeff(),
                                  scale_.circular ? scale_.period : variable.maxCoeff(),
                                  permutations_ > 0};
    mrnn::Figure examples = tuning::draw_examples(drawing);
    if (!examples.panels.empty()) results.figures.push_back(std::move(examples));
    results.figures.push_back(tuning::draw_distribution(drawing));
  }

 private:
  /// Trials with a value and with activity in the period, counted through the simulations.
  std::vector<Index> usable_trials(const std::vector<double>& values, const mrnn::AnalysisContext& context) const {
    std::vector<Index> trials;
    Index number = 0;
    for (const mrnn::Simulation* simulation : context.simulations()) {
      for (const mrnn::StepRange& range : period_.steps(*simulation)) {
        if (range.size() > 0 && std::isfinite(values[static_cast<std::size_t>(number)])) trials.push_back(number);
        ++number;
      }
    }
    if (trials.empty()) {
      config_.fail("variable", "is \"" + variable_ + "\", which has no value in any trial that has " + period_.words());
    }
    return trials;
  }

  void require_values(const tuning::Points& points, Index trials) const {
    const Index needed = scale_.circular ? 3 : 2;  // different values; one trial more than parameters
    if (points.values.size() >= needed && trials > needed) return;
    throw mrnn::RunError("tuning to " + variable_ + " needs " + std::to_string(needed) +
                         " or more different values and " + std::to_string(needed + 1) + " or more trials; here are " +
                         std::to_string(points.values.size()) + " and " + std::to_string(trials));
  }

  Tuned describe(const tuning::Population& population, const MatrixXd& responses, const tuning::Points& points,
                 const tuning::Regression& regression, const mrnn::AnalysisContext& context, long& done) const {
    Tuned tuned;
    tuned.population = population;
    tuned.curves = tuning::mean_curves(responses, points);
    tuned.variance = tuning::sums_of_squares(responses);
    tuned.measures = tuning::measure(tuned.curves.mean, points, scale_);
    tuned.coefficients = regression.coefficients(responses);
    tuned.r_squared = regression.r_squared(responses);
    if (scale_.circular) tuned.measures.preferred = tuning::preferred_directions(tuned.coefficients, scale_);
    mrnn::RandomStream random(context.seed(), mrnn::Stream::analyses, "tuning " + population.name);
    tuned.p = permutations_ > 0
                  ? regression.p_values(responses, permutations_, random, [&] { context.advance(++done); })
                  : VectorXd::Constant(responses.rows(), nan);
    for (Index unit = 0; unit < responses.rows(); ++unit) {
      const bool varies = tuned.variance(unit) > 0.0;
      if (!varies) clear(unit, tuned);
      tuned.significant.push_back(varies && (permutations_ == 0 || tuned.p(unit) < level_));
    }
    return tuned;
  }

  /// A unit whose response never changes prefers nothing.
  static void clear(Index unit, Tuned& tuned) {
    tuning::Measures& m = tuned.measures;
    for (VectorXd* measure : {&m.preferred, &m.selectivity, &m.vector_length, &m.vector_direction}) {
      (*measure)(unit) = nan;
    }
    m.depth(unit) = 0.0;
    if (!std::isnan(tuned.p(unit))) tuned.p(unit) = 1.0;
  }

  void add_points(const tuning::Points& points, mrnn::AnalysisResults& results) const {
    results.add("points", points.values, {"point"}, variable_,
                points.binned ? "middle of each bin of the variable" : "values of the variable");
    results.add("trials", points.trials, {"point"}, "1", "trials of each point");
  }

  /// A matrix [units x columns] or a vector of each population, one below the other.
  template <class Part>
  static MatrixXd stack(const std::vector<Tuned>& all, Part&& part) {
    MatrixXd stacked;
    for (const Tuned& tuned : all) {
      const MatrixXd rows = part(tuned);
      const Index before = stacked.rows();
      stacked.conservativeResize(before + rows.rows(), rows.cols());
      stacked.bottomRows(rows.rows()) = rows;
    }
    return stacked;
  }

  static void add_curves(const std::vector<Tuned>& all, mrnn::AnalysisResults& results) {
    results.add("mean", stack(all, [](const Tuned& t) { return t.curves.mean; }), {"unit", "point"}, "a.u.",
                "mean activity over trials");
    results.add("sem", stack(all, [](const Tuned& t) { return t.curves.sem; }), {"unit", "point"}, "a.u.",
                "its standard error");
  }

  void add_measures(const std::vector<Tuned>& all, mrnn::AnalysisResults& results) const {
    const auto add = [&](const std::string& name, auto&& part, const std::string& units, const std::string& about) {
      results.add(name, stack(all, part), {"unit"}, units, about);
    };
    add(
        "preferred", [](const Tuned& t) { return t.measures.preferred; }, variable_,
        scale_.circular ? "where the fitted cosine is largest" : "the point with the largest mean");
    add(
        "depth", [](const Tuned& t) { return t.measures.depth; }, "a.u.", "largest less smallest mean");
    add(
        "selectivity", [](const Tuned& t) { return t.measures.selectivity; }, "1", "(max - min) / (|max| + |min|)");
    add(
        "intercept", [](const Tuned& t) { return VectorXd(t.coefficients.col(0)); }, "a.u.", "of the fit");
    if (scale_.circular) {
      add(
          "amplitude", [](const Tuned& t) { return VectorXd(t.coefficients.rightCols(2).rowwise().norm()); }, "a.u.",
          "of the fitted cosine");
      add(
          "vector_length", [](const Tuned& t) { return t.measures.vector_length; }, "1",
          "of the vector sum of the means; 1 less the circular variance");
      add(
          "circular_variance", [](const Tuned& t) { return VectorXd(1.0 - t.measures.vector_length.array()); }, "1",
          "1 less the length of the vector sum");
      add(
          "vector_direction", [](const Tuned& t) { return t.measures.vector_direction; }, variable_,
          "of the vector sum of the means");
    } else {
      add(
          "slope", [](const Tuned& t) { return VectorXd(t.coefficients.col(1)); }, "a.u. per " + variable_,
          "of the fit");
    }
    add(
        "r_squared", [](const Tuned& t) { return t.r_squared; }, "1", "share of the variance over trials fitted");
    add(
        "p", [](const Tuned& t) { return t.p; }, "1", "by permutation; NaN: not computed");
  }

  static void add_units(const std::vector<Tuned>& all, mrnn::AnalysisResults& results) {
    mrnn::NamedArray units{"units", {0}, {}, "1", {"unit"}, "numbers of the units in the network"};
    mrnn::NamedTexts regions{"unit_region", {}, "region of each unit", "unit"};
    for (const Tuned& tuned : all) {
      for (const Index unit : tuned.population.units.indices()) {
        units.values.push_back(static_cast<double>(unit));
        regions.values.push_back(tuned.population.name);
      }
    }
    units.shape = {std::ssize(units.values)};
    results.add(std::move(units));
    results.texts.push_back(std::move(regions));
  }

  void add_regions(const std::vector<Tuned>& all, mrnn::AnalysisResults& results) const {
    VectorXd share(std::ssize(all)), fitted(share.size());
    mrnn::NamedTexts names{"regions", {}, "names of the regions", "region"};
    for (Index row = 0; row < share.size(); ++row) {
      const Tuned& tuned = all[static_cast<std::size_t>(row)];
      const auto units = static_cast<double>(tuned.r_squared.size());
      share(row) = static_cast<double>(tuned.count()) / units;
      fitted(row) = tuned.r_squared.mean();
      names.values.push_back(tuned.population.name);
      std::string line = tuned.population.name + ": ";
      if (permutations_ > 0) {
        line += std::to_string(tuned.count()) + " of " + std::to_string(tuned.r_squared.size()) +
                " units are tuned to " + variable_ + " (p < " + number(level_) + "; " + number(level_ * units) +
                " by chance), ";
      }
      line += "R² " + number(fitted(row)) + " on average";
      results.summary.push_back(std::move(line));
    }
    results.add("region_tuned", share, {"region"}, "1", "share of units with p below the level");
    results.add("region_r_squared", fitted, {"region"}, "1", "mean over units");
    results.texts.push_back(std::move(names));
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  std::string variable_;
  tuning::Period period_;
  mrnn::Quantity quantity_ = mrnn::Quantity::h;
  tuning::Scale scale_;
  Index permutations_ = 0;
  double level_ = 0.01;  ///< of significance
  std::vector<tuning::Population> populations_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "tuning",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Tuning>(config, network);
      },
      "tuning curves of units to a variable on a line or a circle",
      "variable             per-trial metadata, numbers; required\n"
      "circular = false     the variable is a direction\n"
      "period = 360         of a direction\n"
      "epoch                whose activity counts; or\n"
      "align                epoch whose first step is time zero\n"
      "align_at = 0         instead: ms from the start of the run\n"
      "window               [from, to] in ms around time zero; default: all that was recorded\n"
      "regions              selectors without a unit in common; default: every region\n"
      "quantity = \"h\"       h | x\n"
      "bins = 12            points of a curve, where there are more values\n"
      "permutations = 1000  of the variable over trials; 0: no test\n"
      "level = 0.01         of significance");
}

}  // namespace

MRNN_PLUGIN("tuning", "1.0", attach)
