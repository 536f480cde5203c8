#pragma once

#include "mrnn/export.hpp"

namespace mrnn {

/// Lets this process allocate what is free now, swap included, and no more: what does not fit is a std::bad_alloc then,
/// where else the kernel ends the process, or another one, once too much is in use. Counts what is allocated, used or
/// not. A limit that is there already (`ulimit -d`) is left as it is. For programs that work in the memory of the host.
MRNN_EXPORT void limit_memory();

}  // namespace mrnn
