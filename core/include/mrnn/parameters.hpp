#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "mrnn/intervention.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// Everything about a network that learning may change, in double, per connection block. Weights are
/// the free parameters V; effective_weights() applies mask, sign and Dale's law.
struct Parameters {
  std::vector<Eigen::MatrixXd> recurrent;  ///< per Network::recurrent_blocks(): [to x from]
  std::vector<Eigen::MatrixXd> input;      ///< per Network::input_blocks(): [to x from]
  std::vector<Eigen::MatrixXd> readout;    ///< per Network::readout_blocks(): [to x from]
  Eigen::VectorXd bias;                    ///< b [N]
  Eigen::VectorXd readout_bias;            ///< b_out [K]
  Eigen::VectorXd initial_state;           ///< x_{-1}, or h_{-1} for rate dynamics [N]
  Eigen::VectorXd tau;                     ///< ms [N]
};

/// Freshly drawn parameters (stream: initial weights, by connection name), scaled to
/// `spectral_radius` where the description asks for it.
MRNN_EXPORT Parameters initial_parameters(const Network& network, std::uint64_t seed);

/// @throws ShapeError where the arrays do not fit the network.
MRNN_EXPORT void check_shapes(const Network& network, const Parameters& parameters);

/// Weights as they act on activity, per block.
struct EffectiveWeights {
  std::vector<Eigen::MatrixXd> recurrent, input, readout;
};

/// Dale's method of a block of readout weights, which have no bounds: a signed readout is sign |V|, others are free.
MRNN_EXPORT Dale readout_dale(const Network& network, const Block& block);

/// W = M o S o f(V) by the network's Dale methods (see docs/numerics.md).
MRNN_EXPORT EffectiveWeights effective_weights(const Network& network, const Parameters& parameters);

/// The same with weight-scaling interventions applied, factors of overlapping ones multiplied.
MRNN_EXPORT void scale_weights(const Network& network, EffectiveWeights& weights,
                               const std::vector<const ScaleWeights*>& scalings);

/// The scalings among `interventions` in force for a trial (index in the batch) at a step. Of equal ones the first
/// stands for all, so that trials which see the same weights have the same pointers.
MRNN_EXPORT std::vector<const ScaleWeights*> scalings_at(const std::vector<Intervention>& interventions, Index trial,
                                                         Index step);

/// Puts blocks into one dense matrix, zero elsewhere. Only for networks small enough for it. @throws ShapeError where a
/// matrix is not of its block's shape, as the functions below.
MRNN_EXPORT Eigen::MatrixXd dense(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values,
                                  Index rows, Index columns);

/// W_out [K x N] with rows of identity readouts one-hot.
MRNN_EXPORT Eigen::MatrixXd dense_readout(const Network& network, const EffectiveWeights& weights);

/// out += W in over the blocks. `in` is [from units x columns], `out` [to units x columns].
MRNN_EXPORT void multiply(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values,
                          const Eigen::Ref<const Eigen::MatrixXd>& in, Eigen::Ref<Eigen::MatrixXd> out);

/// Largest |eigenvalue| of a block matrix over N units: Eigen up to 500 units, above that Spectra,
/// matrix-free.
MRNN_EXPORT double spectral_radius(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values,
                                   Index units);

}  // namespace mrnn
