#pragma once

#include <string>
#include <utility>

#include "mrnn/network.hpp"
#include "mrnn/simulation.hpp"

namespace test {

/// A network without connections: regions of so many units, and an output `choice` of two channels.
inline mrnn::Network bare_network(const std::vector<std::pair<std::string, mrnn::Index>>& regions, double dt = 10.0) {
  mrnn::NetworkSpec spec;
  spec.dt = dt;
  for (const auto& [name, units] : regions) {
    mrnn::Region region;
    region.name = name;
    region.units = units;
    spec.regions.push_back(region);
  }
  mrnn::Output choice;
  choice.name = "choice";
  choice.units = 2;
  spec.outputs = {choice};
  return mrnn::build_network(spec, 1);
}

/// A simulation whose activity h(unit, trial, step) is a function; nothing was run.
template <class Function>
mrnn::Simulation recorded(const std::string& name, mrnn::Index units, mrnn::Index trials, mrnn::Index steps,
                          Function&& h) {
  mrnn::Simulation made;
  made.name = name;
  made.trials = mrnn::blank_trials(0, trials, steps);
  made.record.h = true;
  made.steps = {0, steps};
  mrnn::Sequence activity(units, trials, steps);
  for (mrnn::Index step = 0; step < steps; ++step) {
    for (mrnn::Index trial = 0; trial < trials; ++trial) {
      for (mrnn::Index unit = 0; unit < units; ++unit) activity(unit, trial, step) = h(unit, trial, step);
    }
  }
  made.h = std::move(activity);
  return made;
}

}  // namespace test
