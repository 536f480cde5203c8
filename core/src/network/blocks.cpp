#include "network/blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// Below this share of present weights a block is worth a sparse product, so it is not merged with a
/// dense one.
constexpr double sparse_below = 0.25;

enum class Side : std::uint8_t { by_side, on_top };

bool mergeable(const Block& a, const Block& b, Side side) {
  if ((a.density < sparse_below) != (b.density < sparse_below)) return false;
  if (side == Side::by_side) return a.to == b.to && a.from.end() == b.from.start;
  return a.from == b.from && a.to.end() == b.to.start;
}

Block joined(Block a, const Block& b, Side side) {
  PatternMatrix pattern(a.pattern.rows() + (side == Side::on_top ? b.pattern.rows() : 0),
                        a.pattern.cols() + (side == Side::by_side ? b.pattern.cols() : 0));
  pattern.topLeftCorner(a.pattern.rows(), a.pattern.cols()) = a.pattern;
  pattern.bottomRightCorner(b.pattern.rows(), b.pattern.cols()) = b.pattern;
  a.pattern = std::move(pattern);
  if (side == Side::by_side) {
    a.from.size += b.from.size;
  } else {
    a.to.size += b.to.size;
  }
  a.pieces.insert(a.pieces.end(), b.pieces.begin(), b.pieces.end());
  a.density = density_of(a.pattern);
  return a;
}

std::vector<Block> merge(std::vector<Block> blocks, Side side) {
  std::vector<Block> merged;
  for (Block& block : blocks) {
    if (!merged.empty() && mergeable(merged.back(), block, side)) {
      merged.back() = joined(std::move(merged.back()), block, side);
    } else {
      merged.push_back(std::move(block));
    }
  }
  return merged;
}

}  // namespace

std::vector<Block> merge_neighbours(std::vector<Block> blocks) {
  std::ranges::sort(blocks, {}, [](const Block& b) { return std::tuple(b.to.start, b.to.size, b.from.start); });
  blocks = merge(std::move(blocks), Side::by_side);
  std::ranges::sort(blocks, {}, [](const Block& b) { return std::tuple(b.from.start, b.from.size, b.to.start); });
  blocks = merge(std::move(blocks), Side::on_top);
  std::ranges::sort(blocks, {}, [](const Block& b) { return std::tuple(b.to.start, b.from.start); });
  return blocks;
}

double density_of(const PatternMatrix& pattern) {
  if (pattern.size() == 0) return 0.0;
  return static_cast<double>((pattern.array() != 0).count()) / static_cast<double>(pattern.size());
}

Index existing_weights(const std::vector<Block>& blocks) {
  Index count = 0;
  for (const Block& block : blocks) count += (block.pattern.array() != 0).count();
  return count;
}

void check_blocks(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values, Index rows,
                  Index columns) {
  if (values.size() != blocks.size()) {
    throw ShapeError(fmt::format("there are {} matrices for {} blocks", values.size(), blocks.size()));
  }
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const UnitRange to = blocks[k].to, from = blocks[k].from;
    if (values[k].rows() != to.size || values[k].cols() != from.size) {
      throw ShapeError(fmt::format("matrix {} is {} x {} for a block of {} x {}", k, values[k].rows(), values[k].cols(),
                                   to.size, from.size));
    }
    if (to.end() <= rows && from.end() <= columns) continue;
    throw ShapeError(
        fmt::format("block {} reaches to row {} and column {} of {} x {}", k, to.end(), from.end(), rows, columns));
  }
}

}  // namespace mrnn
