#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reference_gradient.hpp"

namespace test {

/// What a training is made of; the rest is drawn.
struct TrainingChoice {
  mrnn::Index units = 7, trials = 3, steps = 5;
  mrnn::Dynamics dynamics = mrnn::Dynamics::leaky;
  mrnn::Activation activation = mrnn::Activation::tanh;
  mrnn::Dale dale = mrnn::Dale::abs;
  std::optional<mrnn::Dale> dale_input = std::nullopt;
  std::string loss = "mixture";  ///< "mse", "cross_entropy" or "mixture"; one unit has outputs for mse alone
  std::string penalty = "none";  ///< name of a penalty, "none" or "all"
  std::string mask = "random";   ///< "none", "random", "hole" (zero for one output) or "single" (one step of one trial)
  mrnn::Noise noise = mrnn::Noise::off;
  bool interventions = false;  ///< of every kind, on some trials and steps
  bool initial_per_trial = false;
  bool stimulus = false;
  bool frozen = false;             ///< some connections, outputs, biases, initial states and time constants
  mrnn::Index backward_every = 1;  ///< of the record
  double away_from_kinks = 2e-4;   ///< at least that far are states and weights from kinks and bounds; 0: anywhere
};

/// The names that TrainingChoice takes.
const std::vector<std::string>& penalty_names();

/// A network with outputs of every kind (units >= 3) and what it is trained on, with all that can be learned
/// learnable. Some weights are beyond the bounds of clamp.
Training make_training(const TrainingChoice& choice);

/// A network of another description with the outputs of network_spec(), made learnable, and what it is trained on; as
/// near to kinks as it comes.
/// @param scale  of the weights and their bounds; 1 is for some ten sources per unit
Training draw_training(const mrnn::NetworkSpec& spec, const TrainingChoice& choice, std::uint64_t seed, double scale);

/// Normals where training may change something, rounded to single precision.
mrnn::Parameters random_numbers(const mrnn::Network& network, std::uint64_t seed);

/// Every activation with every Dale method, and beside them all else in turn, so that every value of every option
/// is there.
std::vector<TrainingChoice> rotated_choices(mrnn::Dynamics dynamics);

/// A choice in words, for messages.
std::string describe(const TrainingChoice& choice);

/// What a session of the Eigen backend makes of a training.
struct SessionGradient {
  mrnn::LossTerms terms;
  mrnn::Parameters gradient;
};
struct BackwardOptions {
  mrnn::Precision precision = mrnn::Precision::float64;
  int threads = 2;
  mrnn::Index backward_every = 1;
};
SessionGradient run_backward(const Training& training, const BackwardOptions& options);

}  // namespace test
