#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/network.hpp"
#include "mrnn/random.hpp"
#include "mrnn/registry.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// Which trials a task is asked for. Trial number k of (seed, stream) is always the same trial.
struct TrialRequest {
  std::uint64_t seed = 0;
  Stream stream = Stream::simulation_trials;
  std::uint64_t first = 0;  ///< number of the first trial
  Index count = 1;
};

/// Makes trials: what the network is given, and what is wanted of it. All trials of one request have
/// the same number of steps.
class MRNN_EXPORT Task {
 public:
  virtual ~Task();

  /// `count` trials with ids first, first + 1, ...; inputs [network inputs x count] per step.
  /// @throws FileError, ConfigError.
  virtual Trials make(const TrialRequest& request) const = 0;

  /// How many trials make one natural set (every condition once, the whole file): the number of
  /// trials of a simulation that does not say.
  virtual Index default_trials() const { return 1; }
};

/// Factories read their keys from the [task] table; the runner calls finish() on it afterwards.
using TaskRegistry = Registry<Task, const ConfigNode&, const Network&>;

}  // namespace mrnn
