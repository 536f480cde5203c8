// Lyapunov exponents: how fast neighbouring trajectories of the network move apart.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "growth.hpp"
#include "lyapunov_report.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "trajectory.hpp"

namespace {

using mrnn::Index;

/// All exponents are computed by default up to so many units; above that a few.
constexpr Index full_limit = 100;
constexpr Index leading_count = 20;

/// lambda_i = lim 1/T sum_t ln R_ii, with Q R = J_t Q along a trajectory.
class Lyapunov final : public mrnn::Analysis {
 public:
  Lyapunov(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        dt_(network.spec().dt),
        trajectory_(config, dt_),
        rate_(network.spec().dynamics == mrnn::Dynamics::rate) {
    request_.units = mrnn::read_selection(config, "regions", network);
    const Index units = request_.units.size();
    request_.count = config.count_or("count", units <= full_limit ? units : leading_count);
    if (request_.count > units) {
      config.fail("count", "is " + std::to_string(request_.count) + "; the selected units have " +
                               std::to_string(units) + " exponents");
    }
    request_.every = config.count_or("every", 1);
    if (config.has("discard")) discard_ = mrnn::to_steps(config.at_least_zero("discard", 0.0), dt_);
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    (rate_ ? record.h : record.x) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    for (const mrnn::Simulation* simulation : planned) {
      trajectory_.trials(*simulation);
      if (trajectory_.continued()) trajectory_.held(*simulation);
    }
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    Index total = 0;
    for (const mrnn::Simulation* simulation : context.simulations()) {
      request_of(*simulation);
      total += trajectory_.steps(*simulation) * std::ssize(trajectory_.trials(*simulation));
    }
    context.expect(total);
    long done = 0;
    std::vector<lyapunov::SimulationExponents> found;
    for (const mrnn::Simulation* simulation : context.simulations()) {
      const lyapunov::GrowthRequest request = request_of(*simulation);
      found.push_back({simulation->name, lyapunov::grow(context, *simulation, trajectory_, request, done)});
    }
    const lyapunov::Report report{found, request_.count, request_.count == request_.units.size()};
    lyapunov::add_arrays(report, results);
    lyapunov::add_summary(report, results);
    results.figures.push_back(lyapunov::draw(report));
  }

 private:
  /// By default a tenth of the steps is left to the box to turn into the directions that grow.
  lyapunov::GrowthRequest request_of(const mrnn::Simulation& simulation) const {
    lyapunov::GrowthRequest request = request_;
    const Index steps = trajectory_.steps(simulation);
    request.discard = discard_.value_or(steps / 10);
    if (request.discard < steps) return request;
    config_.fail("discard",
                 "leaves none of the " + std::to_string(steps) + " steps of simulation \"" + simulation.name + "\"");
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  lyapunov::TrajectoryChoice trajectory_;
  lyapunov::GrowthRequest request_;  ///< without the steps to discard
  std::optional<Index> discard_;     ///< steps
  bool rate_;                        ///< is the state h (rate dynamics), not x?
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "lyapunov",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Lyapunov>(config, network);
      },
      "Lyapunov exponents along trajectories: do neighbouring states move apart or come together?",
      "regions    selectors of the units, the others as recorded; default: all\n"
      "trials     trial numbers; default: the first ten\n"
      "count      leading exponents; default: all up to 100 units, above that 20\n"
      "every = 1  steps between two orthonormalisations\n"
      "discard    ms at the start that do not count; default: a tenth\n"
      "duration   ms; the network is run on by itself for so long, its inputs held, without noise\n"
      "hold_at    ms; where that starts, and whose inputs are held; default: the last step");
}

}  // namespace

MRNN_PLUGIN("lyapunov", "1.0", attach)
