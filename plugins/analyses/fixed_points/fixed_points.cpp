// Fixed points, slow points and cycles of the network's dynamics, and their stability.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "inspection.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "report.hpp"

namespace fixed_points {
namespace {

Method read_method(const mrnn::ConfigNode& config, const mrnn::Network& network, const mrnn::Selection& units) {
  const std::vector<std::string> accepted{"newton", "gradient", "scyfi"};
  const std::string method = config.choice("method", accepted, "newton");
  if (method == "scyfi" && !is_piecewise_linear(network, units.indices())) {
    config.fail("method", "scyfi needs units whose activation is relu or linear; newton works for all");
  }
  return method == "newton" ? Method::newton : method == "gradient" ? Method::gradient : Method::scyfi;
}

std::vector<Index> read_periods(const mrnn::ConfigNode& config, Method method) {
  std::vector<Index> periods;
  for (const double period : config.numbers("period", std::vector<double>{})) {
    if (method != Method::scyfi) config.fail("period", "needs method = \"scyfi\"");
    if (period < 2.0 || period != std::floor(period) || period > 1e6) {
      config.fail("period", "holds a number that is not 2, 3, 4, ... steps");
    }
    periods.push_back(static_cast<Index>(period));
  }
  return periods;
}

Options read_options(const mrnn::ConfigNode& config, const mrnn::Network& network, const mrnn::Selection& units) {
  Options options;
  options.method = read_method(config, network, units);
  options.periods = read_periods(config, options.method);
  options.search.tolerance = config.positive("tolerance", 1e-20);
  if (config.has("slow_tolerance")) {
    if (options.method == Method::scyfi) config.fail("slow_tolerance", "has no meaning for the exact solver");
    options.search.slow_tolerance = config.positive("slow_tolerance");
    if (options.search.slow_tolerance <= options.search.tolerance) {
      config.fail("slow_tolerance", "must be above tolerance");
    }
  }
  const Index iterations = options.method == Method::gradient ? 5000 : options.method == Method::scyfi ? 100 : 200;
  options.search.iterations = config.count_or("iterations", iterations);
  options.unique_distance = config.positive("unique_distance", 1e-3);
  options.relative =
      config.choice("unique_scale", std::vector<std::string>{"absolute", "relative"}, "absolute") == "relative";
  options.stability.dt = network.spec().dt;
  options.stability.marginal = config.within("marginal", 0.0, 0.1, 1e-6);
  options.stability.vectors = config.count_or("vectors", 4, 0);
  options.between = config.flag("between", options.method != Method::scyfi);
  if (options.between && options.method == Method::scyfi) {
    config.fail("between", "has no meaning for the exact solver, which does not start from states");
  }
  options.follow = config.count_or("follow", 4000, 0);
  return options;
}

class FixedPoints final : public mrnn::Analysis {
 public:
  FixedPoints(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : units_(mrnn::read_selection(config, "regions", network)),
        seeds_(config, network, units_),
        inputs_(config, network),
        options_(read_options(config, network, units_)),
        rate_(network.spec().dynamics == mrnn::Dynamics::rate) {}

  mrnn::Record needs() const override {
    mrnn::Record record;
    (rate_ ? record.h : record.x) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    seeds_.check(planned);
    inputs_.check(*planned.front());
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const Terrain terrain(context, units_, seeds_, inputs_);
    Options options = options_;
    if (options.relative && terrain.spread() > 0.0) options.unique_distance *= terrain.spread();
    Pace pace(context, terrain.seed_count() * static_cast<long>(2 + options.periods.size()));
    Report report{terrain, find(terrain, options, pace), {}, inputs_.words(), !options.periods.empty(), options.method};
    std::vector<Point>& points = report.found.points;
    inspect(terrain, options, points, pace);
    flag_outliers(terrain.starts(), points);
    const bool rests = std::ranges::any_of(
        points, [](const Point& point) { return point.at.kind == Kind::fixed && point.stability.unstable == 0; });
    if (!rests && options.follow > 1) report.fates = follow_on(terrain, options, pace);
    add_arrays(report, results);
    add_summary(report, results);
    results.figures.push_back(draw(report));
  }

 private:
  mrnn::Selection units_;
  SeedChoice seeds_;
  InputChoice inputs_;
  Options options_;
  bool rate_;  ///< is the state h (rate dynamics), not x?
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "fixed_points",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<FixedPoints>(config, network);
      },
      "fixed points, slow points and cycles of the dynamics, and their stability",
      "regions                    selectors of the units searched in; default: all\n"
      "seeds = 1024               states of the simulations that are searched from\n"
      "noise_scale = 0            standard deviation of what is added to them\n"
      "start = 0, stop            ms; only states of these times\n"
      "input = \"step\"             held: step (of the seed) | zero | numbers | { trial = 0, time = 200.0 }\n"
      "others = \"frozen\"          units outside regions: frozen (as in the seed) | mean | zero\n"
      "method = \"newton\"          newton | gradient | scyfi (exact, for relu and linear units)\n"
      "period                     steps of cycles that scyfi looks for too\n"
      "tolerance = 1e-20          on q = 1/2 |x - F(x)|^2\n"
      "slow_tolerance             on q of slow points; default: none are kept\n"
      "iterations = 200           of each search (gradient: 5000, scyfi: 100)\n"
      "unique_distance = 1e-3     nearer points are one\n"
      "unique_scale = \"absolute\"  absolute | relative (to the seeds' mean distance from their centroid)\n"
      "between = true             search on from midpoints between the fixed points found\n"
      "marginal = 1e-6            of the magnitude of an eigenvalue from 1\n"
      "vectors = 4                leading modes whose eigenvectors are stored\n"
      "follow = 4000              steps activity is followed for where no point is stable");
}

}  // namespace
}  // namespace fixed_points

MRNN_PLUGIN("fixed_points", "1.0", fixed_points::attach)
