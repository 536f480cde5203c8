#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/simulation.hpp"

namespace mrnn {

/// Which weights count: all, those above 0, or those below.
enum class WeightPart : std::uint8_t { all, excitatory, inhibitory };

/// The weights from some units (or input channels) to some units, taken from the block list: never a matrix over the
/// whole network.
class MRNN_EXPORT Pathway {
 public:
  using Source = ScaleWeights::Source;

  /// @param network  must outlive this    @param from  units, or channels where the source is the input
  Pathway(const Network& network, Source source, const Selection& to, const Selection& from);

  /// Is there no connection?
  bool empty() const noexcept { return patches_.empty(); }

  /// W a [to.size() x columns], the current that activity makes: that of all units (or input channels) of the
  /// network, [N or I x columns].
  Eigen::MatrixXd current(const EffectiveWeights& weights, const Eigen::Ref<const Eigen::MatrixXd>& activity,
                          WeightPart part = WeightPart::all) const;
  /// D^T W a [directions x columns] without W a; `directions` is D [to.size() x directions].
  Eigen::MatrixXd projection(const EffectiveWeights& weights, const Eigen::Ref<const Eigen::MatrixXd>& directions,
                             const Eigen::Ref<const Eigen::MatrixXd>& activity,
                             WeightPart part = WeightPart::all) const;

 private:
  /// A rectangle of weights, where it lies in its block, and where what it reads and makes lies.
  struct Patch {
    std::size_t block = 0;
    Index row = 0, column = 0, rows = 0, columns = 0;  ///< within the block
    Index target = 0;                                  ///< among the units of `to`
    Index unit = 0;                                    ///< of the network
  };
  Eigen::MatrixXd weights_of(const Patch& patch, const EffectiveWeights& weights, WeightPart part) const;

  Source source_;
  Index targets_;
  std::vector<Patch> patches_;
};

/// The steps of a trial cut where weights begin or cease to be scaled: the weights are the same all through a stretch.
MRNN_EXPORT std::vector<StepRange> stretches_of_weights(const std::vector<Intervention>& interventions, Index trial,
                                                        StepRange steps);

/// h of all units before each of `steps` of a trial [N x steps]; before step 0 that of the initial state.
/// @throws ShapeError where h of all units was not recorded from the step before the first on.
MRNN_EXPORT Eigen::MatrixXd activity_before(const Simulation& simulation, const Network& network,
                                            const Parameters& parameters, Index trial, StepRange steps);

/// u of all input channels at each of `steps` of a trial [I x steps], without input noise.
MRNN_EXPORT Eigen::MatrixXd inputs_at(const Trials& trials, Index trial, StepRange steps);

/// s of all units at each of `steps` of a trial [N x steps]: the stimulus of the trials and of drives on them.
MRNN_EXPORT Eigen::MatrixXd stimulus_at(const Trials& trials, Index units, Index trial, StepRange steps);

/// The drive that the state tells of [N x steps]: (x_t - (1 - alpha) x_{t-1}) / alpha, or x_t for rate dynamics; with
/// noise, the drive and the noise. @throws ShapeError where x of all units was not recorded.
MRNN_EXPORT Eigen::MatrixXd drive_of_state(const Simulation& simulation, const Network& network,
                                           const Parameters& parameters, Index trial, StepRange steps);

}  // namespace mrnn
