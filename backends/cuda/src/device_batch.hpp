#pragma once

#include <memory>

#include "batch_plan.hpp"
#include "device_array.hpp"
#include "layout.hpp"
#include "mrnn/backend.hpp"

namespace mrnn::cuda {

/// Trials, and all that the device is told about them. A session has a second one as soon as trials are prepared while
/// the device runs others; load() then lets the two change places.
template <class Scalar>
struct DeviceBatch {
  std::shared_ptr<const Trials> trials = std::make_shared<Trials>();  ///< shared with the caller, or a copy
  BatchShape shape = {0, 0};                                          ///< of all that was sent
  Lanes lanes;
  ScheduleTables schedule;  ///< of the interventions of `trials`
  DeviceArray<Scalar> inputs, stimulus, targets, mask;
  DeviceArray<double> own_states;
  DeviceArray<std::int32_t> lane_trial, trial_lane, interval, interval_start, variant;
  DeviceArray<std::uint8_t> lane_own, flags;
  DeviceArray<std::uint64_t> lane_ids;
  DeviceArray<gpu::Acting> acting;
  DeviceArray<double> numbers, factors;

  /// Copies what the host needs of trials: not the targets, which are on the device alone, nor the metadata.
  void copy(const Trials& from);
  /// Has the stream bring trials, of which `trials` are all or a copy, to the device. The host waits for what was sent
  /// from here before, not for this.
  void send(const gpu::Stream& stream, const Trials& all, const ParameterLayout& layout, Index padded_units);

 private:
  std::shared_ptr<Trials> own_ = std::make_shared<Trials>();
  StagingArea staging_;
};

}  // namespace mrnn::cuda
