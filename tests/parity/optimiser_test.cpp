// Optimisers of the Eigen backend against the definitions of PyTorch's documentation, written down plainly.

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "comparison.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/optimiser.hpp"
#include "parameter_groups.hpp"
#include "tolerances.hpp"
#include "training_problems.hpp"

using namespace mrnn;
using Kind = Optimiser::Kind;

namespace {

constexpr double low = 0.05, high = 0.3;  // the bounds of make_training()

/// One number on its way, with what the optimiser remembers of it.
struct Number {
  double value, first, second;
};

/// torch.optim.Adam, AdamW, SGD, RMSprop
Number stepped(Number number, double gradient, const OptimiserStep& step, double decay) {
  const Optimiser& how = step.optimiser;
  const auto count = static_cast<double>(step.number);
  auto& [value, first, second] = number;
  switch (how.kind) {
    case Kind::adamw:
    case Kind::adam: {
      if (how.kind == Kind::adamw) value -= step.rate * decay * value;
      first = how.beta1 * first + (1.0 - how.beta1) * gradient;
      second = how.beta2 * second + (1.0 - how.beta2) * gradient * gradient;
      const double mean = first / (1.0 - std::pow(how.beta1, count));
      const double square = second / (1.0 - std::pow(how.beta2, count));
      value -= step.rate * mean / (std::sqrt(square) + how.epsilon);
      break;
    }
    case Kind::sgd:
      first = how.momentum * first + gradient;
      value -= step.rate * first;
      break;
    case Kind::rmsprop:
      second = how.smoothing * second + (1.0 - how.smoothing) * gradient * gradient;
      value -= step.rate * gradient / (std::sqrt(second) + how.epsilon);
      break;
  }
  return number;
}

/// Free parameters with theta for tau, and an optimiser's memory of them.
struct Plain {
  Network network;
  Parameters parameters;
  OptimiserState state;

  explicit Plain(const test::Training& training)
      : network(training.network),
        parameters(training.parameters),
        state{zero_parameters(network), zero_parameters(network)} {
    test::tau_to_theta(network, parameters);
  }

  void update(Parameters gradient, const OptimiserStep& step) {
    Parameters may = trainable_parameters(network);
    const auto values = test::parameter_groups(parameters), gradients = test::parameter_groups(gradient);
    const auto first = test::parameter_groups(state.first), second = test::parameter_groups(state.second);
    const auto trainable = test::parameter_groups(may);
    double square = 0.0;
    for (const test::ParameterGroup& group : gradients) square += group.copy().squaredNorm();
    const double clip = step.optimiser.clip_norm, norm = std::sqrt(square);
    const double factor = clip > 0.0 && norm > clip ? clip / norm : 1.0;
    for (std::size_t group = 0; group < values.size(); ++group) {
      const std::string& name = values[group].name;
      const bool decays = name != "initial states" && name != "time constants";
      for (std::size_t k = 0; k < values[group].values.size(); ++k) {
        if (*trainable[group].values[k] == 0.0) continue;
        const Number next = stepped({*values[group].values[k], *first[group].values[k], *second[group].values[k]},
                                    factor * *gradients[group].values[k], step, decays ? step.optimiser.decay : 0.0);
        *values[group].values[k] = next.value;
        *first[group].values[k] = next.first;
        *second[group].values[k] = next.second;
      }
    }
    put_within_bounds(network.recurrent_blocks(), network.dale(), may.recurrent, parameters.recurrent);
    put_within_bounds(network.input_blocks(), network.dale_input(), may.input, parameters.input);
  }

