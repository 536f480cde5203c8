#include "channels.hpp"

#include <algorithm>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace gramians {
namespace {

using Eigen::MatrixXd;
using mrnn::Index;
using mrnn::Selection;

/// Those of `members` that are, or are not, among `units`.
Selection filter(const Selection& members, const Selection& units, bool inside) {
  std::vector<mrnn::UnitRange> ranges;
  for (const Index unit : members.indices()) {
    if (units.contains(unit) == inside) ranges.push_back({unit, 1});
  }
  return Selection(std::move(ranges));
}

void add_units(const std::string& name, const Selection& members, const Selection& units, std::vector<Group>& groups) {
  const Selection inside = filter(members, units, true), outside = filter(members, units, false);
  const bool split = !inside.empty() && !outside.empty();
  if (!inside.empty()) groups.push_back({name, Group::Kind::inside, inside});
  if (!outside.empty()) groups.push_back({split ? name + " (others)" : name, Group::Kind::outside, outside});
}

void add_regions(const mrnn::Network& network, const Selection& units, std::vector<Group>& groups) {
  for (const mrnn::RegionLayout& region : network.regions()) {
    const Selection inside = filter(Selection({region.range}), units, true);
    if (!inside.empty()) groups.push_back({region.name, Group::Kind::inside, inside});
  }
}

/// Names under a key: of `named` groups, or selectors of units.
std::vector<Group> read(const mrnn::ConfigNode& config, const std::string& key, const mrnn::Network& network,
                        const Selection& units, const std::vector<Group>& named) {
  std::vector<Group> groups;
  if (!config.has(key)) {
    groups = named;
    if (groups.empty()) add_regions(network, units, groups);
    return groups;
  }
  std::vector<std::string> seen;
  for (const std::string& name : config.texts(key)) {
    if (std::ranges::find(seen, name) != seen.end()) config.fail(key, "names \"" + name + "\" twice");
    seen.push_back(name);
    const auto found = std::ranges::find(named, name, &Group::name);
    if (found != named.end()) {
      groups.push_back(*found);
      continue;
    }
    try {
      add_units(name == "*" ? "all" : name, network.select(name), units, groups);
    } catch (const mrnn::ConfigError&) {
      std::vector<std::string> accepted;
      for (const Group& group : named) accepted.push_back(group.name);
      for (const std::string& selector : network.selectors()) accepted.push_back(selector);
      config.fail(key, mrnn::unknown_name(key == "from" ? "input or selector" : "output or selector", name, accepted));
    }
  }
  if (groups.empty()) config.fail(key, "is an empty list; leave it out for the default");
  return groups;
}

/// W[to, from]
MatrixXd recurrent(const mrnn::Network& network, const mrnn::EffectiveWeights& weights, const Selection& to,
                   const Selection& from) {
  const MatrixXd ones = MatrixXd::Ones(network.units(), 1);
  const mrnn::Jacobians bare{MatrixXd::Zero(network.units(), 1), ones, ones};
  return mrnn::Linearisation(network, weights.recurrent, bare, 0, to).dense_from(from);
}

/// A one in each column, at the place of a member among `units`.
MatrixXd pick(const Selection& units, const Selection& members) {
  const std::vector<Index> all = units.indices(), chosen = members.indices();
  MatrixXd columns = MatrixXd::Zero(units.size(), members.size());
  for (std::size_t j = 0; j < chosen.size(); ++j) {
    columns(std::ranges::find(all, chosen[j]) - all.begin(), static_cast<Index>(j)) = 1.0;
  }
  return columns;
}

/// The drive of one group to the units: [n x members].
MatrixXd columns_of(const Group& group, const mrnn::Network& network, const mrnn::EffectiveWeights& weights,
                    const Selection& units) {
  if (group.kind == Group::Kind::inside) return pick(units, group.members);
  if (group.kind == Group::Kind::outside) return recurrent(network, weights, units, group.members);
  const MatrixXd all = mrnn::dense(network.input_blocks(), weights.input, network.units(), network.inputs());
  return all(units.indices(), group.members.indices());
}

/// What is seen by one group of the activity of the units: [members x n].
MatrixXd rows_of(const Group& group, const mrnn::Network& network, const mrnn::EffectiveWeights& weights,
                 const Selection& units) {
  if (group.kind == Group::Kind::inside) return pick(units, group.members).transpose();
  if (group.kind == Group::Kind::outside) return recurrent(network, weights, group.members, units);
  return mrnn::dense_readout(network, weights)(group.members.indices(), units.indices());
}

}  // namespace

std::vector<Group> read_sources(const mrnn::ConfigNode& config, const mrnn::Network& network, const Selection& units) {
  std::vector<Group> inputs;
  for (const mrnn::NamedRange& input : network.input_regions()) {
    inputs.push_back({input.name, Group::Kind::named, Selection({input.range})});
  }
  return read(config, "from", network, units, inputs);
}

std::vector<Group> read_targets(const mrnn::ConfigNode& config, const mrnn::Network& network, const Selection& units) {
  std::vector<Group> outputs;
  for (const mrnn::OutputLayout& output : network.output_layouts()) {
    outputs.push_back({output.name, Group::Kind::named, Selection({output.range})});
  }
  return read(config, "to", network, units, outputs);
}

std::vector<std::string> channel_names(const std::vector<Group>& groups) {
  std::vector<std::string> names;
  for (const Group& group : groups) {
    const std::vector<Index> members = group.members.indices();
    for (std::size_t k = 0; k < members.size(); ++k) {
      const Index number = group.kind == Group::Kind::named ? static_cast<Index>(k) : members[k];
      names.push_back(group.name + " " + std::to_string(number));
    }
  }
  return names;
}

Index channel_count(const std::vector<Group>& groups) {
  Index count = 0;
  for (const Group& group : groups) count += group.members.size();
  return count;
}

std::vector<Part> parts_of(const mrnn::Network& network, const Selection& units) {
  std::vector<Part> parts;
  const std::vector<Index> chosen = units.indices();
  for (const mrnn::RegionLayout& region : network.regions()) {
    Part part{region.name, {}};
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (region.range.contains(chosen[i])) part.places.push_back(static_cast<Index>(i));
    }
    if (!part.places.empty()) parts.push_back(std::move(part));
  }
  return parts;
}

LinearSystem make_system(const mrnn::Network& network, const mrnn::EffectiveWeights& weights,
                         const mrnn::Jacobians& gains, Index column, const Selection& units,
                         const std::vector<Group>& sources, const std::vector<Group>& targets) {
  const std::vector<Index> chosen = units.indices();
  LinearSystem system;
  system.a = mrnn::Linearisation(network, weights.recurrent, gains, column, units).dense();
  system.post = gains.post.col(column)(chosen);
  const Eigen::VectorXd pre = gains.pre.col(column)(chosen);
  system.b.resize(units.size(), channel_count(sources));
  Index first = 0;
  for (const Group& group : sources) {
    system.b.middleCols(first, group.members.size()) =
        system.post.asDiagonal() * columns_of(group, network, weights, units);
    first += group.members.size();
  }
  system.c.resize(channel_count(targets), units.size());
  first = 0;
  for (const Group& group : targets) {
    system.c.middleRows(first, group.members.size()) = rows_of(group, network, weights, units) * pre.asDiagonal();
    first += group.members.size();
  }
  return system;
}

}  // namespace gramians
