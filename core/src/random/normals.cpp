#include "random/normals_kernels.hpp"

namespace mrnn {
namespace {

NormalsKernels best_normals() {
#ifdef __x86_64__
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512 && avx512_normals().single.trials != nullptr) return avx512_normals();
  if (__builtin_cpu_supports("avx2") && avx2_normals().single.trials != nullptr) return avx2_normals();
#endif
  return baseline_normals();
}

const NormalsKernels& kernels() {
  static const NormalsKernels best = best_normals();
  return best;
}

/// Trials side by side, or the units of one.
template <class Scalar>
void fill(const NormalsOf<Scalar>& normals, const NormalBlock& block, std::span<const std::uint64_t> trials,
          std::span<Scalar> out) {
  if (trials.size() == 1) {
    normals.units(block, trials.front(), out.data());
  } else {
    normals.trials(block, trials, out.data());
  }
}

}  // namespace

void fill_normals(const NormalBlock& block, std::span<const std::uint64_t> trials, std::span<float> out) noexcept {
  fill(kernels().single, block, trials, out);
}

void fill_normals(const NormalBlock& block, std::span<const std::uint64_t> trials, std::span<double> out) noexcept {
  fill(kernels().twofold, block, trials, out);
}

void fill_normals(std::uint64_t seed, Stream stream, std::uint64_t trial, std::uint32_t step,
                  std::span<float> out) noexcept {
  kernels().single.units({seed, stream, step, 0, std::ssize(out)}, trial, out.data());
}

void fill_normals(std::uint64_t seed, Stream stream, std::uint64_t trial, std::uint32_t step,
                  std::span<double> out) noexcept {
  kernels().twofold.units({seed, stream, step, 0, std::ssize(out)}, trial, out.data());
}

}  // namespace mrnn
