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
///   start, stop         ms; default: the whole run
///   ramp_up, ramp_down  ms, linear, inside the window
///   trials              trial numbers, counted in the whole simulation; default: all
///   conditions          values of the trials' `condition` metadata; default: all
class MRNN_EXPORT Schedule {
 public:
  enum class Ramps : std::uint8_t { none, allowed };
  /// Reads the shared keys. Without ramps, ramp_up and ramp_down stay unread, hence errors.
  /// @throws ConfigError at the key for a window that is empty, negative or shorter than its ramps.
  static Schedule read(const ConfigNode& config, double dt, Ramps ramps);

  /// Steps [round(start/dt), round(stop/dt)), cut to the run. @throws ConfigError where it starts beyond it.
  StepRange steps(Index run_steps) const;
  /// Per step of steps(): the mean over that step of the ramped course, in [0, 1]; 1 without ramps.
  Eigen::VectorXd course(Index run_steps) const;
  /// Indices of the trials meant, ascending; empty: all. @throws ConfigError where there is no such trial or
  /// condition, or where none of the trials named has one of the conditions named.
  std::vector<Index> trials(const Trials& trials) const;

 private:
  Schedule(const ConfigNode& config, double dt) : config_(config), dt_(dt) {}
  void read_trials();
  void read_conditions();
  void check_window(double steps) const;
  std::vector<bool> in_conditions(const Trials& trials) const;

  ConfigNode config_;  ///< for the position in messages
  double dt_;
  double start_ = 0.0;
  std::optional<double> stop_;  ///< default: the end of the run
  double ramp_up_ = 0.0, ramp_down_ = 0.0;
  std::vector<Index> trials_;              ///< ascending; empty: all
  std::vector<std::string> conditions_;    ///< in words,
  std::vector<double> condition_numbers_;  ///< or as numbers
};

}  // namespace mrnn
