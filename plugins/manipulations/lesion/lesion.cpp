// Removes connections, or all weights into and out of regions, for the whole run.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"

namespace {

using Source = mrnn::ScaleWeights::Source;

/// W[i, j] = 0 for the weights of the connections and of the regions named. Readouts stay.
class Lesion final : public mrnn::Manipulation {
 public:
  Lesion(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : schedule_(read_schedule(config, network.spec().dt)) {
    if (!config.has("connections") && !config.has("regions")) {
      config.fail("", "a lesion needs connections = [\"from->to\", ...] or regions = [...]");
    }
    if (config.has("connections")) cuts_ = mrnn::read_connections(config, "connections", network);
    if (config.has("regions")) {
      add_regions(config, network);
    } else if (config.has("direction")) {
      config.fail("direction", "belongs to regions, and this lesion names none");
    }
    for (mrnn::ScaleWeights& cut : cuts_) cut.factor = 0.0;
  }

  void apply(const mrnn::Network&, std::uint64_t, mrnn::Trials& trials) const override {
    for (const mrnn::Schedule::Window& window : schedule_.windows(trials)) {
      for (const mrnn::ScaleWeights& cut : cuts_) {
        trials.interventions.push_back({window.steps, window.trials, cut});
      }
    }
  }

 private:
  static mrnn::Schedule read_schedule(const mrnn::ConfigNode& config, double dt) {
    for (const char* key : {"epoch", "start", "stop", "ramp_up", "ramp_down"}) {
      if (config.has(key)) {
        config.fail(key,
                    "a lesion lasts the whole run; for a part of it, use the plugin scale_connection with "
                    "factor = 0, or silence");
      }
    }
    return mrnn::Schedule::read(config, dt, mrnn::Schedule::Ramps::none);
  }

  void add_regions(const mrnn::ConfigNode& config, const mrnn::Network& network) {
    const std::array<std::string, 3> directions{"both", "in", "out"};
    const std::string direction = config.choice("direction", directions, "both");
    const mrnn::Selection units({{0, network.units()}});
    const mrnn::Selection channels({{0, network.inputs()}});
    for (const std::string& selector : mrnn::read_selectors(config, "regions", network)) {
      const mrnn::Selection region = network.select(selector);
      std::vector<mrnn::ScaleWeights> own;
      if (direction != "out") {
        own.push_back({Source::recurrent, region, units, 0.0});
        own.push_back({Source::input, region, channels, 0.0});
      }
      if (direction != "in") own.push_back({Source::recurrent, units, region, 0.0});
      std::erase_if(own, [&](const mrnn::ScaleWeights& cut) { return !mrnn::has_weights(network, cut); });
      if (own.empty()) {
        config.fail("regions", "there is nothing to lesion: \"" + selector + "\" has no weights " + words(direction) +
                                   "; the network has the connections " +
                                   mrnn::list_words(mrnn::connection_names(network)));
      }
      cuts_.insert(cuts_.end(), own.begin(), own.end());
    }
  }

  static std::string words(const std::string& direction) {
    if (direction == "in") return "into it";
    return direction == "out" ? "out of it" : "into it or out of it";
  }

  mrnn::Schedule schedule_;
  std::vector<mrnn::ScaleWeights> cuts_;
};

void attach(mrnn::PluginContext& context) {
  context.add_manipulation(
      "lesion",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Lesion>(config, network);
      },
      "removes connections, or all weights into and out of regions, for the whole run",
      "connections       such as [\"gpe->stn\", \"cue->striatum\"]\n"
      "regions           selectors; all weights into and out of them (one of the two is required)\n"
      "direction = both  of regions: both, in (weights into them) or out (weights out of them)\n"
      "trials            trial numbers; default: all\n"
      "conditions        values of the trials' condition; default: all");
}

}  // namespace

MRNN_PLUGIN("lesion", "1.0", attach)
