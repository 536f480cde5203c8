#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/normalisation.hpp"
#include "mrnn/populations.hpp"
#include "mrnn/samples.hpp"

namespace subspace_alignment {

enum class Between : std::uint8_t { epochs, conditions, simulations, regions };
enum class Fit : std::uint8_t { trials, conditions };
enum class Scale : std::uint8_t { normalised, as_is };

/// Activity whose subspace is compared with that of others.
struct ActivitySet {
  std::string name;
  mrnn::Covariance covariance;

  /// Does the activity vary, beyond rounding? Else it has no subspace.
  bool varies() const;
};

/// What is compared: the keys between, fit, epochs, every, normalise, softening, by, align, align_at, window.
class SetChoice {
 public:
  SetChoice(const mrnn::ConfigNode& config, double dt);

  Between between() const noexcept { return between_; }
  /// Do the simulations have what the keys name? @throws ConfigError.
  void check(const std::vector<const mrnn::Simulation*>& simulations) const;
  /// The sets of one population, not between regions. @throws ConfigError where there is one set only.
  std::vector<ActivitySet> of_population(const std::vector<const mrnn::Simulation*>& simulations,
                                         mrnn::Quantity quantity, const mrnn::Population& population,
                                         Scale scale) const;
  /// Each population as a set of its own.
  std::vector<ActivitySet> of_regions(const std::vector<const mrnn::Simulation*>& simulations,
                                      const mrnn::Populations& populations) const;

 private:
  /// Activity of some trials, of one simulation or of all.
  struct Part {
    std::string name;
    mrnn::Sequence activity;
    std::vector<mrnn::Index> trials = {};  ///< empty: all
  };
  std::vector<Part> epochs(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
                           const mrnn::Selection& units) const;
  std::vector<Part> whole(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Quantity quantity,
                          const mrnn::Selection& units) const;
  void average(const std::vector<const mrnn::Simulation*>& simulations, mrnn::Sequence& activity) const;

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::Alignment alignment_;
  mrnn::Normalisation normalisation_;
  Between between_ = Between::epochs;
  Fit fit_ = Fit::trials;
  mrnn::Index every_;
};

}  // namespace subspace_alignment
