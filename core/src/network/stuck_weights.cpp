#include "network/stuck_weights.hpp"

#include <fmt/format.h>

#include "config/spec_names.hpp"
#include "mrnn/formulas.hpp"

namespace mrnn {

void StuckWeights::add(const Block& block, const PatternMatrix& pattern, const Eigen::MatrixXd& free) {
  const double low = network_.lower_bound(), high = network_.upper_bound();
  present_ += (pattern.array() != 0).count();
  for (const Piece& piece : block.pieces) {
    if (!network_.spec().connections[piece.connection].trainable) continue;
    const Index top = piece.to.start - block.to.start, left = piece.from.start - block.from.start;
    for (Index column = left; column < left + piece.from.size; ++column) {
      for (Index row = top; row < top + piece.to.size; ++row) {
        const double sign = pattern(row, column);
        if (sign == 0.0) continue;
        if (formulas::effective_weight_slope(dale_, sign, free(row, column), low, high) == 0.0) ++stuck_;
      }
    }
  }
}

std::string StuckWeights::words(std::string_view matrix) const {
  if (stuck_ == 0) return "";
  const std::string where = dale_ == Dale::abs ? "zero"
                                               : fmt::format("at or beyond the bounds [{:g}, {:g}]",
                                                             network_.lower_bound(), network_.upper_bound());
  return fmt::format("{} of the {} weights of {} are {}; under dale = \"{}\" training can never move them", stuck_,
                     present_, matrix, where, name_of(dale_));
}

}  // namespace mrnn
