#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "mrnn/session.hpp"
#include "slice_backward.hpp"
#include "thread_pool.hpp"

namespace mrnn::eigen {

/// Groups of slices that share their sums of gradients, and are the pieces that threads take.
inline constexpr Index most_groups = 16;

/// A network on the processor, in float or double.
template <class Scalar>
class EigenSession final : public Session {
 public:
  EigenSession(const Network& network, const SessionOptions& options);

 private:
  void do_write_parameters(const Parameters& parameters) override;
  Parameters do_read_parameters() const override { return parameters_; }
  void do_load(const Trials& trials) override;
  void do_forward(const Record& record, Noise noise) override;
  LossTerms do_backward(const Loss& loss, const std::function<void()>& meanwhile) override;
  Parameters do_read_gradients() const override { return gradients_; }
  void do_write_gradients(const Parameters& gradients) override { gradients_ = gradients; }
  double do_update(const OptimiserStep& step) override;
  OptimiserState do_read_optimiser_state() const override { return optimiser_state_; }
  void do_write_optimiser_state(const OptimiserState& state) override { optimiser_state_ = state; }
  void do_read_activity(Quantity what, Sequence& into, Index first_trial) const override;
  void do_read_activity(Quantity what, FloatSequence& into, Index first_trial) const override;
  Eigen::MatrixXd do_advance(const StatePoints& points) const override;
  Jacobians do_jacobian(const StatePoints& points) const override;

  using Scalings = std::vector<const ScaleWeights*>;  ///< in force together

  /// Makes what follows from the parameters.
  void use_parameters();
  /// Weights with these scalings, packed for this width, made where they are not there yet.
  SegmentWeights<Scalar> weights_for(const Scalings& scalings, Packing packing);
  const PackedWeights<Scalar>* adjoint_weights_for(const Scalings& scalings, Packing packing);
  EffectiveWeights scaled(const Scalings& scalings) const;
  SliceTask<Scalar> task(std::size_t slice) const;
  Index team_size() const;
  template <class Work>
  void run_pieces(std::size_t count, const Work& work);

  /// The adjoint weights of each slice's segments; `scalings` are the sets of weight scalings they are for.
  std::vector<std::vector<AdjointSegment<Scalar>>> adjoint_segments(std::vector<Scalings>& scalings);
  BackwardPlan<Scalar> plan_for(const Loss& loss, const OutputLosses<Scalar>& outputs) const;
  /// Makes what mean_rates() adds up.
  void sum_rates();
  Eigen::VectorXd mean_rates() const;
  /// Fills the groups; `scalings` are the sets of weight scalings that their sums are for.
  void run_backward(const BackwardPlan<Scalar>& plan, std::vector<Scalings>& scalings);
  LossTerms loss_terms(const Loss& loss, const BackwardPlan<Scalar>& plan, double vanishing) const;
  template <class Out>
  void copy(Quantity what, BasicSequence<Out>& into, Index first_trial) const;

  using WeightKey = std::pair<Scalings, Packing>;

  Model<Scalar> model_;
  mutable ThreadPool threads_;  ///< reading shares out its work, too
  Parameters parameters_;
  EffectiveWeights effective_;
  const Parameters trainable_;
  Parameters gradients_;
  OptimiserState optimiser_state_;
  std::map<WeightKey, std::unique_ptr<PackedWeights<Scalar>>> drive_weights_, adjoint_weights_;
  std::map<Packing, std::unique_ptr<PackedWeights<Scalar>>> readout_weights_;

  Trials trials_;  ///< as loaded, without metadata
  std::vector<Slice> slices_;
  std::vector<std::vector<SegmentWeights<Scalar>>> slice_weights_;  ///< per slice and segment
  std::vector<std::unique_ptr<Team>> teams_;                        ///< per slice
  std::vector<Workspace<Scalar>> workspaces_;                       ///< per slice that runs at a time
  std::vector<BackwardWorkspace<Scalar>> backward_workspaces_;      ///< likewise
  std::vector<GradientSums<Scalar>> groups_;
  Record record_;
  Noise noise_ = Noise::off;
  std::vector<Recording<Scalar>> recordings_;  ///< per slice
};

}  // namespace mrnn::eigen
