#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/intervention.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// The selectors under `key` (a string or an array of strings), each of which names units of the network,
/// none twice. Empty where the key is absent. @throws ConfigError at the key, with the nearest name.
MRNN_EXPORT std::vector<std::string> read_selectors(const ConfigNode& config, std::string_view key,
                                                    const Network& network);

/// The units those selectors name, in the order given; all units where the key is absent.
MRNN_EXPORT Selection read_selection(const ConfigNode& config, std::string_view key, const Network& network);

/// The weights named by a text such as `gpe->stn`, `alm.exc->striatum` or `cue->striatum` (from an input); factor 1.
/// @throws ConfigError without a position for an unknown name (nearest match), and where there are no such weights.
MRNN_EXPORT ScaleWeights find_connection(std::string_view text, const Network& network);

/// The weights named by texts such as `gpe->stn`, `alm.exc->striatum` or `cue->striatum` (from an input)
/// under `key`, which must be there; their factor is 1, for the caller to set. @throws ConfigError at the key
/// for an unknown name (nearest match), two that overlap, and one that names no weights at all.
MRNN_EXPORT std::vector<ScaleWeights> read_connections(const ConfigNode& config, std::string_view key,
                                                       const Network& network);

/// Is there a connection from some of `from` to some of `to`?
MRNN_EXPORT bool has_weights(const Network& network, const ScaleWeights& weights);

/// Names of the network's connections, `from->to`, for messages.
MRNN_EXPORT std::vector<std::string> connection_names(const Network& network);

/// The units a manipulation acts on: the keys
///   regions   selectors (required)
///   fraction  of the units of each selector, drawn at random without replacement, in (0, 1]; default 1
/// Which units are drawn depends on the seed, the manipulation's `name` and the selector, on nothing else.
class MRNN_EXPORT UnitChoice {
 public:
  static UnitChoice read(const ConfigNode& config, const Network& network);

  /// All units named by `regions`, in the order given.
  const Selection& candidates() const noexcept { return candidates_; }
  /// Which of the candidates are drawn: positions among them, ascending.
  std::vector<Index> draw(std::uint64_t seed) const;
  /// The units drawn.
  Selection units(std::uint64_t seed) const;

 private:
  /// One selector's share of the candidates.
  struct Part {
    std::string stream;  ///< seeds the draw
    Index size = 0, drawn = 0;
  };
  Selection candidates_;
  std::vector<Part> parts_;
};

}  // namespace mrnn
