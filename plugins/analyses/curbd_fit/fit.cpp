#include "fit.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "activation.hpp"
#include "mrnn/error.hpp"
#include "mrnn/random.hpp"
#include "recursive_least_squares.hpp"

namespace curbd {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Samples between two looks at whether the user wants to stop.
constexpr Index report_every = 100;

MatrixXd initial_weights(Index units, const FitOptions& options) {
  mrnn::RandomStream random(options.seed, mrnn::Stream::analyses, "curbd_fit weights");
  MatrixXd weights(units, units);
  const double deviation = options.g / std::sqrt(static_cast<double>(units));
  for (double& weight : weights.reshaped()) weight = deviation * random.normal();
  return weights;
}

/// White noise through a filter with time constant tau_noise, exactly discretised:
/// w_s = n_s + (w_{s-1} - n_s) exp(-dt / tau_noise), n_s = sqrt(tau_noise / dt) N(0, 1), times amp_noise.
/// It starts with the variance it keeps.
class NoiseSource {
 public:
  NoiseSource(Index units, double dt, const FitOptions& options)
      : options_(options),
        decay_(std::exp(-dt / options.tau_noise)),
        white_(options.amp_noise * std::sqrt(options.tau_noise / dt)),
        normals_(units),
        value_(VectorXd::Zero(units)) {}

  void begin(Index run) {
    id_ = mrnn::name_id("curbd_fit noise") + (options_.noise == FitNoise::fresh ? static_cast<std::uint64_t>(run) : 0);
    step_ = 0;
    draw();
    value_ = white_ * std::sqrt((1.0 - decay_) / (1.0 + decay_)) * normals_;
  }
  const VectorXd& next() {
    draw();
    value_ = decay_ * value_ + (1.0 - decay_) * white_ * normals_;
    return value_;
  }

 private:
  void draw() {
    if (options_.amp_noise > 0.0) {
      mrnn::fill_normals(options_.seed, mrnn::Stream::analyses, id_, step_++,
                         {normals_.data(), std::size_t(normals_.size())});
    } else {
      normals_.setZero();
    }
  }

  const FitOptions& options_;
  double decay_, white_;
  VectorXd normals_, value_;
  std::uint64_t id_ = 0;
  std::uint32_t step_ = 0;
};

/// The model while it is trained.
class Training {
 public:
  Training(const Data& data, const FitOptions& options, const std::function<void(long)>& progress)
      : data_(data),
        options_(options),
        progress_(progress),
        dt_(data.dt / static_cast<double>(options.dt_factor)),
        alpha_(dt_ / options.tau),
        activity_(data.activity()),
        noise_(data.units(), dt_, options),
        learner_(initial_weights(data.units(), options), options.p0) {
    fit_.initial_weights = learner_.weights();
    fit_.model = mrnn::Sequence(data.units(), 1, data.count());
    const double mean = activity_.mean();
    variance_ = (activity_.array() - mean).square().sum();
  }

  Fit run() {
    const Index different = different_runs(options_);
    for (run_ = 0; run_ < different; ++run_) {
      if (options_.trace && run_ == different - 1) prepare_trace();
      one_run();
    }
    const auto all = static_cast<std::size_t>(options_.runs + options_.free_runs);
    fit_.p_var.resize(all, fit_.p_var.back());
    fit_.chi2.resize(all, fit_.chi2.back());
    fit_.weights = learner_.weights();
    return std::move(fit_);
  }

 private:
  void prepare_trace() {
    const Index steps = steps_of_run(data_, options_);
    for (MatrixXd* matrix : {&fit_.trace.x, &fit_.trace.h, &fit_.trace.noise}) matrix->setZero(data_.units(), steps);
    tracing_ = true;
  }

  void one_run() {
    noise_.begin(run_);
    chi2_ = squares_ = 0.0;
    for (const mrnn::StepRange& segment : data_.segments) {
      start(segment.first);
      for (Index sample = segment.first + 1; sample < segment.last; ++sample) go_to(sample);
      if (tracing_) fit_.trace.segments.push_back({segment_start_, traced_});
    }
    fit_.chi2.push_back(chi2_);
    fit_.p_var.push_back(1.0 - squares_ / variance_);
    progress_(done_);
    if (std::isfinite(chi2_)) return;
    throw mrnn::RunError("the fit diverged in run " + std::to_string(run_ + 1) +
                         ": the activity of the model is no longer finite; a smaller g, p0 or dt / tau may help");
  }

  /// Sets the state to that of a sample.
  void start(Index sample) {
    x_ = activity_.col(sample);
    if (options_.timing == Timing::exact) x_ = x_.unaryExpr([&](double a) { return inverse(options_.activation, a); });
    activate();
    segment_start_ = traced_;
    if (tracing_) trace(VectorXd::Zero(x_.size()));
    record(sample, h_);
  }

  void activate() {
    h_ = x_.unaryExpr([&](double x) { return mrnn::formulas::activate(options_.activation, x); });
  }

  /// dt_factor steps, at the end of which the model is at the time of the sample.
  void go_to(Index sample) {
    for (Index k = 0; k < options_.dt_factor; ++k) {
      before_.swap(h_);
      learner_.multiply(before_, drive_);
      const VectorXd& noise = noise_.next();
      x_ += alpha_ * (drive_ + noise - x_);
      activate();
      if (tracing_) trace(noise);
    }
    const bool exact = options_.timing == Timing::exact;
    const VectorXd& shown = exact ? h_ : before_;
    error_ = shown - activity_.col(exact ? sample : sample - 1);
    chi2_ += error_.squaredNorm() / static_cast<double>(error_.size());
    if (run_ < options_.runs) learner_.learn(shown, error_);
    record(sample, shown);
  }

  void record(Index sample, const VectorXd& shown) {
    squares_ += (shown - activity_.col(sample)).squaredNorm();
    fit_.model.at(sample).col(0) = shown;
    if (++done_ % report_every == 0) progress_(done_);
  }

  void trace(const VectorXd& noise) {
    fit_.trace.x.col(traced_) = x_;
    fit_.trace.h.col(traced_) = h_;
    fit_.trace.noise.col(traced_) = noise;
    ++traced_;
  }

  const Data& data_;
  const FitOptions& options_;
  const std::function<void(long)>& progress_;
  double dt_, alpha_;
  Eigen::Map<const MatrixXd> activity_;
  NoiseSource noise_;
  RecursiveLeastSquares learner_;
  VectorXd x_, h_, before_, drive_, error_;
  double chi2_ = 0.0, squares_ = 0.0;
  double variance_ = 0.0;  ///< of the data, summed over units and samples
  Index run_ = 0;
  long done_ = 0;
  bool tracing_ = false;
  Index traced_ = 0, segment_start_ = 0;
  Fit fit_;
};

}  // namespace

Index steps_of_run(const Data& data, const FitOptions& options) {
  Index steps = 0;
  for (const mrnn::StepRange& segment : data.segments) steps += 1 + options.dt_factor * (segment.size() - 1);
  return steps;
}

Index different_runs(const FitOptions& options) {
  return options.runs + (options.noise == FitNoise::frozen ? 1 : options.free_runs);
}

Fit train(const Data& data, const FitOptions& options, const std::function<void(long)>& progress) {
  return Training(data, options, progress).run();
}

}  // namespace curbd
