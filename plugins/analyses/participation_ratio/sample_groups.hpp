#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dimensionality.hpp"
#include "mrnn/alignment.hpp"
#include "mrnn/analysis.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/normalisation.hpp"

namespace participation_ratio {

enum class Over : std::uint8_t { all, conditions, epochs, time };
enum class Fit : std::uint8_t { trials, conditions, residuals };

/// Which samples make one estimate: the keys over, fit, epochs, every, normalise, softening, by, align, align_at,
/// window.
class SampleGroups {
 public:
  SampleGroups(const mrnn::ConfigNode& config, double dt);

  /// Do the simulations have what the keys name? @throws ConfigError.
  void check(const std::vector<const mrnn::Simulation*>& simulations) const;

  Over over() const noexcept { return over_; }
  /// Groups of one population: calls visit(name, activity, choice) for each, simulation by simulation; over time the
  /// samples of each step are a group of the simulation's name.
  using Visit = std::function<void(const std::string&, const mrnn::Sequence&, const SampleChoice&)>;
  void visit(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
             const mrnn::Selection& units, const Visit& visit) const;
  /// Of the groups of one simulation, over time.
  Eigen::VectorXd times(const std::vector<const mrnn::Simulation*>& simulations) const;
  /// `time (ms)`, or `time from cue (ms)`.
  std::string time_label() const;

 private:
  mrnn::Conditions prepare(const mrnn::Simulation& simulation, mrnn::Sequence& activity) const;

  mrnn::ConfigNode config_;  ///< for the position in messages
  double dt_;                ///< ms
  mrnn::Alignment alignment_;
  mrnn::Normalisation normalisation_;
  Over over_ = Over::all;
  Fit fit_ = Fit::trials;
  mrnn::Index every_;
};

}  // namespace participation_ratio
