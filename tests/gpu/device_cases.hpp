#pragma once

#include <cstdint>
#include <string>

#include "device.hpp"
#include "training_problems.hpp"

namespace test {

/// What a test on the device is made of; the rest is drawn.
struct DeviceCase {
  TrainingChoice training = {};
  mrnn::Index regions = 3;   ///< fewer where there are not that many units
  mrnn::Index channels = 3;  ///< of input
  bool mixed = false;        ///< another activation in each region, from that of the choice on
  std::uint64_t seed = 1;
};

/// A case in words, for messages.
std::string describe(const DeviceCase& one);

/// Regions of uneven sizes with signs and time constants of their own, cell types, absent and sparse connections,
/// outputs of every kind, all learnable, and what it is trained on. Its activity stays bounded at any size.
Training make(const DeviceCase& one);

/// ceil(sqrt(steps)): what takes the least memory as Record::backward_every.
mrnn::Index sparsest_record(mrnn::Index steps);

/// x, h and y of all units.
Activity run_forward(mrnn::Session& session, const Training& training);

/// Loss and gradient. The parameters stay.
SessionGradient run_backward(mrnn::Session& session, const Training& training, mrnn::Index backward_every);

/// Runs a training forward on the device in both precisions and compares x, h and y with those of the Eigen backend in
/// double precision.
void check_forward(const Training& training);

/// The same for its loss by terms and its gradient by groups.
void check_backward(const Training& training, mrnn::Index backward_every);

/// x, h and y, each within a tolerance.
void check_activity(const Activity& actual, const Activity& expected, double tolerance);

/// What a gradient in that precision may be off, see tolerances.hpp.
double gradient_tolerance_of(mrnn::Precision precision);

}  // namespace test
