#include "train/rate_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mrnn {
namespace {

double shape(const TrainingPlan& plan, std::int64_t iteration, double plateau_factor) {
  const RateSchedule& schedule = plan.schedule;
  const auto before = static_cast<double>(iteration - 1);
  switch (schedule.kind) {
    case RateSchedule::Kind::step: {
      const double times = std::floor(before / static_cast<double>(schedule.every));
      return std::max(schedule.floor, std::pow(schedule.factor, times));
    }
    case RateSchedule::Kind::cosine: {
      const double done = std::min(1.0, before / static_cast<double>(plan.iterations));
      return schedule.floor + (1.0 - schedule.floor) * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
    }
    case RateSchedule::Kind::plateau:
      return plateau_factor;
    case RateSchedule::Kind::constant:
      break;
  }
  return 1.0;
}

}  // namespace

double rate_at(const TrainingPlan& plan, std::int64_t iteration, double plateau_factor) {
  const std::int64_t warmup = plan.schedule.warmup;
  const double rise = iteration < warmup ? static_cast<double>(iteration) / static_cast<double>(warmup) : 1.0;
  return plan.rate * rise * shape(plan, iteration, plateau_factor);
}

void follow_plateau(const RateSchedule& schedule, double validation_loss, TrainingState& state) {
  if (schedule.kind != RateSchedule::Kind::plateau) return;
  if (std::isnan(state.plateau_loss) || validation_loss < state.plateau_loss) {
    state.plateau_loss = validation_loss;
    state.plateau_since = state.iteration;
  } else if (state.iteration - state.plateau_since >= schedule.patience) {
    state.rate_factor = std::max(schedule.floor, state.rate_factor * schedule.factor);
    state.plateau_since = state.iteration;
  }
}

}  // namespace mrnn
