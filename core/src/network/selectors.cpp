#include "mrnn/selectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/random.hpp"

namespace mrnn {
namespace {

bool overlap(const UnitRange& a, const UnitRange& b) {
  return a.start < b.end() && b.start < a.end();
}

bool overlap(const Selection& units, const UnitRange& range) {
  return std::ranges::any_of(units.ranges(), [&range](const UnitRange& own) { return overlap(own, range); });
}

bool overlap(const Selection& a, const Selection& b) {
  return std::ranges::any_of(b.ranges(), [&a](const UnitRange& range) { return overlap(a, range); });
}

bool overlap(const ScaleWeights& a, const ScaleWeights& b) {
  return a.source == b.source && overlap(a.to, b.to) && overlap(a.from, b.from);
}

const std::vector<Block>& blocks(const Network& network, ScaleWeights::Source source) {
  return source == ScaleWeights::Source::recurrent ? network.recurrent_blocks() : network.input_blocks();
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Adds the position of `key` to a ConfigError that has none.
template <class Function>
auto at_key(const ConfigNode& config, std::string_view key, Function function) {
  try {
    return function();
  } catch (const ConfigError& error) {
    config.fail(key, error.problem());
  }
}

Selection select_source(const Network& network, std::string_view from, ScaleWeights::Source source) {
  if (source == ScaleWeights::Source::input) return network.select_input(from);
  std::vector<std::string> known = network.selectors();
  if (std::ranges::find(known, from) != known.end()) return network.select(from);
  for (const NamedRange& input : network.input_regions()) known.push_back(input.name);
  throw ConfigError("", "", unknown_name("region or input", from, known));
}

}  // namespace

ScaleWeights find_connection(std::string_view text, const Network& network) {
  const auto arrow = text.find("->");
  if (arrow == text.npos) {
    throw ConfigError("", "",
                      fmt::format("\"{}\" is not a connection; \"from->to\" is accepted, such as {}", text,
                                  list_words(connection_names(network))));
  }
  const std::string_view from = trimmed(text.substr(0, arrow));
  ScaleWeights weights;
  if (network.has_input(from)) weights.source = ScaleWeights::Source::input;
  weights.from = select_source(network, from, weights.source);
  weights.to = network.select(trimmed(text.substr(arrow + 2)));
  if (!has_weights(network, weights)) {
    throw ConfigError(
        "", "",
        fmt::format("there is no connection \"{}\"; the network has {}", text, list_words(connection_names(network))));
  }
  return weights;
}

std::vector<std::string> read_selectors(const ConfigNode& config, std::string_view key, const Network& network) {
  if (!config.has(key)) return {};
  std::vector<std::string> selectors = config.texts(key);
  if (selectors.empty()) config.fail(key, "is an empty list; leave it out for all units, or name regions");
  at_key(config, key, [&] { return network.select(selectors); });
  return selectors;
}

Selection read_selection(const ConfigNode& config, std::string_view key, const Network& network) {
  return network.select(read_selectors(config, key, network));
}

std::vector<ScaleWeights> read_connections(const ConfigNode& config, std::string_view key, const Network& network) {
  const std::vector<std::string> names = config.texts(key);
  if (names.empty()) config.fail(key, "is an empty list; name connections as \"from->to\"");
  std::vector<ScaleWeights> connections;
  for (const std::string& name : names) {
    ScaleWeights added = at_key(config, key, [&] { return find_connection(name, network); });
    for (std::size_t earlier = 0; earlier < connections.size(); ++earlier) {
      if (overlap(connections[earlier], added)) {
        config.fail(key, fmt::format("\"{}\" and \"{}\" name some weights twice", names[earlier], name));
      }
    }
    connections.push_back(std::move(added));
  }
  return connections;
}

bool has_weights(const Network& network, const ScaleWeights& weights) {
  for (const Block& block : blocks(network, weights.source)) {
    for (const Piece& piece : block.pieces) {
      if (overlap(weights.to, piece.to) && overlap(weights.from, piece.from)) return true;
    }
  }
  return false;
}

std::vector<std::string> connection_names(const Network& network) {
  std::set<std::string> names;
  for (const auto source : {ScaleWeights::Source::recurrent, ScaleWeights::Source::input}) {
    for (const Block& block : blocks(network, source)) {
      for (const Piece& piece : block.pieces) names.insert(piece.name);
    }
  }
  return {names.begin(), names.end()};
}

UnitChoice UnitChoice::read(const ConfigNode& config, const Network& network) {
  const double fraction = config.number("fraction", 1.0);
  if (fraction <= 0.0 || fraction > 1.0) {
    config.fail("fraction", fmt::format("is {}; a number above 0, at most 1, is accepted", fraction));
  }
  UnitChoice choice;
  const std::string name = config.text("name");
  config.texts("regions");  // required here, optional in read_selectors()
  for (const std::string& selector : read_selectors(config, "regions", network)) {
    const Index size = network.select(selector).size();
    const auto drawn = static_cast<Index>(std::round(fraction * static_cast<double>(size)));
    if (drawn == 0) {
      config.fail("fraction", fmt::format("{} of the {} units of \"{}\" is less than one", fraction, size, selector));
    }
    choice.parts_.push_back({name + ":" + selector, size, drawn});
  }
  choice.candidates_ = read_selection(config, "regions", network);
  return choice;
}

std::vector<Index> UnitChoice::draw(std::uint64_t seed) const {
  std::vector<Index> positions;
  Index start = 0;
  for (const Part& part : parts_) {
    RandomStream random(seed, Stream::manipulations, part.stream);
    for (const std::int64_t position : random.choose(part.size, part.drawn)) positions.push_back(start + position);
    start += part.size;
  }
  return positions;
}

Selection UnitChoice::units(std::uint64_t seed) const {
  const std::vector<Index> all = candidates_.indices();
  std::vector<UnitRange> chosen;
  for (const Index position : draw(seed)) chosen.push_back({all[static_cast<std::size_t>(position)], 1});
  return Selection(std::move(chosen));
}

}  // namespace mrnn
