#include <cmath>
#include <cstring>

#include "mrnn/box_muller.hpp"
#include "random/normals_kernels.hpp"

namespace mrnn {
namespace {

constexpr int vector_bytes = 16;
using Wide [[gnu::vector_size(vector_bytes)]] = std::uint64_t;

/// Products of the low halves.
inline Wide multiply_low(Wide a, Wide b) {
  return (a & 0xFFFFFFFFU) * (b & 0xFFFFFFFFU);
}

#include "random/normals_body.hpp"

}  // namespace

NormalsKernels baseline_normals() {
  return {{across_trials<float>, across_units<float>}, {across_trials<double>, across_units<double>}};
}

}  // namespace mrnn
