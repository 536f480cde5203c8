#pragma once

#include <array>
#include <vector>

#include "bands.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/session.hpp"

namespace mrnn::eigen {

/// Consecutive units with the same activation function.
struct Run {
  UnitRange units;
  Activation activation = Activation::relu;
};

/// What the time loop needs of a network and its parameters besides the weights, in the precision of the session.
template <class Scalar>
struct Model {
  using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;

  explicit Model(const Network& network);
  void set(const Parameters& parameters);

  const Network& network;
  std::vector<Rectangle> drive_blocks, readout_blocks, adjoint_blocks;
  std::vector<Band> drive_bands, readout_bands, adjoint_bands;
  std::vector<BandPattern> drive_patterns;  ///< of each drive band
  std::vector<std::vector<Run>> runs;       ///< of each drive band
  std::vector<Run> all_runs;                ///< of all units
  bool learns_tau = false;                  ///< in some region

  Eigen::VectorXd alpha_exact;  ///< dt / tau; 1 for elman dynamics [N]
  Array alpha, bias;            ///< [N]
  Array noise;                  ///< factor of eta in x with the network's own noise [N]
  Array added_gain;             ///< factor of s in x: alpha, or 1 for rate dynamics [N]
  Array ones, zeros;            ///< [N]
  Array readout_bias;           ///< [K]
  Eigen::VectorXd initial_state;
  Scalar input_noise = 0;  ///< factor of eta in v

  /// Rows of the state of a slice: units, then input channels.
  Index rows() const noexcept { return network.units() + network.inputs(); }
  /// Rows of what comes back in a slice: units, then output channels.
  Index adjoint_rows() const noexcept { return network.units() + network.outputs(); }
  /// Whether backward() needs x: for the slope of rate dynamics, for the change of x that tau governs.
  bool backward_needs_x() const noexcept { return learns_tau || network.spec().dynamics == Dynamics::rate; }
};

/// dt / tau of every unit.
Eigen::VectorXd alphas(const Network& network, const Parameters& parameters);

}  // namespace mrnn::eigen
