#include "comparison.hpp"

#include <algorithm>
#include <memory>
#include <variant>
#include <vector>

#include "mrnn/formulas.hpp"
#include "mrnn/linearisation.hpp"

namespace linear_approximation {
namespace {

using Eigen::MatrixXd;
using mrnn::Index;

/// Numbers in one matrix of states, 16 MB; a step makes about ten of them.
constexpr Index batch_numbers = 2'000'000;

/// h before a step, from the state there: the state itself, or phi(x) and units that are held at their value.
MatrixXd activity(const mrnn::Network& network, const mrnn::Trials& trials, const mrnn::StatePoints& points) {
  MatrixXd h = points.states;
  if (network.spec().dynamics == mrnn::Dynamics::rate) return h;
  for (Index k = 0; k < h.cols(); ++k) {
    for (Index unit = 0; unit < h.rows(); ++unit) {
      h(unit, k) = mrnn::formulas::activate(network.activations()[static_cast<std::size_t>(unit)], h(unit, k));
    }
  }
  for (const mrnn::Intervention& intervention : trials.interventions) {
    const auto* clamp = std::get_if<mrnn::Clamp>(&intervention.what);
    if (clamp == nullptr) continue;
    for (Index k = 0; k < h.cols(); ++k) {
      const auto place = static_cast<std::size_t>(k);
      if (!intervention.steps.contains(points.steps[place] - 1) || !intervention.acts_on(points.trials[place]))
        continue;
      for (const mrnn::UnitRange& range : clamp->units.ranges()) {
        h.col(k).segment(range.start, range.size).setConstant(clamp->value);
      }
    }
  }
  return h;
}

/// The approximation in force for some trials, one column each.
struct Tangent {
  mrnn::StatePoints at;  ///< x0, and whose inputs acted there
  mrnn::Jacobians gains;
  MatrixXd next;      ///< F(x0)
  MatrixXd drive;     ///< e0
  MatrixXd activity;  ///< h0
};

/// Some trials, run together.
class Run {
 public:
  Run(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation, const Plan& plan,
      const mrnn::StateChoice& states, const mrnn::Session& session, mrnn::WeightsInForce& weights,
      std::vector<Index> trials)
      : context_(context),
        simulation_(simulation),
        plan_(plan),
        states_(states),
        session_(session),
        weights_(weights),
        units_(plan.units.indices()),
        others_(plan.units.complement(context.network().units()).indices()),
        full_{MatrixXd(context.network().units(), std::ssize(trials)), std::move(trials), {}} {}

  void advance(Index step) {
    full_.steps.assign(full_.trials.size(), step);
    if (plan_.begins_piece(step)) begin_piece(step);
    const MatrixXd before = linear_ - tangent_.at.states(units_, Eigen::all);
    MatrixXd in = MatrixXd::Zero(full_.states.rows(), full_.states.cols());
    in(units_, Eigen::all) = tangent_.gains.pre(units_, Eigen::all).cwiseProduct(before);
    if (plan_.excluded == Excluded::input && !others_.empty()) {
      const MatrixXd h = activity(context_.network(), simulation_.trials, full_);
      in(others_, Eigen::all) = h(others_, Eigen::all) - tangent_.activity(others_, Eigen::all);
    }
    const mrnn::Trials& given = simulation_.trials;
    MatrixXd drive = weights_.multiply(given, tangent_.at.trials, tangent_.at.steps, in);
    drive += weights_.external_drive(given, full_.trials, full_.steps) - tangent_.drive;
    linear_ = tangent_.next(units_, Eigen::all) + tangent_.gains.leak(units_, Eigen::all).cwiseProduct(before) +
              tangent_.gains.post(units_, Eigen::all).cwiseProduct(drive(units_, Eigen::all));
    full_.states = session_.advance(full_);
  }

  /// States of the linear units, [n x trials].
  MatrixXd full() const { return full_.states(units_, Eigen::all); }
  const MatrixXd& linear() const { return linear_; }

 private:
  void begin_piece(Index step) {
    if (step == plan_.steps.first || plan_.restart) {
      for (std::size_t k = 0; k < full_.trials.size(); ++k) {
        full_.states.col(static_cast<Index>(k)) =
            simulation_.state(context_.network(), context_.parameters(), full_.trials[k], step - 1);
      }
      linear_ = full();
    }
    const Index reference = plan_.reference_at(step);
    tangent_.at = full_;
    tangent_.at.steps.assign(full_.trials.size(), reference);
    for (std::size_t k = 0; k < full_.trials.size(); ++k) {
      Index& trial = tangent_.at.trials[k];
      trial = plan_.about_trial.value_or(trial);
      tangent_.at.states.col(static_cast<Index>(k)) = states_.state(context_, simulation_, {trial, reference});
    }
    const mrnn::Trials& given = simulation_.trials;
    tangent_.gains = session_.jacobian(tangent_.at);
    tangent_.next = session_.advance(tangent_.at);
    tangent_.drive = weights_.external_drive(given, tangent_.at.trials, tangent_.at.steps);
    tangent_.activity = activity(context_.network(), given, tangent_.at);
  }

  const mrnn::AnalysisContext& context_;
  const mrnn::Simulation& simulation_;
  const Plan& plan_;
  const mrnn::StateChoice& states_;
  const mrnn::Session& session_;
  mrnn::WeightsInForce& weights_;
  std::vector<Index> units_, others_;  ///< linear, and the rest
  mrnn::StatePoints full_;
  MatrixXd linear_;  ///< [n x trials]
  Tangent tangent_;
};

/// Copies the columns of trials that are stored.
void store(const MatrixXd& states, Index first, Index step, mrnn::Sequence& stored) {
  const Index columns = std::min(states.cols(), stored.trials - first);
  if (columns > 0) stored.at(step).middleCols(first, columns) = states.leftCols(columns);
}

}  // namespace

Comparison compare(const mrnn::AnalysisContext& context, const mrnn::Simulation& simulation, const Plan& plan,
                   const mrnn::StateChoice& states) {
  const Index trials = std::ssize(plan.trials), steps = plan.steps.size(), units = plan.units.size();
  Comparison comparison{ErrorSums(parts_of(context.network(), plan.units), units, trials, steps),
                        mrnn::Sequence(units, plan.stored, steps), mrnn::Sequence(units, plan.stored, steps)};
  const auto session = context.open(simulation);
  mrnn::WeightsInForce weights(context.network(), context.parameters());
  const Index at_once = std::max<Index>(1, batch_numbers / context.network().units());
  context.expect(trials * steps);
  for (Index first = 0; first < trials; first += at_once) {
    const Index size = std::min(at_once, trials - first);
    Run run(context, simulation, plan, states, *session, weights,
            {plan.trials.begin() + first, plan.trials.begin() + first + size});
    for (Index step = 0; step < steps; ++step) {
      run.advance(plan.steps.first + step);
      const MatrixXd full = run.full();
      comparison.errors.add(step, first, full, run.linear());
      store(full, first, step, comparison.full);
      store(run.linear(), first, step, comparison.linear);
      context.advance(first * steps + (step + 1) * size);
    }
  }
  return comparison;
}

}  // namespace linear_approximation
