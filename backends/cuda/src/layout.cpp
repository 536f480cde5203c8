#include "layout.hpp"

#include <algorithm>

#include "mrnn/optimiser.hpp"
#include "persistent.hpp"

namespace mrnn::cuda {
namespace {

Index padded(Index size, Index unit) {
  return (size + unit - 1) / unit * unit;
}

/// Calls found(row, column) for all elements of a block that exist, with where its rows and columns begin.
template <class Found>
void for_each_element(const PatternMatrix& pattern, Index first_row, Index first_column, bool transposed,
                      Found&& found) {
  for (Index column = 0; column < pattern.cols(); ++column) {
    for (Index row = 0; row < pattern.rows(); ++row) {
      if (pattern(row, column) == 0) continue;
      if (transposed) {
        found(first_row + column, first_column + row);
      } else {
        found(first_row + row, first_column + column);
      }
    }
  }
}

/// Marks chunks that hold weights, then numbers them.
class TileMaker {
 public:
  /// Columns: units, and others from `units` on.
  TileMaker(Index units, Index columns) : unit_chunks_(units / gpu::chunk_columns) {
    list_.row_tiles = units / gpu::tile_rows;
    list_.column_chunks = padded(columns, gpu::chunk_columns) / gpu::chunk_columns;
    list_.chunk.assign(static_cast<std::size_t>(list_.row_tiles * list_.column_chunks), -1);
  }

  void mark(Index row, Index column) {
    list_.chunk[static_cast<std::size_t>(row / gpu::tile_rows * list_.column_chunks + column / gpu::chunk_columns)] = 0;
  }

  /// Elements of a block, or those that exist, with where its rows and columns begin.
  void mark(const PatternMatrix& pattern, Index first_row, Index first_column, Chunks chunks) {
    if (chunks == Chunks::of_blocks) return mark_all(first_row, first_column, pattern.rows(), pattern.cols());
    mark_present(pattern, first_row, first_column, false);
  }
  /// The same of its transpose.
  void mark_transposed(const PatternMatrix& pattern, Index first_row, Index first_column, Chunks chunks) {
    if (chunks == Chunks::of_blocks) return mark_all(first_row, first_column, pattern.cols(), pattern.rows());
    mark_present(pattern, first_row, first_column, true);
  }

  TileList finish() && {
    for (Index tile = 0; tile < list_.row_tiles; ++tile) {
      list_.start.push_back(static_cast<std::int32_t>(list_.column.size()));
      for (Index chunk = 0; chunk < list_.column_chunks; ++chunk) {
        if (chunk == unit_chunks_) list_.end.push_back(static_cast<std::int32_t>(list_.column.size()));
        std::int32_t& number = list_.chunk[static_cast<std::size_t>(tile * list_.column_chunks + chunk)];
        if (number < 0) continue;
        number = static_cast<std::int32_t>(list_.column.size());
        list_.column.push_back(static_cast<std::int32_t>(chunk * gpu::chunk_columns));
      }
      if (unit_chunks_ == list_.column_chunks) list_.end.push_back(static_cast<std::int32_t>(list_.column.size()));
    }
    list_.start.push_back(static_cast<std::int32_t>(list_.column.size()));
    return std::move(list_);
  }

 private:
  void mark_present(const PatternMatrix& pattern, Index first_row, Index first_column, bool transposed) {
    for_each_element(pattern, first_row, first_column, transposed,
                     [this](Index row, Index column) { mark(row, column); });
  }
  void mark_all(Index first_row, Index first_column, Index rows, Index columns) {
    const Index row_tile = first_row / gpu::tile_rows * gpu::tile_rows;
    const Index chunk = first_column / gpu::chunk_columns * gpu::chunk_columns;
    for (Index row = row_tile; row < first_row + rows; row += gpu::tile_rows) {
      for (Index column = chunk; column < first_column + columns; column += gpu::chunk_columns) mark(row, column);
    }
  }

  Index unit_chunks_;
  TileList list_;
};

/// Marks the four columns that hold weights in each few rows, then deals them to threads.
class QuadMaker {
 public:
  explicit QuadMaker(Index units)
      : units_(units), marks_(static_cast<std::size_t>(units / gpu::kept_rows * quads()), char{0}) {}

