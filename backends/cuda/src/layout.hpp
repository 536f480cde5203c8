#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "learning.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "types.hpp"

namespace mrnn::cuda {

using gpu::Size;

/// Rows of what lies on the device, padded so that tiles and chunks begin where they should.
struct Rows {
  Index units = 0, inputs = 0, outputs = 0;  ///< padded

  explicit Rows(const Network& network);
  Index state() const noexcept { return units + inputs; }     ///< of a state: units, then input channels
  Index adjoint() const noexcept { return units + outputs; }  ///< of what comes back: units, then output channels
};

/// The chunks of a matrix that exist, tile of rows by tile of rows (see gpu::Tiles).
struct TileList {
  std::vector<std::int32_t> start;   ///< first chunk of each tile of rows, and how many there are at all
  std::vector<std::int32_t> end;     ///< of the chunks of each whose columns are units
  std::vector<std::int32_t> column;  ///< first of each chunk
  std::vector<std::int32_t> chunk;   ///< [row tiles x column chunks], -1 where there is none
  Index row_tiles = 0, column_chunks = 0;

  Size chunks() const noexcept { return static_cast<Size>(column.size()); }
  /// Share of the chunks that exist.
  double density() const;
};

/// Which chunks are listed: those that hold weights, or all that blocks touch, which is as many but where blocks are
/// very sparse, and found without looking at each weight.
enum class Chunks : std::uint8_t { with_weights, of_blocks };
/// [W W_in] over padded rows.
TileList drive_tiles(const Network& network, Chunks chunks = Chunks::with_weights);
/// [W^T W_out^T] over padded rows.
TileList adjoint_tiles(const Network& network, Chunks chunks = Chunks::with_weights);

/// How the columns of a matrix are shared out among the threads of a cluster (see gpu::QuadTable).
struct QuadList {
  std::vector<std::int32_t> column;
  int blocks = 0;  ///< of the cluster
  int quads = 0;   ///< of each thread
};
/// Of W, where so many threads share the columns of a row. No columns where a cluster cannot hold the network.
QuadList drive_quads(const Network& network, int sharers);
/// Of W^T.
QuadList adjoint_quads(const Network& network, int sharers);
/// For the fewest and for the most sharers.
struct QuadLists {
  std::array<QuadList, 2> drive, adjoint;

  explicit QuadLists(const Network& network);
};

/// The parameters of a network as one array: blocks of weights column by column, then vectors.
class ParameterLayout {
 public:
  explicit ParameterLayout(const Network& network);

  const std::vector<gpu::Entry>& entries() const noexcept { return entries_; }
  Size count() const noexcept { return static_cast<Size>(entries_.size()); }
  Size weights() const noexcept { return weights_; }
  Size recurrent() const noexcept { return recurrent_; }

  std::vector<double> pack(const Parameters& parameters) const;
  Parameters unpack(const std::vector<double>& values) const;
  /// Factors by which scalings multiply each weight; ones for readouts.
  std::vector<double> factors(const std::vector<const ScaleWeights*>& scalings) const;

 private:
  const Network& network_;
  Parameters shape_;
  std::vector<gpu::Entry> entries_;
  Size weights_ = 0, recurrent_ = 0;
};

}  // namespace mrnn::cuda
