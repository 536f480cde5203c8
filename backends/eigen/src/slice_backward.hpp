#pragma once

#include <vector>

#include "output_losses.hpp"
#include "slice_run.hpp"

namespace mrnn::eigen {

/// What a backward pass needs beyond what the forward pass had, the same for all slices.
template <class Scalar>
struct BackwardPlan {
  const OutputLosses<Scalar>& outputs;
  Scalar l1_rates = 0, l2_rates = 0;             ///< factors of sign(h) and of h in dL/dh
  Eigen::Array<Scalar, Eigen::Dynamic, 1> rate;  ///< what rate_target adds to dL/dh [N], or empty
  bool vanishing_gradient = false;

  bool on_rates() const noexcept { return l1_rates != 0 || l2_rates != 0 || rate.size() > 0; }
};

/// The adjoint weights of each segment of a slice, and which set of sums its weights' gradients go to.
template <class Scalar>
struct AdjointSegment {
  const PackedWeights<Scalar>* weights = nullptr;
  std::size_t scaling = 0;  ///< index of the set of weight scalings in force
};

/// dL/dW of each band, one after the other, [rows x depth] column by column; of a sparse one the elements that exist,
/// in the same order. Made when first needed.
template <class Scalar>
using WeightSums = std::vector<Scalar>;

/// Sums over the slices of a group, taken in their order. Kept from one backward pass to the next for their memory.
template <class Scalar>
struct GradientSums {
  std::vector<WeightSums<Scalar>> drive;      ///< per set of weight scalings; empty: never used
  std::vector<WeightSums<Scalar>> vanishing;  ///< likewise, of vanishing_gradient, before the division by its count
  WeightSums<Scalar> readout;
  Eigen::VectorXd bias, alpha, initial_state;  ///< [N]; alpha: dL/dalpha
  Eigen::VectorXd readout_bias;                ///< [K]
  std::vector<double> losses;                  ///< per output
  double absolute_rates = 0.0, squared_rates = 0.0;
  double vanishing_sum = 0.0, vanishing_count = 0.0;

  void reset(const Model<Scalar>& model, std::size_t scalings);
};

/// The arrays a slice is gone back through in.
template <class Scalar>
struct BackwardWorkspace {
  using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;

  BackwardWorkspace(const Model<Scalar>& model, Index width_, Index members_);
  static std::size_t bytes(const Model<Scalar>& model, Index width);
  /// Slots times trials whose products are taken together; a matter of the network alone.
  static Index chunk_lanes(const Model<Scalar>& model);

  Index width;                 ///< of the widest slice
  Index members;               ///< of the team that runs it
  Array left;                  ///< per slot: delta_s, then dL/dz_{s-1} [(N + K) x width]
  Array right;                 ///< per slot: h_{s-1}, then v_s [(N + I) x width]
  Array vanishing;             ///< per slot: what takes the place of h_{s-1} in vanishing_gradient [(N + I) x width]
  Array back, carried, next;   ///< [N x width]
  Array bias_sum, alpha_sum;   ///< [N x width]
  Array readout_sum, scratch;  ///< [K x width]
  Array lanes;                 ///< sums of vanishing_gradient [3 x width]
  Array gathered;              ///< for the library, of each member
  Eigen::Array2Xd rate_sums;   ///< sums of |h| and of h^2 over the slots, of each adjoint band
};

/// Goes back through all steps of one slice, from the last to the first, and adds to the sums. Slot s pairs
/// what comes back, delta_s and dL/dz_{s-1}, with what it came from, h_{s-1} and v_s: one product gives
/// W^T delta_s + W_out^T dL/dz_{s-1}, and outer products the gradients of all weights.
template <class Scalar>
class SliceBackward {
 public:
  struct Parts {
    const SliceTask<Scalar>& task;
    const std::vector<AdjointSegment<Scalar>>& adjoint;  ///< per segment
    const BackwardPlan<Scalar>& plan;
    Recording<Scalar>& recording;
    Workspace<Scalar>& forward_work;
    BackwardWorkspace<Scalar>& work;
    GradientSums<Scalar>& sums;
  };
  explicit SliceBackward(const Parts& parts);

  void run();

 private:
  Scalar* left(Index slot) const { return work_.left.data() + slot % chunk_ * model_.adjoint_rows() * width_; }
  std::size_t segment_of(Index slot) const;

  void go_back(Index slot);
  void go_back(Index slot, Index member);
  void outputs_back(Index slot);
  void multiply_back(Index slot, std::size_t band, Index member, Scalar* out) const;
  void add_identity_readouts(Index slot, UnitRange units);
  void penalise_rates(Index slot, std::size_t band);
  template <class Action>
  void for_each_held(Index step, UnitRange units, Action&& action) const;
  void release_held(Index step, UnitRange units);
  void add_tau(Index slot);
  void find_vanishing(Index slot);
  void vanishing_factors();
  void update_adjoint(Index slot, UnitRange units);
  void flush(Index slot);
  /// Of an outer product over the filled slots, at the first of them.
  struct Factors {
    const Scalar *left, *right;
  };
  void add_products(const std::vector<Band>& bands, const Factors& factors, WeightSums<Scalar>& out) const;
  void add_products(const std::vector<Band>& bands, const Factors& factors, Scalar* out, Index member) const;
  void finish();

  const SliceTask<Scalar>& task_;
  const Model<Scalar>& model_;
  const Network& network_;
  const Slice& slice_;
  const std::vector<AdjointSegment<Scalar>>& adjoint_;
  const BackwardPlan<Scalar>& plan_;
  Recording<Scalar>& recording_;
  BackwardWorkspace<Scalar>& work_;
  GradientSums<Scalar>& sums_;
  Trajectory<Scalar>& trajectory_;
  SliceRun<Scalar> forward_;
  Scalar* gathered_;
  Index width_, chunk_, filled_ = 0;  ///< slots of the chunk that are filled
};

}  // namespace mrnn::eigen
