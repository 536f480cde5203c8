#include "report/report.hpp"

#include <fmt/format.h>

#include "config/spec_names.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

const std::string not_fixed = "not fixed";

std::string cell_types_of(const Region& region, const RegionLayout& layout) {
  std::vector<std::string> words;
  for (std::size_t k = 0; k < region.cell_types.size(); ++k) {
    const CellType& type = region.cell_types[k];
    words.push_back(fmt::format("{} ({})", type.name, layout.cell_types[k].range.size));
  }
  return join(words);
}

/// Weights of one connection, counted over the blocks it has a part in.
struct Count {
  Index positive = 0, negative = 0, possible = 0;
  bool input = false;
};

void count_weights(const std::vector<Block>& blocks, bool input, std::vector<Count>& counts) {
  for (const Block& block : blocks) {
    for (const Piece& piece : block.pieces) {
      const auto pattern = block.pattern.block(piece.to.start - block.to.start, piece.from.start - block.from.start,
                                               piece.to.size, piece.from.size);
      Count& count = counts.at(piece.connection);
      count.positive += (pattern.array() > 0).count();
      count.negative += (pattern.array() < 0).count();
      count.possible += pattern.size();
      count.input = input;
    }
  }
}

std::string sign_of(const Count& count, const Network& network) {
  if ((count.input ? network.dale_input() : network.dale()) == Dale::none) return not_fixed;
  if (count.positive == 0 && count.negative == 0) return "none";
  if (count.positive > 0 && count.negative > 0) return "mixed";
  return name_of(count.negative > 0 ? Sign::inhibitory : Sign::excitatory);
}

/// The sign of what a region sends, which its connections and cell types may set against its own.
std::string sign_of(const Region& region, UnitRange range, const Network& network) {
  if (network.dale() == Dale::none) return not_fixed;
  bool positive = false, negative = false;
  for (const Block& block : network.recurrent_blocks()) {
    for (const Piece& piece : block.pieces) {
      if (!range.contains(piece.from.start)) continue;
      const auto pattern = block.pattern.block(piece.to.start - block.to.start, piece.from.start - block.from.start,
                                               piece.to.size, piece.from.size);
      positive = positive || (pattern.array() > 0).any();
      negative = negative || (pattern.array() < 0).any();
    }
  }
  if (positive && negative) return "mixed";
  if (!positive && !negative) return name_of(region.sign);
  return name_of(negative ? Sign::inhibitory : Sign::excitatory);
}

}  // namespace

std::string words_of(const ReportRange& range) {
  return range.low == range.high ? fmt::format("{:.6g}", range.low)
                                 : fmt::format("{:.4g} to {:.4g}", range.low, range.high);
}

void describe_units(const Network& network, const Parameters& parameters, ReportContent& content) {
  for (std::size_t k = 0; k < content.regions.size(); ++k) {
    const UnitRange range = network.regions()[k].range;
    const auto spread = [&range](const Eigen::VectorXd& values) {
      const auto part = values.segment(range.start, range.size);
      return ReportRange(part.minCoeff(), part.maxCoeff());
    };
    content.regions[k].tau = spread(parameters.tau);
    content.regions[k].base_firing = spread(parameters.bias);
  }
}

void describe_network(const Network& network, ReportContent& content) {
  const NetworkSpec& spec = network.spec();
  content.units = network.units();
  content.inputs = network.inputs();
  content.outputs = network.outputs();
  content.dt = spec.dt;
  content.dynamics = name_of(spec.dynamics);
  content.dale = name_of(spec.dale);
  content.regions.clear();
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    const Region& region = spec.regions[i];
    content.regions.push_back({region.name, region.parent, region.units, cell_types_of(region, network.regions()[i]),
                               sign_of(region, network.regions()[i].range, network),
                               name_of(region.activation.value_or(spec.activation)), region.tau.value_or(spec.tau),
                               region.base_firing});
  }
  std::vector<Count> counts(spec.connections.size());
  count_weights(network.recurrent_blocks(), false, counts);
  count_weights(network.input_blocks(), true, counts);
  content.weights = 0;
  content.connections.clear();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Index weights = counts[i].positive + counts[i].negative;
    const double density = counts[i].possible > 0 ? static_cast<double>(weights) / counts[i].possible : 0.0;
    content.weights += weights;
    content.connections.push_back(
        {spec.connections[i].from, spec.connections[i].to, sign_of(counts[i], network), weights, density});
  }
  content.output_table.clear();
  for (const Output& output : spec.outputs) {
    content.output_table.push_back({output.name, output.units, output.from.empty() ? "all regions" : join(output.from),
                                    name_of(output.activation), name_of(output.readout)});
  }
}

}  // namespace mrnn
