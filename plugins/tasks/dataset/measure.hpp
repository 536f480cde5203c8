#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "contents.hpp"
#include "mrnn/task.hpp"

namespace mrnn::dataset {

/// How well a trial of a file is done, as the keys `score` and `psychometric` of the task say; without them trials
/// have no score.
class Measure {
 public:
  /// @throws ConfigError where the keys do not suit what the file and the network have.
  Measure(const ConfigNode& task, const Contents& contents, const Network& network);

  Scores score(const Trials& trials, const Sequence& outputs) const;
  std::string label() const;
  const std::optional<Psychometric>& psychometric() const noexcept { return curve_; }

 private:
  enum class Kind : std::uint8_t { none, choice, tolerance };

  void read_score(const ConfigNode& score, const Contents& contents, const Network& network);
  void read_psychometric(const ConfigNode& psychometric, const Contents& contents);
  std::optional<Index> judged_step(const Trials& trials, Index trial) const;
  std::optional<Index> wanted(const Trials& trials, Index trial, Index step) const;
  Index choice(const Sequence& outputs, Index trial, Index step) const;
  double share_within(const Trials& trials, const Sequence& outputs, Index trial) const;

  Kind kind_ = Kind::none;
  UnitRange channels_;      ///< outputs that are judged
  std::string epoch_;       ///< at whose last step; empty: the last step that counts
  double threshold_ = 0.0;  ///< between the choices of one channel
  double tolerance_ = 0.0;
  Index counted_ = 0;  ///< choice that the psychometric curve counts
  std::optional<Psychometric> curve_;
};

}  // namespace mrnn::dataset
