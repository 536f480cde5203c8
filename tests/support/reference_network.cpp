#include "reference_network.hpp"

#include <cmath>
#include <vector>

#include "mrnn/random.hpp"

using namespace mrnn;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace test {
namespace {

double phi(Activation kind, double x) {
  switch (kind) {
    case Activation::relu:
      return std::fmax(x, 0.0);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return 1.0 / (1.0 + std::exp(-x));
    case Activation::softplus:
      return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
    case Activation::linear:
      return x;
    case Activation::retanh:
      return std::fmax(std::tanh(x), 0.0);
  }
  return x;
}

/// phi'(x); 0 at the kink of relu and retanh.
double phi_slope(Activation kind, double x) {
  switch (kind) {
    case Activation::relu:
      return x > 0.0 ? 1.0 : 0.0;
    case Activation::tanh:
      return 1.0 / (std::cosh(x) * std::cosh(x));
    case Activation::sigmoid:
      return 1.0 / (2.0 + 2.0 * std::cosh(x));
    case Activation::softplus:
      return 1.0 / (1.0 + std::exp(-x));
    case Activation::linear:
      return 1.0;
    case Activation::retanh:
      return x > 0.0 ? 1.0 / (std::cosh(x) * std::cosh(x)) : 0.0;
  }
  return 1.0;
}

/// W = M S f(V), from `pattern` = M S.
double effective(Dale dale, double pattern, double v, double low, double high) {
  switch (dale) {
    case Dale::none:
      return pattern != 0.0 ? v : 0.0;
    case Dale::clamp:
      return pattern * std::fmin(std::fmax(v, low), high);
    case Dale::abs:
      return pattern * std::fabs(v);
    case Dale::project:
      return pattern * v;
  }
  return v;
}

void fill(const std::vector<Block>& blocks, const std::vector<MatrixXd>& free, Dale dale, const Network& network,
          MatrixXd& weights) {
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (Index i = 0; i < blocks[k].to.size; ++i) {
      for (Index j = 0; j < blocks[k].from.size; ++j) {
        weights(blocks[k].to.start + i, blocks[k].from.start + j) =
            effective(dale, blocks[k].pattern(i, j), free[k](i, j), network.lower_bound(), network.upper_bound());
      }
    }
  }
}

VectorXd normals(std::uint64_t seed, Stream stream, std::uint64_t id, Index step, Index count) {
  VectorXd eta(count);
  fill_normals(seed, stream, id, static_cast<std::uint32_t>(step), {eta.data(), static_cast<std::size_t>(count)});
  return eta;
}

}  // namespace

struct ReferenceNetwork::Moment {
  const Trials& trials;
  Index trial, step;

  /// The interventions of one kind in force.
  template <class Kind, class Use>
  void each(Use use) const {
    for (const Intervention& intervention : trials.interventions) {
      const auto* what = std::get_if<Kind>(&intervention.what);
      if (what != nullptr && intervention.steps.contains(step) && intervention.acts_on(trial)) {
        use(*what, intervention.steps);
      }
    }
  }
};

ReferenceNetwork::ReferenceNetwork(const Network& network, const Parameters& parameters)
    : network_(network), parameters_(parameters) {
  const NetworkSpec& spec = network.spec();
  recurrent_.setZero(network.units(), network.units());
  input_.setZero(network.units(), network.inputs());
  readout_.setZero(network.outputs(), network.units());
  fill(network.recurrent_blocks(), parameters.recurrent, spec.dale, network, recurrent_);
  fill(network.input_blocks(), parameters.input, spec.dale_input.value_or(spec.dale), network, input_);
  for (std::size_t k = 0; k < spec.outputs.size(); ++k) {
    const OutputLayout& output = network.output_layouts()[k];
    MatrixXd all = MatrixXd::Zero(network.outputs(), network.units());
    fill(network.readout_blocks(), parameters.readout, spec.outputs[k].sign ? Dale::abs : Dale::none, network, all);
    const std::vector<Index> units = output.units.indices();
    for (std::size_t i = 0; i < units.size() && output.readout == Readout::identity; ++i) {
      all(output.range.start + static_cast<Index>(i), units[i]) = 1.0;
    }
    readout_.middleRows(output.range.start, output.range.size) = all.middleRows(output.range.start, output.range.size);
  }
  alpha_ = spec.dt * parameters.tau.cwiseInverse();
  if (spec.dynamics == Dynamics::elman) alpha_.setOnes();
}

VectorXd ReferenceNetwork::phi(const VectorXd& x) const {
  VectorXd h(x.size());
  for (Index n = 0; n < x.size(); ++n) h[n] = test::phi(network_.activations()[static_cast<std::size_t>(n)], x[n]);
  return h;
}

VectorXd ReferenceNetwork::phi_slope(const VectorXd& x) const {
  VectorXd slope(x.size());
  for (Index n = 0; n < x.size(); ++n) {
    slope[n] = test::phi_slope(network_.activations()[static_cast<std::size_t>(n)], x[n]);
  }
  return slope;
}

VectorXd ReferenceNetwork::drive(const Conditions& now, const VectorXd& h) const {
  return recurrent_.cwiseProduct(now.recurrent_factors) * h + input_.cwiseProduct(now.input_factors) * now.inputs +
         parameters_.bias + now.stimulus;
}

MatrixXd ReferenceNetwork::factors(const Moment& now, ScaleWeights::Source source) const {
  const bool recurrent = source == ScaleWeights::Source::recurrent;
  MatrixXd all = MatrixXd::Ones(network_.units(), recurrent ? network_.units() : network_.inputs());
  now.each<ScaleWeights>([&](const ScaleWeights& scaling, StepRange) {
    if (scaling.source != source) return;
    for (const Index i : scaling.to.indices()) {
      for (const Index j : scaling.from.indices()) all(i, j) *= scaling.factor;
    }
  });
  return all;
}

