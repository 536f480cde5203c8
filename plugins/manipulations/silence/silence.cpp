// Holds the activity of chosen units at a value, zero by default.

#include <memory>

#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"

namespace {

/// h_t[i] = value for the chosen units i, at every step of the window.
class Silence final : public mrnn::Manipulation {
 public:
  Silence(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : units_(mrnn::UnitChoice::read(config, network)),
        schedule_(mrnn::Schedule::read(config, network.spec().dt, mrnn::Schedule::Ramps::none)),
        value_(config.number("value", 0.0)) {}

  void apply(const mrnn::Network&, std::uint64_t seed, mrnn::Trials& trials) const override {
    const mrnn::Clamp clamp{units_.units(seed), value_};
    for (const mrnn::Schedule::Window& window : schedule_.windows(trials)) {
      trials.interventions.push_back({window.steps, window.trials, clamp});
    }
  }

 private:
  mrnn::UnitChoice units_;
  mrnn::Schedule schedule_;
  double value_;
};

void attach(mrnn::PluginContext& context) {
  context.add_manipulation(
      "silence",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Silence>(config, network);
      },
      "holds the activity of chosen units at zero or another value",
      "regions           selectors of the units (required)\n"
      "value = 0         the activity they are held at\n"
      "fraction = 1      share of the units of each selector, drawn at random\n"
      "epoch             such as \"delay\": start and stop count from its beginning in each trial; default: the run\n"
      "start = 0         ms\n"
      "stop              ms; default: the end of the epoch, or run\n"
      "trials            trial numbers; default: all\n"
      "conditions        values of the trials' condition; default: all");
}

}  // namespace

MRNN_PLUGIN("silence", "1.0", attach)
