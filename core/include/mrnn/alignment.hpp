#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace mrnn {

/// Steps relative to the moment of alignment: [first, last). Sample k lies at (first + k) dt ms.
struct Window {
  Index first = 0, last = 0;
  Index size() const noexcept { return last - first; }
};

/// What is time zero, and how much is kept around it: the keys align | align_at, and window. A trial is recorded up to
/// its own end (see trial_end()), not to that of the longest trial.
class MRNN_EXPORT Alignment {
 public:
  Alignment(const ConfigNode& config, double dt);

  /// Does time zero differ from the start of the run?
  bool is_shifted() const noexcept { return !epoch_.empty() || step_ != 0; }
  bool by_epoch() const noexcept { return !epoch_.empty(); }
  Index step() const noexcept { return step_; }  ///< of align_at
  /// For messages and labels: `stimulus`, or empty.
  const std::string& epoch() const noexcept { return epoch_; }

  /// Per trial, the step that is time zero; none where a trial lacks the epoch.
  /// @throws ConfigError for an epoch the trials do not have.
  std::vector<std::optional<Index>> zero(const Trials& trials) const;
  /// The window asked for, or the smallest that holds all that was recorded.
  Window window(const std::vector<const Simulation*>& simulations) const;
  /// The window asked for, or the largest that was recorded whole in every trial that has time zero.
  /// @throws ConfigError where the trials have no step in common.
  Window common_window(const std::vector<const Simulation*>& simulations) const;

 private:
  Window recorded(const std::vector<const Simulation*>& simulations) const;
  template <class Visit>
  void for_each_aligned(const Simulation& simulation, const Visit& visit) const;

  ConfigNode config_;  ///< for the position in messages
  std::string epoch_;
  Index step_ = 0;
  std::optional<Window> window_;
};

}  // namespace mrnn
