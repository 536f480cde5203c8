#include "central_differences.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "mrnn/optimiser.hpp"
#include "mrnn/random.hpp"
#include "parameter_groups.hpp"

using namespace mrnn;
using Eigen::VectorXd;

namespace test {
namespace {

/// How far parameters are moved: far, so that the rounding of the loss counts for little, but not across a kink.
double reach_of(const Training& training, const Activity& activity) {
  return std::clamp(distance_to_kinks(training, activity) / 20.0, 1e-5, 1e-3);
}

/// df/ds at 0 from four points, to order reach^4.
double slope(double reach, const std::function<double(double)>& f) {
  return (8.0 * (f(reach) - f(-reach)) - (f(2.0 * reach) - f(-2.0 * reach))) / (12.0 * reach);
}

/// The reference loss with the parameters of one group moved along a direction of it.
double moved_loss(const Training& training, const Course& fixed, std::size_t group, const VectorXd& direction) {
  Parameters parameters = training.parameters;
  tau_to_theta(training.network, parameters);
  const std::vector<double*> values = parameter_groups(parameters)[group].values;
  for (Index k = 0; k < direction.size(); ++k) *values[static_cast<std::size_t>(k)] += direction[k];
  theta_to_tau(training.network, parameters);
  return loss_terms(training, parameters, fixed).total;
}

/// Single parameters of those that may be trained, and a direction of length 1 in all of them: columns. The last one is
/// half along the gradient that is tried, so that the slope there is never small by chance, and half random.
Eigen::MatrixXd directions(const VectorXd& trainable, const VectorXd& gradient, Index samples) {
  RandomStream random(1, Stream::analyses, "directions");
  std::vector<Index> places;
  for (Index k = 0; k < trainable.size(); ++k) {
    if (trainable[k] != 0.0) places.push_back(k);
  }
  const Index count = std::min(samples, std::ssize(places));
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(trainable.size(), count + 1);
  Index column = 0;
  for (const Index chosen : random.choose(std::ssize(places), count)) {
    all(places[static_cast<std::size_t>(chosen)], column++) = 1.0;
  }
  for (const Index place : places) all(place, count) = random.normal();
  all.col(count) = (all.col(count).normalized() + gradient.normalized()).normalized();
  return all;
}

void reach_down(double& least, double distance) {
  least = std::min(least, std::fabs(distance));
}

double distance_of_weights(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& free, Dale dale,
                           const Training& training) {
  const Penalties& penalties = training.loss.penalties;
  const bool magnitude = dale == Dale::abs || penalties.l1_weights != 0.0 || penalties.wiring != 0.0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (Index place = 0; place < free[k].size(); ++place) {
      if (blocks[k].pattern.reshaped()[place] == 0) continue;
      const double v = free[k].reshaped()[place];
      if (magnitude) reach_down(least, v);
      if (dale != Dale::clamp) continue;
      reach_down(least, v - training.network.lower_bound());
      reach_down(least, v - training.network.upper_bound());
    }
  }
  return least;
}

}  // namespace

std::vector<GradientError> gradient_errors(const Training& training, const Parameters& gradient, const Course& fixed,
                                           Index samples) {
  Parameters given = gradient, may = trainable_parameters(training.network);
  const std::vector<ParameterGroup> groups = parameter_groups(given), masks = parameter_groups(may);
  const double reach = reach_of(training, fixed.activity);
  std::vector<GradientError> errors;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const VectorXd analytic = groups[group].copy(), trainable = masks[group].copy();
    const bool frozen_is_zero = (trainable.array() != 0.0 || analytic.array() == 0.0).all();
    GradientError error{groups[group].name, 0.0, frozen_is_zero};
    if ((trainable.array() != 0.0).any()) {
      const Eigen::MatrixXd along = directions(trainable, analytic, samples);
      VectorXd numeric(along.cols());
      for (Index k = 0; k < along.cols(); ++k) {
        numeric[k] = slope(reach, [&](double s) { return moved_loss(training, fixed, group, s * along.col(k)); });
      }
      const double size = numeric.norm();
      error.relative = (along.transpose() * analytic - numeric).norm() / (size > 0.0 ? size : 1.0);
    }
    errors.push_back(error);
  }
  return errors;
}

double distance_to_kinks(const Training& training, const Activity& activity) {
  const Network& network = training.network;
  double least =
      std::min(distance_of_weights(network.recurrent_blocks(), training.parameters.recurrent, network.dale(), training),
               distance_of_weights(network.input_blocks(), training.parameters.input, network.dale_input(), training));
  // Signed readouts are sign |V|.
  least =
      std::min(least, distance_of_weights(network.readout_blocks(), training.parameters.readout, Dale::abs, training));
  for (Index unit = 0; unit < network.units(); ++unit) {
    const Activation kind = network.activations()[static_cast<std::size_t>(unit)];
    const bool bent = kind == Activation::relu || kind == Activation::retanh;
    for (Index moment = 0; moment < activity.x.trials * activity.x.steps; ++moment) {
      const auto place = static_cast<std::size_t>(unit + moment * network.units());
      if (bent) reach_down(least, activity.x.data[place]);
      // Where relu holds h at 0, its magnitude has a derivative.
      const bool signed_rate = training.loss.penalties.l1_rates != 0.0 && activity.h.data[place] != 0.0;
      if (signed_rate) reach_down(least, activity.h.data[place]);
    }
    if (bent) reach_down(least, training.parameters.initial_state[unit]);
  }
  return least;
}

}  // namespace test
