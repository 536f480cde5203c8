#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/network_spec.hpp"
#include "mrnn/selection.hpp"

namespace mrnn {

/// Where the units of a region or input region, or of one of its cell types, lie.
struct NamedRange {
  std::string name;  ///< `striatum`, or `striatum.d1` for a cell type
  UnitRange range;
};

/// A region as built: its units and its cell types (empty where it has none).
struct RegionLayout {
  std::string name;
  UnitRange range;
  std::vector<NamedRange> cell_types;
  std::string parent;
};

/// One connection within a block: a rectangle of its own.
struct Piece {
  std::size_t connection = 0;  ///< index into NetworkSpec::connections
  std::string name;            ///< `from->to` of the pair of regions or cell types; seeds its random draws
  UnitRange to, from;
};

using PatternMatrix = Eigen::Matrix<std::int8_t, Eigen::Dynamic, Eigen::Dynamic>;

/// A rectangle of weights that exist, W[to, from]. Absent rectangles have no block, no memory and no
/// arithmetic. Neighbouring connections of the same class of density are merged into one block.
struct Block {
  UnitRange to;               ///< rows: recurrent units, or channels of an output
  UnitRange from;             ///< columns: recurrent units, or input channels
  std::vector<Piece> pieces;  ///< the connections that tile it; none for readouts
  PatternMatrix pattern;      ///< M o S [to x from]: 0 absent, +1 excitatory, -1 inhibitory source
  double density = 1.0;       ///< share of nonzero entries of the pattern
};

/// Weights of these blocks that exist: nonzero entries of their patterns.
MRNN_EXPORT Index existing_weights(const std::vector<Block>& blocks);

/// An output as built.
struct OutputLayout {
  std::string name;
  UnitRange range;  ///< its channels among all output channels
  Selection units;  ///< the recurrent units it reads
  OutputActivation activation = OutputActivation::linear;
  Readout readout = Readout::weights;
};

/// A network with everything resolved to indices: unit ranges, masks, signs and the block lists that
/// all backends share. Immutable; built by build_network(). Sizes: N units, I input channels,
/// K output channels.
class MRNN_EXPORT Network {
 public:
  const NetworkSpec& spec() const noexcept { return spec_; }
  Index units() const noexcept { return units_; }
  Index inputs() const noexcept { return inputs_; }
  Index outputs() const noexcept { return outputs_; }

  const std::vector<RegionLayout>& regions() const noexcept { return regions_; }
  const std::vector<NamedRange>& input_regions() const noexcept { return input_regions_; }
  const std::vector<OutputLayout>& output_layouts() const noexcept { return output_layouts_; }

  const std::vector<Block>& recurrent_blocks() const noexcept { return recurrent_; }
  const std::vector<Block>& input_blocks() const noexcept { return input_; }
  const std::vector<Block>& readout_blocks() const noexcept { return readout_; }  ///< none for identity readouts

  Dale dale() const noexcept { return spec_.dale; }
  Dale dale_input() const noexcept { return spec_.dale_input.value_or(spec_.dale); }
  double lower_bound() const noexcept { return spec_.bounds ? (*spec_.bounds)[0] : 0.0; }
  double upper_bound() const noexcept { return spec_.bounds ? (*spec_.bounds)[1] : 10.0; }

  const std::vector<Activation>& activations() const noexcept { return activations_; }  ///< per unit
  const Eigen::VectorXd& noise() const noexcept { return noise_; }                      ///< sigma_rec per unit

  /// Recurrent units named by `striatum`, `striatum.d1`, a parent, or `*`.
  /// @throws ConfigError without a position for an unknown name (nearest match in the text).
  Selection select(std::string_view selector) const;
  /// Several selectors, in the order given; a unit named twice is an error. None: all units.
  Selection select(const std::vector<std::string>& selectors) const;
  /// Input channels named by an input region, or `*`.
  Selection select_input(std::string_view selector) const;
  bool has_input(std::string_view name) const noexcept;
  /// Everything select() accepts, for messages.
  std::vector<std::string> selectors() const;

 private:
  friend class NetworkBuilder;
  friend MRNN_EXPORT Network replace_patterns(Network network, std::vector<PatternMatrix> recurrent,
                                              std::vector<PatternMatrix> input);
  NetworkSpec spec_;
  Index units_ = 0, inputs_ = 0, outputs_ = 0;
  std::vector<RegionLayout> regions_;
  std::vector<NamedRange> input_regions_;
  std::vector<OutputLayout> output_layouts_;
  std::vector<Block> recurrent_, input_, readout_;
  std::vector<Activation> activations_;
  Eigen::VectorXd noise_;
};

/// Checks a description, resolves its names and draws its connection masks (stream: connectivity,
/// by connection name, so that adding a connection leaves the others as they were).
/// @throws ConfigError with the key of the description at fault (`connection[3].from`), no position.
MRNN_EXPORT Network build_network(const NetworkSpec& spec, std::uint64_t seed);

/// The same network with other masks and signs: one pattern per recurrent and per input block.
MRNN_EXPORT Network replace_patterns(Network network, std::vector<PatternMatrix> recurrent,
                                     std::vector<PatternMatrix> input);

}  // namespace mrnn
