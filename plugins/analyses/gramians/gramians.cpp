// Controllability and observability of the linearised network.

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "channels.hpp"
#include "gramians_report.hpp"
#include "measures.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/linearisation.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "mrnn/state_choice.hpp"

namespace {

using mrnn::Index;

/// Numbers that the stored matrices may hold in all; beyond, a file nobody wants.
constexpr Index matrix_limit = 50'000'000;

/// W_c = sum_k A^k B B^T A^kT and W_o = sum_k A^kT C^T C A^k at each chosen state.
class Gramians final : public mrnn::Analysis {
 public:
  Gramians(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        dt_(network.spec().dt),
        units_(mrnn::read_selection(config, "regions", network)),
        states_(config, network),
        sources_(gramians::read_sources(config, network, units_)),
        targets_(gramians::read_targets(config, network, units_)),
        parts_(gramians::parts_of(network, units_)),
        rate_(network.spec().dynamics == mrnn::Dynamics::rate) {
    if (units_.size() > mrnn::SpectrumOptions::full_limit) {
      config.fail("regions", "names " + std::to_string(units_.size()) +
                                 " units; gramians are dense matrices, of up to " +
                                 std::to_string(mrnn::SpectrumOptions::full_limit) + " units");
    }
    request_.modes = config.count_or("modes", 10, 0);
    request_.keep_matrices = config.flag("matrices", false);
    if (config.has("horizon")) {
      request_.terms = mrnn::to_steps(config.positive("horizon"), dt_);
      if (request_.terms == 0) config.fail("horizon", "is shorter than half a step");
    }
    for (const double time : config.numbers("reach_times", std::vector<double>{})) {
      if (time < 0.0) config.fail("reach_times", "holds a negative time; times are in ms from the start of the run");
      reach_steps_.push_back(mrnn::to_steps(time, dt_));
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    if (!states_.given() || !reach_steps_.empty()) (rate_ ? record.h : record.x) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    for (const mrnn::Simulation* simulation : planned) {
      states_.choose(*simulation);
      check_reach(*simulation);
    }
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    Index total = 0;
    for (const mrnn::Simulation* simulation : context.simulations()) {
      total += std::ssize(states_.choose(*simulation));
      check_reach(*simulation);
    }
    if (request_.keep_matrices && total * units_.size() * units_.size() > matrix_limit) {
      config_.fail("matrices", "would store two gramians of " + std::to_string(units_.size()) + " x " +
                                   std::to_string(units_.size()) + " numbers for " + std::to_string(total) +
                                   " states; choose fewer states or units");
    }
    context.expect(total * parts_per_state);
    std::vector<gramians::StateGramians> found;
    for (const mrnn::Simulation* simulation : context.simulations()) analyse(context, *simulation, found);
    const gramians::Report report{found, sources_, targets_, parts_, request_.terms, dt_};
    gramians::add_arrays(report, results);
    add_units(results);
    gramians::add_summary(report, results);
    results.figures.push_back(gramians::draw(report));
  }

 private:
  static constexpr long parts_per_state = 100;

  void check_reach(const mrnn::Simulation& simulation) const {
    for (const Index trial : states_.trials(simulation)) {
      const Index end = mrnn::trial_end(simulation.trials, trial);
      for (const Index step : reach_steps_) {
        if (step == 0 || (step <= end && simulation.steps.contains(step - 1))) continue;
        config_.fail("reach_times", "names step " + std::to_string(step) +
                                        ", whose state before it was not recorded in trial " + std::to_string(trial) +
                                        " of simulation \"" + simulation.name + "\"");
      }
    }
  }

  void analyse(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation,
               std::vector<gramians::StateGramians>& found) const {
    const auto session = context.open(simulation);
    mrnn::WeightsInForce weights(context.network(), context.parameters());
    for (const mrnn::ChosenState& at : states_.choose(simulation)) {
      const mrnn::StatePoints point{states_.state(context, simulation, at), {at.trial}, {at.step}};
      const mrnn::Jacobians gains = session->jacobian(point);
      const mrnn::EffectiveWeights& in_force = weights.at(simulation.trials, at.trial, at.step);
      const mrnn::Linearisation jacobian(context.network(), in_force.recurrent, gains, 0, units_);
      const gramians::LinearSystem system =
          gramians::make_system(context.network(), in_force, gains, 0, units_, sources_, targets_);
      const long before = std::ssize(found) * parts_per_state;
      gramians::StateGramians state = gramians::measure(
          system, jacobian, sources_, targets_, parts_, displacements(context, simulation, at.trial, point), request_,
          [&](double share) { context.advance(before + std::lround(share * parts_per_state)); });
      state.simulation = simulation.name;
      state.trial = at.trial;
      state.step = at.step;
      found.push_back(std::move(state));
    }
  }

  /// From the linearised state to the states of the same trial before the target steps, [n x targets].
  Eigen::MatrixXd displacements(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation, Index trial,
                                const mrnn::StatePoints& point) const {
    Eigen::MatrixXd result(units_.size(), std::ssize(reach_steps_));
    for (Index k = 0; k < result.cols(); ++k) {
      const Index step = reach_steps_[static_cast<std::size_t>(k)];
      const Eigen::VectorXd target = simulation.state(context.network(), context.parameters(), trial, step - 1);
      result.col(k) = units_.rows_of(target - point.states);
    }
    return result;
  }

  void add_units(mrnn::AnalysisResults& results) const {
    const auto add = [&](const char* name, const std::vector<Index>& numbers, const char* axis, const char* what) {
      mrnn::NamedArray array{name, {std::ssize(numbers)}, {}, "1", {axis}, what};
      array.values.assign(numbers.begin(), numbers.end());
      results.add(std::move(array));
    };
    add("units", units_.indices(), "unit", "number of each linearised unit within the network");
    if (!reach_steps_.empty()) add("reach_steps", reach_steps_, "reached", "steps before which the states are reached");
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  mrnn::Selection units_;
  mrnn::StateChoice states_;
  std::vector<gramians::Group> sources_, targets_;
  std::vector<gramians::Part> parts_;
  std::vector<Index> reach_steps_;
  gramians::Request request_;
  bool rate_;  ///< is the state h (rate dynamics), not x?
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "gramians",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Gramians>(config, network);
      },
      "controllability and observability of the linearised network, from inputs to outputs and between regions",
      "regions           selectors of the linearised units; default: all\n"
      "from              inputs or selectors that drive; default: all inputs\n"
      "to                outputs or selectors that are seen; default: all outputs\n"
      "horizon           ms; default: infinite, for which the network must be stable\n"
      "trials = [0]      trial numbers\n"
      "steps             step numbers; default: the last\n"
      "times             the same in ms\n"
      "every             instead: every so many steps\n"
      "state             a state to use in place of the simulation's: one number, or one per unit\n"
      "reach_times       ms; states whose least energy is wanted\n"
      "modes = 10        leading modes and axes\n"
      "matrices = false  also store the gramians themselves");
}

}  // namespace

MRNN_PLUGIN("gramians", "1.0", attach)
