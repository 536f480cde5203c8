#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/linearisation.hpp"
#include "mrnn/network.hpp"

namespace gramians {

/// What drives the network or is seen of it: columns of B or rows of C that belong together.
struct Group {
  enum class Kind : std::uint8_t {
    named,    ///< an input region, or an output
    inside,   ///< units of the linearised network: driven, or their activity seen
    outside,  ///< other units: their activity drives, or the drive that reaches them is seen
  };
  std::string name;
  Kind kind = Kind::named;
  mrnn::Selection members;  ///< channels, or unit numbers within the network
};

/// The linearised network x+ = A x + B u, y = C x at one state, of n chosen units.
struct LinearSystem {
  Eigen::MatrixXd a;     ///< [n x n]
  Eigen::MatrixXd b;     ///< [n x channels of all groups]
  Eigen::MatrixXd c;     ///< [rows of all groups x n]
  Eigen::VectorXd post;  ///< what one unit of drive does to the state of each unit [n]
};

/// The key from (inputs and selectors) or to (outputs and selectors); by default all inputs or outputs, without any the
/// regions of the chosen units. Units of a selector that lie partly inside the chosen ones make two groups.
std::vector<Group> read_sources(const mrnn::ConfigNode& config, const mrnn::Network& network,
                                const mrnn::Selection& units);
std::vector<Group> read_targets(const mrnn::ConfigNode& config, const mrnn::Network& network,
                                const mrnn::Selection& units);

/// One name per column of B or row of C: `cue 0`, `striatum 12` (number within the network).
std::vector<std::string> channel_names(const std::vector<Group>& groups);
mrnn::Index channel_count(const std::vector<Group>& groups);

/// Regions that have chosen units, with their places among them.
struct Part {
  std::string name;
  std::vector<mrnn::Index> places;
};
std::vector<Part> parts_of(const mrnn::Network& network, const mrnn::Selection& units);

LinearSystem make_system(const mrnn::Network& network, const mrnn::EffectiveWeights& weights,
                         const mrnn::Jacobians& gains, mrnn::Index column, const mrnn::Selection& units,
                         const std::vector<Group>& sources, const std::vector<Group>& targets);

}  // namespace gramians
