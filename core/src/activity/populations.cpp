#include "mrnn/populations.hpp"

#include <algorithm>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

Quantity read_quantity(const ConfigNode& config) {
  const std::vector<std::string> accepted{"h", "x", "y"};
  const std::string quantity = config.choice("quantity", accepted, "h");
  return quantity == "h" ? Quantity::h : quantity == "x" ? Quantity::x : Quantity::y;
}

/// Texts under a key, none twice.
std::vector<std::string> read_names(const ConfigNode& config, const std::string& key,
                                    std::vector<std::string> fallback) {
  std::vector<std::string> names = config.texts(key, std::move(fallback));
  if (names.empty()) config.fail(key, "is an empty list; leave it out for all");
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name) config.fail(key, "names \"" + *name + "\" twice");
  }
  return names;
}

std::vector<Population> read_list(const ConfigNode& config, const std::string& key, const Network& network,
                                  const std::vector<std::string>& all) {
  std::vector<Population> populations;
  for (const std::string& name : read_names(config, key, all)) {
    try {
      populations.push_back({name == "*" ? "all" : name, network.select(name)});
    } catch (const ConfigError& error) {
      config.fail(key, error.problem());
    }
  }
  return populations;
}

std::vector<Population> read_outputs(const ConfigNode& config, const Network& network) {
  std::vector<std::string> all;
  for (const OutputLayout& output : network.output_layouts()) all.push_back(output.name);
  if (all.empty()) config.fail("quantity", "is \"y\", but the network has no outputs");
  std::vector<Population> populations;
  for (const std::string& name : read_names(config, "outputs", all)) {
    const auto output = std::ranges::find(network.output_layouts(), name, &OutputLayout::name);
    if (output == network.output_layouts().end()) config.fail("outputs", unknown_name("output", name, all));
    for (Index k = 0; k < output->range.size; ++k) {
      const std::string channel = output->range.size == 1 ? name : name + "_" + std::to_string(k);
      populations.push_back({channel, Selection({{output->range.start + k, 1}})});
    }
  }
  return populations;
}

}  // namespace

Populations read_populations(const ConfigNode& config, const Network& network) {
  const Quantity quantity = read_quantity(config);
  if (quantity == Quantity::y) {
    if (config.has("regions")) config.fail("regions", "names units, but quantity is \"y\"; use outputs");
    return {quantity, read_outputs(config, network)};
  }
  if (config.has("outputs")) config.fail("outputs", "needs quantity = \"y\"; use regions");
  std::vector<std::string> all;
  for (const RegionLayout& region : network.regions()) {
    all.push_back(region.name);
    for (const NamedRange& type : region.cell_types) all.push_back(type.name);
  }
  return {quantity, read_list(config, "regions", network, all)};
}

std::vector<Population> read_population_list(const ConfigNode& config, const std::string& key, const Network& network) {
  std::vector<std::string> all;
  for (const RegionLayout& region : network.regions()) all.push_back(region.name);
  return read_list(config, key, network, all);
}

Populations read_unit_populations(const ConfigNode& config, const Network& network) {
  const std::vector<std::string> accepted{"h", "x"};
  const bool activity = config.choice("quantity", accepted, "h") == "h";
  return {activity ? Quantity::h : Quantity::x, read_population_list(config, "regions", network)};
}

}  // namespace mrnn
