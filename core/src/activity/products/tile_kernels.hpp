#pragma once

#include <Eigen/Core>

#include "mrnn/export.hpp"

namespace mrnn {

/// One tile of a matrix product, compiled for one instruction set. Packed panels have `depth` columns of `rows` (of A)
/// or `columns` (of B) numbers side by side, padded with zeros. Exported for tests, which run all that the machine has.
struct TileKernel {
  Eigen::Index rows = 0, columns = 0;  ///< of a tile
  /// out[i + rows j] = sum over k of a[i + rows k] b[j + columns k]
  void (*multiply)(const double* a, const double* b, Eigen::Index depth, double* out) = nullptr;
};

MRNN_EXPORT TileKernel baseline_tile();
MRNN_EXPORT TileKernel avx2_tile();    ///< null where the compiler has none of it
MRNN_EXPORT TileKernel avx512_tile();  ///< likewise
MRNN_EXPORT TileKernel best_tile();    ///< for this processor

/// `sum` + A B^T, of whose lower triangle alone where A and B are the same matrix.
MRNN_EXPORT void add_product(const TileKernel& kernel, const Eigen::Ref<const Eigen::MatrixXd>& a,
                             const Eigen::Ref<const Eigen::MatrixXd>& b, Eigen::Ref<Eigen::MatrixXd> sum);

}  // namespace mrnn
