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
std::vector<ParameterGroup> parameter_groups(mrnn::Parameters& parameters);

/// Zero but for what training may change.
mrnn::Parameters trainable_part(const mrnn::Network& network, mrnn::Parameters parameters);

/// tau of every unit turned into theta, dt / tau = sigmoid(theta), and back. tau is above dt, but for elman dynamics,
/// where it means nothing and stays.
void tau_to_theta(const mrnn::Network& network, mrnn::Parameters& parameters);
void theta_to_tau(const mrnn::Network& network, mrnn::Parameters& parameters);

}  // namespace test
