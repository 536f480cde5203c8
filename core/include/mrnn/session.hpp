#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "mrnn/loss.hpp"
#include "mrnn/network.hpp"
#include "mrnn/optimiser.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/sequence.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

class DampedNewton;
struct NewtonModel;

enum class Precision : std::uint8_t { float32, float64 };
/// How a float32 session multiplies the activity by weights, and makes their gradient. Sums are made in float32.
enum class Products : std::uint8_t {
  ieee,    ///< of the numbers as they are
  bf16x3,  ///< of each in two parts of 8 bits, without the product of the small parts: about 2^-16 off
  tf32,    ///< of their leading 11 bits: about 2^-10 off
};
enum class Quantity : std::uint8_t { x, h, y };  ///< pre-activation, activity, output
enum class Noise : std::uint8_t { off, on };

/// What forward() keeps. Nothing by default.
struct Record {
  bool x = false, h = false, y = false;
  Selection units = {};  ///< of x and h; empty: all
  StepRange steps = {};  ///< empty: all
  /// For backward(): 0, it will not be called; k, the state before every k-th step is kept and the steps between
  /// are computed again, with the same bits (1: all is kept; ceil(sqrt(T)) takes the least memory). What is summed
  /// over steps may differ between values of k by rounding.
  Index backward_every = 0;
};

/// How a session is opened.
struct SessionOptions {
  Precision precision = Precision::float32;
  int threads = 0;                     ///< 0: all cores; results do not depend on it
  std::uint64_t seed = 0;              ///< key of the recurrent and input noise
  Products products = Products::ieee;  ///< others: of float32, where Backend::products() has them
};

/// States of the network at which one step or its derivative is wanted, K of them at once.
/// A state is x for leaky and elman dynamics, h for rate. Column k is the state *before* step steps[k] of
/// trial trials[k] of the loaded batch, whose input, stimulus and interventions then act.
struct StatePoints {
  Eigen::MatrixXd states;     ///< [N x K]
  std::vector<Index> trials;  ///< K indices within the batch
  std::vector<Index> steps;   ///< K
  bool constant = false;      ///< what acts at a step acted before it, too, as at fixed points
};

/// Derivatives of one step at K states, as diagonals: J_k = diag(leak_k) + diag(post_k) W diag(pre_k), with W
/// the effective weights in force at that trial and step, and B_k = diag(post_k) W_in. All [N x K].
/// leaky, elman: leak = 1 - alpha, post = alpha, pre = phi'(x); rate: leak = 1 - alpha,
/// post = alpha phi'(x+), pre = 1. Units whose activity is clamped before the step have pre = 0; for rate dynamics,
/// those clamped after it have leak = post = 0, too.
struct Jacobians {
  Eigen::MatrixXd leak, post, pre;
};

/// One network living on one device. Parameters and activity stay there between calls; only what the
/// read_* functions and advance() return crosses back. Not for use by two threads at once.
///
/// Order of calls: write_parameters(), load(), forward(), read_activity(). advance() and jacobian() need
/// the first two. To train: load(), forward() with Record::backward_every, backward(), update(), and again from
/// load(); the trials of the next load() may be handed over before, with prepare(). The public functions check shapes
/// and order once, for every backend; a backend overrides the do_* functions and may assume checked arguments.
class MRNN_EXPORT Session {
 public:
  virtual ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Network& network() const noexcept { return network_; }
  const SessionOptions& options() const noexcept { return options_; }

  // All of these throw ShapeError for arrays of another shape and for calls out of order, and RunError where a device
  // fails or a backend hands back what was not asked for.

  void write_parameters(const Parameters& parameters);
  Parameters read_parameters() const;

  /// Brings inputs, targets, masks, initial states, trial ids and interventions to the device, once per batch.
  void load(const Trials& trials);

  /// Hands over the trials of a later load(), so that a device brings them to itself beside what it computes: load() of
  /// these very trials, the same object, then finds them there. They must not change from here on; the session shares
  /// them until it has loaded others. Trials prepared before are forgotten, as all are with null. Results are the same
  /// with and without; backends without a device of their own do nothing.
  void prepare(std::shared_ptr<const Trials> trials);

  /// Runs all steps of the loaded batch. @throws RunError naming trial, step and region where the activity is no longer
  /// finite; with Record::backward_every a device may still run when this returns, and backward() or read_activity()
  /// throws it.
  void forward(const Record& record, Noise noise);

