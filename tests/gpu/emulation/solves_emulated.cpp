#include <Eigen/Cholesky>
#include <cstdlib>

#include "emulation.hpp"
#include "solves.hpp"

/// cuSOLVER, played by Eigen.
namespace mrnn::gpu {

struct Cholesky::Handle {};

/// Few at a time, so that small tests have several parts.
SolveLimits solve_limits() {
  return {0.0, std::size_t{64} << 10};
}

/// Not where MRNN_EMULATED_NO_SOLVER is set.
bool Cholesky::present() {
  return std::getenv("MRNN_EMULATED_NO_SOLVER") == nullptr;
}

Cholesky::Cholesky(const Stream&) {}
Cholesky::~Cholesky() = default;

void Cholesky::solve(const Systems& systems) const {
  emulation::submit([systems] {
    for (int k = 0; k < systems.count; ++k) {
      Eigen::Map<Eigen::MatrixXd> matrix(systems.matrices[k], systems.size, systems.size);
      const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factors(matrix);
      systems.info[k] = factors.info() == Eigen::Success ? 0 : 1;
      Eigen::Map<Eigen::VectorXd> vector(systems.vectors[k], systems.size);
      if (systems.info[k] == 0) factors.solveInPlace(vector);
    }
  });
}

}  // namespace mrnn::gpu
