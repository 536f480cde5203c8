#pragma once

#include <string>

#include "mrnn/selection.hpp"

namespace mrnn::eigen {

/// Name and version of the library that computes large products in single precision, `oneDNN 2.6.3`; empty
/// where mrnn was built without one.
std::string library_name();

/// Whether a product of weights [rows x depth] is the library's. A compiled rule: the own kernels are as fast
/// or faster while the weights fit the cache of a core.
bool library_takes(Index rows, Index depth, float scalar);
bool library_takes(Index rows, Index depth, double scalar);

/// out [rows x width] = weights [rows x depth] state [depth x width], all row by row.
struct LibraryProduct {
  const float* weights = nullptr;
  const float* state = nullptr;
  float* out = nullptr;
  Index rows = 0, depth = 0, width = 0;
};
void multiply(const LibraryProduct& product);

/// While it lives, the library runs on the calling thread alone: its own threads (OpenMP) would compete
/// with the thread pool. The caller's setting is put back at the end.
class SingleThreadedLibrary {
 public:
  SingleThreadedLibrary();
  ~SingleThreadedLibrary();
  SingleThreadedLibrary(const SingleThreadedLibrary&) = delete;
  SingleThreadedLibrary& operator=(const SingleThreadedLibrary&) = delete;

 private:
  int threads_ = 1;
};

}  // namespace mrnn::eigen
