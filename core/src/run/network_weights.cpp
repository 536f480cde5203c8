#include "run/network_weights.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "files/weights_matrix.hpp"
#include "mrnn/names.hpp"
#include "mrnn/weights.hpp"
#include "report/report.hpp"

namespace mrnn {
namespace {

/// A setting of a region that a weight file may hold otherwise.
struct Setting {
  const char* key;
  bool written;    ///< by the user, as far as one can tell
  bool learnable;  ///< then what is stored is what was learnt
  double configured;
  Eigen::VectorXd stored;  ///< of the units of the region

  bool overruled() const {
    if (!written || learnable) return false;
    return ((stored.array() - configured).abs() > stored_rounding * std::abs(configured)).any();
  }
};

/// A value that is not the default must have come from somewhere, though JSON leaves no place of its keys.
std::vector<Setting> settings_of(const NetworkSource& source, std::size_t index, UnitRange range,
                                 const Parameters& fresh, const Parameters& loaded) {
  const Region& region = source.spec.regions[index];
  const auto part = [&range](const Eigen::VectorXd& values) { return values.segment(range.start, range.size); };
  const auto is_key = [&](const std::string& key) {
    return source.where.contains(fmt::format("region[{}].{}", index, key));
  };
  const double bias = part(fresh.bias)[0], state = part(fresh.initial_state)[0], tau = part(fresh.tau)[0];
  return {
      {"base_firing", is_key("base_firing") || bias != Region{}.base_firing, region.learnable_bias, bias,
       part(loaded.bias)},
      {"initial_state", is_key("initial_state") || state != Region{}.initial_state, region.learnable_initial_state,
       state, part(loaded.initial_state)},
      {"tau", is_key("tau") || source.where.contains("network.tau") || tau != NetworkSpec{}.tau, region.learnable_tau,
       tau, part(loaded.tau)},
  };
}

void warn_of_overruled(const NetworkSource& source, const Parameters& loaded, const std::filesystem::path& file,
                       ExperimentState& state) {
  for (std::size_t k = 0; k < state.network->regions().size(); ++k) {
    const RegionLayout& region = state.network->regions()[k];
    std::vector<std::string> differences;
    for (const Setting& setting : settings_of(source, k, region.range, state.parameters, loaded)) {
      if (!setting.overruled()) continue;
      const ReportRange stored(setting.stored.minCoeff(), setting.stored.maxCoeff());
      differences.push_back(fmt::format("{} is {} in the configuration, {} in {}", setting.key,
                                        words_of(ReportRange(setting.configured)), words_of(stored),
                                        file.filename().string()));
    }
    if (differences.empty()) continue;
    state.warnings.push_back(
        fmt::format("{}: region {}: {}, which is used", file.string(), region.name, join(differences, "; ")));
  }
}

}  // namespace

void load_network_weights(const std::filesystem::path& file, const NetworkSource& source, ExperimentState& state) {
  LoadedWeights loaded = load_weights(file, *state.network, state.parameters);
  warn_of_overruled(source, loaded.parameters, file, state);
  state.network = std::move(loaded.network);
  state.parameters = std::move(loaded.parameters);
  state.weights = file;
  state.drawn_recurrent = false;
  state.drawn_input = !loaded.has_input;
  state.warnings.insert(state.warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
}

}  // namespace mrnn
