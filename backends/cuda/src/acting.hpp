#pragma once

#include "mrnn/formulas.hpp"
#include "types.hpp"

namespace mrnn::gpu {

/// What interventions do to a unit of a lane at a step.
template <class Scalar>
struct Acted {
  Scalar drive = 0;     ///< s, of the drives
  Scalar variance = 0;  ///< added to sigma_rec^2
  Scalar value = 0;     ///< of h, where held
  bool held = false;
};

template <class Scalar>
MRNN_HOST_DEVICE inline Acted<Scalar> acting_on(const Schedule& schedule, int unit, int lane, int step) {
  Acted<Scalar> acted;
  if (schedule.interval == nullptr) return acted;
  const std::int32_t interval = schedule.interval[step];
#ifdef __CUDA_ARCH__
#pragma unroll 1  // the persistent kernels would be slower for having to step over more of it
#endif
  for (std::int32_t k = schedule.start[interval]; k < schedule.start[interval + 1]; ++k) {
    const Acting& one = schedule.acting[k];
    if (schedule.flags[one.lanes + lane] == 0) continue;
    if (one.kind == Acting::Kind::drive) {
      const double strength = schedule.numbers[one.units + unit];
      acted.drive += static_cast<Scalar>(strength * schedule.numbers[one.course + step - one.first_step]);
    } else if (schedule.flags[one.units + unit] == 0) {
      continue;
    } else if (one.kind == Acting::Kind::clamp) {
      acted.held = true;
      acted.value = static_cast<Scalar>(one.value);
    } else {
      acted.variance += static_cast<Scalar>(one.value);
    }
  }
  return acted;
}

}  // namespace mrnn::gpu
