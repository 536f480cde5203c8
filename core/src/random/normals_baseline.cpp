#include <cmath>
#include <cstring>

#include "mrnn/formulas.hpp"
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
  return {across_trials<float>, across_units<float>};
}

void fill_normals(const NormalBlock& block, std::span<const std::uint64_t> trials, std::span<double> out) noexcept {
  if (trials.size() == 1) {
    across_units(block, trials.front(), out.data());
  } else {
    across_trials(block, trials, out.data());
  }
}

void fill_normals(std::uint64_t seed, Stream stream, std::uint64_t trial, std::uint32_t step,
                  std::span<double> out) noexcept {
  across_units({seed, stream, step, 0, std::ssize(out)}, trial, out.data());
}

}  // namespace mrnn
