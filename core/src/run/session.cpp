#include "mrnn/session.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "mrnn/damped_newton.hpp"
#include "mrnn/error.hpp"
#include "run/intervention_check.hpp"

namespace mrnn {
namespace {

void expect(Index actual, Index expected, const std::string& what) {
  if (actual != expected) {
    throw ShapeError(what + " is " + std::to_string(actual) + "; " + std::to_string(expected) + " is needed");
  }
}

/// A backend has handed back so many of what was asked for.
void expect_made(Index made, Index expected, const char* what) {
  if (made == expected) return;
  throw RunError("the backend handed back " + std::to_string(made) + " " + what + " where " + std::to_string(expected) +
                 " were asked for");
}

Parameters checked(const Network& network, Parameters made, const char* what) {
  try {
    check_shapes(network, made);
  } catch (const ShapeError& error) {
    throw RunError(std::string("the backend handed back ") + what + " of the wrong shape: " + error.what());
  }
  return made;
}

void expect(const Sequence& sequence, Index units, const Trials& trials, const std::string& name) {
  expect(sequence.units, units, "number of channels of the trials' " + name);
  expect(sequence.trials, trials.count, "number of trials of the trials' " + name);
  expect(sequence.steps, trials.steps, "number of steps of the trials' " + name);
  expect(std::ssize(sequence.data), units * trials.count * trials.steps, "number of values of the trials' " + name);
}

}  // namespace

Session::Session(const Network& network, const SessionOptions& options) : network_(network), options_(options) {}
Session::~Session() = default;
void Session::do_prepare(std::shared_ptr<const Trials> /*trials*/) {}

// What a call makes is given up before it begins and there again once it has succeeded: of one that throws nothing may
// be used.

void Session::write_parameters(const Parameters& parameters) {
  check_shapes(network_, parameters);
  // Weight variants and initial states of a loaded batch were made from the old parameters.
  has_parameters_ = has_trials_ = ran_for_backward_ = false;
  do_write_parameters(parameters);
  has_parameters_ = true;
}

Parameters Session::read_parameters() const {
  if (!has_parameters_) throw ShapeError("read_parameters() needs write_parameters() first");
  return checked(network_, do_read_parameters(), "parameters");
}

void Session::check(const Trials& trials) const {
  if (trials.count < 1 || trials.steps < 1) throw ShapeError("a batch needs at least one trial of at least one step");
  expect(trials.inputs, network_.inputs(), trials, "inputs");
  if (!trials.stimulus.empty()) expect(trials.stimulus, network_.units(), trials, "stimulus");
  if (!trials.targets.empty()) expect(trials.targets, trials.targets.units, trials, "targets");
  if (!trials.mask.empty()) expect(trials.mask, trials.mask.units, trials, "mask");
  expect(std::ssize(trials.ids), trials.count, "number of trial ids");
  if (trials.initial_state.size() > 0) {
    expect(trials.initial_state.rows(), network_.units(), "number of units of the initial states");
    expect(trials.initial_state.cols(), trials.count, "number of trials of the initial states");
  }
  for (const Intervention& intervention : trials.interventions) check_intervention(intervention, network_, trials);
}

void Session::prepare(std::shared_ptr<const Trials> trials) {
  if (trials) check(*trials);
  do_prepare(std::move(trials));
}

void Session::load(const Trials& trials) {
  if (!has_parameters_) throw ShapeError("load() needs write_parameters() first");
  check(trials);
  has_trials_ = ran_for_backward_ = false;
  recorded_ = {};
  do_load(trials);
  trials_ = trials.count;
  steps_ = trials.steps;
  has_trials_ = true;
  target_channels_ = trials.targets.units;
  mask_channels_ = trials.mask.empty() ? trials.targets.units : trials.mask.units;
}

void Session::forward(const Record& record, Noise noise) {
  if (!has_trials_) throw ShapeError("forward() needs load() first, after write_parameters()");
  Record complete = record;
  if (complete.units.empty()) complete.units = Selection({{0, network_.units()}});
  if (complete.steps.size() == 0) complete.steps = {0, steps_};
  expect_within(complete.units, network_.units(), "the record");
  if (complete.steps.first < 0 || complete.steps.last > steps_ || complete.steps.size() < 0) {
    throw ShapeError("the record asks for steps beyond the " + std::to_string(steps_) + " of the batch");
  }
  if (record.backward_every < 0) throw ShapeError("backward_every is negative; 0 or a number of steps is accepted");
  complete.backward_every = std::min(record.backward_every, steps_);
  recorded_ = {};
  ran_for_backward_ = false;
  do_forward(complete, noise);
  recorded_ = complete;
  ran_for_backward_ = complete.backward_every > 0;
}

LossTerms Session::backward(const Loss& loss, const std::function<void()>& meanwhile) {
  if (!ran_for_backward_) {
    throw ShapeError(
        "backward() needs forward() with Record::backward_every on the loaded batch first, once each time");
  }
  if (target_channels_ == 0) throw ShapeError("backward() needs trials with targets");
  expect(target_channels_, network_.outputs(), "number of channels of the trials' targets");
  expect(mask_channels_, network_.outputs(), "number of channels of the trials' mask");
  check_loss(network_, loss);
  ran_for_backward_ = has_gradients_ = false;
  // A forward pass that failed on a device, as may show only now, has recorded nothing.
  const Record recorded = std::exchange(recorded_, {});
  LossTerms terms = do_backward(
      loss, meanwhile ? meanwhile : [] {});
  recorded_ = recorded;
  has_gradients_ = true;
  return terms;
}

Parameters Session::read_gradients() const {
  if (!has_gradients_) throw ShapeError("read_gradients() needs backward() or write_gradients() first");
  return checked(network_, do_read_gradients(), "gradients");
}

void Session::write_gradients(const Parameters& gradients) {
  check_shapes(network_, gradients);
  has_gradients_ = false;
  do_write_gradients(gradients);
  has_gradients_ = true;
}

double Session::update(const OptimiserStep& step) {
  if (!has_parameters_) throw ShapeError("update() needs write_parameters() first");
  if (!has_gradients_) throw ShapeError("update() needs backward() or write_gradients() first");
  if (step.number < 1) throw ShapeError("the steps of an optimiser are numbered from 1");
  // The parameters of an update that fails half-way are no one's.
  has_parameters_ = has_gradients_ = has_trials_ = ran_for_backward_ = false;
  const double norm = do_update(step);
  has_parameters_ = true;
  return norm;
}

OptimiserState Session::read_optimiser_state() const {
  OptimiserState state = do_read_optimiser_state();
  return {checked(network_, std::move(state.first), "first moments"),
          checked(network_, std::move(state.second), "second moments")};
}

void Session::write_optimiser_state(const OptimiserState& state) {
  check_shapes(network_, state.first);
  check_shapes(network_, state.second);
  do_write_optimiser_state(state);
}

/// @throws ShapeError where it was not recorded
Index Session::recorded_units(Quantity what) const {
  const bool kept = what == Quantity::x ? recorded_.x : what == Quantity::h ? recorded_.h : recorded_.y;
  if (!kept) {
    const std::string name = what == Quantity::x ? "x" : what == Quantity::h ? "h" : "y";
    throw ShapeError("read_activity(): " + name + " was not recorded by the last forward()");
  }
  return what == Quantity::y ? network_.outputs() : recorded_.units.size();
}

template <class Scalar>
BasicSequence<Scalar> Session::read(Quantity what) const {
  BasicSequence<Scalar> all(recorded_units(what), trials_, recorded_.steps.size());
  do_read(what, all, 0);
  return all;
}

template <class Scalar>
void Session::read(Quantity what, BasicSequence<Scalar>& into, Index first_trial) const {
  expect(into.units, recorded_units(what), "number of units of the array to read into");
  expect(into.steps, recorded_.steps.size(), "number of steps of the array to read into");
  if (first_trial < 0 || first_trial + trials_ > into.trials) {
    throw ShapeError("an array of " + std::to_string(into.trials) + " trials does not hold the " +
                     std::to_string(trials_) + " of the batch from trial " + std::to_string(first_trial) + " on");
  }
  do_read(what, into, first_trial);
}

/// The array belongs to the caller: a backend that gives it another size must not go unnoticed.
template <class Scalar>
void Session::do_read(Quantity what, BasicSequence<Scalar>& into, Index first_trial) const {
  const Index size = std::ssize(into.data);
  do_read_activity(what, into, first_trial);
  expect_made(std::ssize(into.data), size, "numbers of activity");
}

Sequence Session::read_activity(Quantity what) const {
  return read<double>(what);
}
FloatSequence Session::read_activity_float(Quantity what) const {
  return read<float>(what);
}
void Session::read_activity(Quantity what, Sequence& into, Index first_trial) const {
  read(what, into, first_trial);
}
void Session::read_activity(Quantity what, FloatSequence& into, Index first_trial) const {
  read(what, into, first_trial);
}

void Session::check(const StatePoints& points) const {
  if (!has_trials_) throw ShapeError("advance() and jacobian() need load() first, after write_parameters()");
  expect(points.states.rows(), network_.units(), "number of units of the states");
  expect(std::ssize(points.trials), points.states.cols(), "number of trial indices of the states");
  expect(std::ssize(points.steps), points.states.cols(), "number of steps of the states");
  const auto inside = [](Index limit) { return [limit](Index value) { return value >= 0 && value < limit; }; };
  if (!std::ranges::all_of(points.trials, inside(trials_))) {
    throw ShapeError("a state names a trial outside the batch of " + std::to_string(trials_));
  }
  if (!std::ranges::all_of(points.steps, inside(steps_))) {
    throw ShapeError("a state names a step outside the run of " + std::to_string(steps_));
  }
}

Eigen::MatrixXd Session::advance(const StatePoints& points) const {
  check(points);
  Eigen::MatrixXd next = do_advance(points);
  expect_made(next.rows(), network_.units(), "rows of states");
  expect_made(next.cols(), points.states.cols(), "columns of states");
  return next;
}

Jacobians Session::jacobian(const StatePoints& points) const {
  check(points);
  Jacobians gains = do_jacobian(points);
  for (const Eigen::MatrixXd* one : {&gains.leak, &gains.post, &gains.pre}) {
    expect_made(one->rows(), network_.units(), "rows of gains");
    expect_made(one->cols(), points.states.cols(), "columns of gains");
  }
  return gains;
}

std::unique_ptr<DampedNewton> Session::damped_newton(const Eigen::MatrixXd& weights, const Jacobians& gains) const {
  const Index units = weights.rows();
  expect(weights.cols(), units, "number of columns of the weights");
  const bool rate = network_.spec().dynamics == Dynamics::rate;
  const Eigen::MatrixXd& gain = rate ? gains.pre : gains.post;
  expect(gains.leak.rows(), units, "number of units of the leak");
  expect(gain.rows(), units, "number of units of the gains");
  if (gains.leak.cols() < 1 || gain.cols() < 1) throw ShapeError("damped_newton() needs the gains of one state");
  auto newton = do_damped_newton(
      {network_.spec().dynamics, weights, gains.leak.col(0).array() - 1.0, gain.col(0), options_.threads});
  if (newton == nullptr) throw RunError("the backend made nothing where an object that solves was asked for");
  return newton;
}

std::unique_ptr<DampedNewton> Session::do_damped_newton(NewtonModel model) const {
  return std::make_unique<DampedNewton>(std::move(model));
}

}  // namespace mrnn
