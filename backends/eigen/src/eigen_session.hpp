#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "mrnn/session.hpp"
#include "slice_run.hpp"
#include "thread_pool.hpp"

namespace mrnn::eigen {

/// A network on the processor, in float or double.
template <class Scalar>
class EigenSession final : public Session {
 public:
  EigenSession(const Network& network, const SessionOptions& options);

  /// Bytes of a session with such a batch.
  static std::size_t bytes(const Network& network, const SessionOptions& options, Index trials, Index steps,
                           const Record& record);

 private:
  void do_write_parameters(const Parameters& parameters) override;
  void do_load(const Trials& trials) override;
  void do_forward(const Record& record, Noise noise) override;
  void do_read_activity(Quantity what, Sequence& out) const override;
  void do_read_activity(Quantity what, FloatSequence& out) const override;
  Eigen::MatrixXd do_advance(const StatePoints& points) const override;
  Jacobians do_jacobian(const StatePoints& points) const override;

  /// Weights with these scalings, packed for this width, made where they are not there yet.
  SegmentWeights<Scalar> weights_for(const std::vector<const ScaleWeights*>& scalings, Packing packing);
  template <class Out>
  void copy(Quantity what, BasicSequence<Out>& out) const;

  using WeightKey = std::pair<std::vector<const ScaleWeights*>, Packing>;

  Model<Scalar> model_;
  ThreadPool threads_;
  Parameters parameters_;
  EffectiveWeights effective_;
  std::map<WeightKey, std::unique_ptr<PackedWeights<Scalar>>> drive_weights_;
  std::map<Packing, std::unique_ptr<PackedWeights<Scalar>>> readout_weights_;

  Trials trials_;  ///< as loaded, without targets and metadata
  std::vector<Slice> slices_;
  std::vector<std::vector<SegmentWeights<Scalar>>> slice_weights_;  ///< per slice and segment
  std::vector<Workspace<Scalar>> workspaces_;                       ///< per thread
  Record record_;
  std::vector<Recording<Scalar>> recordings_;  ///< per slice
};

}  // namespace mrnn::eigen
