#include "growth.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "mrnn/linear_algebra.hpp"
#include "mrnn/linearisation.hpp"
#include "mrnn/random.hpp"

namespace lyapunov {
namespace {

using mrnn::Index;

/// Numbers in the columns of all trials of one batch, 16 MB; a step makes a few such matrices.
constexpr Index batch_numbers = 2'000'000;
/// Times at which the running estimate is kept.
constexpr Index most_samples = 200;
/// Sides of the box whose lengths differ by more than this have lost half of their digits.
constexpr double too_flat = 1e-8;
constexpr double ms_per_second = 1000.0;

/// Random orthonormal columns: any other start might lie in directions that never mix.
Eigen::MatrixXd random_frame(std::uint64_t seed, Index trial, Index units, Index count) {
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, "lyapunov, trial " + std::to_string(trial));
  Eigen::MatrixXd columns(units, count);
  for (double& entry : columns.reshaped()) entry = random.normal();
  return mrnn::qr(columns).q;
}

/// Which orthonormalisations count, and which are sampled.
struct Schedule {
  Schedule(Index steps, const GrowthRequest& request) : total(steps), every(request.every), discard(request.discard) {
    const Index counted = (total - discard + every - 1) / every;
    apart = every * std::max<Index>(1, (counted + most_samples - 1) / most_samples);
  }
  /// `done` steps from the start.
  bool orthonormalises(Index done) const {
    return done == total || done == discard || (done > discard ? (done - discard) % every : done % every) == 0;
  }
  bool counts(Index done) const { return done > discard; }
  bool samples(Index done) const { return counts(done) && (done == total || (done - discard) % apart == 0); }

  Index total, every, discard;
  Index apart = 1;  ///< steps between two samples
};

/// The boxes of some trials, followed together.
class Boxes {
 public:
  Boxes(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation, const GrowthRequest& request,
        const std::vector<Index>& trials)
      : context_(context),
        simulation_(simulation),
        request_(request),
        units_(request.units.indices()),
        sides_(request.units.size(), request.count * std::ssize(trials)),
        logs_(Eigen::MatrixXd::Zero(request.count, std::ssize(trials))),
        growth_(trials.size()) {
    for (std::size_t k = 0; k < trials.size(); ++k) {
      growth_[k].trial = trials[k];
      box(k) = random_frame(context.seed(), trials[k], request.units.size(), request.count);
    }
  }

  /// sides <- J sides, the rows and columns of J those of the chosen units.
  void advance(const mrnn::StatePoints& points, const mrnn::Jacobians& gains, mrnn::WeightsInForce& weights) {
    Eigen::MatrixXd in = Eigen::MatrixXd::Zero(context_.network().units(), sides_.cols());
    for (std::size_t k = 0; k < growth_.size(); ++k) {
      columns(in, k)(units_, Eigen::all) = column(gains.pre, k).asDiagonal() * box(k);
    }
    Eigen::MatrixXd out = weights.multiply(simulation_.trials, points.trials, points.steps, in);
    for (std::size_t k = 0; k < growth_.size(); ++k) {
      box(k) = column(gains.leak, k).asDiagonal() * box(k) +
               column(gains.post, k).asDiagonal() * columns(out, k)(units_, Eigen::all);
    }
  }

  /// Makes each box a cube again, and adds up how its sides had grown where that counts.
  void orthonormalise(bool counts) {
    for (std::size_t k = 0; k < growth_.size(); ++k) {
      const mrnn::Qr factors = mrnn::qr(box(k));
      const Eigen::ArrayXd lengths = factors.r.diagonal().array();
      box(k) = factors.q;
      if (!counts) continue;
      logs_.col(static_cast<Index>(k)) += lengths.log().matrix();
      const double shortest = (lengths > 0.0).select(lengths, lengths.maxCoeff()).minCoeff();
      growth_[k].coarse = growth_[k].coarse || (request_.every > 1 && shortest < too_flat * lengths.maxCoeff());
    }
  }

  /// Keeps the estimate from `counted` steps.
  void sample(Index counted) {
    const double seconds = static_cast<double>(counted) * context_.network().spec().dt / ms_per_second;
    for (std::size_t k = 0; k < growth_.size(); ++k) {
      Growth& growth = growth_[k];
      growth.exponents = logs_.col(static_cast<Index>(k)) / seconds;
      growth.running.conservativeResize(request_.count, growth.running.cols() + 1);
      growth.running.rightCols(1) = growth.exponents;
    }
  }

  std::vector<Growth> take() { return std::move(growth_); }

 private:
  /// The columns of one trial.
  Eigen::Block<Eigen::MatrixXd> box(std::size_t k) { return columns(sides_, k); }
  Eigen::Block<Eigen::MatrixXd> columns(Eigen::MatrixXd& all, std::size_t k) const {
    return all.block(0, static_cast<Index>(k) * request_.count, all.rows(), request_.count);
  }
  /// Of the chosen units.
  Eigen::VectorXd column(const Eigen::MatrixXd& gains, std::size_t k) const {
    return gains.col(static_cast<Index>(k))(units_);
  }

  const mrnn::AnalysisContext& context_;
  const mrnn::Simulation& simulation_;
  const GrowthRequest& request_;
  std::vector<Index> units_;
  Eigen::MatrixXd sides_;  ///< [chosen units x count trials]
  Eigen::MatrixXd logs_;   ///< sums of ln R_ii [count x trials]
  std::vector<Growth> growth_;
};

}  // namespace

GrowthOfTrials grow(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation,
                    const TrajectoryChoice& choice, const GrowthRequest& request, long& done) {
  const std::vector<Index> trials = choice.trials(simulation);
  const Schedule schedule(choice.steps(simulation), request);
  const double dt = context.network().spec().dt;
  GrowthOfTrials result;
  for (Index step = 1; step <= schedule.total; ++step) {
    if (schedule.samples(step)) result.times.push_back(static_cast<double>(step - schedule.discard) * dt);
  }
  const auto session = context.open(simulation);
  mrnn::WeightsInForce weights(context.network(), context.parameters());
  const Index at_once = std::max<Index>(1, batch_numbers / (context.network().units() * request.count));
  for (auto first = trials.begin(); first < trials.end();) {
    const auto last = first + std::min<Index>(at_once, trials.end() - first);
    const std::vector<Index> batch(first, last);
    Trajectory trajectory(context, simulation, choice, *session, batch);
    Boxes boxes(context, simulation, request, batch);
    for (Index step = 1; step <= schedule.total; ++step) {
      const mrnn::StatePoints& points = trajectory.next();
      boxes.advance(points, session->jacobian(points), weights);
      if (schedule.orthonormalises(step)) boxes.orthonormalise(schedule.counts(step));
      if (schedule.samples(step)) boxes.sample(step - schedule.discard);
      context.advance(done += std::ssize(batch));
    }
    for (Growth& growth : boxes.take()) result.trials.push_back(std::move(growth));
    first = last;
  }
  return result;
}

}  // namespace lyapunov
