#pragma once

#include <functional>

#include "mrnn/selection.hpp"

namespace mrnn {

/// The processor cores that this process may use: those of its affinity mask, as many as its control groups give it
/// time for, at least one. Schedulers of clusters and containers give a process fewer than the machine has.
MRNN_EXPORT int usable_cores();

/// Calls work(0), ..., work(count - 1), each once, on up to `threads` threads of which the caller is one (0: all
/// usable cores), and returns when all are done. For pieces that take far longer than starting a thread, and whose
/// result does not depend on their order. Of the exceptions thrown, that of the lowest piece is thrown again.
MRNN_EXPORT void parallel_for(Index count, int threads, const std::function<void(Index)>& work);

}  // namespace mrnn
