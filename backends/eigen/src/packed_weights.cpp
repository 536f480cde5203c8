#include "packed_weights.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "library_product.hpp"

namespace mrnn::eigen {
namespace {

template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

template <class Scalar>
bool by_library(const Band& band) {
  return library_takes(band.rows.size, band.depth, Scalar());
}

/// Numbers of a band once packed.
template <class Scalar>
Index packed_size(const Band& band, Packing packing) {
  if (packing == Packing::panels) return band.rows.size * band.depth;
  const Index quarter = kernels<Scalar>().vector_panel_rows / 4;
  return (band.rows.size + quarter - 1) / quarter * quarter * band.depth;
}

/// [rows x depth]
template <class Scalar>
Matrix<Scalar> gather(const Band& band, const std::vector<Rectangle>& rectangles,
                      const std::vector<const Eigen::MatrixXd*>& values) {
  Matrix<Scalar> weights = Matrix<Scalar>::Zero(band.rows.size, band.depth);
  for (const Rectangle& rectangle : rectangles) {
    const UnitRange rows = meet(rectangle.to, band.rows);
    if (rows.size == 0) continue;
    auto part = weights.block(rows.start - band.rows.start, band.column_of(rectangle.from.start), rows.size,
                              rectangle.from.size);
    const Eigen::MatrixXd& value = *values[rectangle.value];
    const Index first = rows.start - rectangle.to.start;
    if (rectangle.transposed) {
      part = value.middleCols(first, rows.size).transpose().template cast<Scalar>();
    } else {
      part = value.middleRows(first, rows.size).template cast<Scalar>();
    }
  }
  return weights;
}

template <class Scalar>
void pack_panels(const Matrix<Scalar>& weights, Scalar* out) {
  if (weights.size() == 0) return;  // it has no memory to take parts of
  const PanelSizes panels(weights.rows(), kernels<Scalar>().panel_rows);
  for (Index p = 0; p < panels.count; ++p) {
    Eigen::Map<Matrix<Scalar>>(out, panels.rows(p), weights.cols()) =
        weights.middleRows(panels.first_row(p), panels.rows(p));
    out += panels.rows(p) * weights.cols();
  }
}

template <class Scalar>
void pack_vector_panels(const Matrix<Scalar>& weights, Scalar* out) {
  if (weights.size() == 0) return;
  const Index highest = kernels<Scalar>().vector_panel_rows, quarter = highest / 4;
  for (Index first = 0; first < weights.rows(); first += highest) {
    const Index rows = std::min(highest, weights.rows() - first), height = (rows + quarter - 1) / quarter * quarter;
    Eigen::Map<Matrix<Scalar>> panel(out, height, weights.cols());
    panel.topRows(rows) = weights.middleRows(first, rows);
    panel.bottomRows(height - rows).setZero();
    out += height * weights.cols();
  }
}

/// The nonzero weights of some columns of a band, row by row.
template <class Scalar>
class SparseBlock {
 public:
  explicit SparseBlock(Index rows)
      : counts_(static_cast<std::size_t>(rows)), weights_(counts_.size() * width), columns_(weights_.size()) {}

  /// Columns from `first` on.
  void read(const Band& band, const Matrix<Scalar>& weights, Index first) {
    std::ranges::fill(counts_, 0);
    for (Index column = first; column < std::min(first + sparse_columns, weights.cols()); ++column) {
      const auto source = static_cast<std::int32_t>(band.columns[static_cast<std::size_t>(column)]);
      for (std::size_t row = 0; row < counts_.size(); ++row) {
        const Scalar weight = weights(static_cast<Index>(row), column);
        const std::size_t place = row * width + static_cast<std::size_t>(counts_[row]);
        if (weight == Scalar(0)) continue;
        weights_[place] = weight;
        columns_[place] = source;
        ++counts_[row];
      }
    }
  }

  /// Rows of about as many weights are put side by side, so that few zeros fill up their groups.
  void append_to(std::vector<Scalar>& weights, std::vector<std::int32_t>& columns,
                 std::vector<SparseGroup>& groups) const {
    std::vector<std::int32_t> order(counts_.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater(), [this](std::int32_t row) { return count(row); });
    for (std::size_t first = 0; first < order.size() && count(order[first]) > 0; first += sparse_rows) {
      SparseGroup group;
      group.entries = count(order[first]);
      for (std::size_t r = 0; r < sparse_rows; ++r) {
        group.rows[r] = order[first + r < order.size() ? first + r : first];
      }
      for (std::int32_t k = 0; k < group.entries; ++k) {
        for (std::size_t r = 0; r < sparse_rows; ++r) {
          const bool exists = first + r < order.size() && k < count(group.rows[r]);
          const auto place = static_cast<std::size_t>(group.rows[exists ? r : 0]) * width + static_cast<std::size_t>(k);
          weights.push_back(exists ? weights_[place] : Scalar(0));
          columns.push_back(columns_[place]);
        }
      }
      groups.push_back(group);
    }
  }

