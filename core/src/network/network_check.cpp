#include "network/network_check.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

constexpr Index most_units = 10'000'000;  // per region; keeps all index arithmetic far from overflow

[[noreturn]] void fail(std::string key, std::string problem) {
  throw ConfigError("", std::move(key), std::move(problem));
}

void check_name(const std::string& key, const std::string& name) {
  if (!is_name(name)) {
    fail(key, fmt::format("\"{}\" is not a name; names begin with a letter and have letters, digits and _ only", name));
  }
}

void check_units(const std::string& key, Index units) {
  if (units < 1 || units > most_units) {
    fail(key, fmt::format("is {}; a whole number from 1 to {} is accepted", units, most_units));
  }
}

void check_not_negative(const std::string& key, double value) {
  if (!(value >= 0.0) || !std::isfinite(value)) fail(key, fmt::format("is {}; 0 or more is accepted", value));
}

void check_positive(const std::string& key, double value) {
  if (!(value > 0.0) || !std::isfinite(value)) fail(key, fmt::format("is {}; a number above 0 is accepted", value));
}

void check_finite(const std::string& key, double value) {
  if (!std::isfinite(value)) fail(key, fmt::format("is {}; a finite number is accepted", value));
}

void check_tau(const std::string& key, double tau, const NetworkSpec& spec) {
  check_positive(key, tau);
  if (spec.dynamics != Dynamics::elman && tau < spec.dt) {  // which has alpha = 1 whatever tau is
    fail(key, fmt::format("is {} ms, shorter than dt = {} ms; the Euler step would be unstable. Take a tau of at "
                          "least dt, or a smaller dt",
                          tau, spec.dt));
  }
}

void check_cell_types(const std::string& key, const Region& region) {
  double sum = 0.0;
  std::map<std::string, std::size_t> seen;
  for (std::size_t k = 0; k < region.cell_types.size(); ++k) {
    const CellType& type = region.cell_types[k];
    const std::string own = fmt::format("{}.cell_types[{}]", key, k);
    check_name(own + ".name", type.name);
    if (!seen.emplace(type.name, k).second) fail(own + ".name", fmt::format("\"{}\" is there twice", type.name));
    if (!(type.fraction > 0.0 && type.fraction <= 1.0)) {
      fail(own + ".fraction", fmt::format("is {}; above 0 and at most 1 is accepted", type.fraction));
    }
    const auto first = std::llround(sum * static_cast<double>(region.units));
    sum += type.fraction;
    if (std::llround(sum * static_cast<double>(region.units)) == first) {
      fail(own + ".fraction", fmt::format("leaves cell type \"{}\" without any of the {} units of \"{}\"", type.name,
                                          region.units, region.name));
    }
  }
  constexpr double rounding = 1e-9;
  if (!region.cell_types.empty() && std::abs(sum - 1.0) > rounding) {
    fail(key + ".cell_types", fmt::format("the fractions of \"{}\" sum to {}; they must sum to 1", region.name, sum));
  }
}

void check_network(const NetworkSpec& spec) {
  check_positive("network.dt", spec.dt);
  check_tau("network.tau", spec.tau, spec);
  check_not_negative("network.noise.recurrent", spec.noise_recurrent);
  check_not_negative("network.noise.input", spec.noise_input);
  if (spec.spectral_radius) check_positive("network.spectral_radius", *spec.spectral_radius);
  if (spec.bounds) {
    const auto has_bounds = [](Dale dale) { return dale == Dale::clamp || dale == Dale::project; };
    if (!has_bounds(spec.dale) && !has_bounds(spec.dale_input.value_or(spec.dale))) {
      fail("network.bounds", "belongs to dale = \"clamp\" and \"project\"; this network uses neither");
    }
    const auto [low, high] = *spec.bounds;
    if (!(low >= 0.0)) {
      fail("network.bounds", fmt::format("begins at {}; under Dale's law the lower bound is 0 or more", low));
    }
    if (!(high > low) || !std::isfinite(high)) {
      fail("network.bounds", fmt::format("is [{}, {}]; the second must be above the first", low, high));
    }
  }
  if (spec.regions.empty()) fail("region", "at least one [[region]] is needed");
}

/// alpha = dt / tau = sigmoid(theta): any tau above dt.
void check_learnable_tau(const std::string& key, const Region& region, const NetworkSpec& spec) {
  if (spec.dynamics == Dynamics::elman) {
    fail(key + ".learnable_tau", "elman dynamics have no time constant; leaky and rate dynamics have");
  }
  if (region.tau.value_or(spec.tau) <= spec.dt) {
    fail(key + ".learnable_tau", fmt::format("needs a tau above dt = {} ms to start from", spec.dt));
  }
}

