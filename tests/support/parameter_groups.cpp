#include "parameter_groups.hpp"

namespace test {

std::vector<ParameterGroup> parameter_groups(mrnn::Parameters& parameters) {
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

mrnn::Parameters trainable_part(const mrnn::Network& network, mrnn::Parameters parameters) {
  mrnn::Parameters may = mrnn::trainable_parameters(network);
  const std::vector<ParameterGroup> groups = parameter_groups(parameters), masks = parameter_groups(may);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (std::size_t k = 0; k < groups[group].values.size(); ++k) *groups[group].values[k] *= *masks[group].values[k];
  }
  return parameters;
}

void tau_to_theta(const mrnn::Network& network, mrnn::Parameters& parameters) {
  if (network.spec().dynamics == mrnn::Dynamics::elman) return;
  parameters.tau = -(parameters.tau.array() / network.spec().dt - 1.0).log();
}

void theta_to_tau(const mrnn::Network& network, mrnn::Parameters& parameters) {
  if (network.spec().dynamics == mrnn::Dynamics::elman) return;
  parameters.tau = network.spec().dt * (1.0 + (-parameters.tau.array()).exp());
}

}  // namespace test
