#pragma once

#include <cublas_v2.h>

namespace mrnn::gpu {

/// cuBLAS, opened when a device is first used: it takes 200 MB and a tenth of a second, which whatever runs on the
/// processor can do without.
struct Blas {
  decltype(&cublasCreate_v2) create = nullptr;
  decltype(&cublasDestroy_v2) destroy = nullptr;
  decltype(&cublasSetStream_v2) set_stream = nullptr;
  decltype(&cublasSetWorkspace_v2) set_workspace = nullptr;
  decltype(&cublasSetMathMode) set_math_mode = nullptr;
  decltype(&cublasSgemm_v2) multiply_single = nullptr;
  decltype(&cublasDgemm_v2) multiply_double = nullptr;
  /// cublasGemmEx, of which there are two in C++: in types and arithmetic of one's choice.
  cublasStatus_t (*multiply_mixed)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void*,
                                   const void*, cudaDataType, int, const void*, cudaDataType, int, const void*, void*,
                                   cudaDataType, int, cublasComputeType_t, cublasGemmAlgo_t) = nullptr;
  decltype(&cublasGetStatusString) status_text = nullptr;
};

/// @throws DeviceFailure where it is missing
const Blas& blas();

}  // namespace mrnn::gpu