  void mark(const PatternMatrix& pattern, Index first_row, Index first_column, bool transposed) {
    for_each_element(pattern, first_row, first_column, transposed, [this](Index row, Index column) {
      marks_[static_cast<std::size_t>(row / gpu::kept_rows * quads() + column / quad)] = 1;
    });
  }

  int blocks(int sharers) const {
    const Index rows = gpu::persistent_rows(sharers);
    return static_cast<int>((units_ + rows - 1) / rows);
  }

  QuadList share_out(int sharers) const {
    const Index rows = gpu::kept_rows * (gpu::warp_threads / sharers), block_rows = gpu::persistent_rows(sharers);
    QuadList list;
    list.blocks = blocks(sharers);
    if (list.blocks > gpu::largest_persistent_cluster) return list;
    std::vector<std::vector<std::int32_t>> warps;
    std::size_t most = 1;
    for (Index first = 0; first < list.blocks * block_rows; first += rows) {
      warps.push_back(columns_of(first, std::min(first + rows, units_)));
      most = std::max(most, warps.back().size());
    }
    list.quads = static_cast<int>((most + static_cast<std::size_t>(sharers) - 1) / static_cast<std::size_t>(sharers));
    for (auto& own : warps) {
      own.resize(static_cast<std::size_t>(list.quads * sharers), -1);
      list.column.insert(list.column.end(), own.begin(), own.end());
    }
    return list;
  }

 private:
  static constexpr Index quad = 4;
  Index quads() const { return units_ / quad; }

  /// Where columns with weights in rows [first, last) begin.
  std::vector<std::int32_t> columns_of(Index first, Index last) const {
    std::vector<std::int32_t> columns;
    for (Index k = 0; k < quads(); ++k) {
      bool exists = false;
      for (Index row = first; row < last; row += gpu::kept_rows) {
        exists |= marks_[static_cast<std::size_t>(row / gpu::kept_rows * quads() + k)] != 0;
      }
      if (exists) columns.push_back(static_cast<std::int32_t>(quad * k));
    }
    return columns;
  }

