#pragma once

#include <atomic>
#include <vector>

#include "model.hpp"
#include "packed_weights.hpp"
#include "slices.hpp"
#include "team.hpp"
#include "trajectory.hpp"

namespace mrnn::eigen {

/// The arrays a slice is run in; as large as the widest slice needs. Rows have their trials side by side.
template <class Scalar>
struct Workspace {
  using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;

  Workspace(const Model<Scalar>& model, Index width_, Index members_);
  static std::size_t bytes(const Model<Scalar>& model, Index width);

  Index width;                    ///< of the widest slice
  Index members;                  ///< of the team that runs it
  Trajectory<Scalar> trajectory;  ///< of slices that keep none of their own
  Array x;                        ///< [N x width]
  Array drive;                    ///< of one band of each member
  Array eta;                      ///< standard normals, zero where no unit is noisy [N x width]
  Array amplitude;                ///< of eta, where it differs between trials [N x width]
  Array added;                    ///< all that adds to x, where it is more than noise [N x width]
  Array input_eta;                ///< [I x width]
  Array gathered;                 ///< for the library, of each member

  Scalar* drive_of(Index member) { return drive.data() + drive.size() / members * member; }
  Scalar* gathered_of(Index member) { return gathered.data() + gathered.size() / members * member; }
};

/// What a run leaves behind of a slice.
template <class Scalar>
struct Recording {
  std::vector<Scalar> x, h, y;  ///< per recorded step, [selected units (K for y) x width]

  // For backward(), see Record::backward_every.
  Trajectory<Scalar> trajectory;  ///< all slots, where every = 1
  std::vector<Scalar> kept;       ///< h and x before every `every`-th step, where every > 1 [2 N x width]
  std::vector<Scalar> rate_sum;   ///< sum of h over the steps, see SliceRun::sum_rates() [N x width]
};

/// The weights a segment runs with.
template <class Scalar>
struct SegmentWeights {
  const PackedWeights<Scalar>* drive = nullptr;
  const PackedWeights<Scalar>* readout = nullptr;
};

/// Everything a slice is run with. All must outlive the run.
template <class Scalar>
struct SliceTask {
  const Model<Scalar>& model;
  const Trials& trials;
  const Slice& slice;
  const std::vector<SegmentWeights<Scalar>>& weights;  ///< per segment
  const Record& record;                                ///< units and steps filled in
  Noise noise;
  std::uint64_t seed;
  Team& team;
};

/// Numbers of a recording, so that it can be made before the run.
template <class Scalar>
void make_room(const SliceTask<Scalar>& task, Recording<Scalar>& recording);

/// The time loop of one slice. Allocates nothing until it has to throw.
template <class Scalar>
class SliceRun {
 public:
  /// @param trajectory  filled with the slots of the steps that run
  SliceRun(const SliceTask<Scalar>& task, Workspace<Scalar>& workspace, Trajectory<Scalar>& trajectory);

  /// All steps from the initial state, recording what the task's record asks for.
  /// @throws RunError where the activity is no longer finite
  void run(Recording<Scalar>& recording);
  /// The steps again from h and x before the first of them, as they were kept.
  void repeat(StepRange steps, const Scalar* kept);

  /// Makes the recording's sum of activity from the trajectory, where all of it is stored.
  void sum_rates(Recording<Scalar>& recording) const;

  /// amplitude eta: what the noise of a step added to x [N x width]. Valid until the next call.
  const Scalar* noise(Index step);
  const Segment& segment_at(Index step) const;

 private:
  bool rate() const { return network_.spec().dynamics == Dynamics::rate; }
  Scalar* row(Scalar* rows, Index unit) const { return rows + unit * width_; }
  Index trial(Index lane) const { return slice_.trials[static_cast<std::size_t>(lane)]; }

  void begin();
  void begin(const Segment& segment);
  void find_amplitudes(const Segment& segment);
  void advance(const Segment& segment, const SegmentWeights<Scalar>& weights, Index step);
  void set_inputs(Index step);
  void draw_noise(Index step);
  void draw_noise(Index step, Index member);
  void advance_bands(const PackedWeights<Scalar>& weights, Index member);
  void set_added(const Segment& segment, Index step);
  void add_drive(const LaneIntervention& acting, Index step);
  bool update(const Run& run, const Scalar* drive);
  void hold(const LaneIntervention& acting);
  void keep_x(Index slot);
  void keep_state(Recording<Scalar>& recording, Index slot);
  void record(const SegmentWeights<Scalar>& weights, Index step, Recording<Scalar>& recording);
  void add_rates(const Scalar* h, Recording<Scalar>& recording) const;
  void copy_selected(const Scalar* rows, Scalar* out) const;
  [[noreturn]] void fail(Index step) const;

  const SliceTask<Scalar>& task_;
  const Model<Scalar>& model_;
  const Network& network_;
  const Slice& slice_;
  Workspace<Scalar>& work_;
  Trajectory<Scalar>& trajectory_;
  Index width_;
  Scalar* before_ = nullptr;                ///< slot of the step
  Scalar* after_ = nullptr;                 ///< the next
  const Segment* amplitudes_of_ = nullptr;  ///< segment that the workspace's amplitudes are for
  const std::vector<UnitRange>* noisy_units_ = nullptr;
  bool adds_more_ = false;  ///< to x than the network's own noise
  std::atomic<bool> finite_ = true;
};

}  // namespace mrnn::eigen
