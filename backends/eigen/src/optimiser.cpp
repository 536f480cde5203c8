#include "optimiser.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "independent_loop.hpp"
#include "mrnn/formulas.hpp"

namespace mrnn::eigen {
namespace {

/// The same part of everything an update works on.
struct Part {
  std::span<double> values;
  std::span<const double> trainable;
  std::span<double> gradient, first, second;
};

template <class Array>
std::span<double> all(Array& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}
template <class Array>
std::span<const double> all(const Array& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}

template <class Member>
Part part(const Training& t, Member member) {
  return {all(t.parameters.*member), all(t.trainable.*member), all(t.gradients.*member), all(t.state.first.*member),
          all(t.state.second.*member)};
}

Part part(const Training& t, std::vector<Eigen::MatrixXd> Parameters::*member, std::size_t k) {
  return {all((t.parameters.*member)[k]), all((t.trainable.*member)[k]), all((t.gradients.*member)[k]),
          all((t.state.first.*member)[k]), all((t.state.second.*member)[k])};
}

/// The same in pieces whose number does not depend on the threads.
std::vector<Part> pieces_of(const std::vector<Part>& parts) {
  constexpr std::size_t largest = std::size_t{1} << 14;
  std::vector<Part> pieces;
  for (const Part& whole : parts) {
    for (std::size_t first = 0; first < whole.values.size(); first += largest) {
      const std::size_t size = std::min(largest, whole.values.size() - first);
      pieces.push_back({whole.values.subspan(first, size), whole.trainable.subspan(first, size),
                        whole.gradient.subspan(first, size), whole.first.subspan(first, size),
                        whole.second.subspan(first, size)});
    }
  }
  return pieces;
}

/// Weights and biases, which AdamW lets decay.
std::vector<Part> decaying_parts(const Training& t) {
  std::vector<Part> parts;
  for (auto member : {&Parameters::recurrent, &Parameters::input, &Parameters::readout}) {
    for (std::size_t k = 0; k < (t.parameters.*member).size(); ++k) parts.push_back(part(t, member, k));
  }
  parts.push_back(part(t, &Parameters::bias));
  parts.push_back(part(t, &Parameters::readout_bias));
  return pieces_of(parts);
}

double squared_norm(std::span<const double> values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), std::ssize(values)).squaredNorm();
}

/// rule(gradient, value, first, second) for each value that is trainable. Without branches, so that several are done at
/// a time.
template <class Rule>
void each(const Part& part, Rule&& rule) {
  double *const values = part.values.data(), *const firsts = part.first.data(), *const seconds = part.second.data();
  const double *const gradients = part.gradient.data(), *const trainable = part.trainable.data();
  const std::size_t size = part.values.size();
  MRNN_INDEPENDENT_LOOP
  for (std::size_t k = 0; k < size; ++k) {
    double value = values[k], first = firsts[k], second = seconds[k];
    rule(gradients[k], value, first, second);
    const bool moves = trainable[k] != 0.0;
    values[k] = moves ? value : values[k];
    firsts[k] = moves ? first : firsts[k];
    seconds[k] = moves ? second : seconds[k];
  }
}

void move_by_adam(const Part& part, const OptimiserStep& step, double decay) {
  const Optimiser& optimiser = step.optimiser;
  const auto number = static_cast<double>(step.number);
  const formulas::AdamStep<double> adam = {step.rate,
                                           optimiser.beta1,
                                           optimiser.beta2,
                                           optimiser.epsilon,
                                           1.0 - std::pow(optimiser.beta1, number),
                                           1.0 - std::pow(optimiser.beta2, number)};
  const double kept = optimiser.kind == Optimiser::Kind::adamw ? 1.0 - step.rate * decay : 1.0;
  each(part, [=](double gradient, double& value, double& first, double& second) {
    value *= kept;
    formulas::adam(adam, gradient, value, first, second);
  });
}

void move(const Part& part, const OptimiserStep& step, double decay) {
  const Optimiser optimiser = step.optimiser;
  const double rate = step.rate;
  switch (optimiser.kind) {
    case Optimiser::Kind::adam:
    case Optimiser::Kind::adamw:
      return move_by_adam(part, step, decay);
    case Optimiser::Kind::sgd:
      return each(part, [=](double gradient, double& value, double& first, double& /*second*/) {
        formulas::momentum(rate, optimiser.momentum, gradient, value, first);
      });
    case Optimiser::Kind::rmsprop:
      return each(part, [=](double gradient, double& value, double& /*first*/, double& second) {
        second = optimiser.smoothing * second + (1.0 - optimiser.smoothing) * gradient * gradient;
        value -= rate * gradient / (std::sqrt(second) + optimiser.epsilon);
      });
  }
}

/// |theta| up to here: alpha stays apart from 0 and from 1 by 3e-7, and tau says exactly enough what theta is.
constexpr double largest_theta = 15.0;

/// theta of alpha = dt / tau = sigmoid(theta) moves; tau follows.
void move_tau(const Training& t, const OptimiserStep& step) {
  const double dt = t.network.spec().dt;
  Eigen::VectorXd theta = (t.parameters.tau.array() / dt - 1.0).log() * -1.0;
  Part of_theta = part(t, &Parameters::tau);
  of_theta.values = all(theta);
  move(of_theta, step, 0.0);
  for (Index unit = 0; unit < theta.size(); ++unit) {
    if (t.trainable.tau[unit] == 0.0) continue;
    t.parameters.tau[unit] = dt * (1.0 + std::exp(-std::clamp(theta[unit], -largest_theta, largest_theta)));
  }
}

void put_within_bounds(const Training& t, std::vector<Eigen::MatrixXd> Parameters::*member) {
  for (std::size_t k = 0; k < (t.parameters.*member).size(); ++k) {
    const Part weights = part(t, member, k);
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
      if (weights.trainable[i] == 0.0) continue;
      weights.values[i] = std::clamp(weights.values[i], t.network.lower_bound(), t.network.upper_bound());
    }
  }
}

}  // namespace

double update(const Training& training, const OptimiserStep& step, ThreadPool& threads) {
  const std::vector<Part> decaying = decaying_parts(training);
  const Part initial_state = part(training, &Parameters::initial_state), tau = part(training, &Parameters::tau);
  Index elements = 0;
  for (const Part& one : decaying) elements += std::ssize(one.values);
  std::vector<double> squared(decaying.size());
  threads.run_light(decaying.size(), elements,
                    [&](std::size_t k, std::size_t /*thread*/) { squared[k] = squared_norm(decaying[k].gradient); });
  const double others = squared_norm(initial_state.gradient) + squared_norm(tau.gradient);
  const double norm = std::sqrt(std::accumulate(squared.begin(), squared.end(), others));
  if (!std::isfinite(norm)) return norm;

  const double limit = step.optimiser.clip_norm;
  if (limit > 0.0 && norm > limit) {
    const auto scale = [&](const Part& one) {
      for (double& value : one.gradient) value *= limit / norm;
    };
    std::ranges::for_each(decaying, scale);
    scale(initial_state);
    scale(tau);
  }
  threads.run_light(decaying.size(), elements,
                    [&](std::size_t k, std::size_t /*thread*/) { move(decaying[k], step, step.optimiser.decay); });
  move(initial_state, step, 0.0);
  if (training.trainable.tau.any()) move_tau(training, step);
  if (training.network.dale() == Dale::project) put_within_bounds(training, &Parameters::recurrent);
  if (training.network.dale_input() == Dale::project) put_within_bounds(training, &Parameters::input);
  return norm;
}

}  // namespace mrnn::eigen
