#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/network.hpp"
#include "mrnn/registry.hpp"
#include "mrnn/trials.hpp"

namespace mrnn {

/// Perturbs a run: appends interventions to its trials. Whatever it does, it says as data, so that
/// every backend can do it. An optogenetic pulse is a Drive; silencing is a Clamp; a lesion is a
/// ScaleWeights by 0.
class MRNN_EXPORT Manipulation {
 public:
  virtual ~Manipulation();

  /// Appends to `trials.interventions`, and changes nothing else of the trials: anything else ends the run.
  /// @param seed  of the experiment, for random choices (stream: manipulations)
  /// @throws ConfigError where the trials lack what the configuration names
  virtual void apply(const Network& network, std::uint64_t seed, Trials& trials) const = 0;
};

/// Factories read their keys from a [[manipulation]] table (`name` and `plugin` are the runner's); the
/// runner calls finish() on it afterwards.
using ManipulationRegistry = Registry<Manipulation, const ConfigNode&, const Network&>;

/// When, and in which trials: the keys every manipulation shares.
///   epoch               of each trial, from whose beginning start and stop count; default: from that of the run
///   start, stop         ms; default: the whole epoch, or run
///   ramp_up, ramp_down  ms, linear, inside the window
///   trials              trial numbers, counted in the whole simulation; default: all
///   conditions          values of the trials' `condition` metadata; default: all
class MRNN_EXPORT Schedule {
 public:
  enum class Ramps : std::uint8_t { none, allowed };
  /// Reads the shared keys. Without ramps, ramp_up and ramp_down stay unread, hence errors.
  /// @throws ConfigError at the key for a window that is empty, negative or shorter than its ramps.
  static Schedule read(const ConfigNode& config, double dt, Ramps ramps);

  /// The steps in which a manipulation acts on some trials.
  struct Window {
    StepRange steps;            ///< [round(start/dt), round(stop/dt)) after the beginning, cut to the run
    Index whole = 0;            ///< how many there would be in a run without end
    std::vector<Index> trials;  ///< ascending; empty: all
    Eigen::VectorXd course;     ///< per step, the mean over it of the ramped course, in [0, 1]; 1 without ramps
  };
  /// One window; by epoch, one for all trials that have it at the same steps, in the order of the first trials, and
  /// none for trials that lack it or in which it ends before `start`.
  /// @throws ConfigError where there is no such trial, condition or epoch, none of the trials named has what else is
  /// named, the run ends before `start`, or a window is shorter than its ramps.
  std::vector<Window> windows(const Trials& trials) const;

 private:
  Schedule(const ConfigNode& config, double dt) : config_(config), dt_(dt) {}
  void read_trials();
  void read_conditions();
  void check_window(double steps, const std::string& whose = "") const;
  std::vector<bool> in_conditions(const Trials& trials) const;
  std::vector<Index> chosen_trials(const Trials& trials) const;
  const Epoch& find_epoch(const Trials& trials) const;
  std::vector<Window> windows_in_epochs(const Trials& trials) const;
  [[noreturn]] void fail_too_late(Index longest) const;
  std::optional<Window> window(StepRange stretch, Index run_steps) const;
  Eigen::VectorXd course(const Window& window) const;

  ConfigNode config_;  ///< for the position in messages
  double dt_;
  std::optional<std::string> epoch_;
  double start_ = 0.0;
  std::optional<double> stop_;  ///< default: the end of the epoch, or run
  double ramp_up_ = 0.0, ramp_down_ = 0.0;
  std::vector<Index> trials_;              ///< ascending; empty: all
  std::vector<std::string> conditions_;    ///< in words,
  std::vector<double> condition_numbers_;  ///< or as numbers
};

}  // namespace mrnn
