// Adds an unweighted drive to chosen units, as optogenetic stimulation or current injection does.

#include <memory>
#include <string>
#include <vector>

#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"

namespace {

/// s_t[i] += strength_i ramp(t) time_course(t) for the chosen units i, within the window.
class Stimulus final : public mrnn::Manipulation {
 public:
  Stimulus(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        units_(mrnn::UnitChoice::read(config, network)),
        schedule_(mrnn::Schedule::read(config, network.spec().dt, mrnn::Schedule::Ramps::allowed)),
        strength_(config.numbers("strength")),
        time_course_(config.numbers("time_course", std::vector<double>{})) {
    const auto candidates = static_cast<std::size_t>(units_.candidates().size());
    if (strength_.size() == 1) strength_.resize(candidates, strength_.front());
    if (strength_.size() != candidates) {
      config.fail("strength", "has " + std::to_string(strength_.size()) + " values for " + std::to_string(candidates) +
                                  " units; one number, or one per unit of the regions in the order given, is accepted");
    }
    if (config.has("time_course") && time_course_.empty()) config.fail("time_course", "is an empty list");
  }

  void apply(const mrnn::Network&, std::uint64_t seed, mrnn::Trials& trials) const override {
    const std::vector<mrnn::Index> drawn = units_.draw(seed);
    mrnn::Drive drive{units_.units(seed), Eigen::VectorXd(drawn.size()), {}};
    for (std::size_t k = 0; k < drawn.size(); ++k) {
      drive.strength[static_cast<mrnn::Index>(k)] = strength_[static_cast<std::size_t>(drawn[k])];
    }
    for (const mrnn::Schedule::Window& window : schedule_.windows(trials)) {
      drive.course = course(window);
      trials.interventions.push_back({window.steps, window.trials, drive});
    }
  }

 private:
  /// Of a window that the end of the run cuts, the time course may have all steps or those that are left.
  Eigen::VectorXd course(const mrnn::Schedule::Window& window) const {
    if (time_course_.empty()) return window.course;
    const mrnn::Index values = std::ssize(time_course_), steps = window.steps.size();
    if (values != steps && values != window.whole) {
      const std::string whose = config_.has("epoch") ? " of trial " + std::to_string(window.trials.front()) : "";
      config_.fail("time_course", "has " + std::to_string(values) + " values; the window" + whose + " has " +
                                      std::to_string(steps) + " steps, and one value per step is needed");
    }
    return window.course.array() * Eigen::Map<const Eigen::ArrayXd>(time_course_.data(), steps);
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::UnitChoice units_;
  mrnn::Schedule schedule_;
  std::vector<double> strength_;     ///< per candidate unit
  std::vector<double> time_course_;  ///< per step of the window, or empty
};

void attach(mrnn::PluginContext& context) {
  context.add_manipulation(
      "stimulus",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Stimulus>(config, network);
      },
      "adds a drive to chosen units (optogenetics, current injection)",
      "regions           selectors of the units (required)\n"
      "strength          drive, one number or one per unit (required)\n"
      "fraction = 1      share of the units of each selector, drawn at random\n"
      "epoch             such as \"delay\": start and stop count from its beginning in each trial; default: the run\n"
      "start = 0         ms\n"
      "stop              ms; default: the end of the epoch, or run\n"
      "ramp_up = 0       ms, linear, inside the window\n"
      "ramp_down = 0     ms, linear, inside the window\n"
      "time_course       numbers that multiply the drive, one per step of the window\n"
      "trials            trial numbers; default: all\n"
      "conditions        values of the trials' condition; default: all");
}

}  // namespace

MRNN_PLUGIN("stimulus", "1.0", attach)
