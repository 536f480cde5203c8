#include "mrnn/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/random.hpp"
#include "network/blocks.hpp"
#include "network/network_check.hpp"
#include "network/region_names.hpp"

namespace mrnn {
namespace {

std::vector<RegionLayout> lay_out(const std::vector<Region>& regions) {
  std::vector<RegionLayout> layouts;
  Index start = 0;
  for (const Region& region : regions) {
    RegionLayout layout{region.name, {start, region.units}, {}, region.parent};
    double sum = 0.0;
    Index first = 0;
    for (const CellType& type : region.cell_types) {
      sum += type.fraction;
      const Index last = std::llround(sum * static_cast<double>(region.units));
      layout.cell_types.push_back({region.name + "." + type.name, {start + first, last - first}});
      first = last;
    }
    layouts.push_back(std::move(layout));
    start += region.units;
  }
  return layouts;
}

/// Signs of what each recurrent unit sends: its cell type's, else its region's.
std::vector<Sign> unit_signs(const NetworkSpec& spec, const std::vector<RegionLayout>& layouts) {
  std::vector<Sign> signs;
  for (std::size_t r = 0; r < layouts.size(); ++r) {
    signs.resize(static_cast<std::size_t>(layouts[r].range.end()), spec.regions[r].sign);
    for (std::size_t k = 0; k < layouts[r].cell_types.size(); ++k) {
      const auto sign = spec.regions[r].cell_types[k].sign;
      const UnitRange range = layouts[r].cell_types[k].range;
      if (sign) std::fill(signs.begin() + range.start, signs.begin() + range.end(), *sign);
    }
  }
  return signs;
}

/// Draws which weights exist: of each source unit's n targets, ceil(sparsity n) are absent.
PatternMatrix draw_pattern(const Piece& piece, const Connection& connection, bool recurrent,
                           const std::vector<Sign>& signs, std::uint64_t seed) {
  PatternMatrix pattern(piece.to.size, piece.from.size);
  RandomStream random(seed, Stream::connectivity, piece.name);
  constexpr double rounding = 1e-9;  // 0.7 x 10 must not become 8 absent
  for (Index column = 0; column < piece.from.size; ++column) {
    const Index source = piece.from.start + column;
    const Sign sign = connection.sign.value_or(signs[static_cast<std::size_t>(source)]);
    pattern.col(column).setConstant(static_cast<std::int8_t>(sign));
    const bool without_self = recurrent && !connection.autapses && piece.to.contains(source);
    const Index self = without_self ? source - piece.to.start : piece.to.size;
    if (without_self) pattern(self, column) = 0;
    const Index targets = piece.to.size - (without_self ? 1 : 0);
    const auto absent = static_cast<Index>(std::ceil(connection.sparsity * static_cast<double>(targets) - rounding));
    for (const Index target : random.choose(targets, absent)) pattern(target < self ? target : target + 1, column) = 0;
  }
  return pattern;
}

bool overlap(UnitRange a, UnitRange b) {
  return a.start < b.end() && b.start < a.end();
}

void check_overlaps(const std::vector<Block>& blocks) {
  for (std::size_t later = 0; later < blocks.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const Block& a = blocks[earlier];
      const Block& b = blocks[later];
      if (!overlap(a.to, b.to) || !overlap(a.from, b.from)) continue;
      throw ConfigError(
          "", fmt::format("connection[{}]", b.pieces[0].connection),
          fmt::format("{} touches the same pairs of units as {} (connection[{}]); two connections between "
                      "the same units are not accepted",
                      b.pieces[0].name, a.pieces[0].name, a.pieces[0].connection));
    }
  }
}

/// Rows of the readout that share one run of units.
std::vector<Block> readout_blocks(const Output& output, const OutputLayout& layout) {
  std::vector<Block> blocks;
  if (output.readout == Readout::identity) return blocks;
  for (const UnitRange& from : layout.units.ranges()) {
    const auto sign = static_cast<std::int8_t>(output.sign.value_or(Sign::excitatory));
    blocks.push_back({layout.range, from, {}, PatternMatrix::Constant(layout.range.size, from.size, sign), 1.0});
  }
  return blocks;
}

/// Gives an error without a key the key it belongs to.
template <class Function>
auto at_key(const std::string& key, Function&& function) {
  try {
    return function();
  } catch (const ConfigError& error) {
    throw ConfigError(error.where(), error.key().empty() ? key : error.key(), error.problem());
  }
}

}  // namespace

Selection Network::select(std::string_view selector) const {
  std::vector<UnitRange> ranges;
  for (const NamedRange& part : find_regions(regions_, selector)) ranges.push_back(part.range);
  if (ranges.empty()) {
    std::string problem = unknown_name("region", selector, selectors());
    if (has_input(selector)) problem = fmt::format("\"{}\" is an input; recurrent units are needed here", selector);
    throw ConfigError("", "", problem);
  }
  return Selection(std::move(ranges));
}

Selection Network::select(const std::vector<std::string>& selectors) const {
  if (selectors.empty()) return Selection({{0, units_}});
  std::vector<UnitRange> ranges;
  for (const std::string& selector : selectors) {
    const Selection named = select(selector);
    for (const UnitRange& range : named.ranges()) {
      for (const UnitRange& earlier : ranges) {
        if (overlap(earlier, range)) {
          throw ConfigError("", "", fmt::format("\"{}\" names units that are already selected", selector));
        }
      }
      ranges.push_back(range);
    }
  }
  return Selection(std::move(ranges));
}

Selection Network::select_input(std::string_view selector) const {
  if (selector == "*") return Selection({{0, inputs_}});
  std::vector<std::string> known;
  for (const NamedRange& input : input_regions_) {
    if (input.name == selector) return Selection({input.range});
    known.push_back(input.name);
  }
  throw ConfigError("", "", unknown_name("input", selector, known));
}

