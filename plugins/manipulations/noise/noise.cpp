// Adds recurrent noise to chosen units.

#include <memory>

#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"

namespace {

/// sigma_rec^2 of the chosen units grows by sigma^2, at every step of the window.
class ExtraNoise final : public mrnn::Manipulation {
 public:
  ExtraNoise(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : units_(mrnn::UnitChoice::read(config, network)),
        schedule_(mrnn::Schedule::read(config, network.spec().dt, mrnn::Schedule::Ramps::none)),
        sigma_(config.number("sigma")) {
    if (sigma_ < 0.0) config.fail("sigma", "is negative; 0 or more is accepted");
  }

  void apply(const mrnn::Network&, std::uint64_t seed, mrnn::Trials& trials) const override {
    const mrnn::ExtraNoise noise{units_.units(seed), sigma_};
    for (const mrnn::Schedule::Window& window : schedule_.windows(trials)) {
      trials.interventions.push_back({window.steps, window.trials, noise});
    }
  }

 private:
  mrnn::UnitChoice units_;
  mrnn::Schedule schedule_;
  double sigma_;
};

void attach(mrnn::PluginContext& context) {
  context.add_manipulation(
      "noise",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<ExtraNoise>(config, network);
      },
      "adds recurrent noise to chosen units",
      "regions           selectors of the units (required)\n"
      "sigma             its square adds to the square of the network's own recurrent noise (required)\n"
      "fraction = 1      share of the units of each selector, drawn at random\n"
      "epoch             such as \"delay\": start and stop count from its beginning in each trial; default: the run\n"
      "start = 0         ms\n"
      "stop              ms; default: the end of the epoch, or run\n"
      "trials            trial numbers; default: all\n"
      "conditions        values of the trials' condition; default: all");
}

}  // namespace

MRNN_PLUGIN("noise", "1.0", attach)