 private:
  static void put_within_bounds(const std::vector<Block>& blocks, Dale dale, const std::vector<Eigen::MatrixXd>& may,
                                std::vector<Eigen::MatrixXd>& free) {
    for (std::size_t k = 0; k < blocks.size() && dale == Dale::project; ++k) {
      free[k] = (may[k].array() != 0.0).select(free[k].cwiseMax(low).cwiseMin(high), free[k]);
    }
  }
};

double largest_error(Parameters actual, Parameters expected) {
  const auto is = test::parameter_groups(actual), should = test::parameter_groups(expected);
  double error = 0.0;
  for (std::size_t k = 0; k < is.size(); ++k) {
    error = std::max(error, test::relative_error(is[k].copy(), should[k].copy()));
  }
  return error;
}

/// Parameters with theta for tau.
Parameters with_theta(const Network& network, Parameters parameters) {
  test::tau_to_theta(network, parameters);
  return parameters;
}

std::unique_ptr<Session> open(const test::Training& training, Precision precision = Precision::float64) {
  auto session = eigen::make_backend()->open(training.network, {precision, 2, training.seed});
  session->write_parameters(training.parameters);
  return session;
}

double gradient_of(Session& session, const test::Training& training) {
  session.load(training.trials);
  session.forward({.backward_every = 2}, training.noise);
  return session.backward(training.loss).total;
}

/// The numbers that training may not change are those of `before`, to the bit.
void check_untouched(const Network& network, Parameters after, Parameters before) {
  Parameters may = trainable_parameters(network);
  const auto is = test::parameter_groups(after), was = test::parameter_groups(before),
             trainable = test::parameter_groups(may);
  for (std::size_t k = 0; k < is.size(); ++k) {
    CAPTURE(is[k].name);
    const Eigen::ArrayXd frozen = trainable[k].copy();
    CHECK((frozen != 0.0 || is[k].copy().array() == was[k].copy().array()).all());
  }
}

/// Weights that act are 0 off the mask, of the sign of their source and, where the method has bounds, within them.
void check_dales_law(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& weights, Dale dale) {
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Eigen::ArrayXXd pattern = blocks[k].pattern.cast<double>(), w = weights[k];
    CHECK((pattern != 0.0 || w == 0.0).all());
    if (dale != Dale::none) CHECK((pattern * w >= 0.0).all());
    if (dale == Dale::clamp || dale == Dale::project) {
      CHECK((pattern == 0.0 || (w.abs() >= low && w.abs() <= high)).all());
    }
  }
}

OptimiserStep step_of(Kind kind, double rate) {
  return {.optimiser = {.kind = kind, .momentum = 0.9}, .rate = rate};
}

}  // namespace

TEST_CASE("five steps of every optimiser are those of its definition", "[optimiser]") {
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  const double clip_norm = GENERATE(0.0, 0.05, 1e6);
  CAPTURE(static_cast<int>(kind), static_cast<int>(dynamics), static_cast<int>(dale), clip_norm);
  const test::Training training =
      test::make_training({.units = 13, .dynamics = dynamics, .dale = dale, .penalty = "l2_rates", .frozen = true});
  const auto session = open(training);
  Plain plain(training);
  OptimiserStep step = step_of(kind, 0.02);
  step.optimiser.clip_norm = clip_norm;

  for (step.number = 1; step.number <= 5; ++step.number) {
    gradient_of(*session, training);
    const Parameters gradient = session->read_gradients();
    session->update(step);
    plain.update(gradient, step);

    const OptimiserState state = session->read_optimiser_state();
    CHECK(largest_error(with_theta(training.network, session->read_parameters()), plain.parameters) <=
          test::double_tolerance);
    CHECK(largest_error(state.first, plain.state.first) <= test::double_tolerance);
    CHECK(largest_error(state.second, plain.state.second) <= test::double_tolerance);
  }
}

TEST_CASE("an update returns the norm of the gradient before it is clipped", "[optimiser]") {
  const double clip_norm = GENERATE(0.0, 1e-3);
  const test::Training training = test::make_training({.units = 13, .frozen = true});
  const auto session = open(training);
  gradient_of(*session, training);
  Parameters gradient = session->read_gradients();
  double square = 0.0;
  for (const test::ParameterGroup& group : test::parameter_groups(gradient)) square += group.copy().squaredNorm();

  const double norm = session->update({.optimiser = {.kind = Kind::sgd, .clip_norm = clip_norm}});

  CHECK_THAT(norm, WithinRel(std::sqrt(square), test::double_tolerance));
}

