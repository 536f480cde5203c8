#include "blas.hpp"

#include <dlfcn.h>

#include <string>

#include "device.hpp"

namespace mrnn::gpu {
namespace {

[[noreturn]] void fail() {
  const char* reason = dlerror();
  throw DeviceFailure{std::string("cuBLAS of the CUDA Toolkit ") + std::to_string(CUBLAS_VER_MAJOR) +
                      " cannot be loaded: " + (reason == nullptr ? "the loader does not say why" : reason)};
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) fail();
}

Blas open() {
  // Found in the folder of the toolkit it was built with (CMakeLists.txt), or where the loader looks. Never closed.
  void* library = dlopen(("libcublas.so." + std::to_string(CUBLAS_VER_MAJOR)).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) fail();
  Blas blas;
  find(library, "cublasCreate_v2", blas.create);
  find(library, "cublasDestroy_v2", blas.destroy);
  find(library, "cublasSetStream_v2", blas.set_stream);
  find(library, "cublasSetWorkspace_v2", blas.set_workspace);
  find(library, "cublasSetMathMode", blas.set_math_mode);
  find(library, "cublasSgemm_v2", blas.multiply_single);
  find(library, "cublasDgemm_v2", blas.multiply_double);
  find(library, "cublasGemmEx", blas.multiply_mixed);
  find(library, "cublasGetStatusString", blas.status_text);
  return blas;
}

}  // namespace

const Blas& blas() {
  static const Blas opened = open();
  return opened;
}

}  // namespace mrnn::gpu
