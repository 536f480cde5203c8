#include "fragment_lists.hpp"

#include <algorithm>
#include <optional>

namespace mrnn::cuda {
namespace {

using Columns = std::vector<std::int32_t>;

/// First columns of the tiles [fragment_rows x chunk_columns] that hold weights of units, for each few rows.
std::vector<Columns> columns_of_rows(Index units, const TileList& list) {
  std::vector<Columns> rows;
  for (Index row = 0; row < units; row += gpu::fragment_rows) {
    const auto tile = static_cast<std::size_t>(row / gpu::tile_rows);
    rows.emplace_back(list.column.begin() + list.start[tile], list.column.begin() + list.end[tile]);
  }
  return rows;
}

/// How many warps share the columns of the same rows, where none has more than so many tiles; nothing where these
/// would be too many.
std::optional<std::vector<int>> warps_of_rows(const std::vector<Columns>& rows, int tiles) {
  std::vector<int> warps;
  for (const Columns& columns : rows) {
    const int needed = std::max(1, (static_cast<int>(columns.size()) + tiles - 1) / tiles);
    if (needed > gpu::most_row_warps) return std::nullopt;
    warps.push_back(needed);
  }
  return warps;
}

/// Blocks that are filled one after the other: warps with the same rows are in the same block.
int blocks_for(const std::vector<int>& warps) {
  int blocks = 1, used = 0;
  for (const int needed : warps) {
    if (used + needed > gpu::block_warps) {
      ++blocks;
      used = 0;
    }
    used += needed;
  }
  return blocks;
}

/// At least so many blocks that the four threads that send the same have as many to send to.
int sent_evenly(int blocks) {
  return blocks <= 2 ? blocks : (blocks + 3) / 4 * 4;
}

/// Which of the four results of each thread a warp ends, where `parts` warps have the same rows.
gpu::FragmentTable::Warp warp_of(Index row, int part, int parts) {
  const auto share = [&](int warp) { return parts == 3 ? (warp == 0 ? 0 : warp + 1) : warp * 4 / parts; };
  return {static_cast<std::int32_t>(row), part, parts, share(part), share(part + 1) - share(part)};
}

FragmentList share_out(const std::vector<Columns>& rows, const std::vector<int>& warps, int blocks) {
  FragmentList list;
  list.warp.resize(static_cast<std::size_t>(blocks * gpu::block_warps));
  std::vector<Columns> columns(list.warp.size());
  int next = 0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (next % gpu::block_warps + warps[k] > gpu::block_warps) next += gpu::block_warps - next % gpu::block_warps;
    for (int part = 0; part < warps[k]; ++part, ++next) {
      const auto place = static_cast<std::size_t>(next);
      list.warp[place] = warp_of(static_cast<Index>(k) * gpu::fragment_rows, part, warps[k]);
      list.results = std::max(list.results, list.warp[place].results);
      for (std::size_t tile = static_cast<std::size_t>(part); tile < rows[k].size();
           tile += static_cast<std::size_t>(warps[k])) {
        columns[place].push_back(rows[k][tile]);
      }
      list.tiles = std::max(list.tiles, static_cast<int>(columns[place].size()));
    }
  }
  for (Columns& own : columns) {
    own.resize(static_cast<std::size_t>(list.tiles), -1);
    list.column.insert(list.column.end(), own.begin(), own.end());
  }
  return list;
}

}  // namespace

std::vector<FragmentLists> fragment_lists(Index units, const TileList& drive, const TileList& adjoint) {
  std::vector<FragmentLists> lists;
  const std::vector<Columns> drive_rows = columns_of_rows(units, drive), adjoint_rows = columns_of_rows(units, adjoint);
  int fewest = gpu::largest_persistent_cluster + 1;
  for (const int tiles : gpu::kept_fragments) {
    const auto drive_warps = warps_of_rows(drive_rows, tiles), adjoint_warps = warps_of_rows(adjoint_rows, tiles);
    if (!drive_warps || !adjoint_warps) continue;
    const int blocks = sent_evenly(std::max(blocks_for(*drive_warps), blocks_for(*adjoint_warps)));
    // With as many blocks, fewer tiles take less time.
    if (blocks >= fewest) continue;
    fewest = blocks;
    lists.insert(lists.begin(), {blocks, share_out(drive_rows, *drive_warps, blocks),
                                 share_out(adjoint_rows, *adjoint_warps, blocks)});
  }
  return lists;
}

std::vector<FragmentLists> fragments_wanted(const Network& network, const SessionOptions& options,
                                            const TileList& drive, const TileList& adjoint) {
  if (options.products == Products::ieee) return {};
  return fragment_lists(network.units(), drive, adjoint);
}

}  // namespace mrnn::cuda
