#pragma once

#include <string>

#include "analysis_run.hpp"

namespace test::psth {

using mrnn::Index;

inline constexpr double dt = 10.0;  // ms

inline mrnn::Network network() {
  mrnn::NetworkSpec spec;
  spec.dt = dt;
  mrnn::Region a, b;
  a.name = "a";
  a.units = 2;
  b.name = "b";
  b.units = 4;
  b.cell_types = {{"e", 0.5}, {"i", 0.5}};
  spec.regions = {a, b};
  mrnn::Output choice, score;
  choice.name = "choice";
  choice.units = 2;
  score.name = "score";
  spec.outputs = {choice, score};
  return mrnn::build_network(spec, 1);
}

/// Activity h of unit n, trial b, step t: by a function.
template <class Function>
mrnn::Simulation simulation(const std::string& name, Index trials, Index steps, Function&& h) {
  mrnn::Simulation made;
  made.name = name;
  made.trials = mrnn::blank_trials(0, trials, steps);
  made.record.h = made.record.y = true;
  made.steps = {0, steps};
  mrnn::Sequence activity(6, trials, steps), output(3, trials, steps);
  for (Index step = 0; step < steps; ++step) {
    for (Index trial = 0; trial < trials; ++trial) {
      for (Index unit = 0; unit < 6; ++unit) activity(unit, trial, step) = h(unit, trial, step);
      for (Index channel = 0; channel < 3; ++channel) output(channel, trial, step) = double(channel);
    }
  }
  made.h = activity;
  made.y = output;
  return made;
}

/// Three trials of four steps; h = 100 trial + 10 step + unit.
inline Subject counting() {
  Subject made{network(), {}};
  made.simulations.push_back(
      simulation("control", 3, 4, [](Index n, Index b, Index t) { return 100.0 * b + 10.0 * t + double(n); }));
  made.simulations.back().trials.texts["condition"] = {"left", "right", "left"};
  return made;
}

}  // namespace test::psth
