#pragma once

#include "mrnn/backend.hpp"
#include "mrnn/export.hpp"
#include "mrnn/session.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// A session that is to run trials, perhaps in batches.
struct SessionPlan {
  const Backend& backend;
  const Network& network;
  const SessionOptions& options;
  BatchShape trials;  ///< all of them

  SessionMemory memory(Index at_once, const Record& record) const;
  std::string method(Index at_once) const;  ///< see Backend::method()
};

/// How many of the trials are run at once so that they fit into a fixed amount of memory. It does not depend on the
/// machine, and neither do the last bits of the results.
MRNN_EXPORT Index trials_per_batch(const SessionPlan& plan, const Record& record);

/// Outputs y [K x B] per step of trials, run in batches.
MRNN_EXPORT Sequence run_outputs(const Backend& backend, Session& session, const Trials& trials, Noise noise);

}  // namespace mrnn
