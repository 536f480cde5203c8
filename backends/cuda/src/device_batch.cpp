#include "device_batch.hpp"

#include <span>

namespace mrnn::cuda {
namespace {

template <class Type>
std::span<const Type> numbers_of(const std::vector<Type>& values) {
  return values;
}
std::span<const double> numbers_of(const Sequence& values) {
  return values.data;
}
std::span<const double> numbers_of(const Eigen::MatrixXd& values) {
  return {values.data(), static_cast<std::size_t>(values.size())};
}

}  // namespace

template <class Scalar>
void DeviceBatch<Scalar>::copy(const Trials& from) {
  // Assigned one by one: the memory of the batch before is used again.
  own_->count = from.count;
  own_->steps = from.steps;
  own_->inputs = from.inputs;
  own_->stimulus = from.stimulus;
  own_->mask = from.mask;
  own_->initial_state = from.initial_state;
  own_->ids = from.ids;
  own_->interventions = from.interventions;
  trials = own_;
}

template <class Scalar>
void DeviceBatch<Scalar>::send(const gpu::Stream& stream, const Trials& all, const ParameterLayout& layout,
                               Index padded_units) {
  shape = shape_of(all);
  lanes = make_lanes(*trials, gpu::lane_tile);
  schedule = make_schedule(*trials, lanes, padded_units);
  std::vector<double> all_factors;
  for (std::size_t k = 1; k < schedule.scalings.size(); ++k) {
    const std::vector<double> one = layout.factors(schedule.scalings[k]);
    all_factors.insert(all_factors.end(), one.begin(), one.end());
  }
  const auto for_each_array = [&](auto&& action) {
    action(inputs, numbers_of(all.inputs));
    action(stimulus, numbers_of(all.stimulus));
    action(targets, numbers_of(all.targets));
    action(mask, numbers_of(all.mask));
    action(own_states, numbers_of(all.initial_state));
    action(lane_trial, numbers_of(lanes.trial));
    action(trial_lane, numbers_of(lanes.lane));
    action(lane_own, numbers_of(lanes.own));
    action(lane_ids, numbers_of(lanes.ids));
    action(interval, numbers_of(schedule.interval));
    action(interval_start, numbers_of(schedule.start));
    action(variant, numbers_of(schedule.variant));
    action(acting, numbers_of(schedule.acting));
    action(numbers, numbers_of(schedule.numbers));
    action(flags, numbers_of(schedule.flags));
    action(factors, numbers_of(all_factors));
  };
  std::size_t bytes = 0;
  for_each_array([&bytes](const auto& to, auto values) {
    bytes += StagingArea::staged_bytes(values.size() * sizeof(*to.data()));
  });
  stream.synchronise();
  staging_.begin(bytes);
  for_each_array([&](auto& to, auto values) { staging_.send(stream, to, values); });
}

template struct DeviceBatch<float>;
template struct DeviceBatch<double>;

}  // namespace mrnn::cuda
