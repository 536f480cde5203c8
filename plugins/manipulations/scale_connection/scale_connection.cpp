// Multiplies the weights of chosen connections by a factor, for a stated time.

#include <memory>
#include <vector>

#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"

namespace {

/// W_t[i, j] = factor W[i, j] for the weights of the connections, at every step of the window.
class ScaleConnection final : public mrnn::Manipulation {
 public:
  ScaleConnection(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : schedule_(mrnn::Schedule::read(config, network.spec().dt, mrnn::Schedule::Ramps::none)) {
    if (config.has("connection") && config.has("connections")) {
      config.fail("connection", "is given as well as connections; one of the two is accepted");
    }
    scalings_ = mrnn::read_connections(config, config.has("connection") ? "connection" : "connections", network);
    const double factor = config.number("factor");
    for (mrnn::ScaleWeights& scaling : scalings_) scaling.factor = factor;
  }

  void apply(const mrnn::Network&, std::uint64_t, mrnn::Trials& trials) const override {
    for (const mrnn::Schedule::Window& window : schedule_.windows(trials)) {
      for (const mrnn::ScaleWeights& scaling : scalings_) {
        trials.interventions.push_back({window.steps, window.trials, scaling});
      }
    }
  }

 private:
  mrnn::Schedule schedule_;
  std::vector<mrnn::ScaleWeights> scalings_;
};

void attach(mrnn::PluginContext& context) {
  context.add_manipulation(
      "scale_connection",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<ScaleConnection>(config, network);
      },
      "multiplies the weights of connections by a factor",
      "connections       such as [\"gpe->stn\", \"cue->striatum\"] (required; or connection = \"gpe->stn\")\n"
      "factor            any number; 0 cuts the connection, 1 changes nothing (required)\n"
      "epoch             such as \"delay\": start and stop count from its beginning in each trial; default: the run\n"
      "start = 0         ms\n"
      "stop              ms; default: the end of the epoch, or run\n"
      "trials            trial numbers; default: all\n"
      "conditions        values of the trials' condition; default: all");
}

}  // namespace

MRNN_PLUGIN("scale_connection", "1.0", attach)