TEST_CASE("what may not be trained is untouched to the bit", "[optimiser]") {
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dale = GENERATE(Dale::none, Dale::project);
  const test::Training training =
      test::make_training({.units = 13, .dale = dale, .penalty = "l2_weights", .frozen = true});
  const auto session = open(training, precision);
  const Parameters before = session->read_parameters();

  for (Index number = 1; number <= 5; ++number) {
    gradient_of(*session, training);
    OptimiserStep step = step_of(kind, 0.1);
    step.optimiser.decay = 0.5;
    step.number = number;
    session->update(step);
  }

  const Parameters after = session->read_parameters();
  check_untouched(training.network, after, before);
  CHECK(after.recurrent[0] != before.recurrent[0]);
  for (std::size_t k = 0; k < after.recurrent.size(); ++k) {
    const Eigen::ArrayXXd pattern = training.network.recurrent_blocks()[k].pattern.cast<double>();
    CHECK((pattern != 0.0 || after.recurrent[k].array() == 0.0).all());
  }
}

TEST_CASE("projection keeps free parameters within the bounds, on which some come to lie", "[optimiser]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const test::Training training = test::make_training({.units = 13, .dale = Dale::project});
  const auto session = open(training, precision);

  for (Index number = 1; number <= 5; ++number) {
    gradient_of(*session, training);
    session->update({.optimiser = {}, .rate = 0.1, .number = number});
  }

  bool at_low = false, at_high = false;
  const Parameters after = session->read_parameters();
  for (std::size_t k = 0; k < after.recurrent.size(); ++k) {
    const Eigen::ArrayXXd present = training.network.recurrent_blocks()[k].pattern.cast<double>().cwiseAbs();
    const Eigen::ArrayXXd v = after.recurrent[k];
    CHECK((present == 0.0 || (v >= low && v <= high)).all());
    at_low |= (v == low).any();
    at_high |= (v == high).any();
  }
  CHECK(at_low);
  CHECK(at_high);
}

TEST_CASE("training under any method keeps every weight to its mask, its sign and its bounds", "[optimiser]") {
  const auto kind = GENERATE(Kind::adam, Kind::adamw, Kind::sgd, Kind::rmsprop);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  CAPTURE(static_cast<int>(kind), static_cast<int>(precision), static_cast<int>(dale));
  const test::Training training = test::make_training({.units = 13, .dale = dale, .noise = Noise::on});
  const Network& network = training.network;
  const auto session = open(training, precision);
  const EffectiveWeights before = effective_weights(network, training.parameters);

  for (Index number = 1; number <= 20; ++number) {
    gradient_of(*session, training);
    OptimiserStep step = step_of(kind, 0.1);  // far: past zero and past the bounds
    step.number = number;
    session->update(step);
  }

  const EffectiveWeights after = effective_weights(network, session->read_parameters());
  CHECK(after.recurrent[0] != before.recurrent[0]);
  check_dales_law(network.recurrent_blocks(), after.recurrent, network.dale());
  check_dales_law(network.input_blocks(), after.input, network.dale_input());
  for (std::size_t k = 0; k < after.readout.size(); ++k) {
    const Block& block = network.readout_blocks()[k];
    check_dales_law({block}, {after.readout[k]}, readout_dale(network, block));
  }
}

TEST_CASE("learnable time constants stay longer than a step", "[optimiser]") {
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const test::Training training = test::make_training({.dynamics = dynamics});
  const auto session = open(training);

  for (Index number = 1; number <= 20; ++number) {
    gradient_of(*session, training);
    session->update({.optimiser = {}, .rate = 0.5, .number = number});
  }

  const Eigen::VectorXd tau = session->read_parameters().tau;
  CHECK(tau.allFinite());
  CHECK(tau.minCoeff() > training.network.spec().dt);
  CHECK((tau.array() != training.parameters.tau.array()).all());
}

