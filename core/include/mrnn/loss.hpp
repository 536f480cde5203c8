#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

enum class LossKind : std::uint8_t {
  mse,            ///< sum(m (y - target)^2) / sum(m)
  cross_entropy,  ///< -sum(m target ln y) / sum(m over one channel), for softmax outputs
};

/// The loss of one output.
struct OutputLoss {
  LossKind kind = LossKind::mse;
  double weight = 1.0;
};

/// Factors of what is added to the loss; 0: not computed. Means over all present weights W (recurrent, input,
/// readout), or over all trials, steps and units.
struct Penalties {
  double l1_weights = 0.0;   ///< mean |W|
  double l2_weights = 0.0;   ///< mean W^2
  double l1_rates = 0.0;     ///< mean |h|
  double l2_rates = 0.0;     ///< mean h^2
  double rate_target = 0.0;  ///< mean over units of (mean rate - rate)^2
  double rate = 0.0;         ///< of rate_target
  double wiring = 0.0;       ///< mean over present recurrent weights of |W_ij| distance(i, j)
  /// Between the regions of the network, [to x from]; of wiring.
  Eigen::MatrixXd distances = {};
  /// Pascanu, Mikolov & Bengio 2013, eq. 9: mean over trials and t = 0 .. T - 2 of
  /// (|D_t+1 dx_t+1/dx_t|^2 / |D_t+1|^2 - 1)^2, D the derivative of the losses and the penalties on rates by the state,
  /// over those where |D_t+1|^2 >= 1e-20; activity that is clamped passes nothing back. As published, its gradient is
  /// the immediate one: by W_rec, states and D held fixed.
  double vanishing_gradient = 0.0;
};

/// What is minimised: the losses of the outputs times their weights, and the penalties.
struct Loss {
  std::vector<OutputLoss> outputs;  ///< per output; empty: mse for all
  Penalties penalties;
};

/// The parts of a loss by name, factors included: the losses (`mse`, `cross_entropy`; with several outputs one
/// of each, `mse_choice`) and the penalties asked for. An output whose mask is zero throughout the batch adds 0.
struct LossTerms {
  double total = 0.0;
  std::vector<std::pair<std::string, double>> terms;
};

/// Names of the terms backward() will return, in order.
MRNN_EXPORT std::vector<std::string> loss_term_names(const Network& network, const Loss& loss);

/// What the penalties add to a loss, factors included.
struct PenaltyTerms {
  double l1_weights = 0.0, l2_weights = 0.0;
  double l1_rates = 0.0, l2_rates = 0.0, rate_target = 0.0;
  double wiring = 0.0;
  double vanishing_gradient = 0.0;
};
/// A loss of its parts: the losses of the outputs, one each, factors included, and of the penalties those that are
/// asked for.
MRNN_EXPORT LossTerms named_terms(const Network& network, const Loss& loss, const std::vector<double>& outputs,
                                  const PenaltyTerms& penalties);

/// @throws ShapeError where there is not one loss per output, cross_entropy is asked of an output without
/// softmax, distances have the wrong size or the network has no outputs.
MRNN_EXPORT void check_loss(const Network& network, const Loss& loss);

/// The losses of the outputs times their weights, without penalties, from outputs y [K x B] per step; in double, for
/// validation. @throws RunError as mask_sums(), ShapeError where outputs or targets are of another shape.
MRNN_EXPORT double data_loss(const Network& network, const Loss& loss, const Trials& trials, const Sequence& outputs);

/// Of each output, the sum of the mask that its loss is divided by: over all its channels for mse, over one for
/// cross_entropy. @throws RunError where all are zero although some output has a weight, or the mask of a cross-entropy
/// output differs between its channels.
MRNN_EXPORT std::vector<double> mask_sums(const Network& network, const Loss& loss, const Trials& trials);

}  // namespace mrnn
