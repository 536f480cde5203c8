#include <Eigen/Cholesky>
#include <cstdlib>
#include <string>

#include "emulation.hpp"
#include "solves.hpp"

/// cuSOLVER, played by Eigen.
namespace mrnn::gpu {
namespace {

/// How many systems there is memory for at a time; "absent": there is no library. Unset: any number.
const char* allowed() {
  return std::getenv("MRNN_EMULATED_SYSTEMS");
}

}  // namespace

struct Cholesky::Handle {};

/// Few at a time, so that small tests have several parts.
SolveLimits solve_limits() {
  return {0.0, std::size_t{256} << 10};
}

bool Cholesky::present() {
  return allowed() == nullptr || allowed() != std::string("absent");
}

Cholesky::Cholesky(const Stream&) {}
Cholesky::~Cholesky() = default;

void Cholesky::solve(const Systems& systems) const {
  if (allowed() != nullptr && systems.count > std::atoi(allowed())) throw DeviceFailure{"out of device memory", true};
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
