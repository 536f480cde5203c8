#include "session_failure.hpp"

#include <fmt/format.h>

namespace mrnn::cuda {
namespace {

std::string gigabytes(std::size_t bytes) {
  return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9);
}

std::string what_needs(const SessionWork& work, const BatchShape& batch, const SessionSizes& sizes) {
  const std::size_t bytes = sizes.of(batch, work.record, work.demands).total();
  if (work.batch.trials == 0) return fmt::format("{} units need at least {}", work.network.units(), gigabytes(bytes));
  return fmt::format("{} trials of {} steps with {} units need {}", batch.trials, batch.steps, work.network.units(),
                     gigabytes(bytes));
}

}  // namespace

RunError session_failure(const gpu::DeviceFailure& failure, const SessionWork& work) {
  if (!failure.out_of_memory) return RunError(fmt::format("the CUDA device failed: {}", failure.what));
  const gpu::DeviceProperties device = gpu::device_properties();
  const SessionSizes sizes(work.network, work.options, Chunks::with_weights);
  BatchShape batch = work.batch;
  batch.trials = std::max<Index>(batch.trials, 1);
  batch.steps = std::max<Index>(batch.steps, 1);
  const std::size_t there = failure.free_bytes + work.held_bytes;
  const std::size_t usable = there - std::min(there, device.spare_bytes);
  std::string text =
      fmt::format("out of device memory: {}, and {} of the {} of {} are free for them", what_needs(work, batch, sizes),
                  gigabytes(usable), gigabytes(device.total_bytes), device.name);
  const Index fitting = sizes.largest_batch(batch, work.record, work.demands, usable);
  if (fitting == 0) {
    text += work.batch.trials == 0 ? "" : "; not even one trial fits";
  } else if (fitting < work.batch.trials) {
    text += fmt::format("; the largest batch that fits is {} trials", fitting);
    if (!work.has_run) text += ", less what a run of them keeps";
  }
  if (work.record.backward_every == 1) text += "; train.memory = \"recompute\" needs far less";
  return RunError(text);
}

}  // namespace mrnn::cuda