  /// Loss of the last forward() and, left on the device, its gradient by every trainable parameter, frozen
  /// connections and outputs included as zeros. Targets may be NaN where their mask is zero. @throws ShapeError where
  /// the batch has no targets, RunError as mask_sums() and forward().
  /// @param meanwhile  called once, where a device has its work and is waited for; elsewhere at the end. It may call
  ///     prepare(), nothing else of the session. Not called where this throws before
  LossTerms backward(const Loss& loss, const std::function<void()>& meanwhile = {});

  /// dL/dV, dL/db, ... of the last backward(), in the shape of the parameters. `tau` holds dL/dtheta, where
  /// dt / tau = alpha = sigmoid(theta).
  Parameters read_gradients() const;
  /// Puts other gradients in their place, such as sums over ranks or parts of a batch.
  void write_gradients(const Parameters& gradients);

  /// One step of the optimiser with the gradients on the device, clipped; then V is put back within the bounds where
  /// Dale's method is `project`. Returns the norm of the gradient before it was clipped, over all trainable
  /// parameters; where that is not finite, nothing is changed. load() comes next.
  double update(const OptimiserStep& step);
  /// Zeros before the first update().
  OptimiserState read_optimiser_state() const;
  void write_optimiser_state(const OptimiserState& state);

  /// What the last forward() recorded, [selected units x trials] per recorded step.
  Sequence read_activity(Quantity what) const;
  /// The same in single precision. A float32 session loses nothing.
  FloatSequence read_activity_float(Quantity what) const;
  /// The same, as trials `first_trial` and on of `into`, which has the units and steps recorded: the parts of a run
  /// meet without a copy. The other trials stay as they are.
  void read_activity(Quantity what, Sequence& into, Index first_trial) const;
  void read_activity(Quantity what, FloatSequence& into, Index first_trial) const;

  /// One step of every state, without noise: [N x K].
  Eigen::MatrixXd advance(const StatePoints& points) const;
  Jacobians jacobian(const StatePoints& points) const;
  /// Newton's steps towards fixed points, of many states at once (see damped_newton.hpp), in n units that see each
  /// other through `weights` [n x n]. What all states have in common is read from the first of `gains` [n x any]. Not
  /// to outlive the session.
  std::unique_ptr<DampedNewton> damped_newton(const Eigen::MatrixXd& weights, const Jacobians& gains) const;

 protected:
  /// @param network  must outlive the session
  Session(const Network& network, const SessionOptions& options);

  virtual void do_write_parameters(const Parameters& parameters) = 0;
  virtual Parameters do_read_parameters() const = 0;
  virtual void do_load(const Trials& trials) = 0;
  /// Null: forgets what was prepared. This base has nothing to prepare.
  virtual void do_prepare(std::shared_ptr<const Trials> trials);
  virtual void do_forward(const Record& record, Noise noise) = 0;
  virtual LossTerms do_backward(const Loss& loss, const std::function<void()>& meanwhile) = 0;
  virtual Parameters do_read_gradients() const = 0;
  virtual void do_write_gradients(const Parameters& gradients) = 0;
  virtual double do_update(const OptimiserStep& step) = 0;
  virtual OptimiserState do_read_optimiser_state() const = 0;
  virtual void do_write_optimiser_state(const OptimiserState& state) = 0;
  virtual void do_read_activity(Quantity what, Sequence& into, Index first_trial) const = 0;
  virtual void do_read_activity(Quantity what, FloatSequence& into, Index first_trial) const = 0;
  virtual Eigen::MatrixXd do_advance(const StatePoints& points) const = 0;
  virtual Jacobians do_jacobian(const StatePoints& points) const = 0;
  /// Unless overridden, on the processor.
  virtual std::unique_ptr<DampedNewton> do_damped_newton(NewtonModel model) const;

 private:
  void check(const Trials& trials) const;
  void check(const StatePoints& points) const;
  Index recorded_units(Quantity what) const;
  template <class Scalar>
  BasicSequence<Scalar> read(Quantity what) const;
  template <class Scalar>
  void read(Quantity what, BasicSequence<Scalar>& into, Index first_trial) const;
  template <class Scalar>
  void do_read(Quantity what, BasicSequence<Scalar>& into, Index first_trial) const;

  const Network& network_;
  SessionOptions options_;
  bool has_parameters_ = false, has_trials_ = false, has_gradients_ = false;
  bool ran_for_backward_ = false;
  Index trials_ = 0, steps_ = 0;
  Index target_channels_ = 0, mask_channels_ = 0;  ///< of the loaded trials
  Record recorded_;
};

}  // namespace mrnn
