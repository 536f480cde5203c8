#include "memory_plan.hpp"

#include <algorithm>

#include "device.hpp"
#include "learning.hpp"
#include "sequences.hpp"
#include "step_plan.hpp"

namespace mrnn::cuda {
namespace {

/// Elements of a dense gradient above which, where most weights are absent, each block gets its own.
constexpr Index most_dense = Index{1} << 24;

Size padded(Size size, Size unit) {
  return (size + unit - 1) / unit * unit;
}

/// Bytes of arrays, each as the device rounds it up.
class Sum {
 public:
  template <class Type>
  Sum& add(Size count, Size arrays = 1) {
    return add_bytes(count * static_cast<Size>(sizeof(Type)), arrays);
  }
  Sum& add_bytes(Size bytes, Size arrays = 1) {
    bytes_ += static_cast<std::size_t>(arrays) * gpu::taken_bytes(static_cast<std::size_t>(bytes));
    return *this;
  }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace

Index steps_of_stretch(const Rows& rows, Index lanes, Index steps, Index every, std::size_t scalar_bytes) {
  if (every == 1) return steps;
  if (every > 1) return std::min(every, steps);
  constexpr Index wanted_bytes = Index{256} << 20;
  const Index slot = rows.state() * lanes * static_cast<Index>(scalar_bytes);
  return std::clamp<Index>(wanted_bytes / slot - 1, 1, steps);
}

bool has_dense_gradient(const Rows& rows, const TileList& drive) {
  return rows.units * rows.state() <= most_dense || drive.density() > 0.5;
}

Size columns_in_parts(const Rows& rows, Size columns) {
  constexpr Size wanted_bytes = Size{32} << 20, fewest = 1024;
  const Size column = 3 * (rows.units + rows.state()) * static_cast<Size>(sizeof(gpu::Bf16));
  return std::min(columns, std::max(fewest, wanted_bytes / column));
}

Size size_of_parts(const Rows& rows, Size columns) {
  return 3 * (rows.units + rows.state()) * columns_in_parts(rows, columns);
}

/// A batch as it is run.
struct SessionSizes::Run {
  BatchShape batch;
  const Record& record;
  Demands demands;
  Size lanes = 0, stretch = 0, stretches = 0;
  gpu::StepPlan plan = {};
  bool dense = false;  ///< products with all weights
  bool parts = false;  ///< of them taken apart

