#pragma once

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/session.hpp"
#include "mrnn/trials.hpp"
#include "reference_network.hpp"

namespace test {

/// What a test network is made with; the rest is fixed, see network_spec().
struct Choice {
  mrnn::Index units = 33;
  mrnn::Dynamics dynamics = mrnn::Dynamics::leaky;
  mrnn::Activation activation = mrnn::Activation::tanh;
  mrnn::Dale dale = mrnn::Dale::abs;
  double noise = 0.0;  ///< recurrent and input
};

/// Three regions (one where there are fewer than three units) with time constants, an activation and a sign
/// of their own, cell types, a sparse connection, absent ones, two inputs, and outputs of every kind.
mrnn::NetworkSpec network_spec(const Choice& choice);

/// Freshly drawn parameters with everything that is zero by default made random.
mrnn::Parameters random_parameters(const mrnn::Network& network, std::uint64_t seed);

/// Random inputs, ids that do not count from zero.
mrnn::Trials random_trials(const mrnn::Network& network, mrnn::Index count, mrnn::Index steps);

/// Standard normals.
mrnn::Sequence random_sequence(mrnn::Index units, const mrnn::Trials& like, std::uint64_t seed);

/// x, h and y of all units by the Eigen backend.
struct RunOptions {
  mrnn::Precision precision = mrnn::Precision::float64;
  mrnn::Noise noise = mrnn::Noise::off;
  int threads = 2;
  std::uint64_t seed = 5;
};
Activity run_eigen(const mrnn::Network& network, const mrnn::Parameters& parameters, const mrnn::Trials& trials,
                   const RunOptions& options);

/// Largest relative error of x, h and y against the reference.
double error_against_reference(const mrnn::Network& network, const mrnn::Parameters& parameters,
                               const mrnn::Trials& trials, const RunOptions& options);

}  // namespace test
