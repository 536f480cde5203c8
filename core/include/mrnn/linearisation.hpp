#pragma once

#include <Eigen/Core>
#include <complex>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/session.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// Which matrix is meant by "the linearised network" (docs/numerics.md).
enum class LinearForm : std::uint8_t {
  discrete,    ///< J, the derivative of one step
  continuous,  ///< (J - I) / dt, per ms
  partial,     ///< diag(alpha phi'(x+)) W, the derivative through the activity alone: it lacks the leak
};

/// The linearised network in a stated form at K states, as diagonals (see Jacobians): every form is
/// M = diag(leak) + diag(post) W diag(pre). The session must have `trials` loaded.
MRNN_EXPORT Jacobians linearise(const Session& session, const Trials& trials, const StatePoints& points,
                                LinearForm form);

/// Effective weights as weight-scaling interventions leave them at a trial and step. Keeps the last
/// result, so that asking for many steps of one perturbation costs one copy of the weights.
class MRNN_EXPORT WeightsInForce {
 public:
  /// @param network  must outlive this
  WeightsInForce(const Network& network, const Parameters& parameters);

  /// Valid until the next call. The trials must stay where they are between calls.
  const EffectiveWeights& at(const Trials& trials, Index trial, Index step);

  /// W v for K moments at once, moment k being step steps[k] of trial which[k], with columns [k c, (k + 1) c) of v
  /// [N x K c] as its own. Moments that see the same weights share one product.
  Eigen::MatrixXd multiply(const Trials& trials, const std::vector<Index>& which, const std::vector<Index>& steps,
                           const Eigen::Ref<const Eigen::MatrixXd>& v);
  /// W_in u + s at K moments, without noise: [N x K].
  Eigen::MatrixXd external_drive(const Trials& trials, const std::vector<Index>& which,
                                 const std::vector<Index>& steps);

 private:
  /// A sum over blocks for the columns of moments that see the same weights.
  using Product = std::function<void(const EffectiveWeights&, const Eigen::MatrixXd&, Eigen::MatrixXd&)>;
  Eigen::MatrixXd grouped(const Trials& trials, const std::vector<Index>& which, const std::vector<Index>& steps,
                          const Eigen::Ref<const Eigen::MatrixXd>& v, const Product& product);

  const Network& network_;
  EffectiveWeights unscaled_;
  std::optional<EffectiveWeights> scaled_;
  std::vector<const ScaleWeights*> scalings_;  ///< that made scaled_
};

/// M = diag(leak) + diag(post) W diag(pre) at one state, its rows and columns those of chosen units.
/// Applied over the block list, without ever being formed, or as a dense matrix.
class MRNN_EXPORT Linearisation {
 public:
  /// @param recurrent  weights in force, per Network::recurrent_blocks(); it and the network must outlive this
  /// @param gains      from linearise() or Session::jacobian(); `column` of it is copied
  /// @param units      rows and columns, in this order; empty: all
  Linearisation(const Network& network, const std::vector<Eigen::MatrixXd>& recurrent, const Jacobians& gains,
                Index column, const Selection& units = {});

  Index size() const noexcept { return static_cast<Index>(units_.size()); }
  const std::vector<Index>& units() const noexcept { return units_; }
  bool finite() const;

  /// [size x size]. Only for networks small enough for it.
  Eigen::MatrixXd dense() const;
  /// Rows of the chosen units, columns of others: [size x from.size()].
  Eigen::MatrixXd dense_from(const Selection& from) const;

  /// M v, matrix-free, for every column of v [size x columns].
  Eigen::MatrixXd apply(const Eigen::Ref<const Eigen::MatrixXd>& v) const;
  /// M^T v, matrix-free.
  Eigen::MatrixXd apply_transposed(const Eigen::Ref<const Eigen::MatrixXd>& v) const;

 private:
  enum class Direction : std::uint8_t { forward, transposed };
  Eigen::MatrixXd product(const Eigen::Ref<const Eigen::MatrixXd>& v, Direction direction) const;

  const Network& network_;
  const std::vector<Eigen::MatrixXd>& recurrent_;
  Eigen::VectorXd leak_, post_, pre_;  ///< [N]
  std::vector<Index> units_;
  std::vector<std::size_t> blocks_;  ///< those with rows and columns among the chosen units
};

enum class EigenMethod : std::uint8_t { automatic, dense, iterative };
enum class EigenOrder : std::uint8_t { magnitude, real_part };  ///< largest first

/// What is wanted of a spectrum.
struct SpectrumOptions {
  Index count = 0;    ///< leading eigenvalues; 0: all up to `full_limit` units, above that `leading_count`
  Index vectors = 0;  ///< leading modes whose right and left eigenvectors are wanted
  EigenMethod method = EigenMethod::automatic;
  EigenOrder order = EigenOrder::magnitude;

  static constexpr Index full_limit = 2000;   ///< units up to which all eigenvalues are computed by default
  static constexpr Index leading_count = 20;  ///< computed by default above that
};

/// Eigenvalues in falling order, of a conjugate pair the positive imaginary part first, and the
/// eigenvectors of the leading modes as columns: M r = lambda r with |r| = 1 and its largest entry real and
/// positive; l^T M = lambda l^T with l_i^T r_j = delta_ij. Left vectors of a defective eigenvalue are NaN.
struct Spectrum {
  Eigen::VectorXcd values;
  Eigen::MatrixXcd right, left;  ///< [size x modes]
};

/// Dense by Eigen, or the leading ones by Spectra's implicitly restarted Arnoldi method, matrix-free.
/// The iterative method may report a repeated eigenvalue less often than it occurs; asked for nearly all
/// eigenvalues, it gives way to the dense one.
/// @throws RunError where the matrix is not finite or the iteration does not converge.
MRNN_EXPORT Spectrum spectrum(const Linearisation& linearisation, const SpectrumOptions& options);

/// Right and left eigenvector of one eigenvalue that is known, scaled as in Spectrum, by inverse iteration on the dense
/// matrix: for a mode far from the leading ones.
struct Mode {
  Eigen::VectorXcd right, left;  ///< [size]
};
MRNN_EXPORT Mode mode_of(const Linearisation& linearisation, std::complex<double> eigenvalue);

/// Of discrete or continuous eigenvalues, in ms: dt / |ln |lambda||, or 1 / |Re lambda|. Decay and growth alike.
MRNN_EXPORT Eigen::VectorXd time_constants(const Eigen::VectorXcd& values, LinearForm form, double dt);
/// In Hz, with dt in ms: arg(lambda) / (2 pi dt), or Im lambda / 2 pi.
MRNN_EXPORT Eigen::VectorXd frequencies(const Eigen::VectorXcd& values, LinearForm form, double dt);
/// max |lambda| < 1, or max Re lambda < 0.
MRNN_EXPORT bool is_stable(const Eigen::VectorXcd& values, LinearForm form);

}  // namespace mrnn
