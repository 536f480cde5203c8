#pragma once

#include <cstdint>
#include <vector>

#include "mrnn/loss.hpp"
#include "reference_network.hpp"

namespace test {

/// A network and what it is trained on.
struct Training {
  mrnn::Network network;
  mrnn::Parameters parameters;
  mrnn::Trials trials;
  mrnn::Loss loss = {};
  mrnn::Noise noise = mrnn::Noise::off;
  std::uint64_t seed = 5;
};

/// A loss by the definitions of mrnn/loss.hpp, but for vanishing_gradient, and its derivatives by what it is made of.
struct ReferenceLoss {
  std::vector<double> terms;                  ///< in the order of loss_term_names(), factors included
  mrnn::Sequence outputs;                     ///< dL/dy [K x B] per step
  mrnn::Sequence rates;                       ///< dL/dh, h as the penalties see it [N x B] per step
  Eigen::MatrixXd recurrent, input, readout;  ///< dL/dW, W as the penalties see them
};

/// @param network  with the weights that are penalised, which need not be those of `training`
ReferenceLoss reference_loss(const Training& training, const ReferenceNetwork& network, const Activity& activity);

}  // namespace test
