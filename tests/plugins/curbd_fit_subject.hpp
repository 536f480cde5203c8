#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "made_activity.hpp"

namespace test::curbd {

inline constexpr double exact = 1e-12;
inline const std::string quick = "runs = 3\nfree_runs = 1\n";

/// Regions of two and three units, weakly connected.
inline mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::tanh;
  spec.dt = 10.0;
  spec.regions = {{"a", 2}, {"b", 3}};
  spec.connections = {{"a", "a"}, {"a", "b"}, {"b", "b"}};
  return mrnn::build_network(spec, 1);
}

/// Trials of smooth activity within (-1, 1).
inline Subject recording(mrnn::Index trials = 1, mrnn::Index steps = 40, double size = 0.8) {
  Subject made{network(), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations.push_back(
      made_simulation("data", 5, trials, steps, [size](mrnn::Index unit, mrnn::Index trial, mrnn::Index step) {
        return size * std::sin(0.3 * double(unit + 1) + 0.1 * double(step) * double(unit + 2) / 3.0 + double(trial)) *
               std::exp(-0.1 * double(unit));
      }));
  return made;
}

inline const std::vector<double>& values(const mrnn::AnalysisResults& results, const std::string& name) {
  return array(results, name).values;
}

}  // namespace test::curbd
