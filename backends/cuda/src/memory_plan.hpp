#pragma once

#include "layout.hpp"

namespace mrnn::cuda {

/// Steps that are run together: all that backward() wants, or as many as fit a moderate amount of memory.
/// @param every  Record::backward_every
Index steps_of_stretch(const Rows& rows, Index lanes, Index steps, Index every, std::size_t scalar_bytes);

}  // namespace mrnn::cuda
