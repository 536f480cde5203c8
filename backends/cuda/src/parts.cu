#include "parts.hpp"

#include "kernel_support.hpp"

namespace mrnn::gpu {
namespace {

/// A thread for 4 rows of a column.
__global__ void __launch_bounds__(block_threads) parts_kernel(PartsOfMatrix matrix) {
  const auto number = static_cast<unsigned>(thread_number()), fours = static_cast<unsigned>(matrix.rows / 4);
  const Size row = Size{number % fours} * 4, column = number / fours;
  if (column >= matrix.columns) return;
  const auto four = *reinterpret_cast<const Four<float>*>(matrix.from + row + matrix.stride * column);
  store_four_parts(matrix.to + row + matrix.to_stride * column, matrix.to_step, matrix.side, four.value);
}

}  // namespace

void make_parts(const Stream& stream, const PartsOfMatrix& matrix) {
  launch(stream, parts_kernel, blocks_for(matrix.rows / 4 * matrix.columns), 0, matrix);
}

}  // namespace mrnn::gpu
