#include <algorithm>
#include <vector>

#include "activity/products/tile_kernels.hpp"
#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"

namespace mrnn {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Matrix = Eigen::Ref<const MatrixXd>;

// Blocks of A and of B that stay in the caches while they are multiplied (Goto & van de Geijn 2008).
constexpr Index block_depth = 256;
constexpr Index block_rows = 96;  // a multiple of the rows of every tile

/// A range of rows of a matrix.
struct Rows {
  Index first = 0, count = 0;
};

/// Panels of `height` rows, each [height x depth] without gaps, the last padded with zeros.
void pack(const Matrix& matrix, Rows rows, Rows depth, Index height, std::vector<double>& packed) {
  const Index panels = (rows.count + height - 1) / height;
  packed.assign(static_cast<std::size_t>(panels * height * depth.count), 0.0);
  for (Index k = 0; k < depth.count; ++k) {
    const double* column = matrix.data() + rows.first + matrix.outerStride() * (depth.first + k);
    for (Index panel = 0; panel < panels; ++panel) {
      const Index first = panel * height;
      std::copy_n(column + first, std::min(height, rows.count - first),
                  packed.data() + first * depth.count + height * k);
    }
  }
}

/// Adds the products of one block of rows of A with all rows of B.
class BlockProduct {
 public:
  BlockProduct(const TileKernel& kernel, bool symmetric, Eigen::Ref<MatrixXd> sum)
      : kernel_(kernel), symmetric_(symmetric), sum_(sum), tile_(kernel.rows * kernel.columns) {}

  void add(const std::vector<double>& a, const std::vector<double>& b, Rows rows, Index depth) {
    for (Index column = 0; column < sum_.cols(); column += kernel_.columns) {
      for (Index row = 0; row < rows.count; row += kernel_.rows) {
        const Index last = rows.first + std::min(row + kernel_.rows, rows.count) - 1;
        if (symmetric_ && last < column) continue;  // above the diagonal
        kernel_.multiply(a.data() + row * depth, b.data() + column * depth, depth, tile_.data());
        const Index height = std::min(kernel_.rows, rows.count - row);
        const Index width = std::min(kernel_.columns, sum_.cols() - column);
        const Eigen::Map<const MatrixXd> tile(tile_.data(), kernel_.rows, kernel_.columns);
        sum_.block(rows.first + row, column, height, width) += tile.topLeftCorner(height, width);
      }
    }
  }

 private:
  const TileKernel& kernel_;
  bool symmetric_;
  Eigen::Ref<MatrixXd> sum_;
  Eigen::VectorXd tile_;
};

}  // namespace

TileKernel best_tile() {
#ifdef __x86_64__
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512 && avx512_tile().multiply != nullptr) return avx512_tile();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && avx2_tile().multiply != nullptr) return avx2_tile();
#endif
  return baseline_tile();
}

void add_product(const TileKernel& kernel, const Matrix& a, const Matrix& b, Eigen::Ref<MatrixXd> sum) {
  if (a.cols() != b.cols() || sum.rows() != a.rows() || sum.cols() != b.rows()) {
    throw ShapeError("A B^T needs as many columns in A as in B, and a place of their rows");
  }
  const bool symmetric = a.data() == b.data() && a.rows() == b.rows();
  BlockProduct product(kernel, symmetric, sum);
  std::vector<double> packed_a, packed_b;
  for (Index k = 0; k < a.cols(); k += block_depth) {
    const Rows depth{k, std::min(block_depth, a.cols() - k)};
    pack(b, {0, b.rows()}, depth, kernel.columns, packed_b);
    for (Index row = 0; row < a.rows(); row += block_rows) {
      const Rows rows{row, std::min(block_rows, a.rows() - row)};
      pack(a, rows, depth, kernel.rows, packed_a);
      product.add(packed_a, packed_b, rows, depth.count);
    }
  }
}

MatrixXd cross_product(const Matrix& a, const Matrix& b) {
  static const TileKernel kernel = best_tile();
  MatrixXd sum = MatrixXd::Zero(a.rows(), b.rows());
  add_product(kernel, a, b, sum);
  if (a.data() == b.data() && a.rows() == b.rows()) return sum.selfadjointView<Eigen::Lower>();
  return sum;
}

}  // namespace mrnn
