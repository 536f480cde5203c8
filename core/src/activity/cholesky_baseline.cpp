#include <cstddef>
#include <new>

#include "activity/cholesky_kernels.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

constexpr int vector_bytes = 16, tile_vectors = 2, tile_columns = 4;

#include "activity/cholesky_body.hpp"

CholeskyKernel best_cholesky() {
#ifdef __x86_64__
  const bool fused = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (fused && avx512 && avx512_cholesky() != nullptr) return avx512_cholesky();
  if (fused && avx2_cholesky() != nullptr) return avx2_cholesky();
#endif
  return baseline_cholesky();
}

}  // namespace

CholeskyKernel baseline_cholesky() {
  return factor;
}

std::optional<Eigen::MatrixXd> solve_positive_definite(Eigen::MatrixXd& a, const Eigen::Ref<const Eigen::MatrixXd>& b) {
  static const CholeskyKernel best = best_cholesky();
  if (a.rows() != a.cols()) throw ShapeError("a square matrix is needed");
  if (!best(a.data(), a.rows())) return std::nullopt;
  Eigen::MatrixXd solution = b;
  a.triangularView<Eigen::Lower>().solveInPlace(solution);
  a.transpose().triangularView<Eigen::Upper>().solveInPlace(solution);
  if (!solution.allFinite()) return std::nullopt;
  return solution;
}

}  // namespace mrnn
