#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// Channels a task speaks of by one name: `motion`, of 2.
struct ChannelGroup {
  std::string name;
  Index size = 1;
  std::string meaning;  ///< of the channels, for messages and documentation: `evidence for left, right`
};

/// Where the channels of a task lie in a network: UnitRanges of input or of output channels.
///
/// By name, where the network has an input (output) of every group's name and size; others it has are then left alone.
/// Else in order: the groups one after the other fill the inputs, where their sizes add up to the network's and none of
/// their names lies elsewhere in it.
/// The key `inputs` (`outputs`) of the task's table gives groups other names: `inputs = { motion = "v1" }`.
class MRNN_EXPORT Channels {
 public:
  enum class Side : std::uint8_t { input, output };
  /// @param config  the task's table. @throws ConfigError saying which channels the task has, which the network
  /// has, and the [[input]] or [[output]] tables to write.
  Channels(const ConfigNode& config, const Network& network, Side side, std::vector<ChannelGroup> groups);

  /// @throws ShapeError for a name that is no group of the task.
  UnitRange operator[](std::string_view group) const;
  const std::vector<ChannelGroup>& groups() const noexcept { return groups_; }

 private:
  std::vector<ChannelGroup> groups_;
  std::vector<UnitRange> places_;
};

}  // namespace mrnn
