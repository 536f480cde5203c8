#include "kernels.hpp"

namespace mrnn::eigen {
namespace {

KernelSet best_kernels() {
#ifdef __x86_64__
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512 && avx512_kernels().single != nullptr) return avx512_kernels();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && avx2_kernels().single != nullptr) return avx2_kernels();
#endif
  return baseline_kernels();
}

}  // namespace

template <>
const Kernels<float>& kernels<float>() {
  static const KernelSet set = best_kernels();
  return *set.single;
}

template <>
const Kernels<double>& kernels<double>() {
  static const KernelSet set = best_kernels();
  return *set.twofold;
}

}  // namespace mrnn::eigen
