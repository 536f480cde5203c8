#pragma once

#include <cstdint>
#include <vector>

#include "bands.hpp"
#include "thread_pool.hpp"

namespace mrnn::eigen {

/// How the weights lie in memory, which depends on the width of the slices they are for.
enum class Packing { panels, vector_panels };

inline Packing packing_for(Index width) {
  return width == 1 ? Packing::vector_panels : Packing::panels;
}

/// Share of nonzero weights below which a band is multiplied, and share of weights that exist below which its gradient
/// is computed, element by element: measured (docs/benchmarks/cpu.md). Products have the same bits either way.
inline constexpr double sparse_density = 0.35, sparse_gradient_density = 0.22;

/// The weights of all bands in the order in which the kernels read them, sparse bands without their zeros. Immutable;
/// shared by all slices and threads.
template <class Scalar>
class PackedWeights {
 public:
  /// @param bands, rectangles  of one network; must outlive this
  /// @param values  of the rectangles, [to x from], or [from x to] where they are transposed
  PackedWeights(const std::vector<Band>& bands, const std::vector<Rectangle>& rectangles,
                const std::vector<const Eigen::MatrixXd*>& values, Packing packing, ThreadPool& threads);

  const std::vector<Band>& bands() const noexcept { return bands_; }

  /// out [rows of band k x width] = its weights x state. Zero where the band has no sources.
  /// @param gathered  room for [depth x width] where the library is used, see gathered_rows()
  void multiply(std::size_t k, const Scalar* state, Index width, Scalar* out, Scalar* gathered,
                const Ahead<Scalar>& ahead = {}) const;

  /// Highest depth of the bands that the library computes.
  static Index gathered_rows(const std::vector<Band>& bands);
  /// Bytes of the packed weights.
  static std::size_t bytes(const std::vector<Band>& bands);

 private:
  /// The weights of a sparse band, see SparseProduct.
  struct Sparse {
    std::vector<Scalar> weights;
    std::vector<std::int32_t> columns;
    std::vector<SparseGroup> groups;
    bool used = false;
  };
  static Sparse pack_sparse(const Band& band, const Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>& weights);

  const std::vector<Band>& bands_;
  std::vector<Index> offsets_;  ///< of each band in data_
  Eigen::Matrix<Scalar, Eigen::Dynamic, 1> data_;
  std::vector<Sparse> sparse_;  ///< of each band
};

}  // namespace mrnn::eigen
