#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mrnn/analysis.hpp"

namespace mrnn {

/// A group of trials that is averaged.
struct Condition {
  std::string name;            ///< `left`, or `control: left` where several simulations are compared
  std::size_t simulation = 0;  ///< index
  std::size_t value = 0;       ///< index among the values of the metadata, the same in all simulations
  Index trials = 0;
};

/// Who belongs to which condition. Trials of all simulations are counted through, one simulation after the other.
struct Conditions {
  std::vector<Condition> list;
  std::vector<int> of_trial;        ///< index into the list; -1: none (no value of the metadata)
  bool grouped = false;             ///< by metadata, not only by simulation
  std::string by;                   ///< the metadata, `side, coherence`; empty where not grouped
  std::vector<std::string> values;  ///< of the metadata, in all simulations
  std::vector<double> numbers;      ///< the same as numbers, ascending; empty where they are words
};

/// Groups trials by the metadata named `by` in the configuration (default `condition`, where there is one). Of several
/// names, each combination of values that a trial has is one: `coherence 0.2, left`, with the names of numbers.
/// Values are sorted: words by letter with the numbers in them by size (`left 8 %`, `left 16 %`), numbers by size;
/// those that differ by rounding are one.
/// @throws ConfigError where metadata asked for is missing.
MRNN_EXPORT Conditions group_trials(const ConfigNode& config, const std::vector<const Simulation*>& simulations);

/// Pairs of conditions worth comparing: the same value in the first simulation and in each other one; of a single
/// simulation all pairs, those of catch trials only where there would be no other.
MRNN_EXPORT std::vector<std::pair<std::size_t, std::size_t>> comparisons(const Conditions& conditions);

/// The colour of a value of the metadata: a colour each for words; for numbers an ordered scale, about 0 where they
/// have both signs.
MRNN_EXPORT int value_colour(const Conditions& conditions, std::size_t value);

/// What stands before the key of a figure where values alone would not say what they are: `signed_coherence:` before
/// numbers, else nothing.
MRNN_EXPORT std::string key_title(const Conditions& conditions);

/// How a condition looks in figures. One simulation or two of several conditions: the colour says which condition,
/// dashes say which simulation. Else a colour each.
struct ConditionStyle {
  int colour = 0;
  bool dashed = false;
};
MRNN_EXPORT ConditionStyle condition_style(const Conditions& conditions, std::size_t number);

/// At most `most` of 0 ... count - 1, evenly spread, the first and the last among them.
MRNN_EXPORT std::vector<std::size_t> evenly_spread(std::size_t count, std::size_t most);

/// The conditions that a figure shows: all, or where they are too many those of evenly spread values of the metadata,
/// the same ones of each simulation. The conditions must outlive it.
class MRNN_EXPORT DrawnConditions {
 public:
  /// @param most  conditions, of all simulations
  DrawnConditions(const Conditions& conditions, std::size_t most);

  /// Indices into the list of conditions, rising.
  const std::vector<std::size_t>& numbers() const noexcept { return numbers_; }
  bool contains(std::size_t number) const;
  /// As value_colour() and condition_style(), but words have the first colours, so that no two drawn have the same.
  int colour(std::size_t value) const;
  ConditionStyle style(std::size_t number) const;
  /// For the caption: ` Only 12 of 40 conditions are drawn, evenly spread.`; empty where all are.
  std::string left_out() const;

 private:
  const Conditions& conditions_;
  std::vector<std::size_t> values_;   ///< drawn
  std::vector<std::size_t> numbers_;  ///< of their conditions
};

/// Which trial is of which condition and simulation, as results: `conditions`, `trial_condition`, `trial_simulation`.
MRNN_EXPORT void add_trials(const Conditions& conditions, const std::vector<const Simulation*>& simulations,
                            AnalysisResults& results);

/// Per-trial metadata as the levels of a factor. Trials of all simulations are counted through.
struct Levels {
  std::string name;                 ///< of the metadata
  std::vector<std::string> values;  ///< distinct (not by rounding alone); sorted as conditions are
  std::vector<int> of_trial;        ///< index into the values; -1: the trial has none
};

/// The metadata `name`, which the configuration asks for under `key`.
/// @throws ConfigError at the key where a simulation lacks it (nearest name), or no trial has a value.
MRNN_EXPORT Levels read_levels(const ConfigNode& config, std::string_view key, const std::string& name,
                               const std::vector<const Simulation*>& simulations);

/// The same where numbers are needed, one per trial; NaN: it has none. @throws ConfigError also where they are words.
MRNN_EXPORT std::vector<double> read_numbers(const ConfigNode& config, std::string_view key, const std::string& name,
                                             const std::vector<const Simulation*>& simulations);

}  // namespace mrnn
