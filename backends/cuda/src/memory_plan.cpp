#include "memory_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cuda_session.hpp"
#include "session_failure.hpp"

namespace mrnn::cuda {
namespace {

Size padded(Size size, Size unit) {
  return (size + unit - 1) / unit * unit;
}

std::string gigabytes(std::size_t bytes) {
  return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

Index steps_of_stretch(const Rows& rows, Index lanes, Index steps, Index every, std::size_t scalar_bytes) {
  if (every == 1) return steps;
  if (every > 1) return std::min(every, steps);
  constexpr Index wanted_bytes = Index{256} << 20;
  const Index slot = rows.state() * lanes * static_cast<Index>(scalar_bytes);
  return std::clamp<Index>(wanted_bytes / slot - 1, 1, steps);
}

SessionMemory session_memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                             const Record& record) {
  const Rows rows(network);
  const Index trials = batch.trials, steps = batch.steps;
  const std::size_t scalar = options.precision == Precision::float32 ? sizeof(float) : sizeof(double);
  Size weights = 0;
  for (const auto* blocks : {&network.recurrent_blocks(), &network.input_blocks(), &network.readout_blocks()}) {
    for (const Block& block : *blocks) weights += block.to.size * block.from.size;
  }
  const Size lanes = padded(trials, trials > 32 ? 32 : gpu::lane_tile);
  const Size stretch = steps_of_stretch(rows, lanes, steps, record.backward_every, scalar), slots = stretch + 1;
  const Size selected = record.units.empty() ? network.units() : record.units.size();
  const Size kept_steps = record.steps.size() == 0 ? steps : record.steps.size();

  // Value and entry of each weight; images of W and W^T; room for the library.
  constexpr std::size_t workspace = std::size_t{32} << 20;
  const Size parameters = weights + 3 * network.units() + network.outputs();
  const auto bytes = [](Size count, std::size_t each) { return static_cast<std::size_t>(count) * each; };
  SessionMemory memory;
  memory.weights = bytes(parameters, sizeof(double) + sizeof(gpu::Entry)) + workspace +
                   bytes(2 * (weights + weights / 4) + rows.units * rows.outputs, scalar);
  memory.trials = bytes(trials * steps * (network.inputs() + (batch.stimulus ? network.units() : 0)), scalar);
  Size activity =
      slots * rows.state() * lanes + (record.x || record.backward_every > 0 ? slots : 1) * rows.units * lanes;
  activity +=
      kept_steps * trials *
      (selected * (static_cast<Size>(record.x) + static_cast<Size>(record.h)) + (record.y ? network.outputs() : 0));
  if (record.y) activity += stretch * lanes * rows.outputs;
  memory.learning = bytes(3 * parameters + 64 * rows.units, sizeof(double));  // gradient, two moments
  if (record.backward_every > 0) {
    activity += (slots + 1) * rows.adjoint() * lanes + 2 * rows.units * lanes;
    memory.trials += bytes(2 * trials * steps * network.outputs(), scalar);
    memory.learning += bytes(rows.units * rows.state(), scalar);
    if (record.backward_every > 1) activity += (steps / stretch + 1) * (rows.state() + rows.units) * lanes;
  }
  memory.activity = bytes(activity, scalar);
  return memory;
}

Index largest_batch(const SessionWork& work, std::size_t bytes) {
  BatchShape batch = work.batch;
  batch.steps = std::max<Index>(batch.steps, 1);
  const auto fits = [&](Index trials) {
    batch.trials = trials;
    return session_memory(work.network, work.options, batch, work.record).total() <= bytes;
  };
  Index low = 0, high = std::max<Index>(work.batch.trials, 1);
  while (low < high) {
    const Index middle = low + (high - low + 1) / 2;
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

RunError session_failure(const gpu::DeviceFailure& failure, const SessionWork& work) {
  if (!failure.out_of_memory) {
    return RunError(fmt::format("the CUDA device failed: {}", failure.what));
  }
  const gpu::DeviceProperties device = gpu::device_properties();
  BatchShape batch = work.batch;
  batch.trials = std::max<Index>(batch.trials, 1);
  batch.steps = std::max<Index>(batch.steps, 1);
  const std::size_t needed = session_memory(work.network, work.options, batch, work.record).total();
  std::string text = fmt::format(
      "out of device memory: {} trials of {} steps with {} units need about {}, and {} of the {} of {} are free for "
      "the next {}",
      work.batch.trials, work.batch.steps, work.network.units(), gigabytes(needed), gigabytes(failure.free_bytes),
      gigabytes(device.total_bytes), device.name, gigabytes(failure.bytes));
  // What this session holds already would be free for a smaller batch.
  constexpr double usable = 0.95;
  const Index fitting = largest_batch(work, static_cast<std::size_t>(usable * static_cast<double>(device.total_bytes)));
  if (fitting > 0 && fitting < work.batch.trials) {
    text += fmt::format("; the largest batch that fits is {} trials", fitting);
  } else if (fitting == 0) {
    text += "; not even one trial fits";
  }
  if (work.record.backward_every == 1) text += "; train.memory = \"recompute\" needs far less";
  return RunError(text);
}

}  // namespace mrnn::cuda
