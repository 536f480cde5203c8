#pragma once

#include <functional>

#include "mrnn/selection.hpp"

namespace mrnn {

/// Calls work(0), ..., work(count - 1), each once, on up to `threads` threads of which the caller is one (0: all
/// cores), and returns when all are done. For pieces that take far longer than starting a thread, and whose result
/// does not depend on their order. Of the exceptions thrown, that of the lowest piece is thrown again.
MRNN_EXPORT void parallel_for(Index count, int threads, const std::function<void(Index)>& work);

}  // namespace mrnn
