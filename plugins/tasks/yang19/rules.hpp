#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "mrnn/config.hpp"
#include "mrnn/duration.hpp"

namespace yang19 {

/// Every trial has these epochs, some of them of no length. The response is wanted from the beginning of `go`.
enum EpochNumber : std::size_t { fixation, stimulus1, delay1, stimulus2, delay2, go };
inline const std::vector<std::string> epoch_names{"fixation", "stimulus1", "delay1", "stimulus2", "delay2", "go"};

/// What is wanted of a trial.
enum class Logic : std::uint8_t {
  towards,   ///< respond to the stimulus
  away,      ///< opposite to it
  stronger,  ///< to the stronger of two, on one ring
  attended,  ///< on both rings, of which one counts
  summed,    ///< on both rings, of which the sum counts
  match,     ///< to the second where it matches the first, else fixate
  nonmatch,  ///< to the second where it does not match the first, else fixate
};

/// When two locations match.
enum class Matching : std::uint8_t { same_place, same_half };

/// A stimulus is on from the beginning of one epoch to the end of another.
struct Shown {
  EpochNumber from = stimulus1, to = stimulus1;
  bool operator==(const Shown&) const = default;
};

/// The timing that several rules have in common.
struct Family {
  std::string name;                          ///< its key in the table `timing`
  std::vector<mrnn::Duration> durations;     ///< per epoch
  std::array<Shown, 2> shown;                ///< stimulus 1 and, where the rules have one, 2
  bool fixation_stays = false;               ///< the input `fixation` stays on in `go`
  std::vector<double> coherences = {};       ///< of the rules that compare strengths
  Matching matching = Matching::same_place;  ///< of the rules that compare locations
};

struct Rule {
  std::string name;
  std::size_t family = 0;  ///< in the families
  Logic logic = Logic::towards;
  std::size_t ring = 0;  ///< stronger, attended: the ring that counts

  bool compares() const { return logic == Logic::stronger || logic == Logic::attended || logic == Logic::summed; }
};

/// All twenty, in the order of the published code, which is that of the channels of the input `rule`.
const std::vector<Rule>& all_rules();
std::vector<std::string> rule_names();

/// All seven, with the durations of the table `timing`, and coherences as published or, if `easy`, larger ones.
/// @param dt  ms
std::vector<Family> read_families(const mrnn::ConfigNode& config, double dt);

}  // namespace yang19
