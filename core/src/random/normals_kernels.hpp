#pragma once

#include "mrnn/random.hpp"

namespace mrnn {

/// fill_normals(), compiled for one instruction set. All give the same bits. Exported for tests, which run all that the
/// machine has.
template <class Scalar>
struct NormalsOf {
  void (*trials)(const NormalBlock& block, std::span<const std::uint64_t> trials, Scalar* out) = nullptr;
  void (*units)(const NormalBlock& block, std::uint64_t trial, Scalar* out) = nullptr;
};
struct NormalsKernels {
  NormalsOf<float> single;
  NormalsOf<double> twofold;
};

MRNN_EXPORT NormalsKernels baseline_normals();
MRNN_EXPORT NormalsKernels avx2_normals();    ///< null where the compiler has none of it
MRNN_EXPORT NormalsKernels avx512_normals();  ///< likewise

}  // namespace mrnn
