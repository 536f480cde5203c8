#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mrnn/backend.hpp"
#include "mrnn/export.hpp"

namespace mrnn {

/// Bytes that a part of a run holds at its peak.
struct MemoryNeed {
  std::string name;           ///< `training`, or a simulation
  SessionMemory session;      ///< of the backend, in the host's memory or the device's
  std::string method;         ///< how the backend makes the steps, see Backend::method()
  std::size_t weights = 0;    ///< parameters outside the session
  std::size_t trials = 0;     ///< trials outside the session, those of earlier simulations included
  std::size_t results = 0;    ///< recorded arrays and outputs, those of earlier simulations included
  std::size_t optimiser = 0;  ///< its state as checkpoints keep it

  std::size_t outside_session() const noexcept { return weights + trials + results + optimiser; }
  std::size_t total() const noexcept { return session.total() + outside_session(); }
};

/// What a run needs besides the program itself and its analyses.
struct MRNN_EXPORT MemoryPlan {
  std::vector<MemoryNeed> parts;  ///< in the order they run, one after the other
  std::size_t file = 0;           ///< of results.h5, without what analyses add

  std::size_t peak() const noexcept;
};

/// Bytes that this process can still take: what the machine has free, within the limits of its control groups.
/// 0 where the system does not say.
MRNN_EXPORT std::size_t free_host_memory();

}  // namespace mrnn
