// A network of one model region per recorded region, trained to reproduce recorded activity, and the currents between
// its regions: CURBD (Perich et al. 2020).

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "fit_figure.hpp"
#include "mrnn/error.hpp"
#include "mrnn/plugin.hpp"

namespace {

using mrnn::Index;

/// Bytes of the steps of the last run that are kept at most.
constexpr double most_bytes = 1e9;

mrnn::Activation read_activation(const mrnn::ConfigNode& config) {
  // In the order of mrnn::Activation.
  const std::vector<std::string> names{"relu", "tanh", "sigmoid", "softplus", "linear", "retanh"};
  const std::string name = config.choice("activation", names, "tanh");
  return static_cast<mrnn::Activation>(std::ranges::find(names, name) - names.begin());
}

mrnn::WeightPart read_part(const mrnn::ConfigNode& config) {
  const std::vector<std::string> names{"all", "excitatory", "inhibitory"};
  return static_cast<mrnn::WeightPart>(std::ranges::find(names, config.choice("part", names, "all")) - names.begin());
}

class CurbdFit final : public mrnn::Analysis {
 public:
  CurbdFit(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : network_(network),
        options_(read_options(config)),
        source_(config, network, options_.activation),
        part_(read_part(config)),
        components_(config.count_or("components", 3, 1)) {
    mrnn::expect_one_simulation(config, "one network is fitted to the activity of one simulation");
    if (source_.dt() / static_cast<double>(options_.dt_factor) > options_.tau) {
      config.fail("tau", "is shorter than a step of the model, dt / dt_factor; the steps would not follow it");
    }
    if (config.has("seed")) seed_ = config.seed("seed", 0);
  }

  mrnn::Record needs() const override { return {.h = !source_.from_file()}; }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { source_.check(*planned.front()); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    curbd::Data data = source_.make(context);
    curbd::FitOptions options = options_;
    options.seed = seed_.value_or(context.seed());
    check_size(data, options);
    const auto samples = static_cast<long>(curbd::different_runs(options) * data.count());
    context.expect(samples);
    curbd::Fit fit = curbd::train(data, options, [&](long done) { context.advance(done); });
    std::vector<curbd::PairCurrent> currents;
    std::vector<curbd::Comparison> comparisons;
    const auto truth = source_.from_file() ? std::nullopt
                                           : std::optional<curbd::Truth>(std::in_place, context, source_.selectors(),
                                                                         source_.trials_of(context.simulation()));
    for (std::size_t to = 0; to < data.regions.size(); ++to) {
      for (std::size_t from = 0; from < data.regions.size(); ++from) {
        context.advance(samples);  // looks whether the user wants to stop
        currents.push_back(curbd::current_between(data, fit, {to, from}, part_, components_));
        if (truth) comparisons.push_back(curbd::compare(data, fit, *truth, {to, from}));
      }
    }
    const curbd::Found found{data, options, fit, currents, comparisons, part_, components_};
    curbd::add_summary(found, results);
    curbd::draw(found, source_.from_file() ? nullptr : &network_, results);
    curbd::add_arrays(found, results);
  }

 private:
  static curbd::FitOptions read_options(const mrnn::ConfigNode& config) {
    curbd::FitOptions options;
    options.g = config.at_least_zero("g", options.g);
    options.tau = config.positive("tau", options.tau);
    options.dt_factor = config.count_or("dt_factor", options.dt_factor, 1);
    options.amp_noise = config.at_least_zero("amp_noise", options.amp_noise);
    options.tau_noise = config.positive("tau_noise", options.tau_noise);
    options.noise = config.flag("fresh_noise", false) ? curbd::FitNoise::fresh : curbd::FitNoise::frozen;
    options.p0 = config.positive("p0", options.p0);
    options.runs = config.count_or("runs", options.runs, 0);
    options.free_runs = config.count_or("free_runs", options.free_runs, 1);
    options.activation = read_activation(config);
    options.timing = config.flag("legacy_alignment", false) ? curbd::Timing::legacy : curbd::Timing::exact;
    options.trace = config.flag("store", false);
    return options;
  }

  static void check_size(const curbd::Data& data, const curbd::FitOptions& options) {
    if (!options.trace) return;
    const double arrays = 3.0 + static_cast<double>(data.regions.size());  // x, h, noise, the currents from each region
    const double bytes = sizeof(double) * arrays * static_cast<double>(data.units()) *
                         static_cast<double>(curbd::steps_of_run(data, options));
    if (bytes <= most_bytes) return;
    std::ostringstream text;
    text.precision(2);
    text << "every step of a run would take " << bytes / 1e9 << " GB; with store = true at most " << most_bytes / 1e9
         << " GB are kept: take fewer regions, fewer trials or a smaller dt_factor";
    throw mrnn::RunError(text.str());
  }

  const mrnn::Network& network_;
  curbd::FitOptions options_;
  curbd::DataSource source_;
  mrnn::WeightPart part_;
  Index components_;
  std::optional<std::uint64_t> seed_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "curbd_fit",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<CurbdFit>(config, network);
      },
      "a multi-region network trained to reproduce recorded activity, and the currents between its regions",
      "regions                   selectors whose activity h is fitted; default: every region\n"
      "trials                    numbers of the trials taken, from 0; default: all\n"
      "file                      instead: HDF5 with recorded activity, relative to the configuration\n"
      "group                     of that file; default: the file itself\n"
      "dataset = \"activity\"      its array, (trial, time, unit) or (time, unit)\n"
      "dt                        ms between its samples\n"
      "region                    its regions: [{ name = \"m1\", units = 40 }, ...]\n"
      "normalise = \"global\"      global | region | none: divided by the largest |value|\n"
      "reset_points              samples that set the state; default: the first of each trial\n"
      "g = 1.5                   J starts as g N(0, 1) / sqrt(N)\n"
      "tau = 100                 ms, of the model\n"
      "dt_factor = 5             steps of the model per sample\n"
      "amp_noise = 0.01          of the input noise\n"
      "tau_noise = 100           ms, of the input noise\n"
      "fresh_noise = false       true: another noise in every run\n"
      "p0 = 1                    P starts as this times the identity: the rate of learning\n"
      "runs = 500                that learn\n"
      "free_runs = 10            after them, without learning\n"
      "activation = \"tanh\"       of the model\n"
      "legacy_alignment = false  true: errors as in the authors' program\n"
      "part = \"all\"              all | excitatory | inhibitory: whose components and full currents\n"
      "components = 3            leading principal components of each current\n"
      "seed                      of weights and noise; default: the experiment's\n"
      "store = false             also every step of the last run and the currents themselves, up to 1 GB");
}

}  // namespace

MRNN_PLUGIN("curbd_fit", "1.0", attach)
