#pragma once

#include <cstdint>
#include <string>

#include "mrnn/export.hpp"
#include "mrnn/manipulation.hpp"
#include "mrnn/network.hpp"
#include "mrnn/task.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// The trials that were asked for. @throws RunError where the task makes other ones or fails
/// @param whose  for messages
MRNN_EXPORT Trials ask_trials(const Task& task, const TrialRequest& request, const std::string& whose = "the task");

/// Has a manipulation add its interventions, which get its name, to the trials. @throws RunError where it does more to
/// them than that, ShapeError where they cannot be run
/// @param name  of the manipulation; may be empty
MRNN_EXPORT void perturb(const Manipulation& manipulation, const std::string& name, const Network& network,
                         std::uint64_t seed, Trials& trials);

}  // namespace mrnn
