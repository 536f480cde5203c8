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

std::size_t session_bytes(const Network& network, const SessionOptions& options, Index trials, Index steps,
                          const Record& record) {
  const Rows rows(network);
  const std::size_t scalar = options.precision == Precision::float32 ? sizeof(float) : sizeof(double);
  Size weights = 0;
  for (const auto* blocks : {&network.recurrent_blocks(), &network.input_blocks(), &network.readout_blocks()}) {
    for (const Block& block : *blocks) weights += block.to.size * block.from.size;
  }
  const Size lanes = padded(trials, trials > 32 ? 32 : gpu::lane_tile);
  const Size stretch = steps_of_stretch(rows, lanes, steps, record.backward_every, scalar), slots = stretch + 1;
  const Size selected = record.units.empty() ? network.units() : record.units.size();
  const Size kept_steps = record.steps.size() == 0 ? steps : record.steps.size();

  // Double and per weight: value, gradient, two moments, entry; images of W and W^T.
  const Size parameters = weights + 3 * network.units() + network.outputs();
  Size doubles = 4 * parameters + 64 * rows.units;
  Size numbers = 2 * (weights + weights / 4) + rows.units * rows.outputs;
  numbers += trials * steps * network.inputs();
  numbers += slots * rows.state() * lanes + (record.x || record.backward_every > 0 ? slots : 1) * rows.units * lanes;
  numbers +=
      kept_steps * trials *
      (selected * (static_cast<Size>(record.x) + static_cast<Size>(record.h)) + (record.y ? network.outputs() : 0));
  if (record.y) numbers += stretch * lanes * rows.outputs;
  if (record.backward_every > 0) {
    numbers += (slots + 1) * rows.adjoint() * lanes + 2 * rows.units * lanes;
    numbers += 2 * trials * steps * network.outputs() + rows.units * rows.state();
    if (record.backward_every > 1) numbers += (steps / stretch + 1) * (rows.state() + rows.units) * lanes;
  }
  constexpr std::size_t workspace = std::size_t{32} << 20;
  return static_cast<std::size_t>(doubles) * sizeof(double) + static_cast<std::size_t>(numbers) * scalar +
         static_cast<std::size_t>(parameters) * sizeof(gpu::Entry) + workspace;
}

Index largest_batch(const SessionWork& work, std::size_t bytes) {
  const auto fits = [&](Index trials) {
    return session_bytes(work.network, work.options, trials, std::max<Index>(work.steps, 1), work.record) <= bytes;
  };
  Index low = 0, high = std::max<Index>(work.trials, 1);
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
  const std::size_t needed = session_bytes(work.network, work.options, std::max<Index>(work.trials, 1),
                                           std::max<Index>(work.steps, 1), work.record);
  std::string text = fmt::format(
      "out of device memory: {} trials of {} steps with {} units need about {}, and {} of the {} of {} are free for "
      "the next {}",
      work.trials, work.steps, work.network.units(), gigabytes(needed), gigabytes(failure.free_bytes),
      gigabytes(device.total_bytes), device.name, gigabytes(failure.bytes));
  // What this session holds already would be free for a smaller batch.
  constexpr double usable = 0.95;
  const Index fitting = largest_batch(work, static_cast<std::size_t>(usable * static_cast<double>(device.total_bytes)));
  if (fitting > 0 && fitting < work.trials) {
    text += fmt::format("; the largest batch that fits is {} trials", fitting);
  } else if (fitting == 0) {
    text += "; not even one trial fits";
  }
  if (work.record.backward_every == 1) text += "; train.memory = \"recompute\" needs far less";
  return RunError(text);
}

}  // namespace mrnn::cuda
