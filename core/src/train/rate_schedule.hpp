#pragma once

#include <cstdint>

#include "mrnn/export.hpp"
#include "mrnn/trainer.hpp"

namespace mrnn {

/// Rate of the optimiser in iteration n, from 1:
///   rate x min(1, n / warmup) x shape(n)
/// with shape = 1 | max(floor, factor^floor((n - 1) / every)) | floor + (1 - floor)(1 + cos(pi (n - 1) / iterations)) /
/// 2 | plateau_factor.
MRNN_EXPORT double rate_at(const TrainingPlan& plan, std::int64_t iteration, double plateau_factor);

/// Lowers TrainingState::rate_factor where the plateau schedule asks for it. Called after each validation, with its
/// loss.
MRNN_EXPORT void follow_plateau(const RateSchedule& schedule, double validation_loss, TrainingState& state);

}  // namespace mrnn