bool Network::has_input(std::string_view name) const noexcept {
  return std::ranges::any_of(input_regions_, [name](const NamedRange& input) { return input.name == name; });
}

std::vector<std::string> Network::selectors() const {
  return region_selectors(regions_);
}

/// Builds the parts of a Network in order; each step uses what the earlier ones made.
class NetworkBuilder {
 public:
  NetworkBuilder(const NetworkSpec& spec, std::uint64_t seed) : seed_(seed) {
    check_values(spec);
    network_.spec_ = spec;
  }

  Network build() {
    place_units();
    place_inputs();
    connect();
    place_outputs();
    return std::move(network_);
  }

 private:
  void place_units() {
    network_.regions_ = lay_out(spec().regions);
    network_.units_ = network_.regions_.back().range.end();
    network_.noise_.resize(network_.units_);
    for (std::size_t r = 0; r < spec().regions.size(); ++r) {
      const Region& region = spec().regions[r];
      network_.activations_.insert(network_.activations_.end(), static_cast<std::size_t>(region.units),
                                   region.activation.value_or(spec().activation));
      network_.noise_.segment(network_.regions_[r].range.start, region.units)
          .setConstant(region.noise.value_or(spec().noise_recurrent));
    }
  }

  void place_inputs() {
    for (const InputRegion& input : spec().inputs) {
      network_.input_regions_.push_back({input.name, {network_.inputs_, input.units}});
      network_.inputs_ += input.units;
    }
  }

  void connect() {
    const std::vector<Sign> recurrent_signs = unit_signs(spec(), network_.regions_);
    std::vector<Sign> input_signs;
    for (const InputRegion& input : spec().inputs) {
      input_signs.insert(input_signs.end(), static_cast<std::size_t>(input.units), input.sign);
    }
    std::vector<Block> recurrent;
    std::vector<Block> input;
    for (std::size_t c = 0; c < spec().connections.size(); ++c) {
      const Connection& connection = spec().connections[c];
      const bool from_input = network_.has_input(connection.from);
      for (Piece& piece : pieces(c)) {
        PatternMatrix pattern =
            draw_pattern(piece, connection, !from_input, from_input ? input_signs : recurrent_signs, seed_);
        const double density = density_of(pattern);
        (from_input ? input : recurrent)
            .push_back({piece.to, piece.from, {std::move(piece)}, std::move(pattern), density});
      }
    }
    check_overlaps(recurrent);
    check_overlaps(input);
    network_.recurrent_ = merge_neighbours(std::move(recurrent));
    network_.input_ = merge_neighbours(std::move(input));
  }

  /// One piece per pair of the regions or cell types that a connection's two selectors stand for.
  std::vector<Piece> pieces(std::size_t index) const {
    const Connection& connection = spec().connections[index];
    const std::string key = fmt::format("connection[{}]", index);
    std::vector<NamedRange> sources;
    for (const NamedRange& input : network_.input_regions_) {
      if (input.name == connection.from) sources.push_back(input);
    }
    if (sources.empty()) sources = find_regions(network_.regions_, connection.from);
    if (sources.empty()) {
      std::vector<std::string> known = network_.selectors();
      for (const NamedRange& input : network_.input_regions_) known.push_back(input.name);
      throw ConfigError("", key + ".from", unknown_name("region or input", connection.from, known));
    }
    const std::vector<NamedRange> targets = find_regions(network_.regions_, connection.to);
    if (targets.empty()) at_key(key + ".to", [&] { return network_.select(connection.to); });
    std::vector<Piece> all;
    for (const NamedRange& from : sources) {
      for (const NamedRange& to : targets) all.push_back({index, from.name + "->" + to.name, to.range, from.range});
    }
    return all;
  }

  void place_outputs() {
    for (std::size_t k = 0; k < spec().outputs.size(); ++k) {
      const Output& output = spec().outputs[k];
      const std::string key = fmt::format("output[{}]", k);
      OutputLayout layout{output.name,
                          {network_.outputs_, output.units},
                          at_key(key + ".from", [&] { return network_.select(output.from); }),
                          output.activation,
                          output.readout};
      if (output.readout == Readout::identity && layout.units.size() != output.units) {
        throw ConfigError(
            "", key + ".units",
            fmt::format("is {}, but an identity readout has one channel for each of the {} units it reads",
                        output.units, layout.units.size()));
      }
      for (Block& block : readout_blocks(output, layout)) network_.readout_.push_back(std::move(block));
      network_.outputs_ += output.units;
      network_.output_layouts_.push_back(std::move(layout));
    }
  }

  const NetworkSpec& spec() const { return network_.spec_; }

  Network network_;
  std::uint64_t seed_;
};

Network build_network(const NetworkSpec& spec, std::uint64_t seed) {
  return NetworkBuilder(spec, seed).build();
}

Network replace_patterns(Network network, std::vector<PatternMatrix> recurrent, std::vector<PatternMatrix> input) {
  const auto replace = [](std::vector<Block>& blocks, std::vector<PatternMatrix>& patterns) {
    if (patterns.size() != blocks.size()) throw ShapeError("replace_patterns() needs one pattern for each block");
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      if (patterns[k].rows() != blocks[k].to.size || patterns[k].cols() != blocks[k].from.size) {
        throw ShapeError(fmt::format("pattern {} is not of the shape of its block", k));
      }
      blocks[k].pattern = std::move(patterns[k]);
      blocks[k].density = density_of(blocks[k].pattern);
    }
  };
  replace(network.recurrent_, recurrent);
  replace(network.input_, input);
  return network;
}

}  // namespace mrnn
