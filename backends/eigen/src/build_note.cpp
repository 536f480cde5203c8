#include "build_note.hpp"

#include <fmt/format.h>

#include "kernels.hpp"
#include "mrnn/eigen_backend.hpp"

namespace mrnn::eigen {
namespace {

/// The best instruction set of this processor that there are inner loops for.
std::string best_of_processor() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return "AVX-512";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "AVX2";
#endif
  return baseline_kernels().single->name;
}

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
  return "another compiler";
#endif
}

}  // namespace

std::string note_on(std::string_view used, std::string_view best, std::string_view compiler) {
  if (used == best) return {};
  return fmt::format(
      "the inner loops of this build, by {}, use {} where this processor has {}, and are several times slower for it; "
      "built by g++ (cmake -DCMAKE_CXX_COMPILER=g++) they choose {} by themselves",
      compiler, used, best, best);
}

std::string instruction_set() {
  return kernels<float>().name;
}

std::string build_note() {
  return note_on(instruction_set(), best_of_processor(), compiler());
}

}  // namespace mrnn::eigen
