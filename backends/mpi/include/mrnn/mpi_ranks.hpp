#pragma once

#include <memory>

#include "mrnn/export.hpp"
#include "mrnn/ranks.hpp"

extern "C" {
/// The processes of an MPI job as ranks, for programs that open this library by its name; the caller deletes them.
/// Starts MPI unless the program has, and ends it with them. Only the thread that calls this may use them.
MRNN_EXPORT mrnn::Ranks* mrnn_mpi_open();
}

namespace mrnn::mpi {

/// The same for programs that link it.
inline std::unique_ptr<Ranks> open() {
  return std::unique_ptr<Ranks>(mrnn_mpi_open());
}

}  // namespace mrnn::mpi