void check_region(const std::string& key, const Region& region, const NetworkSpec& spec) {
  check_name(key + ".name", region.name);
  check_units(key + ".units", region.units);
  check_cell_types(key, region);
  if (region.tau) check_tau(key + ".tau", *region.tau, spec);
  if (region.noise) check_not_negative(key + ".noise", *region.noise);
  if (region.learnable_tau) check_learnable_tau(key, region, spec);
  check_finite(key + ".base_firing", region.base_firing);
  check_finite(key + ".initial_state", region.initial_state);
  if (!region.parent.empty()) check_name(key + ".parent", region.parent);
}

/// Of initial weights. Numbers that a distribution does not use do not matter.
void check_initialiser(const std::string& key, const Initialiser& init) {
  using Distribution = Initialiser::Distribution;
  const Distribution how = init.distribution;
  if (how == Distribution::gamma || how == Distribution::balanced) {
    check_positive(key + ".shape", init.shape);
    check_positive(key + ".scale", init.scale);
  }
  check_not_negative(key + ".standard_deviation", init.standard_deviation);
  for (const auto& [name, value] :
       {std::pair("low", init.low), std::pair("high", init.high), std::pair("mean", init.mean),
        std::pair("value", init.value), std::pair("gain", init.gain)}) {
    check_finite(key + "." + name, value);
  }
  if (how == Distribution::uniform && init.low > init.high) {
    fail(key + ".low", fmt::format("is {}, above high = {}", init.low, init.high));
  }
  if (!(init.fraction > 0.0 && init.fraction <= 1.0)) {
    fail(key + ".fraction", fmt::format("is {}; a number above 0 and up to 1 is accepted", init.fraction));
  }
}

void check_output(const std::string& key, const Output& output) {
  check_name(key + ".name", output.name);
  check_units(key + ".units", output.units);
  if (output.readout == Readout::weights) return;
  if (output.sign) fail(key + ".sign", "belongs to readout = \"weights\"; an identity readout has no weights");
  if (output.activation != OutputActivation::linear) {
    fail(key + ".activation", "belongs to readout = \"weights\"; an identity readout is the activity as it is");
  }
}

/// Regions, parents and inputs share one space of names, since a connection may begin at any of them.
void check_names_differ(const NetworkSpec& spec) {
  std::map<std::string, std::string> taken;
  const auto take = [&taken](const std::string& key, const std::string& name, const std::string& kind) {
    const auto [found, inserted] = taken.emplace(name, kind);
    if (!inserted) fail(key, fmt::format("\"{}\" is already the name of {}", name, found->second));
  };
  for (std::size_t k = 0; k < spec.regions.size(); ++k) {
    take(fmt::format("region[{}].name", k), spec.regions[k].name, "a region");
  }
  for (std::size_t k = 0; k < spec.inputs.size(); ++k) {
    take(fmt::format("input[{}].name", k), spec.inputs[k].name, "an input");
  }
  for (std::size_t k = 0; k < spec.regions.size(); ++k) {
    const std::string& parent = spec.regions[k].parent;
    if (parent.empty()) continue;
    const auto found = taken.emplace(parent, "a parent").first;
    if (found->second != "a parent") {
      fail(fmt::format("region[{}].parent", k), fmt::format("\"{}\" is already the name of {}", parent, found->second));
    }
  }
  std::map<std::string, std::string> outputs;
  for (std::size_t k = 0; k < spec.outputs.size(); ++k) {
    if (!outputs.emplace(spec.outputs[k].name, "").second) {
      fail(fmt::format("output[{}].name", k), fmt::format("\"{}\" is already an output", spec.outputs[k].name));
    }
  }
}

}  // namespace

void check_values(const NetworkSpec& spec) {
  check_network(spec);
  for (std::size_t k = 0; k < spec.regions.size(); ++k) {
    check_region(fmt::format("region[{}]", k), spec.regions[k], spec);
  }
  for (std::size_t k = 0; k < spec.inputs.size(); ++k) {
    check_name(fmt::format("input[{}].name", k), spec.inputs[k].name);
    check_units(fmt::format("input[{}].units", k), spec.inputs[k].units);
  }
  for (std::size_t k = 0; k < spec.connections.size(); ++k) {
    const double sparsity = spec.connections[k].sparsity;
    if (!(sparsity >= 0.0 && sparsity <= 1.0)) {
      fail(fmt::format("connection[{}].sparsity", k), fmt::format("is {}; a number from 0 to 1 is accepted", sparsity));
    }
    if (const auto& init = spec.connections[k].init) check_initialiser(fmt::format("connection[{}].init", k), *init);
  }
  for (std::size_t k = 0; k < spec.outputs.size(); ++k) {
    check_output(fmt::format("output[{}]", k), spec.outputs[k]);
  }
  check_names_differ(spec);
}

}  // namespace mrnn
