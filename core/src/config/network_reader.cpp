#include "config/network_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/spec_names.hpp"

namespace mrnn {
namespace {

template <class Enum>
Enum read_choice(const ConfigNode& node, std::string_view key, Enum fallback) {
  std::vector<std::string> accepted;
  for (const auto& [value, name] : named_values<Enum>()) accepted.push_back(name);
  const std::string chosen = node.choice(key, accepted, name_of(fallback));
  for (const auto& [value, name] : named_values<Enum>()) {
    if (name == chosen) return value;
  }
  return fallback;
}

template <class Enum>
std::optional<Enum> read_optional_choice(const ConfigNode& node, std::string_view key) {
  if (!node.has(key)) return std::nullopt;
  return read_choice(node, key, Enum{});
}

/// Remembers where the keys of a table stand, under the names that build_network() calls them by.
void record(NetworkSource& source, const std::string& name, const ConfigNode& node) {
  source.where[name] = node.where();
  if (node.dotted() != name) source.tables[name] = node.dotted();
  for (const std::string& key : node.keys()) source.where[name + "." + key] = node.where(key);
}

std::array<double, 2> read_bounds(const ConfigNode& network) {
  const std::vector<double> bounds = network.numbers("bounds");
  if (bounds.size() != 2) {
    network.fail("bounds", fmt::format("has {} number(s); two, [low, high], are accepted", bounds.size()));
  }
  return {bounds[0], bounds[1]};
}

CellType read_cell_type(const ConfigNode& node) {
  CellType type;
  type.name = node.text("name");
  type.fraction = node.within("fraction", 0.0, 1.0);
  if (type.fraction == 0.0) node.fail("fraction", "is 0; a number above 0 and up to 1 is accepted");
  type.sign = read_optional_choice<Sign>(node, "sign");
  node.finish();
  return type;
}

Region read_region(const ConfigNode& node, const std::string& name, NetworkSource& source) {
  Region region;
  region.name = node.text("name");
  region.units = node.count("units");
  const std::vector<ConfigNode> types = node.list("cell_types");
  for (std::size_t k = 0; k < types.size(); ++k) {
    record(source, fmt::format("{}.cell_types[{}]", name, k), types[k]);
    region.cell_types.push_back(read_cell_type(types[k]));
  }
  region.sign = read_choice(node, "sign", region.sign);
  region.activation = read_optional_choice<Activation>(node, "activation");
  if (node.has("noise")) region.noise = node.at_least_zero("noise", 0.0);
  if (node.has("tau")) region.tau = node.positive("tau");
  region.base_firing = node.number("base_firing", region.base_firing);
  region.initial_state = node.number("initial_state", region.initial_state);
  region.learnable_bias = node.flag("learnable_bias", region.learnable_bias);
  region.learnable_initial_state = node.flag("learnable_initial_state", region.learnable_initial_state);
  region.learnable_tau = node.flag("learnable_tau", region.learnable_tau);
  region.parent = node.text("parent", region.parent);
  node.finish();
  return region;
}

InputRegion read_input(const ConfigNode& node) {
  InputRegion input;
  input.name = node.text("name");
  input.units = node.count("units");
  input.sign = read_choice(node, "sign", input.sign);
  node.finish();
  return input;
}

Initialiser read_initialiser(const ConfigNode& node) {
  Initialiser init;
  if (!node.has("distribution")) node.text("distribution");  // is required: says so
  init.distribution = read_choice(node, "distribution", init.distribution);
  for (const auto& [key, value] : parameters_of(init.distribution)) {
    const bool above_zero = key == "shape" || key == "scale";
    const bool at_least_zero = key == "standard_deviation";
    init.*value = above_zero      ? node.positive(key, init.*value)
                  : at_least_zero ? node.at_least_zero(key, init.*value)
                                  : node.number(key, init.*value);
  }
  if (init.distribution == Initialiser::Distribution::uniform && init.low > init.high) {
    node.fail("low", fmt::format("is {}, above high = {}", init.low, init.high));
  }
  if (!(init.fraction > 0.0 && init.fraction <= 1.0)) {
    node.fail("fraction", fmt::format("is {}; a number above 0 and up to 1 is accepted", init.fraction));
  }
  node.finish();
  return init;
}

/// One name or a list of them, each once.
std::vector<std::string> read_ends(const ConfigNode& node, std::string_view key) {
  std::vector<std::string> names = node.texts(key);
  if (names.empty()) node.fail(key, "is an empty list; at least one name is needed");
  for (const std::string& name : names) {
    if (std::ranges::count(names, name) > 1) node.fail(key, fmt::format("names \"{}\" twice", name));
  }
  return names;
}

/// Every pair of its two ends, in the order written, as if each stood in a table of its own.
void read_connections(const ConfigNode& node, NetworkSource& source) {
  const std::vector<std::string> from = read_ends(node, "from"), to = read_ends(node, "to");
  Connection connection;
  connection.sign = read_optional_choice<Sign>(node, "sign");
  connection.sparsity = node.within("sparsity", 0.0, 1.0, connection.sparsity);
  connection.autapses = node.flag("autapses", connection.autapses);
  connection.trainable = node.flag("trainable", connection.trainable);
  const auto init = node.find_table("init");
  if (init) connection.init = read_initialiser(*init);
  node.finish();
  std::vector<Connection>& all = source.spec.connections;
  for (const std::string& one : from) {
    for (const std::string& other : to) {
      const std::string name = fmt::format("connection[{}]", all.size());
      record(source, name, node);
      if (init) record(source, name + ".init", *init);
      connection.from = one;
      connection.to = other;
      all.push_back(connection);
    }
  }
}

Output read_output(const ConfigNode& node) {
  Output output;
  output.name = node.text("name");
  output.units = node.count("units");
  output.from = node.texts("from", output.from);
  output.activation = read_choice(node, "activation", output.activation);
  output.sign = read_optional_choice<Sign>(node, "sign");
  output.readout = read_choice(node, "readout", output.readout);
  output.trainable = node.flag("trainable", output.trainable);
  node.finish();
  return output;
}

}  // namespace

void read_network_table(const ConfigNode& network, NetworkSource& source) {
  record(source, "network", network);
  NetworkSpec& spec = source.spec;
  spec.dynamics = read_choice(network, "dynamics", spec.dynamics);
  spec.activation = read_choice(network, "activation", spec.activation);
  spec.dt = network.positive("dt", spec.dt);
  spec.tau = network.positive("tau", spec.tau);
  if (const auto noise = network.find_table("noise")) {
    record(source, "network.noise", *noise);
    spec.noise_recurrent = noise->at_least_zero("recurrent", spec.noise_recurrent);
    spec.noise_input = noise->at_least_zero("input", spec.noise_input);
    noise->finish();
  }
  spec.dale = read_choice(network, "dale", spec.dale);
  if (network.has("dale_input")) spec.dale_input = read_optional_choice<Dale>(network, "dale_input");
  if (network.has("bounds")) spec.bounds = read_bounds(network);
  if (network.has("spectral_radius")) spec.spectral_radius = network.positive("spectral_radius");
}

void read_parts(const ConfigNode& root, NetworkSource& source) {
  NetworkSpec& spec = source.spec;
  for (const ConfigNode& node : root.list("region")) {
    const std::string name = fmt::format("region[{}]", spec.regions.size());
    record(source, name, node);
    spec.regions.push_back(read_region(node, name, source));
  }
  for (const ConfigNode& node : root.list("input")) {
    record(source, fmt::format("input[{}]", spec.inputs.size()), node);
    spec.inputs.push_back(read_input(node));
  }
  for (const ConfigNode& node : root.list("connection")) read_connections(node, source);
  for (const ConfigNode& node : root.list("output")) {
    record(source, fmt::format("output[{}]", spec.outputs.size()), node);
    spec.outputs.push_back(read_output(node));
  }
}

}  // namespace mrnn