  Index units_;
  std::vector<char> marks_;  ///< [units / kept_rows x quads]
};

template <class Array>
void append(const Array& array, std::vector<double>& values) {
  values.insert(values.end(), array.data(), array.data() + array.size());
}

template <class Array>
void take(const double*& values, Array& array) {
  std::copy_n(values, array.size(), array.data());
  values += array.size();
}

/// Calls action(array) for all parts in the order of the layout.
template <class All, class Action>
void for_each_part(All& all, Action&& action) {
  for (auto* blocks : {&all.recurrent, &all.input, &all.readout}) {
    for (auto& block : *blocks) action(block);
  }
  for (auto* vector : {&all.bias, &all.readout_bias, &all.initial_state, &all.tau}) action(*vector);
}

}  // namespace

Rows::Rows(const Network& network)
    : units(padded(network.units(), gpu::tile_rows)),
      inputs(padded(network.inputs(), gpu::chunk_columns)),
      outputs(padded(network.outputs(), gpu::chunk_columns)) {}

double TileList::density() const {
  return chunk.empty() ? 0.0 : static_cast<double>(column.size()) / static_cast<double>(chunk.size());
}

TileList drive_tiles(const Network& network, Chunks chunks) {
  const Rows rows(network);
  TileMaker maker(rows.units, rows.state());
  for (const Block& block : network.recurrent_blocks()) {
    maker.mark(block.pattern, block.to.start, block.from.start, chunks);
  }
  for (const Block& block : network.input_blocks()) {
    maker.mark(block.pattern, block.to.start, rows.units + block.from.start, chunks);
  }
  return std::move(maker).finish();
}

TileList adjoint_tiles(const Network& network, Chunks chunks) {
  const Rows rows(network);
  TileMaker maker(rows.units, rows.adjoint());
  for (const Block& block : network.recurrent_blocks()) {
    maker.mark_transposed(block.pattern, block.from.start, block.to.start, chunks);
  }
  for (const Block& block : network.readout_blocks()) {
    maker.mark_transposed(block.pattern, block.from.start, rows.units + block.to.start, chunks);
  }
  return std::move(maker).finish();
}

QuadList drive_quads(const Network& network, int sharers) {
  QuadMaker maker(Rows(network).units);
  for (const Block& block : network.recurrent_blocks()) {
    if (maker.blocks(sharers) > gpu::largest_persistent_cluster) break;
    maker.mark(block.pattern, block.to.start, block.from.start, false);
  }
  return maker.share_out(sharers);
}

QuadList adjoint_quads(const Network& network, int sharers) {
  QuadMaker maker(Rows(network).units);
  for (const Block& block : network.recurrent_blocks()) {
    if (maker.blocks(sharers) > gpu::largest_persistent_cluster) break;
    maker.mark(block.pattern, block.from.start, block.to.start, true);
  }
  return maker.share_out(sharers);
}

QuadLists::QuadLists(const Network& network)
    : drive{drive_quads(network, gpu::fewest_sharers), drive_quads(network, gpu::most_sharers)},
      adjoint{adjoint_quads(network, gpu::fewest_sharers), adjoint_quads(network, gpu::most_sharers)} {}

ParameterLayout::ParameterLayout(const Network& network) : network_(network), shape_(zero_parameters(network)) {
  const std::vector<double> trainable = pack(trainable_parameters(network));
  const auto add = [&](gpu::Group group, Index row, Index column, std::int8_t pattern) {
    const bool learns = trainable[entries_.size()] != 0.0;
    entries_.push_back({static_cast<std::int32_t>(row), static_cast<std::int32_t>(column), pattern,
                        static_cast<std::uint8_t>(learns), group});
  };
  const auto add_block = [&](gpu::Group group, const Block& block) {
    for (Index column = 0; column < block.from.size; ++column) {
      for (Index row = 0; row < block.to.size; ++row) {
        add(group, block.to.start + row, block.from.start + column, block.pattern(row, column));
      }
    }
  };
  for (const Block& block : network.recurrent_blocks()) add_block(gpu::Group::recurrent, block);
  recurrent_ = count();
  for (const Block& block : network.input_blocks()) add_block(gpu::Group::input, block);
  for (const Block& block : network.readout_blocks()) {
    const bool is_signed = readout_dale(network, block) == Dale::abs;
    add_block(is_signed ? gpu::Group::signed_readout : gpu::Group::readout, block);
  }
  weights_ = count();
  for (Index k = 0; k < network.units(); ++k) add(gpu::Group::bias, k, 0, 0);
  for (Index k = 0; k < network.outputs(); ++k) add(gpu::Group::readout_bias, k, 0, 0);
  for (Index k = 0; k < network.units(); ++k) add(gpu::Group::initial_state, k, 0, 0);
  for (Index k = 0; k < network.units(); ++k) add(gpu::Group::tau, k, 0, 0);
}

std::vector<double> ParameterLayout::pack(const Parameters& parameters) const {
  std::vector<double> values;
  for_each_part(parameters, [&](const auto& array) { append(array, values); });
  return values;
}

Parameters ParameterLayout::unpack(const std::vector<double>& values) const {
  Parameters parameters = shape_;
  const double* next = values.data();
  for_each_part(parameters, [&](auto& array) { take(next, array); });
  return parameters;
}

std::vector<double> ParameterLayout::factors(const std::vector<const ScaleWeights*>& scalings) const {
  EffectiveWeights ones;
  for (const auto& [from, to] : {std::pair{&shape_.recurrent, &ones.recurrent}, std::pair{&shape_.input, &ones.input},
                                 std::pair{&shape_.readout, &ones.readout}}) {
    for (const Eigen::MatrixXd& block : *from) to->push_back(Eigen::MatrixXd::Ones(block.rows(), block.cols()));
  }
  scale_weights(network_, ones, scalings);
  std::vector<double> values;
  for (const auto* blocks : {&ones.recurrent, &ones.input, &ones.readout}) {
    for (const Eigen::MatrixXd& block : *blocks) append(block, values);
  }
  return values;
}

}  // namespace mrnn::cuda
