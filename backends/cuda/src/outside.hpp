#pragma once

#include "steps.hpp"

namespace mrnn::gpu {

/// What is added to W h at steps first .. last - 1, for all of them at once: it waits where the state that it becomes
/// part of will be, at slot + 1.
template <class Scalar>
void make_outside(const Stream& stream, const ForwardRun<Scalar>& run, int first, int last);
/// Likewise what is added to W^T delta, for slots last to first: it waits where delta of slot - 1 will be.
template <class Scalar>
void make_outside_back(const Stream& stream, const BackwardRun<Scalar>& run, int first, int last);

}  // namespace mrnn::gpu
