#include "files/results_network.hpp"

#include <fmt/format.h>

#include <numeric>

#include "config/spec_names.hpp"
#include "files/matrix_writer.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

using Packing = ArrayLayout::Packing;

/// Where an axis is divided: starts and ends of the ranges of all blocks along it.
template <class RangeOf>
std::vector<Index> boundaries(const std::vector<Block>& blocks, const RangeOf& range_of) {
  std::vector<Index> all;
  for (const Block& block : blocks) {
    all.push_back(range_of(block).start);
    all.push_back(range_of(block).end());
  }
  return all;
}

ArrayLayout block_layout(const std::vector<Block>& blocks, Index rows, Index columns, Packing packing) {
  return {{rows, columns},
          {chunk_length(rows, boundaries(blocks, [](const Block& block) { return block.to; })),
           chunk_length(columns, boundaries(blocks, [](const Block& block) { return block.from; }))},
          packing};
}

/// The arrays of one kind of weights: recurrent (`rec`) or from inputs (`inp`).
class MatrixGroup {
 public:
  MatrixGroup(Hdf5Writer& writer, const std::vector<Block>& blocks, Index rows, Index columns)
      : writer_(writer), blocks_(blocks), rows_(rows), columns_(columns) {}

  void weights(const std::string& name, const std::vector<Eigen::MatrixXd>& values) const {
    write<double>(name, Packing::plain, [&](std::size_t k, Index i, Index j) { return values[k](i, j); });
  }
  /// The free parameters of the weights that exist.
  void free(const std::string& name, const std::vector<Eigen::MatrixXd>& values) const {
    write<double>(name, Packing::plain, [&](std::size_t k, Index i, Index j) {
      return blocks_[k].pattern(i, j) == 0 ? 0.0 : values[k](i, j);
    });
  }
  void mask(const std::string& name) const {
    write<std::uint8_t>(name, Packing::compressed, [&](std::size_t k, Index i, Index j) {
      return static_cast<std::uint8_t>(blocks_[k].pattern(i, j) != 0);
    });
  }
  void sign(const std::string& name) const {
    write<std::int8_t>(name, Packing::compressed,
                       [&](std::size_t k, Index i, Index j) { return blocks_[k].pattern(i, j); });
  }
  void trainable(const std::string& name, const std::vector<Connection>& connections) const {
    std::vector<PatternMatrix> allowed;
    for (const Block& block : blocks_) {
      PatternMatrix& all = allowed.emplace_back(PatternMatrix::Zero(block.to.size, block.from.size));
      for (const Piece& piece : block.pieces) {
        if (!connections[piece.connection].trainable) continue;
        all.block(piece.to.start - block.to.start, piece.from.start - block.from.start, piece.to.size, piece.from.size)
            .setOnes();
      }
    }
    write<std::uint8_t>(name, Packing::compressed, [&](std::size_t k, Index i, Index j) {
      return static_cast<std::uint8_t>(blocks_[k].pattern(i, j) != 0 && allowed[k](i, j) != 0);
    });
  }

 private:
  template <class Value, class ValueOf>
  void write(const std::string& name, Packing packing, const ValueOf& value) const {
    write_tiles<Value>(
        writer_, name, block_layout(blocks_, rows_, columns_, packing),
        [&](UnitRange rows, UnitRange columns, std::span<Value> tile) {
          fill_from_blocks(blocks_, rows, columns, tile, value);
        },
        [&](UnitRange rows, UnitRange columns) { return any_block_in(blocks_, rows, columns); });
  }

  Hdf5Writer& writer_;
  const std::vector<Block>& blocks_;
  Index rows_, columns_;
};

/// Ones where the channels of identity readouts read their unit.
template <class Value>
void fill_identity_readouts(const Network& network, UnitRange rows, UnitRange columns, std::span<Value> tile) {
  for (const OutputLayout& output : network.output_layouts()) {
    if (output.readout != Readout::identity) continue;
    Index channel = output.range.start;
    for (const Index unit : output.units.indices()) {
      if (rows.contains(channel) && columns.contains(unit)) {
        tile[static_cast<std::size_t>((channel - rows.start) * columns.size + unit - columns.start)] = Value(1);
      }
      ++channel;
    }
  }
}

template <class Value, class ValueOf>
void write_readout(Hdf5Writer& writer, const std::string& name, Packing packing, const Network& network,
                   const ValueOf& value) {
  const std::vector<Block>& blocks = network.readout_blocks();
  write_tiles<Value>(writer, name, block_layout(blocks, network.outputs(), network.units(), packing),
                     [&](UnitRange rows, UnitRange columns, std::span<Value> tile) {
                       fill_from_blocks(blocks, rows, columns, tile, value);
                       fill_identity_readouts(network, rows, columns, tile);
                     });
}

void write_vector(Hdf5Writer& writer, const std::string& name, const Eigen::VectorXd& vector) {
  writer.write(name, {vector.size()}, std::span<const double>(vector.data(), static_cast<std::size_t>(vector.size())));
}

