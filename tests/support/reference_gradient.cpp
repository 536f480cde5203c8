#include "reference_gradient.hpp"

#include <cmath>

#include "mrnn/optimiser.hpp"

using namespace mrnn;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace test {
namespace {

bool follows_rates(const Training& training) {
  return training.network.spec().dynamics == Dynamics::rate;
}

/// State before a step of a trial; step 0: the initial one.
VectorXd state_before(const Training& training, const Activity& activity, Index trial, Index step) {
  if (step > 0) return (follows_rates(training) ? activity.h : activity.x).at(step - 1).col(trial);
  if (training.trials.initial_state.size() > 0) return training.trials.initial_state.col(trial);
  return training.parameters.initial_state;
}

/// A step of one trial and its derivatives at the states the trial went through.
struct Step {
  ReferenceNetwork::Conditions now;
  VectorXd rates;            ///< h_{t-1}
  VectorXd leak, post, pre;  ///< dstate_t/dstate_{t-1} = diag(leak) + diag(post) W diag(pre)
  VectorXd alpha;            ///< dstate_t/dalpha

  /// D_t dstate_t/dstate_{t-1}
  VectorXd carry_back(const ReferenceNetwork& network, const VectorXd& adjoint) const {
    const MatrixXd weights = network.recurrent().cwiseProduct(now.recurrent_factors);
    return leak.cwiseProduct(adjoint) + pre.cwiseProduct(weights.transpose() * post.cwiseProduct(adjoint));
  }
};

/// Derivative of the activity by the state after a step; by the initial state for step -1.
VectorXd rate_slope(const Training& training, const ReferenceNetwork& network, const Activity& activity, Index trial,
                    Index step) {
  VectorXd slope = VectorXd::Ones(training.network.units());
  if (!follows_rates(training)) slope = network.phi_slope(state_before(training, activity, trial, step + 1));
  if (step < 0) return slope;
  return slope.cwiseProduct(network.conditions(training.trials, trial, step, training.noise, training.seed).free);
}

Step step_of(const Training& training, const ReferenceNetwork& network, const Activity& activity, Index trial,
             Index step) {
  Step one;
  one.now = network.conditions(training.trials, trial, step, training.noise, training.seed);
  one.pre = rate_slope(training, network, activity, trial, step - 1);
  const VectorXd before = state_before(training, activity, trial, step);
  const VectorXd& alpha = network.alpha();
  const VectorXd x = activity.x.at(step).col(trial);
  const auto a = alpha.array();
  const auto eta = one.now.noise.array();
  one.leak = 1.0 - a;
  one.post = alpha;
  if (follows_rates(training)) {
    one.rates = before;
    one.leak = one.leak.cwiseProduct(one.pre).eval();
    one.post = alpha.cwiseProduct(network.phi_slope(x));
    one.alpha = (network.phi(x) - before).array() - one.post.array() * (0.5 / a) * (2.0 / a).sqrt() * eta;
  } else {
    one.rates = step > 0 ? VectorXd(activity.h.at(step - 1).col(trial)) : network.phi(before);
    one.alpha = (network.drive(one.now, one.rates) - before).array() + eta / (2.0 * a).sqrt();
  }
  return one;
}

/// vanishing_gradient without its factor, and its derivative by the recurrent weights.
struct Vanishing {
  double value = 0.0;
  MatrixXd recurrent;
};

Vanishing vanishing_gradient(const Training& training, const ReferenceNetwork& network, const Course& course) {
  constexpr double least = 1e-20;
  const Trials& trials = training.trials;
  Vanishing all{0.0, MatrixXd::Zero(training.network.units(), training.network.units())};
  double count = 0.0;
  for (Index trial = 0; trial < trials.count; ++trial) {
    for (Index step = 1; step < trials.steps; ++step) {
      const VectorXd adjoint = course.adjoint.at(step).col(trial);
      const double square = adjoint.squaredNorm();
      if (square < least) continue;
      const Step one = step_of(training, network, course.activity, trial, step);
      const VectorXd before = one.carry_back(network, adjoint);
      const double excess = before.squaredNorm() / square - 1.0;
      count += 1.0;
      all.value += excess * excess;
      all.recurrent +=
          (4.0 * excess / square) * (one.post.cwiseProduct(adjoint) * before.cwiseProduct(one.pre).transpose())
                                        .cwiseProduct(one.now.recurrent_factors);
    }
  }
  if (count == 0.0) return all;
  return {all.value / count, all.recurrent / count};
}

LossTerms named(const Training& training, const std::vector<double>& values) {
  const std::vector<std::string> names = loss_term_names(training.network, training.loss);
  LossTerms terms;
  for (std::size_t k = 0; k < values.size(); ++k) {
    terms.terms.emplace_back(names.at(k), values[k]);
    terms.total += values[k];
  }
  return terms;
}

/// dL/dz of one moment from dL/dy: through g.
VectorXd before_activation(const Network& network, const VectorXd& y, VectorXd slope) {
  for (const OutputLayout& output : network.output_layouts()) {
    if (output.readout == Readout::identity) continue;
    const auto own = y.segment(output.range.start, output.range.size);
    auto e = slope.segment(output.range.start, output.range.size);
    if (output.activation == OutputActivation::sigmoid) {
      e = (e.array() * own.array() * (1.0 - own.array())).matrix().eval();
    } else if (output.activation == OutputActivation::softmax) {
      e = (own.array() * (e.array() - own.dot(e))).matrix().eval();
    }
  }
  return slope;
}

/// dL/d of everything the parameters are turned into.
struct DenseGradient {
  MatrixXd recurrent, input, readout;
  VectorXd bias, readout_bias, initial_state, alpha;
};

/// The sums over time of one trial, backwards.
void add_trial(const Training& training, const ReferenceNetwork& network, const ReferenceLoss& loss, Index trial,
               Course& course, DenseGradient& sum) {
  const Activity& activity = course.activity;
  VectorXd carried = VectorXd::Zero(training.network.units());
  for (Index step = training.trials.steps - 1; step >= 0; --step) {
    const VectorXd e =
        before_activation(training.network, activity.y.at(step).col(trial), loss.outputs.at(step).col(trial));
    sum.readout += e * activity.h.at(step).col(trial).transpose();
    sum.readout_bias += e;
    const VectorXd by_rate = network.readout().transpose() * e + loss.rates.at(step).col(trial);
    const VectorXd adjoint = rate_slope(training, network, activity, trial, step).cwiseProduct(by_rate) + carried;
    course.adjoint.at(step).col(trial) = adjoint;

    const Step one = step_of(training, network, activity, trial, step);
    const VectorXd by_drive = one.post.cwiseProduct(adjoint);
    sum.recurrent += (by_drive * one.rates.transpose()).cwiseProduct(one.now.recurrent_factors);
    sum.input += (by_drive * one.now.inputs.transpose()).cwiseProduct(one.now.input_factors);
    sum.bias += by_drive;
    sum.alpha += adjoint.cwiseProduct(one.alpha);
    carried = one.carry_back(network, adjoint);
  }
  if (training.trials.initial_state.size() == 0) sum.initial_state += carried;
}

/// dW/dV, from `pattern` = M S.
double effective_slope(Dale dale, double pattern, double v, double low, double high) {
  switch (dale) {
    case Dale::none:
      return pattern != 0.0 ? 1.0 : 0.0;
    case Dale::clamp:
      return low < v && v < high ? pattern : 0.0;
    case Dale::abs:
      return v > 0.0 ? pattern : (v < 0.0 ? -pattern : 0.0);
    case Dale::project:
      return pattern;
  }
  return 1.0;
}

void pull_back(const Block& block, Dale dale, const Network& network, const MatrixXd& weights, MatrixXd& free) {
  for (Index i = 0; i < block.to.size; ++i) {
    for (Index j = 0; j < block.from.size; ++j) {
      free(i, j) = weights(block.to.start + i, block.from.start + j) *
                   effective_slope(dale, block.pattern(i, j), free(i, j), network.lower_bound(), network.upper_bound());
    }
  }
}

Parameters by_parameters(const Training& training, const DenseGradient& dense, const VectorXd& alpha) {
  const Network& network = training.network;
  Parameters all = training.parameters;
  for (std::size_t k = 0; k < all.recurrent.size(); ++k) {
    pull_back(network.recurrent_blocks()[k], network.spec().dale, network, dense.recurrent, all.recurrent[k]);
  }
  for (std::size_t k = 0; k < all.input.size(); ++k) {
    pull_back(network.input_blocks()[k], network.spec().dale_input.value_or(network.spec().dale), network, dense.input,
              all.input[k]);
  }
  for (std::size_t k = 0; k < all.readout.size(); ++k) {
    const Block& block = network.readout_blocks()[k];
    std::size_t output = 0;
    while (network.output_layouts()[output].range != block.to) ++output;
    const Dale dale = network.spec().outputs[output].sign ? Dale::abs : Dale::none;
    pull_back(block, dale, network, dense.readout, all.readout[k]);
  }
  all.bias = dense.bias;
  all.initial_state = dense.initial_state;
  all.readout_bias = dense.readout_bias;
  for (const OutputLayout& output : network.output_layouts()) {
    if (output.readout == Readout::identity) all.readout_bias.segment(output.range.start, output.range.size).setZero();
  }
  all.tau = dense.alpha.array() * alpha.array() * (1.0 - alpha.array());
  return all;
}

}  // namespace

ReferenceGradient reference_gradient(const Training& training) {
  const ReferenceNetwork network(training.network, training.parameters);
  const Index units = training.network.units();
  ReferenceGradient result;
  Course& course = result.course;
  course.activity = network.run(training.trials, training.noise, training.seed);
  course.adjoint = Sequence(units, training.trials.count, training.trials.steps);
  const ReferenceLoss loss = reference_loss(training, network, course.activity);
  DenseGradient sum{loss.recurrent,
                    loss.input,
                    loss.readout,
                    VectorXd::Zero(units),
                    VectorXd::Zero(training.network.outputs()),
                    VectorXd::Zero(units),
                    VectorXd::Zero(units)};
  for (Index trial = 0; trial < training.trials.count; ++trial) {
    add_trial(training, network, loss, trial, course, sum);
  }
  const double factor = training.loss.penalties.vanishing_gradient;
  if (factor != 0.0) sum.recurrent += factor * vanishing_gradient(training, network, course).recurrent;
  result.gradient = by_parameters(training, sum, network.alpha());
  result.terms = loss_terms(training, training.parameters, course);
  return result;
}

LossTerms loss_terms(const Training& training, const Parameters& parameters, const Course& fixed) {
  const ReferenceNetwork network(training.network, parameters);
  const Activity activity = network.run(training.trials, training.noise, training.seed);
  std::vector<double> values = reference_loss(training, network, activity).terms;
  const double factor = training.loss.penalties.vanishing_gradient;
  if (factor != 0.0) {
    Parameters recurrent = training.parameters;
    recurrent.recurrent = parameters.recurrent;
    const ReferenceNetwork weights(training.network, recurrent);
    values.push_back(factor * vanishing_gradient(training, weights, fixed).value);
  }
  return named(training, values);
}

}  // namespace test
