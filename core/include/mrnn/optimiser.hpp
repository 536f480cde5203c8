#pragma once

#include <cstdint>

#include "mrnn/parameters.hpp"

namespace mrnn {

/// How parameters follow the gradient: the textbook definitions, with the default values of PyTorch.
struct Optimiser {
  enum class Kind : std::uint8_t {
    adam,     ///< Kingma & Ba 2015
    adamw,    ///< Loshchilov & Hutter 2019: the same, and V <- (1 - rate decay) V for weights and biases
    sgd,      ///< b <- momentum b + g, V <- V - rate b
    rmsprop,  ///< s <- smoothing s + (1 - smoothing) g^2, V <- V - rate g / (sqrt(s) + epsilon)
  };
  Kind kind = Kind::adam;
  double beta1 = 0.9, beta2 = 0.999;  ///< adam, adamw
  double epsilon = 1e-8;              ///< adam, adamw, rmsprop
  double momentum = 0.0;              ///< sgd
  double smoothing = 0.99;            ///< rmsprop
  double decay = 0.01;                ///< adamw
  double clip_norm = 0.0;             ///< gradients longer than this are scaled down to it; 0: never
};

/// One step of an optimiser.
struct OptimiserStep {
  Optimiser optimiser;
  double rate = 1e-3;
  std::int64_t number = 1;  ///< of the step, from 1 (Adam's bias correction)
};

/// What an optimiser remembers, in the shape of the parameters: first = Adam's m or the momentum buffer,
/// second = Adam's v or RMSprop's mean square. Zero at the start. `tau` is that of theta.
struct OptimiserState {
  Parameters first, second;
};

/// Parameters of the network's shape, all zero.
MRNN_EXPORT Parameters zero_parameters(const Network& network);

/// Which parameters training may change, as ones in the shape of the parameters: those of trainable connections and
/// outputs where a connection exists, and the biases, initial states and time constants that are learnable.
MRNN_EXPORT Parameters trainable_parameters(const Network& network);

}  // namespace mrnn