VectorXd ReferenceNetwork::stimulus(const Moment& now) const {
  VectorXd s = VectorXd::Zero(network_.units());
  if (!now.trials.stimulus.empty()) s = now.trials.stimulus.at(now.step).col(now.trial);
  now.each<Drive>([&](const Drive& drive, StepRange steps) {
    const std::vector<Index> units = drive.units.indices();
    for (std::size_t k = 0; k < units.size(); ++k) {
      s[units[k]] += drive.strength[static_cast<Index>(k)] * drive.course[now.step - steps.first];
    }
  });
  return s;
}

/// sigma per unit
VectorXd ReferenceNetwork::noise_strength(const Moment& now, Noise noise) const {
  VectorXd variance = VectorXd::Zero(network_.units());
  if (noise == Noise::on) variance = network_.noise().cwiseAbs2();
  now.each<ExtraNoise>([&](const ExtraNoise& extra, StepRange) {
    for (const Index unit : extra.units.indices()) variance[unit] += extra.sigma * extra.sigma;
  });
  return variance.cwiseSqrt();
}

VectorXd ReferenceNetwork::held(const Moment& now, VectorXd h) const {
  now.each<Clamp>([&](const Clamp& clamp, StepRange) {
    for (const Index unit : clamp.units.indices()) h[unit] = clamp.value;
  });
  return h;
}

ReferenceNetwork::Conditions ReferenceNetwork::conditions(const Trials& trials, Index trial, Index step, Noise noise,
                                                          std::uint64_t seed) const {
  const NetworkSpec& spec = network_.spec();
  const std::uint64_t id = trials.ids[static_cast<std::size_t>(trial)];
  const Moment now{trials, trial, step};
  Conditions all{factors(now, ScaleWeights::Source::recurrent),
                 factors(now, ScaleWeights::Source::input),
                 trials.inputs.at(step).col(trial),
                 stimulus(now),
                 noise_strength(now, noise),
                 VectorXd::Ones(network_.units())};
  if (noise == Noise::on) {
    const VectorXd eta = normals(seed, Stream::input_noise, id, step, all.inputs.size());
    all.inputs += std::sqrt(2.0 * spec.tau / spec.dt) * spec.noise_input * eta;
  }
  all.noise = all.noise.cwiseProduct(normals(seed, Stream::recurrent_noise, id, step, network_.units())).eval();
  now.each<Clamp>([&](const Clamp& clamp, StepRange) {
    for (const Index unit : clamp.units.indices()) all.free[unit] = 0.0;
  });
  return all;
}

VectorXd ReferenceNetwork::output(const VectorXd& h) const {
  VectorXd y = readout_ * h;
  for (const OutputLayout& output : network_.output_layouts()) {
    auto z = y.segment(output.range.start, output.range.size);
    if (output.readout == Readout::identity) continue;
    z += parameters_.readout_bias.segment(output.range.start, output.range.size);
    if (output.activation == OutputActivation::sigmoid) z = (1.0 + (-z.array()).exp()).inverse().matrix().eval();
    if (output.activation == OutputActivation::softmax) z = (z.array().exp() / z.array().exp().sum()).matrix().eval();
  }
  return y;
}

Activity ReferenceNetwork::run(const Trials& trials, Noise noise, std::uint64_t seed) const {
  const NetworkSpec& spec = network_.spec();
  const Index units = network_.units();
  Activity all{Sequence(units, trials.count, trials.steps), Sequence(units, trials.count, trials.steps),
               Sequence(network_.outputs(), trials.count, trials.steps)};
  for (Index trial = 0; trial < trials.count; ++trial) {
    VectorXd state = parameters_.initial_state;
    if (trials.initial_state.size() > 0) state = trials.initial_state.col(trial);
    VectorXd x = state;
    VectorXd h = spec.dynamics == Dynamics::rate ? state : phi(state);
    for (Index step = 0; step < trials.steps; ++step) {
      const Moment moment{trials, trial, step};
      const Conditions now = conditions(trials, trial, step, noise, seed);
      const auto a = alpha_.array();
      const auto eta = now.noise.array();
      if (spec.dynamics == Dynamics::rate) {
        x = drive(now, h) + ((2.0 / a).sqrt() * eta).matrix();
        h = held(moment, ((1.0 - a) * h.array() + a * phi(x).array()).matrix());
      } else {
        x = ((1.0 - a) * x.array() + a * drive(now, h).array() + (2.0 * a).sqrt() * eta).matrix().eval();
        h = held(moment, phi(x));
      }
      all.x.at(step).col(trial) = x;
      all.h.at(step).col(trial) = h;
      all.y.at(step).col(trial) = output(h);
    }
  }
  return all;
}

VectorXd ReferenceNetwork::advance(const Trials& trials, Index trial, Index step, const VectorXd& state) const {
  const Moment before{trials, trial, step - 1}, moment{trials, trial, step};
  const Conditions now = conditions(trials, trial, step, Noise::off, 0);
  const auto a = alpha_.array();
  if (network_.spec().dynamics == Dynamics::rate) {
    // The activity itself: carried on as it is once nothing holds it any more.
    const VectorXd h = (now.free.array() == 0.0).select(held(before, state), state);
    return held(moment, ((1.0 - a) * h.array() + a * phi(drive(now, h)).array()).matrix());
  }
  const VectorXd h = held(before, phi(state));
  return ((1.0 - a) * state.array() + a * drive(now, h).array()).matrix();
}

}  // namespace test