 private:
  static constexpr auto width = static_cast<std::size_t>(sparse_columns);
  std::int32_t count(std::int32_t row) const { return counts_[static_cast<std::size_t>(row)]; }

  std::vector<std::int32_t> counts_;  ///< of each row
  std::vector<Scalar> weights_;       ///< [rows x width]
  std::vector<std::int32_t> columns_;
};

}  // namespace

template <class Scalar>
PackedWeights<Scalar>::PackedWeights(const std::vector<Band>& bands, const std::vector<Rectangle>& rectangles,
                                     const std::vector<const Eigen::MatrixXd*>& values, Packing packing,
                                     ThreadPool& threads)
    : bands_(bands), sparse_(bands.size()) {
  const Index alignment = EIGEN_MAX_ALIGN_BYTES / sizeof(Scalar);
  Index size = 0, elements = 0;
  for (const Band& band : bands) elements += band.rows.size * band.depth;
  std::vector<Matrix<Scalar>> dense(bands.size());
  threads.run_light(bands.size(), elements, [&](std::size_t k, std::size_t /*thread*/) {
    dense[k] = gather<Scalar>(bands[k], rectangles, values);
    const bool few = static_cast<double>((dense[k].array() != Scalar(0)).count()) <
                     sparse_density * static_cast<double>(dense[k].size());
    if (packing == Packing::panels && few) sparse_[k] = pack_sparse(bands[k], dense[k]);
  });
  for (std::size_t k = 0; k < bands.size(); ++k) {
    offsets_.push_back(size);
    if (sparse_[k].used) continue;
    size += (packed_size<Scalar>(bands[k], packing) + alignment - 1) / alignment * alignment;
  }
  data_.resize(size);
  threads.run_light(bands.size(), elements, [&](std::size_t k, std::size_t /*thread*/) {
    Scalar* out = data_.data() + offsets_[k];
    if (sparse_[k].used) return;
    if (packing == Packing::vector_panels) {
      pack_vector_panels(dense[k], out);
    } else if (by_library<Scalar>(bands[k])) {
      Eigen::Map<Matrix<Scalar>>(out, dense[k].cols(), dense[k].rows()) = dense[k].transpose();
    } else {
      pack_panels(dense[k], out);
    }
  });
}

template <class Scalar>
typename PackedWeights<Scalar>::Sparse PackedWeights<Scalar>::pack_sparse(const Band& band,
                                                                          const Matrix<Scalar>& weights) {
  Sparse packed;
  packed.used = true;
  SparseBlock<Scalar> block(weights.rows());
  for (Index first = 0; first < weights.cols(); first += sparse_columns) {
    block.read(band, weights, first);
    block.append_to(packed.weights, packed.columns, packed.groups);
  }
  return packed;
}

template <class Scalar>
void PackedWeights<Scalar>::multiply(std::size_t k, const Scalar* state, Index width, Scalar* out, Scalar* gathered,
                                     const Ahead<Scalar>& ahead) const {
  const Band& band = bands_[k];
  const Scalar* weights = data_.data() + offsets_[k];
  if (band.depth == 0) {
    std::fill_n(out, band.rows.size * width, Scalar(0));
    return;
  }
  if (const Sparse& sparse = sparse_[k]; sparse.used) {
    kernels<Scalar>().multiply_sparse({sparse.weights.data(), sparse.columns.data(), sparse.groups.data(),
                                       std::ssize(sparse.groups), state, out, band.rows.size, width});
    return;
  }
  if constexpr (std::is_same_v<Scalar, float>) {
    if (width > 1 && by_library<Scalar>(band)) {
      const float* from = state + band.sources.front().start * width;
      if (band.sources.size() > 1) {
        float* next = gathered;
        for (const Source& source : band.sources) {
          next = std::copy_n(state + source.start * width, source.size * width, next);
        }
        from = gathered;
      }
      eigen::multiply({weights, from, out, band.rows.size, band.depth, width});
      return;
    }
  }
  kernels<Scalar>().multiply({weights, band.sources.data(), static_cast<Index>(band.sources.size()), band.depth, state,
                              out, band.rows.size, width, ahead});
}

template <class Scalar>
Index PackedWeights<Scalar>::gathered_rows(const std::vector<Band>& bands) {
  Index rows = 0;
  for (const Band& band : bands) {
    if (by_library<Scalar>(band)) rows = std::max(rows, band.depth);
  }
  return rows;
}

template <class Scalar>
std::size_t PackedWeights<Scalar>::bytes(const std::vector<Band>& bands) {
  Index size = 0;
  for (const Band& band : bands) size += packed_size<Scalar>(band, Packing::panels);
  return static_cast<std::size_t>(size) * sizeof(Scalar);
}

template class PackedWeights<float>;
template class PackedWeights<double>;

}  // namespace mrnn::eigen
