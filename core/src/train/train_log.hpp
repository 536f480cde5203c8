#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "mrnn/export.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// `train.jsonl`: one JSON object per logged iteration, with the wall-clock seconds of the training so far, all lives
/// of a run that was resumed together. A number that is not finite is null.
class MRNN_EXPORT TrainLog {
 public:
  /// Begins anew, or, resumed at an iteration above 0, keeps the lines up to it and drops those after.
  /// @throws FileError where it cannot be read or written.
  TrainLog(std::filesystem::path file, std::int64_t iteration);

  /// Writes the last entry of the history, with the validation of the same iteration.
  void append(const TrainingHistory& history);
  double seconds() const;

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
  double seconds_before_ = 0.0;  ///< of earlier lives
  std::chrono::steady_clock::time_point started_;
};

}  // namespace mrnn
