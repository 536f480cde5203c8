#include "mrnn/channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

/// One side of a network, and the words for it.
struct SideLayout {
  std::string word;  ///< `input`; with an s the key of the task's table
  std::vector<NamedRange> parts;

  std::string key() const { return word + "s"; }
  const NamedRange* find(const std::string& name) const {
    const auto found = std::ranges::find(parts, name, &NamedRange::name);
    return found == parts.end() ? nullptr : &*found;
  }
  Index channels() const { return parts.empty() ? 0 : parts.back().range.end(); }
  std::string text() const {
    std::vector<std::string> words;
    for (const NamedRange& part : parts) words.push_back(fmt::format("{} ({})", part.name, part.range.size));
    return list_words(words);
  }
};

SideLayout layout_of(const Network& network, Channels::Side side) {
  if (side == Channels::Side::input) return {"input", network.input_regions()};
  SideLayout layout{"output", {}};
  for (const OutputLayout& output : network.output_layouts()) layout.parts.push_back({output.name, output.range});
  return layout;
}

std::string text_of(const std::vector<ChannelGroup>& groups) {
  std::vector<std::string> words;
  for (const ChannelGroup& group : groups) words.push_back(fmt::format("{} ({})", group.name, group.size));
  return list_words(words);
}

/// The names that the network has for the groups: their own, or those that the task's table gives them.
std::vector<std::string> names_of(const ConfigNode& config, const SideLayout& side,
                                  const std::vector<ChannelGroup>& groups) {
  std::vector<std::string> names, accepted;
  for (const ChannelGroup& group : groups) accepted.push_back(group.name);
  const auto table = config.find_table(side.key());
  if (!table) return accepted;
  for (const std::string& key : table->keys()) {
    if (std::ranges::find(accepted, key) == accepted.end()) {
      table->fail(key, unknown_name(side.word + " of the task", key, accepted));
    }
  }
  std::set<std::string> taken;
  std::vector<std::string> known;
  for (const NamedRange& part : side.parts) known.push_back(part.name);
  for (const ChannelGroup& group : groups) {
    names.push_back(table->text(group.name, group.name));
    const NamedRange* part = side.find(names.back());
    if (!part && table->has(group.name)) table->fail(group.name, unknown_name(side.word, names.back(), known));
    if (part && table->has(group.name) && part->range.size != group.size) {
      table->fail(group.name, fmt::format("{} \"{}\" of the network has {} channels; {} of the task needs {}",
                                          side.word, part->name, part->range.size, group.name, group.size));
    }
    if (!taken.insert(names.back()).second) {
      table->fail("", fmt::format("gives {} \"{}\" of the network to two groups of the task", side.word, names.back()));
    }
  }
  return names;
}

/// Where all groups are by name; empty where one is missing or of another size.
std::vector<UnitRange> places_by_name(const SideLayout& side, const std::vector<ChannelGroup>& groups,
                                      const std::vector<std::string>& names) {
  std::vector<UnitRange> places;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const NamedRange* part = side.find(names[g]);
    if (!part || part->range.size != groups[g].size) return {};
    places.push_back(part->range);
  }
  return places;
}

/// One after the other; empty where the sizes do not add up, or the network has one of the names elsewhere.
std::vector<UnitRange> places_in_order(const SideLayout& side, const std::vector<ChannelGroup>& groups) {
  std::vector<UnitRange> places;
  Index next = 0;
  for (const ChannelGroup& group : groups) {
    places.push_back({next, group.size});
    next += group.size;
    const NamedRange* namesake = side.find(group.name);
    if (namesake && namesake->range != places.back()) return {};
  }
  return next == side.channels() ? places : std::vector<UnitRange>{};
}

/// `Write [[input]] with name = "pulses" and units = 3, or, under [task], inputs = { pulses = "cue" }`, where inputs
/// fit
std::string advice(const std::string& table, const SideLayout& side, const std::vector<ChannelGroup>& groups,
                   const std::vector<std::string>& names) {
  std::vector<std::string> missing, renames;
  std::vector<const NamedRange*> free;
  for (const NamedRange& part : side.parts) {
    if (std::ranges::find(names, part.name) == names.end()) free.push_back(&part);
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const NamedRange* part = side.find(names[g]);
    if (part && part->range.size == groups[g].size) continue;
    missing.push_back(
        fmt::format("[[{}]] with name = \"{}\" and units = {}", side.word, groups[g].name, groups[g].size));
    const auto fits = [&](const NamedRange* other) { return other->range.size == groups[g].size; };
    const auto candidate = std::ranges::find_if(free, fits);
    if (candidate == free.end()) continue;
    renames.push_back(fmt::format("{} = \"{}\"", groups[g].name, (*candidate)->name));
    free.erase(candidate);
  }
  std::string text = "Write " + join(missing, ", ");
  if (renames.size() == missing.size()) {
    text += fmt::format(", or, under [{}], {} = {{ {} }}", table, side.key(), join(renames));
  }
  return text;
}

}  // namespace

Channels::Channels(const ConfigNode& config, const Network& network, Side side, std::vector<ChannelGroup> groups)
    : groups_(std::move(groups)) {
  const SideLayout layout = layout_of(network, side);
  const std::vector<std::string> names = names_of(config, layout, groups_);
  places_ = places_by_name(layout, groups_, names);
  if (places_.size() != groups_.size() && !config.has(layout.key())) places_ = places_in_order(layout, groups_);
  if (places_.size() != groups_.size()) {
    config.fail("",
                fmt::format("\"{}\" has the {} channels {}; the network has {}. {}", config.text("plugin"), layout.word,
                            text_of(groups_), layout.text(), advice(config.dotted(), layout, groups_, names)));
  }
}

UnitRange Channels::operator[](std::string_view group) const {
  std::vector<std::string> known;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].name == group) return places_[g];
    known.push_back(groups_[g].name);
  }
  throw ShapeError(unknown_name("channel group", group, known));
}

}  // namespace mrnn
