#pragma once

#include "mrnn/random.hpp"

namespace mrnn {

/// fill_normals() in single precision, compiled for one instruction set. All give the same bits. Exported for
/// tests, which run all that the machine has.
struct NormalsKernels {
  void (*trials)(const NormalBlock& block, std::span<const std::uint64_t> trials, float* out) = nullptr;
  void (*units)(const NormalBlock& block, std::uint64_t trial, float* out) = nullptr;
};

MRNN_EXPORT NormalsKernels baseline_normals();
MRNN_EXPORT NormalsKernels avx2_normals();    ///< null where the compiler has none of it
MRNN_EXPORT NormalsKernels avx512_normals();  ///< likewise

}  // namespace mrnn
