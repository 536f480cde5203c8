// Eigenvalues and eigenvectors of the network linearised at states of a simulation.

#include <memory>
#include <string>
#include <vector>

#include "mrnn/linearisation.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "mrnn/state_choice.hpp"
#include "spectrum_report.hpp"
#include "tracking.hpp"
#include "tracking_figure.hpp"

namespace {

using mrnn::Index;
using mrnn::LinearForm;

/// States linearised in one call to the backend.
constexpr Index batch = 32;
/// Numbers that from_excluded may hold in all; beyond, a file nobody wants.
constexpr Index excluded_limit = 100'000'000;

LinearForm read_form(const mrnn::ConfigNode& config) {
  const std::vector<std::string> accepted{"discrete", "continuous", "partial"};
  const std::string form = config.choice("form", accepted, "discrete");
  return form == "discrete"     ? LinearForm::discrete
         : form == "continuous" ? LinearForm::continuous
                                : LinearForm::partial;
}

mrnn::EigenMethod read_method(const mrnn::ConfigNode& config) {
  const std::vector<std::string> accepted{"auto", "dense", "iterative"};
  const std::string method = config.choice("method", accepted, "auto");
  return method == "auto"    ? mrnn::EigenMethod::automatic
         : method == "dense" ? mrnn::EigenMethod::dense
                             : mrnn::EigenMethod::iterative;
}

/// M = diag(leak) + diag(post) W diag(pre) at each chosen state, W the weights in force; its spectrum.
class EigenSpectrum final : public mrnn::Analysis {
 public:
  EigenSpectrum(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : config_(config),
        units_(mrnn::read_selection(config, "regions", network)),
        states_(config, network),
        form_(read_form(config)),
        from_excluded_(config.flag("from_excluded", false)),
        rate_(network.spec().dynamics == mrnn::Dynamics::rate) {
    options_.count = config.count_or("count", 0, 0);
    options_.vectors = std::min<Index>(config.count_or("vectors", 4, 0), units_.size());
    options_.method = read_method(config);
    options_.order = form_ == LinearForm::continuous ? mrnn::EigenOrder::real_part : mrnn::EigenOrder::magnitude;
    if (options_.count > units_.size()) {
      config.fail("count", "is " + std::to_string(options_.count) + "; the selected units have " +
                               std::to_string(units_.size()) + " eigenvalues");
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    if (!states_.given()) (rate_ ? record.h : record.x) = true;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    for (const mrnn::Simulation* simulation : planned) states_.choose(*simulation);
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    Index total = 0;
    for (const mrnn::Simulation* simulation : context.simulations()) total += std::ssize(states_.choose(*simulation));
    context.expect(total);
    std::vector<eigen_spectrum::StateSpectrum> found;
    for (const mrnn::Simulation* simulation : context.simulations()) analyse(context, *simulation, found);
    const double dt = context.network().spec().dt;
    eigen_spectrum::add_arrays(found, form_, dt, results);
    add_units(context.network(), results);
    eigen_spectrum::add_summary(found, form_, dt, results);
    results.figures.push_back(eigen_spectrum::draw(found, form_, dt));
    const std::vector<eigen_spectrum::Trajectory> trajectories = eigen_spectrum::follow(found);
    eigen_spectrum::add_tracks(found, trajectories, results);
    eigen_spectrum::draw_tracks(context, found, trajectories, form_, results);
  }

 private:
  void analyse(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation,
               std::vector<eigen_spectrum::StateSpectrum>& found) const {
    const std::vector<mrnn::ChosenState> chosen = states_.choose(simulation);
    check_size(context.network(), std::ssize(chosen));
    const auto session = context.open(simulation);
    mrnn::WeightsInForce weights(context.network(), context.parameters());
    for (Index first = 0; first < std::ssize(chosen); first += batch) {
      const Index count = std::min(batch, std::ssize(chosen) - first);
      mrnn::StatePoints points{Eigen::MatrixXd(context.network().units(), count), {}, {}};
      for (Index k = 0; k < count; ++k) {
        const mrnn::ChosenState& at = chosen[static_cast<std::size_t>(first + k)];
        points.states.col(k) = states_.state(context, simulation, at);
        points.trials.push_back(at.trial);
        points.steps.push_back(at.step);
      }
      const mrnn::Jacobians gains = mrnn::linearise(*session, simulation.trials, points, form_);
      for (Index k = 0; k < count; ++k) {
        const mrnn::ChosenState& at = chosen[static_cast<std::size_t>(first + k)];
        const auto& in_force = weights.at(simulation.trials, at.trial, at.step).recurrent;
        found.push_back(solve(mrnn::Linearisation(context.network(), in_force, gains, k, units_), context.network()));
        found.back().simulation = simulation.name;
        found.back().trial = at.trial;
        found.back().step = at.step;
        context.advance(std::ssize(found));
      }
    }
  }

  eigen_spectrum::StateSpectrum solve(const mrnn::Linearisation& linearisation, const mrnn::Network& network) const {
    eigen_spectrum::StateSpectrum state;
    state.spectrum = mrnn::spectrum(linearisation, options_);
    if (from_excluded_) state.from_excluded = linearisation.dense_from(units_.complement(network.units()));
    return state;
  }

  void check_size(const mrnn::Network& network, Index states) const {
    const Index excluded = network.units() - units_.size();
    if (from_excluded_ && states * units_.size() * excluded > excluded_limit) {
      config_.fail("from_excluded", "would store " + std::to_string(states) + " matrices of " +
                                        std::to_string(units_.size()) + " x " + std::to_string(excluded) +
                                        " numbers; choose fewer states or units");
    }
  }

  void add_units(const mrnn::Network& network, mrnn::AnalysisResults& results) const {
    const auto add = [&](const char* name, const mrnn::Selection& units, const char* description) {
      mrnn::NamedArray array{name, {units.size()}, {}, "1", {"unit"}, description};
      for (const Index unit : units.indices()) array.values.push_back(static_cast<double>(unit));
      results.add(std::move(array));
    };
    add("units", units_, "number of each selected unit within the network");
    const mrnn::Selection excluded = units_.complement(network.units());
    if (from_excluded_ && !excluded.empty()) add("excluded_units", excluded, "number of each unit left out");
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::Selection units_;
  mrnn::StateChoice states_;
  LinearForm form_;
  bool from_excluded_;
  bool rate_;  ///< is the state h (rate dynamics), not x?
  mrnn::SpectrumOptions options_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "eigen_spectrum",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<EigenSpectrum>(config, network);
      },
      "eigenvalues, eigenvectors, time constants and stability of the linearised network",
      "regions               selectors of the units; default: all\n"
      "form = \"discrete\"     discrete | continuous | partial\n"
      "trials = [0]          trial numbers\n"
      "steps                 step numbers; default: the last\n"
      "times                 the same in ms\n"
      "every                 instead: every so many steps\n"
      "state                 a state to use in place of the simulation's: one number, or one per unit\n"
      "count = 0             leading eigenvalues; 0: all up to 2,000 units, above that 20\n"
      "method = \"auto\"       auto | dense | iterative (matrix-free)\n"
      "vectors = 4           leading modes whose eigenvectors are stored\n"
      "from_excluded = false also store the derivative with respect to the units left out");
}

}  // namespace

MRNN_PLUGIN("eigen_spectrum", "1.0", attach)