TEST_CASE("a time constant driven to its end comes back from there", "[optimiser]") {
  const test::Training training = test::make_training({});
  const auto session = open(training);
  const double direction = GENERATE(-1.0, 1.0);
  const auto drive = [&](double slope) {
    Parameters gradient = zero_parameters(training.network);
    gradient.tau.setConstant(slope);
    session->write_gradients(gradient);
    session->update({.optimiser = {.kind = Kind::sgd}, .rate = 1.0});
    return Eigen::ArrayXd(training.network.spec().dt / session->read_parameters().tau.array());
  };

  const Eigen::ArrayXd end = drive(100.0 * direction);
  const Eigen::ArrayXd after = drive(-5.0 * direction);

  CHECK((end > 0.0 && end < 1.0).all());
  CHECK((after > 0.0 && after < 1.0).all());
  CHECK((direction * (after - end) > 0.0).all());
}

TEST_CASE("a gradient that is not finite changes nothing", "[optimiser][bad]") {
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const double bad = GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity());
  const test::Training training = test::make_training({});
  const auto session = open(training, precision);
  gradient_of(*session, training);
  session->update({});
  const Parameters before = session->read_parameters();
  const OptimiserState state = session->read_optimiser_state();
  Parameters gradient = zero_parameters(training.network);
  gradient.bias[1] = bad;

  session->write_gradients(gradient);
  const double norm = session->update({.optimiser = {.clip_norm = 1.0}, .number = 2});

  CHECK(!std::isfinite(norm));
  CHECK(largest_error(session->read_parameters(), before) == 0.0);
  CHECK(largest_error(session->read_optimiser_state().first, state.first) == 0.0);
  CHECK(largest_error(session->read_optimiser_state().second, state.second) == 0.0);
}

TEST_CASE("the forward run after an update is that of the new parameters", "[optimiser]") {
  const test::Training training = test::make_training({.units = 13, .interventions = true});
  const auto session = open(training);
  gradient_of(*session, training);
  session->update({.optimiser = {}, .rate = 0.05});

  session->load(training.trials);
  session->forward({.x = true, .y = true}, Noise::off);

  const test::Activity expected =
      test::ReferenceNetwork(training.network, session->read_parameters()).run(training.trials, Noise::off, 5);
  CHECK(test::relative_error(session->read_activity(Quantity::x), expected.x) <= test::double_tolerance);
  CHECK(test::relative_error(session->read_activity(Quantity::y), expected.y) <= test::double_tolerance);
}

TEST_CASE("what may be trained is what is present, not frozen and learnable", "[optimiser]") {
  NetworkSpec spec;
  spec.regions = {{"a", 2}, {"b", 1}};
  spec.regions[0].learnable_bias = true;
  spec.regions[1].learnable_initial_state = spec.regions[1].learnable_tau = true;
  spec.inputs = {{"cue", 1}};
  spec.connections = {{"a", "a"}, {"a", "b"}, {"cue", "a"}};
  spec.connections[0].autapses = false;
  spec.connections[1].trainable = false;
  spec.outputs = {{"out", 1}, {"fixed", 1}, {"copy", 1, {"b"}}};
  spec.outputs[1].trainable = false;
  spec.outputs[2].readout = Readout::identity;
  const Network network = build_network(spec, 0);

  const Parameters may = trainable_parameters(network);

  REQUIRE(may.recurrent.size() == 1);  // a->b lies below a->a
  CHECK(may.recurrent[0] == (Eigen::MatrixXd(3, 2) << 0, 1, 1, 0, 0, 0).finished());
  CHECK(may.input[0] == Eigen::MatrixXd::Ones(2, 1));
  CHECK(may.readout[0] == Eigen::MatrixXd::Ones(1, 3));
  CHECK(may.readout[1] == Eigen::MatrixXd::Zero(1, 3));
  CHECK(may.bias == Eigen::Vector3d(1, 1, 0));
  CHECK(may.readout_bias == Eigen::Vector3d(1, 0, 0));
  CHECK(may.initial_state == Eigen::Vector3d(0, 0, 1));
  CHECK(may.tau == Eigen::Vector3d(0, 0, 1));
}
