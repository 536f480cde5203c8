#pragma once

#include <string>
#include <vector>

#include "analysis_run.hpp"

/// Networks whose flow is known in closed form.
namespace test::flow_field {

using mrnn::Index;

inline constexpr double tolerance = 1e-12;
inline constexpr double alpha = 0.1;  // dt / tau
inline constexpr double dt = 10.0;    // ms
inline const std::string own_axes = "axis_x = [1, 0]\naxis_y = [0, 1]\n";

/// Regions a and b of `units` each, all to all, one input channel to both, trials of 12 steps of a constant input.
inline Subject two_regions(Index units, mrnn::Activation activation) {
  mrnn::NetworkSpec spec;
  spec.activation = activation;
  spec.dt = dt;
  spec.tau = dt / alpha;
  mrnn::Region a, b;
  a.name = "a";
  b.name = "b";
  a.units = b.units = units;
  spec.regions = {a, b};
  spec.inputs = {{"cue", 1}};
  mrnn::Connection connection;
  for (const char* from : {"a", "b", "cue"}) {
    for (const char* to : {"a", "b"}) {
      connection.from = from;
      connection.to = to;
      spec.connections.push_back(connection);
    }
  }
  Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  return made;
}

inline void run(Subject& subject, Index count = 2, Index steps = 12) {
  mrnn::Trials trials = mrnn::blank_trials(1, count, steps);
  for (Index step = 0; step < steps; ++step) {
    for (Index trial = 0; trial < count; ++trial)
      trials.inputs(0, trial, step) = 1.0 + double(trial) + 0.1 * double(step);
  }
  subject.simulations = {simulate(subject, "control", trials)};
}

inline void put(const std::vector<mrnn::Block>& blocks, const Eigen::MatrixXd& weights,
                std::vector<Eigen::MatrixXd>& values) {
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    values[b] = weights.block(blocks[b].to.start, blocks[b].from.start, blocks[b].to.size, blocks[b].from.size);
  }
}

inline const Eigen::Matrix2d recurrent_weights = (Eigen::Matrix2d() << 0.5, -1.0, 1.0, 0.25).finished();
inline const Eigen::Vector2d input_weights(1.0, -2.0), bias(0.2, 0.1);

/// One unit in each region, with the weights above.
inline Subject two_units(mrnn::Activation activation) {
  Subject made = two_regions(1, activation);
  put(made.network.recurrent_blocks(), recurrent_weights, made.parameters.recurrent);
  put(made.network.input_blocks(), input_weights, made.parameters.input);
  made.parameters.bias = bias;
  made.parameters.initial_state = Eigen::Vector2d(0.5, -0.5);
  run(made);
  return made;
}

/// alpha (-x + W phi(x) + W_in u + b) / dt.
inline Eigen::Vector2d velocity(const Eigen::Vector2d& state, const Eigen::Vector2d& activity, double input) {
  return alpha * (-state + recurrent_weights * activity + input_weights * input + bias) / dt;
}

inline Eigen::Vector2d pair(const mrnn::AnalysisResults& results, const std::string& x, const std::string& y,
                            const std::vector<Index>& index) {
  return {at(results, x, index), at(results, y, index)};
}

/// The state m + A g of a grid point of a 2-unit network.
inline Eigen::Vector2d state_at(const mrnn::AnalysisResults& results, Index time, Index row, Index column) {
  Eigen::Vector2d state(array(results, "mean").values.data());
  for (Index unit = 0; unit < 2; ++unit) {
    state(unit) += at(results, "axes", {0, unit}) * at(results, "grid_x", {time, column}) +
                   at(results, "axes", {1, unit}) * at(results, "grid_y", {time, row});
  }
  return state;
}

}  // namespace test::flow_field
