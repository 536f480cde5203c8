#pragma once

#include <memory>

#include "device.hpp"

/// Damped Newton steps of many states at once (mrnn/damped_newton.hpp has the equations), in double precision.
namespace mrnn::gpu {

/// When they are taken on the device.
struct SolveLimits {
  double least_work = 0.0;     ///< n^3 K from which on
  std::size_t most_bytes = 0;  ///< of matrices at a time
};
SolveLimits solve_limits();

/// A diagonal [n] of each state, `stride` apart, or of all, 0 apart.
struct Diagonal {
  const double* data = nullptr;
  Size stride = 0;
};

/// A = L + P W D at K states of n units.
struct NewtonStates {
  Size units = 0, count = 0;
  const double* leak = nullptr;  ///< L [n]
  Diagonal post, pre;            ///< P, D
};

/// out = diagonal v, [n x K]
void scale(const Stream& stream, const NewtonStates& states, const Diagonal& diagonal, const double* v, double* out);

/// out = -(L v + D back), [n x K]: -A^T v where back = W^T P v
void add_leak(const Stream& stream, const NewtonStates& states, const double* v, const double* back, double* out);

/// Lower triangles of L^2 + V K + K^T V + V M V + mu I, one matrix [n x n] after the other.
struct NormalMatrices {
  const double* varying = nullptr;  ///< V [n x K]
  const double* square = nullptr;   ///< M [n x n]
  const double* cross = nullptr;    ///< K [n x n]
  const double* mu = nullptr;       ///< [K]
  double* out = nullptr;
};
void make_matrices(const Stream& stream, const NewtonStates& states, const NormalMatrices& matrices);

/// How long the vectors of each state are. All but `out` [n x K].
struct StepLengths {
  const double* g = nullptr;
  const double* d = nullptr;
  const double* moved = nullptr;  ///< W D d
  const double* slope = nullptr;  ///< A^T g
  double* out = nullptr;          ///< |g + A d|^2 / 2 and |A^T g|^2 [2 x K]
};
void measure(const Stream& stream, const NewtonStates& states, const StepLengths& lengths);

/// Symmetric positive definite systems, by a library's batches of Cholesky's factors.
class Cholesky {
 public:
  /// Is the library there? Opened when first asked.
  static bool present();

  /// The stream must outlive this.
  explicit Cholesky(const Stream& stream);
  ~Cholesky();
  Cholesky(const Cholesky&) = delete;
  Cholesky& operator=(const Cholesky&) = delete;

  /// All on the device.
  struct Systems {
    int size = 0, count = 0;
    double** matrices = nullptr;  ///< the lower triangles are read, all is lost [count]
    double** vectors = nullptr;   ///< right-hand sides [size] that become solutions [count]
    int* info = nullptr;          ///< not 0 where a matrix is not positive definite [count + 1]
  };
  void solve(const Systems& systems) const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace mrnn::gpu
