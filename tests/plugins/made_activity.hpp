#pragma once

#include <string>

#include "analysis_run.hpp"

namespace test {

/// A network of unconnected regions, for analyses that look at activity alone. dt is 10 ms.
inline mrnn::Network unconnected(const std::vector<std::pair<std::string, mrnn::Index>>& regions) {
  mrnn::NetworkSpec spec;
  spec.dt = 10.0;
  for (const auto& [name, units] : regions) {
    mrnn::Region region;
    region.name = name;
    region.units = units;
    spec.regions.push_back(region);
  }
  return mrnn::build_network(spec, 1);
}

/// A simulation whose activity is given: h(unit, trial, step), and x = 2 h.
template <class Function>
mrnn::Simulation made_simulation(const std::string& name, mrnn::Index units, mrnn::Index trials, mrnn::Index steps,
                                 Function&& activity) {
  mrnn::Simulation made;
  made.name = name;
  made.trials = mrnn::blank_trials(0, trials, steps);
  made.record.h = made.record.x = true;
  made.steps = {0, steps};
  mrnn::Sequence h(units, trials, steps);
  for (mrnn::Index step = 0; step < steps; ++step) {
    for (mrnn::Index trial = 0; trial < trials; ++trial) {
      for (mrnn::Index unit = 0; unit < units; ++unit) h(unit, trial, step) = activity(unit, trial, step);
    }
  }
  mrnn::Sequence x = h;
  for (double& value : x.data) value *= 2.0;
  made.h = h;
  made.x = x;
  return made;
}

/// A whole array as a matrix; one axis: a column.
inline Eigen::MatrixXd matrix(const mrnn::AnalysisResults& results, const std::string& name) {
  const mrnn::NamedArray& found = array(results, name);
  REQUIRE(found.shape.size() <= 2);
  const mrnn::Index rows = found.shape.empty() ? 1 : found.shape.front();
  const mrnn::Index columns = found.shape.size() < 2 ? 1 : found.shape.back();
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(found.values.data(), rows, columns);
}

}  // namespace test
