#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/components.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/currents.hpp"
#include "mrnn/populations.hpp"

namespace currents {

using mrnn::Index;

/// Where there is no value.
inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Something that drives units.
struct Source {
  enum class Kind : std::uint8_t { units, input, bias, stimulus };
  std::string name;
  Kind kind = Kind::units;
  mrnn::Selection from = {};  ///< units, or channels of an input
};

/// What is wanted.
struct Request {
  std::vector<mrnn::Population> targets;
  std::vector<Source> sources;
  mrnn::WeightPart part = mrnn::WeightPart::all;  ///< whose components, means of units and full currents are wanted
  Index components = 3;
  Index min_trials = 3;  ///< of a mean in the figures
  bool per_trial = false;
  bool store = false;
};

/// Which trials and times are looked at.
struct Scope {
  const mrnn::AnalysisContext& context;
  const mrnn::Alignment& alignment;
  mrnn::Window window;
  const mrnn::Conditions& conditions;

  Index trials() const { return static_cast<Index>(conditions.of_trial.size()); }
  bool compares() const { return conditions.list.size() > 1; }
};

/// Order of parts in arrays of three: all weights, the excitatory ones, the inhibitory ones.
inline constexpr std::size_t part_count = 3;

/// What a target receives from a source. NaN where there is no value.
struct Current {
  bool present = false;                                ///< is there a connection, a bias, a stimulus?
  std::array<Eigen::MatrixXd, part_count> norm, mean;  ///< |C|, mean over units; over trials [conditions x time]
  double power = 0.0;                                  ///< mean of |C|^2 over trials and time
  double condition_power = 0.0;                        ///< of what differs between conditions, where there are several
  Eigen::VectorXd unit_mean;                           ///< over trials and time [units]
  double dimension = 0.0;                              ///< participation ratio
  mrnn::Components components;
  std::vector<Eigen::MatrixXd> projections;        ///< per component, over trials [conditions x time]
  Eigen::MatrixXd norm_trials;                     ///< [trials x time], where wanted
  std::vector<Eigen::MatrixXd> projection_trials;  ///< per component [trials x time], where wanted
  std::vector<double> stored;                      ///< (trial, time, unit), where wanted
  std::vector<double> stored_mean;                 ///< over trials (condition, time, unit), where wanted
};

/// Everything a target receives.
struct TargetCurrents {
  std::vector<Current> from;      ///< per source
  Eigen::MatrixXd counts;         ///< trials averaged [conditions x time]
  double largest_residual = 0.0;  ///< of the drive less all currents; NaN where x was not recorded
};

/// Decomposes the drive of one target after the other, so that memory is that of one.
/// @param done  parts of the work finished before this target; each target has passes x trials of them
TargetCurrents decompose(const Scope& scope, const Request& request, std::size_t target, long& done);

/// Passes over the trials that decompose() makes.
inline constexpr long passes = 2;

}  // namespace currents
