// The current into each region from each source (Perich et al. 2020), of any network.

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "currents_figure.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"

namespace {

using currents::Source;
using mrnn::Index;

/// Bytes of full currents that are kept at most.
constexpr double most_bytes = 1e9;

/// C_{a<-b}(t) = W_ab h_b(t - 1), with the weights in force at step t, for each target a and source b.
class Currents final : public mrnn::Analysis {
 public:
  Currents(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config), network_(network), dt_(network.spec().dt), alignment_(config, dt_) {
    config.texts("by", {"condition"});  // what the trials offer is known only when they are there
    for (const std::string& name : names(mrnn::read_selectors(config, "regions", network))) {
      request_.targets.push_back({name == "*" ? "all" : name, network.select(name)});
    }
    add_regions(names(mrnn::read_selectors(config, "sources", network)));
    const std::vector<std::string> parts{"all", "excitatory", "inhibitory"};
    const auto part = std::ranges::find(parts, config.choice("part", parts, "all")) - parts.begin();
    request_.part = static_cast<mrnn::WeightPart>(part);
    request_.components = config.count_or("components", 3, 1);
    request_.min_trials = config.count_or("min_trials", 3);
    request_.per_trial = config.flag("per_trial", false);
    request_.store = config.flag("store", false);
  }

  mrnn::Record needs() const override { return {.h = true}; }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    mrnn::group_trials(config_, planned);
    alignment_.window(planned);
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const mrnn::Conditions conditions = mrnn::group_trials(config_, context.simulations());
    const currents::Scope scope{context, alignment_, alignment_.window(context.simulations()), conditions};
    const currents::Request request = complete(context);
    check_size(scope, request);
    context.expect(currents::passes * static_cast<long>(request.targets.size()) * scope.trials());
    std::vector<currents::TargetCurrents> targets;
    long done = 0;
    for (std::size_t target = 0; target < request.targets.size(); ++target) {
      targets.push_back(currents::decompose(scope, request, target, done));
    }
    const currents::Found found{scope, request, targets, dt_};
    currents::add_arrays(found, results);
    currents::add_summary(found, results);
    currents::draw(found, alignment_.by_epoch() ? "time from " + alignment_.epoch() + " (ms)" : "time (ms)", results);
  }

 private:
  /// Every region where none is named.
  std::vector<std::string> names(std::vector<std::string> selectors) const {
    if (!selectors.empty()) return selectors;
    for (const mrnn::RegionLayout& region : network_.regions()) selectors.push_back(region.name);
    return selectors;
  }

  /// The sources named, and the units that none of them holds as one more, so that nothing is left out.
  void add_regions(const std::vector<std::string>& selectors) {
    for (const std::string& name : selectors) {
      request_.sources.push_back({name == "*" ? "all" : name, Source::Kind::units, network_.select(name)});
    }
    const mrnn::Selection rest = network_.select(selectors).complement(network_.units());
    if (!rest.empty()) request_.sources.push_back({"others", Source::Kind::units, rest});
    for (const mrnn::NamedRange& input : network_.input_regions()) {
      request_.sources.push_back({input.name, Source::Kind::input, mrnn::Selection({input.range})});
    }
  }

  bool reaches(const mrnn::ScaleWeights::Source kind, const mrnn::Selection& from) const {
    return std::ranges::any_of(request_.targets, [&](const mrnn::Population& target) {
      return !mrnn::Pathway(network_, kind, target.units, from).empty();
    });
  }

  /// The request with the bias and the stimulus, where there are any, and without inputs and others that reach no
  /// target.
  currents::Request complete(const mrnn::AnalysisContext& context) const {
    currents::Request request = request_;
    std::erase_if(request.sources, [&](const Source& source) {
      if (source.kind == Source::Kind::input) return !reaches(mrnn::ScaleWeights::Source::input, source.from);
      return source.name == "others" && !reaches(mrnn::ScaleWeights::Source::recurrent, source.from);
    });
    const bool bias = std::ranges::any_of(request.targets, [&](const mrnn::Population& target) {
      return !target.units.rows_of(context.parameters().bias).isZero(0.0);
    });
    const bool stimulus = std::ranges::any_of(context.simulations(), [](const mrnn::Simulation* simulation) {
      return !simulation->trials.stimulus.empty() ||
             std::ranges::any_of(simulation->trials.interventions, [](const mrnn::Intervention& intervention) {
               return std::holds_alternative<mrnn::Drive>(intervention.what);
             });
    });
    if (bias) request.sources.push_back({"bias", Source::Kind::bias});
    if (stimulus) request.sources.push_back({"stimulus", Source::Kind::stimulus});
    return request;
  }

  static void check_size(const currents::Scope& scope, const currents::Request& request) {
    if (!request.store) return;
    double units = 0.0;
    for (const mrnn::Population& target : request.targets) units += static_cast<double>(target.units.size());
    const double rows = static_cast<double>(scope.trials() + std::ssize(scope.conditions.list)) *
                        static_cast<double>(scope.window.size());
    const double bytes = sizeof(double) * units * rows * static_cast<double>(request.sources.size());
    if (bytes <= most_bytes) return;
    std::ostringstream text;
    text.precision(2);
    text << "the currents of every trial, step and unit would take " << bytes / 1e9 << " GB; with store = true at most "
         << most_bytes / 1e9 << " GB are kept: name fewer regions, a shorter window or fewer trials";
    throw mrnn::RunError(text.str());
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  const mrnn::Network& network_;
  double dt_;  ///< ms
  mrnn::Alignment alignment_;
  currents::Request request_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "currents",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Currents>(config, network);
      },
      "the current into each region from each region, input, bias and stimulus",
      "regions            selectors of the targets; default: every region\n"
      "sources            selectors; default: every region\n"
      "part = \"all\"       all | excitatory | inhibitory: whose components and full currents\n"
      "components = 3     leading principal components of each current\n"
      "by = \"condition\"   per-trial metadata that groups trials\n"
      "align              epoch whose first step is time zero\n"
      "align_at = 0       instead: ms from the start of the run\n"
      "window             [from, to] in ms around time zero; default: all that was recorded\n"
      "min_trials = 3     of a mean in the figures, for conditions that have more\n"
      "per_trial = false  also lengths and projections of single trials\n"
      "store = false      also the currents themselves, up to 1 GB");
}

}  // namespace

MRNN_PLUGIN("currents", "1.0", attach)
