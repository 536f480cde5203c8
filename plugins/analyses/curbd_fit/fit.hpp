#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <vector>

#include "recorded_data.hpp"

namespace curbd {

/// How the error of a sample is taken.
enum class Timing : std::uint8_t {
  exact,   ///< activity at the time of sample k with sample k
  legacy,  ///< activity one step before sample k with sample k - 1, as the authors' program does
};

/// One noise for all runs, or one for each.
enum class FitNoise : std::uint8_t { frozen, fresh };

struct FitOptions {
  double g = 1.5;            ///< J starts as g N(0, 1) / sqrt(N)
  double tau = 100.0;        ///< ms
  Index dt_factor = 5;       ///< steps of the model per sample
  double amp_noise = 0.01;   ///< of the input noise
  double tau_noise = 100.0;  ///< ms
  FitNoise noise = FitNoise::frozen;
  double p0 = 1.0;
  Index runs = 500;      ///< that learn
  Index free_runs = 10;  ///< after them, without learning
  mrnn::Activation activation = mrnn::Activation::tanh;
  Timing timing = Timing::exact;
  std::uint64_t seed = 0;
  bool trace = false;  ///< is every step of the last run wanted?
};

/// Every step of the last run, segments one after the other: the first column of a segment is where it starts.
struct Trace {
  Eigen::MatrixXd x, h, noise;            ///< [units x steps]
  std::vector<mrnn::StepRange> segments;  ///< columns of each
};

struct Fit {
  Eigen::MatrixXd initial_weights, weights;  ///< J [units x units]
  std::vector<double> p_var, chi2;           ///< of every run
  mrnn::Sequence model;                      ///< activity of the last run, sample by sample, as Data::samples
  Trace trace;                               ///< where wanted
};

/// Steps of the model in one run.
Index steps_of_run(const Data& data, const FitOptions& options);

/// Runs that are gone through: without learning, those with the same noise are alike, and one stands for all.
Index different_runs(const FitOptions& options);

/// Trains J on the data: x += dt / tau (-x + J h + w), h = phi(x), every segment from the state of its first sample,
/// J learning at every other sample.
/// @param progress  called with the number of samples gone through in all different runs
/// @throws RunError where it diverges.
Fit train(const Data& data, const FitOptions& options, const std::function<void(long)>& progress);

}  // namespace curbd