  bool learns() const noexcept { return record.backward_every > 0; }
  Size slots() const noexcept { return stretch + 1; }
};

SessionSizes::SessionSizes(const Network& network, const SessionOptions& options, Chunks chunks)
    : network_(network),
      options_(options),
      rows_(network),
      drive_(drive_tiles(network, chunks)),
      adjoint_(adjoint_tiles(network, chunks)),
      quads_(network),
      fragments_(fragments_wanted(network, options, drive_, adjoint_)),
      tensor_(tensor_lists_wanted(options, drive_, adjoint_)),
      scalar_(options.precision == Precision::float32 ? sizeof(float) : sizeof(double)) {
  for (const auto* blocks : {&network.recurrent_blocks(), &network.input_blocks(), &network.readout_blocks()}) {
    for (const Block& block : *blocks) weights_ += block.to.size * block.from.size;
  }
  parameters_ = weights_ + 3 * network.units() + network.outputs();
  every_carried_ = std::ranges::any_of(network.spec().regions, &Region::learnable_tau);
}

Size SessionSizes::scalars(Size count) const {
  return count * scalar_;
}

gpu::StepPlan SessionSizes::plan(Index trials, bool scaled) const {
  StepProblem problem = problem_of(network_.units(), drive_, quads_, fragments_, tensor_);
  problem.trials = trials;
  problem.single = options_.precision == Precision::float32;
  problem.scaled = scaled;
  problem.products = static_cast<gpu::Products>(options_.products);
  return choose_plan(problem, gpu::device_limits());
}

SessionMemory SessionSizes::of(const BatchShape& batch, const Record& record, const Demands& demands) const {
  Run run{batch, record, demands};
  run.lanes = padded(batch.trials, gpu::lane_tile);
  const Index every = std::min(record.backward_every, batch.steps);
  run.stretch = steps_of_stretch(rows_, run.lanes, batch.steps, every, static_cast<std::size_t>(scalar_));
  run.stretches = (batch.steps + run.stretch - 1) / run.stretch;
  run.plan = plan(batch.trials, demands.variants > 1);
  run.dense = run.plan.design == gpu::StepPlan::Design::dense;
  run.parts = run.plan.products == gpu::Products::bf16x3;
  SessionMemory memory;
  memory.weights = of_network(run);
  memory.trials = static_cast<std::size_t>(demands.batches) * of_batch(run);
  memory.activity = of_activity(run);
  memory.learning = of_learning(run);
  return memory;
}

/// Parameters, how they are laid out, and the images that products are made with.
std::size_t SessionSizes::of_network(const Run& run) const {
  const Size units = rows_.units;
  Sum sum;
  sum.add_bytes(gpu::workspace_bytes).add<gpu::Entry>(parameters_).add<double>(parameters_);
  for (const TileList* list : {&drive_, &adjoint_}) {
    sum.add<std::int32_t>(list->row_tiles + 1).add<std::int32_t>(list->row_tiles).add<std::int32_t>(list->chunks());
    sum.add<std::int32_t>(list->row_tiles * list->column_chunks);
    sum.add_bytes(scalars(std::max<Size>(1, run.demands.variants * list->chunks() * gpu::chunk_size)));
  }
  for (const auto* lists : {&quads_.drive, &quads_.adjoint}) {
    for (const QuadList& list : *lists) sum.add<std::int32_t>(std::ssize(list.column));
  }
  for (const FragmentLists& lists : fragments_) {
    for (const FragmentList* list : {&lists.drive, &lists.adjoint}) {
      sum.add<gpu::FragmentTable::Warp>(std::ssize(list->warp)).add<std::int32_t>(std::ssize(list->column));
    }
  }
  for (const TensorLists& lists : tensor_) {
    const bool in_use = gpu::has_tensor_tiles(run.plan) && &lists == &tensor_[static_cast<std::size_t>(run.plan.list)];
    for (const TensorList& list : lists.sides) {
      sum.add<std::int32_t>(std::ssize(list.start)).add<std::int32_t>(list.tiles());
      sum.add<std::int32_t>(std::ssize(list.column));
      if (in_use) sum.add_bytes(tensor_image_bytes(list, lists.block_rows));
    }
  }
  sum.add<std::uint8_t>(units).add<double>(units).add<std::int32_t>(units);  // activation, sigma, region
  sum.add_bytes(scalars(6 * units)).add<double>(units);                      // constants, initial states
  sum.add_bytes(scalars(std::max<Size>(rows_.outputs, 1))).add_bytes(scalars(rows_.outputs * units));
  sum.add<unsigned long long>(2).add<std::int32_t>(1);  // failure, clock
  if (run.parts) {
    sum.add<gpu::Bf16>(3 * units * units, 2);
  } else if (run.dense) {
    sum.add_bytes(scalars(units * units), 2);
  }
  return sum.bytes() + of_identity_readouts();
}

std::size_t SessionSizes::of_identity_readouts() const {
  Sum sum;
  Size channels = 0;
  for (const OutputLayout& output : network_.output_layouts()) {
    if (output.readout != Readout::identity) continue;
    sum.add<std::int32_t>(output.range.size);
    channels += output.range.size;
  }
  if (channels > 0) sum.add<std::int32_t>(network_.units() + 1).add<std::int32_t>(channels);
  return sum.bytes();
}

/// Trials and the lanes they run in.
std::size_t SessionSizes::of_batch(const Run& run) const {
  const BatchShape& batch = run.batch;
  const Size cells = batch.trials * batch.steps;
  Sum sum;
  sum.add_bytes(scalars(cells * network_.inputs()));
  sum.add_bytes(batch.stimulus ? scalars(cells * network_.units()) : 0);
  sum.add_bytes(batch.targets ? scalars(cells * network_.outputs()) : 0);
  sum.add_bytes(batch.mask ? scalars(cells * network_.outputs()) : 0);
  sum.add<double>(batch.initial_states ? batch.trials * network_.units() : 0);
  sum.add<std::int32_t>(run.lanes).add<std::int32_t>(batch.trials).add<std::uint8_t>(run.lanes);
  sum.add<std::uint64_t>(run.lanes);
  return sum.add<double>((run.demands.variants - 1) * weights_).bytes();
}

/// States, what is recorded, and what the backward pass makes of them.
std::size_t SessionSizes::of_activity(const Run& run) const {
  const Record& record = run.record;
  const Size lanes = run.lanes, slots = run.slots(), slot_of_units = rows_.units * lanes;
  const Size selected = record.units.empty() ? network_.units() : record.units.size();
  const Size columns = run.batch.trials * (record.steps.size() == 0 ? run.batch.steps : record.steps.size());
  Sum sum;
  sum.add_bytes(scalars(slots * rows_.state() * lanes));
  sum.add_bytes(scalars((record.x || run.learns() ? slots : 1) * slot_of_units));
  if (run.dense) sum.add_bytes(scalars(slot_of_units));
  if (run.parts) sum.add<gpu::Bf16>(3 * slot_of_units);
  sum.add_bytes(tensor_vector_bytes(run.plan, rows_.units, lanes));
  sum.add_bytes(record.x ? scalars(columns * selected) : 0).add_bytes(record.h ? scalars(columns * selected) : 0);
  if (record.x || record.h) sum.add<std::int32_t>(selected);
  if (record.y) {
    sum.add_bytes(scalars(columns * network_.outputs()));
    sum.add_bytes(scalars(std::max<Size>(1, run.stretch * lanes * rows_.outputs)));
  }
  sum.add<std::int32_t>(run.stretches);
  if (!run.learns()) return sum.bytes();

  const bool vanishing = run.demands.vanishing, every_carried = every_carried_ || vanishing;
  if (run.stretches > 1) sum.add_bytes(scalars(run.stretches * (rows_.state() + rows_.units) * lanes));
  sum.add_bytes(scalars((slots + 1) * rows_.adjoint() * lanes));
  sum.add_bytes(scalars((every_carried ? slots + 1 : 1) * slot_of_units));
  if (vanishing || run.dense) sum.add_bytes(scalars((vanishing ? slots : 1) * slot_of_units));
  if (run.demands.variants > 1) sum.add_bytes(scalars(slots * rows_.adjoint() * lanes));
  return sum.bytes();
}

/// Gradients, sums on the way to them, and the optimiser's memory.
std::size_t SessionSizes::of_learning(const Run& run) const {
  Sum sum;
  sum.add<double>(parameters_, 3);  // gradient, two moments
  if (!run.learns()) return sum.bytes();
  const Demands& demands = run.demands;
  const Size units = rows_.units, outputs = rows_.outputs;
  const Size drive = has_dense_gradient(rows_, drive_) ? units * rows_.state() : std::max<Size>(1, weights_);
  sum.add_bytes(scalars(demands.variants * drive), demands.vanishing ? 2 : 1);
  sum.add_bytes(scalars(std::max<Size>(1, outputs * units)));
  if (options_.products == Products::bf16x3) sum.add<gpu::Bf16>(size_of_parts(rows_, run.slots() * run.lanes));
  sum.add<double>(
      std::max<Size>({gpu::most_partials, 3 * gpu::most_blocks, gpu::row_partials(units), gpu::row_partials(outputs)}));
  sum.add<double>(first_output + std::ssize(network_.output_layouts()));
  sum.add<double>(std::max<Size>(2 * run.slots() * run.lanes, 4 * units + outputs));
  sum.add<double>(3 * units + outputs);
  if (demands.rate_target) sum.add_bytes(scalars(units));
  const auto regions = std::ssize(network_.regions());
  if (demands.wiring) sum.add<double>(regions * regions);
  return sum.bytes();
}

Index SessionSizes::largest_batch(BatchShape batch, const Record& record, const Demands& demands,
                                  std::size_t bytes) const {
  Index low = 0, high = batch.trials;
  while (low < high) {
    batch.trials = low + (high - low + 1) / 2;
    if (of(batch, record, demands).total() <= bytes) {
      low = batch.trials;
    } else {
      high = batch.trials - 1;
    }
  }
  return low;
}

SessionMemory session_memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                             const Record& record) {
  Demands demands;
  demands.batches = record.backward_every > 0 ? 2 : 1;
  return SessionSizes(network, options, Chunks::of_blocks).of(batch, record, demands);
}

}  // namespace mrnn::cuda
