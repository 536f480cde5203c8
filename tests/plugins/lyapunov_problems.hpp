#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "analysis_run.hpp"

/// Networks with known Lyapunov exponents.
namespace test::lyapunov {

inline constexpr double tolerance = 1e-10;
inline constexpr double alpha = 0.2;  // dt / tau
inline constexpr double dt = 10.0;    // ms
inline constexpr double second = 1000.0;

struct Sizes {
  mrnn::Index a = 2, b = 1, inputs = 0;
};

/// Regions a and b, connected all to all, and an input to both, so that any weights can be put in.
inline Subject subject(const Sizes& sizes, mrnn::Activation activation,
                       mrnn::Dynamics dynamics = mrnn::Dynamics::leaky) {
  mrnn::NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = activation;
  spec.dt = dt;
  spec.tau = dt / alpha;
  std::vector<std::string> names;
  for (const auto& [name, units] : {std::pair("a", sizes.a), {"b", sizes.b}}) {
    if (units == 0) continue;
    mrnn::Region region;
    region.name = name;
    region.units = units;
    spec.regions.push_back(region);
    names.push_back(name);
  }
  mrnn::Connection connection;
  for (const std::string& to : names) {
    connection.to = to;
    for (const std::string& from : names) {
      connection.from = from;
      spec.connections.push_back(connection);
    }
    if (sizes.inputs == 0) continue;
    connection.from = "u";
    spec.connections.push_back(connection);
  }
  if (sizes.inputs > 0) spec.inputs = {{"u", sizes.inputs}};
  Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  return made;
}

inline void set_weights(Subject& subject, const Eigen::MatrixXd& weights) {
  for (std::size_t k = 0; k < subject.network.recurrent_blocks().size(); ++k) {
    const mrnn::Block& block = subject.network.recurrent_blocks()[k];
    subject.parameters.recurrent[k] = weights.block(block.to.start, block.from.start, block.to.size, block.from.size);
  }
}

inline void run(Subject& subject, mrnn::Index trials, mrnn::Index steps) {
  subject.simulations = {simulate(subject, "control", mrnn::blank_trials(subject.network.inputs(), trials, steps))};
}

/// W that makes the Jacobian of a linear leaky network this one.
inline Eigen::MatrixXd weights_for(const Eigen::MatrixXd& jacobian) {
  return (jacobian - (1.0 - alpha) * Eigen::MatrixXd::Identity(jacobian.rows(), jacobian.cols())) / alpha;
}

/// A linear network at rest whose Jacobian is upper triangular: its eigenvalues stand on the diagonal.
inline Subject triangular(double first, double second, double third) {
  Subject made = subject({}, mrnn::Activation::linear);
  Eigen::Matrix3d jacobian;
  jacobian << first, 0.3, -0.2, 0.0, second, 0.5, 0.0, 0.0, third;
  set_weights(made, weights_for(jacobian));
  run(made, 2, 400);
  return made;
}

inline double exponent(double eigenvalue) {
  return std::log(eigenvalue) * second / dt;
}

inline double determinant(const Eigen::Matrix3d& m) {
  return m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) - m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0)) +
         m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0));
}

/// Three driven tanh units.
inline Subject driven() {
  Subject made = subject({2, 1, 1}, mrnn::Activation::tanh);
  Eigen::Matrix3d weights = Eigen::Vector3d(1.2, -0.8, -2.5).asDiagonal();
  for (mrnn::Index i = 0; i < 3; ++i) {
    for (mrnn::Index j = 0; j < 3; ++j) weights(i, j) += 0.4 * std::sin(static_cast<double>(1 + 3 * i + 5 * j + i * j));
  }
  set_weights(made, weights);
  const Eigen::Vector3d input(1.0, -1.0, 0.5);
  for (std::size_t k = 0; k < made.network.input_blocks().size(); ++k) {
    const mrnn::UnitRange& to = made.network.input_blocks()[k].to;
    made.parameters.input[k] = input.segment(to.start, to.size);
  }
  made.parameters.initial_state = Eigen::Vector3d(0.1, -0.2, 0.3);
  mrnn::Trials trials = mrnn::blank_trials(1, 1, 300);
  for (mrnn::Index step = 0; step < 300; ++step) trials.inputs(0, 0, step) = std::cos(0.3 * static_cast<double>(step));
  made.simulations = {simulate(made, "control", trials)};
  return made;
}

/// One region of tanh units with normal weights of standard deviation g / sqrt(N) (Sompolinsky et al. 1988).
inline Subject random_network(double g) {
  constexpr mrnn::Index units = 150;  // fewer often settle into a cycle
  Subject made = subject({units, 0, 0}, mrnn::Activation::tanh);
  mrnn::RandomStream random(3, mrnn::Stream::analyses, "weights");
  Eigen::MatrixXd weights(units, units);
  for (double& weight : weights.reshaped()) weight = g * random.normal() / std::sqrt(double(units));
  set_weights(made, weights);
  for (double& state : made.parameters.initial_state) state = random.normal();
  run(made, 1, 5);
  return made;
}

}  // namespace test::lyapunov
