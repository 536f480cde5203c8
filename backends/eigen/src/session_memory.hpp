#pragma once

#include "mrnn/backend.hpp"

namespace mrnn::eigen {

/// What an EigenSession<Scalar> takes at its peak with such a batch, in steps of a training where the record keeps
/// what backward() needs.
template <class Scalar>
SessionMemory session_memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                             const Record& record);

}  // namespace mrnn::eigen
