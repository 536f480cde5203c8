#pragma once

#include "mrnn/linear_algebra.hpp"

namespace mrnn {

/// Cholesky's factors in place, compiled for one instruction set: of `matrix` [size x size], column-major, the lower
/// triangle is read and becomes L; what stands above it is lost. False where a pivot is not positive.
/// Exported for tests, which run all that the machine has.
using CholeskyKernel = bool (*)(double* matrix, Eigen::Index size);

MRNN_EXPORT CholeskyKernel baseline_cholesky();
MRNN_EXPORT CholeskyKernel avx2_cholesky();    ///< null where the compiler has none of it
MRNN_EXPORT CholeskyKernel avx512_cholesky();  ///< likewise

}  // namespace mrnn
