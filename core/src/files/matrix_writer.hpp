#pragma once

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "files/hdf5_file.hpp"
#include "mrnn/export.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// Length of the chunks along one axis of `length` elements that is divided at `boundaries`: a multiple of their
/// greatest common divisor where that is not too large, so that chunks end where blocks end and what is
/// absent takes no room; neither so short that the index of chunks is larger than the chunks.
MRNN_EXPORT Index chunk_length(Index length, const std::vector<Index>& boundaries);

/// Writes the part [rows x columns] of a matrix, row-major, to a tile of zeros.
template <class Value>
using FillTile = std::function<void(UnitRange rows, UnitRange columns, std::span<Value> tile)>;

/// Whether there may be more than zeros in the part [rows x columns] of a matrix.
using TileExists = std::function<bool(UnitRange rows, UnitRange columns)>;

/// Writes a matrix tile by tile, without ever holding it whole. Tiles of zeros are not written: they take no
/// room in the file, and those that do not exist no time. `layout` has two axes and chunks.
template <class Value>
void write_tiles(Hdf5Writer& writer, const std::string& name, const ArrayLayout& layout, const FillTile<Value>& fill,
                 const TileExists& exists = {}) {
  Hdf5Array array = writer.create(name, element_of<Value>(), layout);
  std::vector<Value> tile;
  for (Index row = 0; row < layout.shape[0]; row += layout.chunk[0]) {
    for (Index column = 0; column < layout.shape[1]; column += layout.chunk[1]) {
      const UnitRange rows{row, std::min(layout.chunk[0], layout.shape[0] - row)};
      const UnitRange columns{column, std::min(layout.chunk[1], layout.shape[1] - column)};
      if (exists && !exists(rows, columns)) continue;
      tile.assign(static_cast<std::size_t>(rows.size * columns.size), Value(0));
      fill(rows, columns, tile);
      if (std::ranges::all_of(tile, [](Value value) { return value == Value(0); })) continue;
      array.write<Value>({row, column}, {rows.size, columns.size}, tile);
    }
  }
}

/// Whether a block reaches into a tile.
inline bool any_block_in(const std::vector<Block>& blocks, UnitRange rows, UnitRange columns) {
  const auto meet = [](UnitRange a, UnitRange b) { return a.start < b.end() && b.start < a.end(); };
  return std::ranges::any_of(blocks,
                             [&](const Block& block) { return meet(block.to, rows) && meet(block.from, columns); });
}

/// Puts what `blocks` have in common with a tile into it; `value(k, i, j)` is element (i, j) of block k.
template <class Value, class ValueOf>
void fill_from_blocks(const std::vector<Block>& blocks, UnitRange rows, UnitRange columns, std::span<Value> tile,
                      const ValueOf& value) {
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Index first_row = std::max(rows.start, blocks[k].to.start);
    const Index last_row = std::min(rows.end(), blocks[k].to.end());
    const Index first_column = std::max(columns.start, blocks[k].from.start);
    const Index last_column = std::min(columns.end(), blocks[k].from.end());
    for (Index row = first_row; row < last_row; ++row) {
      Value* out = tile.data() + (row - rows.start) * columns.size - columns.start;
      for (Index column = first_column; column < last_column; ++column) {
        out[column] = value(k, row - blocks[k].to.start, column - blocks[k].from.start);
      }
    }
  }
}

}  // namespace mrnn
