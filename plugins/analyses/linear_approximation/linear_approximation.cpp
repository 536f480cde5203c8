// The network linearised about states, simulated beside the full one.

#include <memory>
#include <string>

#include "approximation_report.hpp"
#include "comparison.hpp"
#include "mrnn/plugin.hpp"
#include "plan.hpp"

namespace {

using mrnn::Index;

/// Numbers that the stored trajectories of each network may hold; beyond, a file nobody wants.
constexpr Index stored_limit = 50'000'000;

/// x+ = F(x0, u0) + J (x - x0) + B (u - u0), and how far it strays from the full network.
class LinearApproximation final : public mrnn::Analysis {
 public:
  LinearApproximation(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        plan_(config, network),
        threshold_(config.positive("threshold", 0.1)),
        rate_(network.spec().dynamics == mrnn::Dynamics::rate) {
    mrnn::expect_one_simulation(config, "a linear approximation is that of one simulation");
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    (rate_ ? record.h : record.x) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { plan_.make(*planned.front()); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const mrnn::Simulation& simulation = context.simulation();
    const linear_approximation::Plan plan = plan_.make(simulation);
    if (plan.stored * plan.steps.size() * plan.units.size() > stored_limit) {
      config_.fail("stored_trials", "would store " + std::to_string(plan.stored) + " trials of " +
                                        std::to_string(plan.steps.size()) + " steps and " +
                                        std::to_string(plan.units.size()) + " units; choose fewer");
    }
    const double dt = context.network().spec().dt;
    const linear_approximation::Comparison comparison =
        linear_approximation::compare(context, simulation, plan, plan_.states());
    const linear_approximation::Measures measures = linear_approximation::measure(comparison.errors, threshold_, dt);
    const linear_approximation::Plane plane = linear_approximation::make_plane(comparison.full);
    const linear_approximation::Report report{simulation, plan,       comparison, measures,
                                              plane,      threshold_, dt,         context.network()};
    linear_approximation::add_arrays(report, results);
    linear_approximation::add_summary(report, results);
    results.figures.push_back(linear_approximation::draw(report));
  }

 private:
  mrnn::ConfigNode config_;  ///< for the position in messages
  linear_approximation::PlanChoice plan_;
  double threshold_;  ///< of the relative error
  bool rate_;         ///< is the state h (rate dynamics), not x?
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "linear_approximation",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<LinearApproximation>(config, network);
      },
      "the network linearised about states, simulated beside the full one: how far does it carry?",
      "regions             selectors of the linear units; default: all\n"
      "excluded = \"input\"  input | drop: what the other units do\n"
      "trials              trial numbers; default: all\n"
      "start = 0, stop     ms; default: the whole run\n"
      "steps               before which the states lie that are linearised about; default: the start\n"
      "times               the same in ms\n"
      "every               instead: every so many steps\n"
      "about_trial         whose states; default: each trial's own\n"
      "state               a state to linearise about: one number, or one per unit\n"
      "restart = false     start again from the full network at each of those states\n"
      "threshold = 0.1     of the relative error, for the horizon\n"
      "stored_trials = 10  the first so many trials are stored whole");
}

}  // namespace

MRNN_PLUGIN("linear_approximation", "1.0", attach)
