#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "analysis_run.hpp"
#include "mrnn/random.hpp"
#include "recorded.hpp"

namespace test::dpca {

inline const std::string two_factors = "factors = [\"s\", \"d\"]\n";

/// Labels of two factors, `s0`, `s1`, and `d0`, `d1`; one pair a trial.
inline void label(const std::vector<std::pair<int, int>>& labels, mrnn::Trials& trials) {
  for (const auto& [s, d] : labels) {
    trials.texts["s"].push_back("s" + std::to_string(s));
    trials.texts["d"].push_back("d" + std::to_string(d));
  }
}

/// Five units, eleven trials of four steps in four conditions with 3, 2, 4 and 2 trials.
inline Subject unequal() {
  const std::vector<std::pair<int, int>> labels{{0, 0}, {1, 0}, {0, 0}, {1, 1}, {0, 0}, {1, 0},
                                                {0, 1}, {1, 1}, {0, 1}, {1, 0}, {1, 0}};
  Subject made{bare_network({{"a", 3}, {"b", 2}}), {}};
  made.simulations.push_back(recorded("control", 5, 11, 4, [&](mrnn::Index unit, mrnn::Index trial, mrnn::Index step) {
    const auto [s, d] = labels[static_cast<std::size_t>(trial)];
    const double n = double(unit), b = double(trial), t = double(step);
    return std::sin(0.7 * n + 1.3 * s + 0.4 * t) + 0.5 * std::cos(1.1 * n * d + 0.3 * t) +
           0.2 * std::sin(1.7 * b * n + 0.9 * t + b);
  }));
  label(labels, made.simulations.front().trials);
  return made;
}

/// So many trials of each of four conditions, six steps; h = signal(unit, s, d, step) + noise N(0, 1).
template <class Signal>
Subject noisy(mrnn::Index units, mrnn::Index trials_each, double noise, Signal&& signal) {
  std::vector<std::pair<int, int>> labels;
  for (mrnn::Index k = 0; k < 4 * trials_each; ++k) labels.emplace_back(k % 2, k / 2 % 2);
  Subject made{bare_network({{"a", units}}), {}};
  mrnn::RandomStream random(11, mrnn::Stream::simulation_trials, "dpca test");
  made.simulations.push_back(
      recorded("control", units, std::ssize(labels), 6, [&](mrnn::Index unit, mrnn::Index trial, mrnn::Index step) {
        const auto [s, d] = labels[static_cast<std::size_t>(trial)];
        return signal(unit, s, d, step) + noise * random.normal();
      }));
  label(labels, made.simulations.front().trials);
  return made;
}

}  // namespace test::dpca
