#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/optimiser.hpp"
#include "mrnn/parameters.hpp"

namespace test {

/// The numbers of one kind among a network's parameters.
struct ParameterGroup {
  std::string name;
  std::vector<double*> values;  ///< in the parameters they were taken from

  Eigen::VectorXd copy() const {
    Eigen::VectorXd all(static_cast<mrnn::Index>(values.size()));
    for (mrnn::Index k = 0; k < all.size(); ++k) all[k] = *values[static_cast<std::size_t>(k)];
    return all;
  }
};

/// All numbers of `parameters`, which must outlive the groups; in the same order for all parameters of a network.
inline std::vector<ParameterGroup> parameter_groups(mrnn::Parameters& parameters) {
  const auto vector = [](const char* name, Eigen::VectorXd& numbers) {
    ParameterGroup group{name, {}};
    for (double& value : numbers) group.values.push_back(&value);
    return group;
  };
  const auto blocks = [](const char* name, std::vector<Eigen::MatrixXd>& all) {
    ParameterGroup group{name, {}};
    for (Eigen::MatrixXd& block : all) {
      for (double& value : block.reshaped()) group.values.push_back(&value);
    }
    return group;
  };
  return {blocks("recurrent weights", parameters.recurrent), blocks("input weights", parameters.input),
          blocks("readout weights", parameters.readout),     vector("biases", parameters.bias),
          vector("readout biases", parameters.readout_bias), vector("initial states", parameters.initial_state),
          vector("time constants", parameters.tau)};
}

/// Zero but for what training may change.
inline mrnn::Parameters trainable_part(const mrnn::Network& network, mrnn::Parameters parameters) {
  mrnn::Parameters may = mrnn::trainable_parameters(network);
  const std::vector<ParameterGroup> groups = parameter_groups(parameters), masks = parameter_groups(may);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (std::size_t k = 0; k < groups[group].values.size(); ++k) *groups[group].values[k] *= *masks[group].values[k];
  }
  return parameters;
}

/// tau of every unit turned into theta, dt / tau = sigmoid(theta), and back. tau is above dt, but for elman dynamics,
/// where it means nothing and stays.
inline void tau_to_theta(const mrnn::Network& network, mrnn::Parameters& parameters) {
  if (network.spec().dynamics == mrnn::Dynamics::elman) return;
  parameters.tau = -(parameters.tau.array() / network.spec().dt - 1.0).log();
}
inline void theta_to_tau(const mrnn::Network& network, mrnn::Parameters& parameters) {
  if (network.spec().dynamics == mrnn::Dynamics::elman) return;
  parameters.tau = network.spec().dt * (1.0 + (-parameters.tau.array()).exp());
}

}  // namespace test
