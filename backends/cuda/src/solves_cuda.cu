#include <cusolverDn.h>
#include <dlfcn.h>

#include <string>

#include "kernel_support.hpp"
#include "solves.hpp"

namespace mrnn::gpu {
namespace {

/// cuSOLVER: 300 MB that only these systems need.
struct Library {
  decltype(&cusolverDnCreate) create = nullptr;
  decltype(&cusolverDnDestroy) destroy = nullptr;
  decltype(&cusolverDnSetStream) set_stream = nullptr;
  decltype(&cusolverDnDpotrfBatched) factor = nullptr;
  decltype(&cusolverDnDpotrsBatched) solve = nullptr;
  bool complete = false;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Library open() {
  Library opened;
  // Beside cuBLAS, see blas.cu. Never closed.
  void* library = dlopen(("libcusolver.so." + std::to_string(CUSOLVER_VER_MAJOR)).c_str(), RTLD_NOW | RTLD_LOCAL);
  opened.complete =
      library != nullptr && find(library, "cusolverDnCreate", opened.create) &&
      find(library, "cusolverDnDestroy", opened.destroy) && find(library, "cusolverDnSetStream", opened.set_stream) &&
      find(library, "cusolverDnDpotrfBatched", opened.factor) && find(library, "cusolverDnDpotrsBatched", opened.solve);
  return opened;
}

const Library& library() {
  static const Library opened = open();
  return opened;
}

void check(cusolverStatus_t status, const char* what) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  DeviceFailure failure{std::string("cuSOLVER: ") + what + " failed with status " + std::to_string(status)};
  failure.out_of_memory = status == CUSOLVER_STATUS_ALLOC_FAILED;
  throw failure;
}

}  // namespace

struct Cholesky::Handle {
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (solver != nullptr) library().destroy(solver);
  }
  cusolverDnHandle_t solver = nullptr;
};

/// Below this a step takes a processor less than the millisecond or so that some twenty calls take the device. The
/// matrices of a part keep a large device busy, and are little of its memory.
SolveLimits solve_limits() {
  return {1e8, std::size_t{1} << 30};
}

bool Cholesky::present() {
  return library().complete;
}

Cholesky::Cholesky(const Stream& stream) : handle_(std::make_unique<Handle>()) {
  check(library().create(&handle_->solver), "its handle");
  check(library().set_stream(handle_->solver, cuda_stream(stream)), "its stream");
}

Cholesky::~Cholesky() = default;

void Cholesky::solve(const Systems& systems) const {
  constexpr auto lower = CUBLAS_FILL_MODE_LOWER;
  check(library().factor(handle_->solver, lower, systems.size, systems.matrices, systems.size, systems.info,
                         systems.count),
        "factors of matrices");
  check(library().solve(handle_->solver, lower, systems.size, 1, systems.matrices, systems.size, systems.vectors,
                        systems.size, systems.info + systems.count, systems.count),
        "the solution of systems");
}

}  // namespace mrnn::gpu