/// Names and ranges of a kind of part (`region`, `cell_type`, ...), as arrays of the same length.
class RangeTable {
 public:
  void add(const std::string& name, UnitRange range) {
    names_.push_back(name);
    starts_.push_back(range.start);
    units_.push_back(range.size);
  }
  void write(Hdf5Writer& writer, const std::string& kind) const {
    const std::string prefix = "/network/structure/" + kind;
    writer.write_texts(prefix + "_name", names_);
    writer.write(prefix + "_start", {std::ssize(starts_)}, starts_);
    writer.write(prefix + "_units", {std::ssize(units_)}, units_);
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::int64_t> starts_, units_;
};

void write_regions(Hdf5Writer& writer, const Network& network) {
  RangeTable regions;
  RangeTable types;
  std::vector<std::string> activations;
  std::vector<std::string> parents;
  std::vector<std::string> type_regions;
  for (const RegionLayout& region : network.regions()) {
    regions.add(region.name, region.range);
    activations.push_back(name_of(network.activations()[static_cast<std::size_t>(region.range.start)]));
    parents.push_back(region.parent);
    for (const NamedRange& type : region.cell_types) {
      types.add(type.name, type.range);
      type_regions.push_back(region.name);
    }
  }
  regions.write(writer, "region");
  writer.write_texts("/network/structure/region_activation", activations);
  writer.write_texts("/network/structure/region_parent", parents);
  types.write(writer, "cell_type");
  writer.write_texts("/network/structure/cell_type_region", type_regions);
}

void write_inputs_and_outputs(Hdf5Writer& writer, const Network& network) {
  RangeTable inputs;
  for (const NamedRange& input : network.input_regions()) inputs.add(input.name, input.range);
  inputs.write(writer, "input");
  RangeTable outputs;
  std::vector<std::string> activations;
  for (const OutputLayout& output : network.output_layouts()) {
    outputs.add(output.name, output.range);
    activations.push_back(name_of(output.activation));
  }
  outputs.write(writer, "output");
  writer.write_texts("/network/structure/output_activation", activations);
}

void write_attributes(Hdf5Writer& writer, const Network& network) {
  const NetworkSpec& spec = network.spec();
  writer.attribute("/network", "dt", spec.dt);
  writer.attribute("/network", "tau", spec.tau);
  writer.attribute("/network", "dynamics", name_of(spec.dynamics));
  writer.attribute("/network", "activation", name_of(spec.activation));
  writer.attribute("/network", "dale", name_of(network.dale()));
  writer.attribute("/network", "dale_input", name_of(network.dale_input()));
  const auto bounded = [](Dale dale) { return dale == Dale::clamp || dale == Dale::project; };
  if (bounded(network.dale()) || bounded(network.dale_input())) {
    writer.attribute("/network", "bounds", std::vector<double>{network.lower_bound(), network.upper_bound()});
  }
}

}  // namespace

void check_format_version(const Hdf5Reader& reader) {
  if (!reader.has_attribute("/", "format_version")) return;
  const double version = reader.number_attribute("/", "format_version");
  if (version <= static_cast<double>(file_format_version)) return;
  throw FileError(reader.file(), fmt::format("has format version {:g}, from a newer mrnn; this one reads up to {}",
                                             version, file_format_version));
}

Index chunk_length(Index length, const std::vector<Index>& boundaries) {
  constexpr Index whole = 64;     // up to here one chunk
  constexpr Index shortest = 32;  // 32 x 32 doubles are 8 KiB
  constexpr Index longest = 512;  // 512 x 512 doubles are 2 MiB
  constexpr Index most_chunks = 128;
  if (length <= whole) return std::max<Index>(1, length);
  Index divisor = length;
  for (const Index boundary : boundaries) divisor = std::gcd(divisor, boundary);
  const Index least = std::clamp(length / most_chunks, shortest, longest);
  if (divisor < least) return divisor * ((least + divisor - 1) / divisor);
  for (Index parts = 1; divisor / parts >= least; ++parts) {
    if (divisor % parts == 0 && divisor / parts <= longest) return divisor / parts;
  }
  return std::min(length, longest);
}

void write_network_group(Hdf5Writer& writer, const Network& network, const Parameters& parameters) {
  const EffectiveWeights effective = effective_weights(network, parameters);
  writer.group("/network");
  write_attributes(writer, network);

  const MatrixGroup recurrent(writer, network.recurrent_blocks(), network.units(), network.units());
  recurrent.weights("/network/W_rec", effective.recurrent);
  recurrent.free("/network/free/W_rec", parameters.recurrent);
  recurrent.mask("/network/structure/mask_rec");
  recurrent.sign("/network/structure/sign_rec");
  recurrent.trainable("/network/structure/trainable_rec", network.spec().connections);

  const MatrixGroup input(writer, network.input_blocks(), network.units(), network.inputs());
  input.weights("/network/W_inp", effective.input);
  input.free("/network/free/W_inp", parameters.input);
  input.mask("/network/structure/mask_inp");
  input.sign("/network/structure/sign_inp");

  write_readout<double>(writer, "/network/W_out", Packing::plain, network,
                        [&](std::size_t k, Index i, Index j) { return effective.readout[k](i, j); });
  write_readout<std::uint8_t>(writer, "/network/structure/mask_out", Packing::compressed, network,
                              [](std::size_t, Index, Index) { return std::uint8_t{1}; });
  write_vector(writer, "/network/b_out", parameters.readout_bias);
  write_vector(writer, "/network/bias", parameters.bias);
  write_vector(writer, "/network/x0", parameters.initial_state);
  write_vector(writer, "/network/tau", parameters.tau);

  write_regions(writer, network);
  write_inputs_and_outputs(writer, network);
}

}  // namespace mrnn
