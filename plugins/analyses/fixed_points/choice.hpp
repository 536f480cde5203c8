#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "step_map.hpp"

namespace fixed_points {

/// States to search from, and the moments they are taken from.
struct Seeds {
  std::vector<Moment> moments;
  Eigen::MatrixXd states;  ///< whole states [N x K]; noise added to the chosen units, the others as they are held
  Index available = 0;     ///< states there were to draw from
};

/// Which states are searched from: the keys seeds, noise_scale, start, stop, others.
class SeedChoice {
 public:
  SeedChoice(const mrnn::ConfigNode& config, const mrnn::Network& network, mrnn::Selection units);

  /// @throws ConfigError where no state lies within start and stop.
  void check(const std::vector<const mrnn::Simulation*>& simulations) const;
  Seeds draw(const mrnn::AnalysisContext& context) const;

 private:
  enum class Others : std::uint8_t { frozen, mean, zero };

  std::vector<Moment> candidates(const std::vector<const mrnn::Simulation*>& simulations) const;
  std::vector<Moment> choose(std::vector<Moment> candidates, std::uint64_t seed) const;
  void hold_others(const mrnn::AnalysisContext& context, const std::vector<Moment>& candidates,
                   Eigen::MatrixXd& states) const;

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::Selection units_;
  Index count_;
  double noise_;
  Index first_ = 0, last_ = -1;  ///< steps; last: -1 to the end
  Others others_ = Others::frozen;
};

/// Which inputs act for ever: the key input.
class InputChoice {
 public:
  InputChoice(const mrnn::ConfigNode& config, const mrnn::Network& network);

  /// @throws ConfigError where the trial and step asked for are not among those of `first`.
  void check(const mrnn::Simulation& first) const;
  /// The trials of a simulation with the inputs to be held in place of their own.
  mrnn::Trials held(const mrnn::Simulation& simulation, const mrnn::Simulation& first) const;
  /// For the summary: `zero input`.
  const std::string& words() const noexcept { return words_; }

 private:
  void read_moment(const mrnn::ConfigNode& table, double dt);

  mrnn::ConfigNode config_;  ///< for the position in messages
  std::string words_;
  enum class Kind : std::uint8_t { step, constant, moment } kind_ = Kind::step;
  Eigen::VectorXd constant_;  ///< [I]
  Index trial_ = 0, step_ = 0;
};

}  // namespace fixed_points
