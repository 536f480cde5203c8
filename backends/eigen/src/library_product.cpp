#include "library_product.hpp"

#ifdef MRNN_WITH_DNNL
#include <dnnl.h>
#include <omp.h>

#include <stdexcept>
#endif

namespace mrnn::eigen {

bool library_takes(Index /*rows*/, Index /*depth*/, double /*scalar*/) {
  return false;
}

#ifdef MRNN_WITH_DNNL

std::string library_name() {
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

bool library_takes(Index rows, Index depth, float /*scalar*/) {
  constexpr Index cached_weights = Index{1} << 20;  // 4 MiB
  return rows * depth >= cached_weights;
}

void multiply(const LibraryProduct& p) {
  const dnnl_status_t status =
      dnnl_sgemm('N', 'N', p.rows, p.width, p.depth, 1.0F, p.weights, p.depth, p.state, p.width, 0.0F, p.out, p.width);
  if (status != dnnl_success) throw std::runtime_error("oneDNN could not multiply matrices");
}

SingleThreadedLibrary::SingleThreadedLibrary() : threads_(omp_get_max_threads()) {
  omp_set_num_threads(1);
}
SingleThreadedLibrary::~SingleThreadedLibrary() {
  omp_set_num_threads(threads_);
}

#else

std::string library_name() {
  return {};
}
bool library_takes(Index /*rows*/, Index /*depth*/, float /*scalar*/) {
  return false;
}
void multiply(const LibraryProduct& /*product*/) {}
SingleThreadedLibrary::SingleThreadedLibrary() = default;
SingleThreadedLibrary::~SingleThreadedLibrary() = default;

#endif

}  // namespace mrnn::eigen
