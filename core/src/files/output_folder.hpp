#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "mrnn/export.hpp"

namespace mrnn {

/// The folder a run writes to, held by this process alone as long as the object lives. Making one creates
/// the folder where needed and shows that it can be written, before anything has been computed.
class MRNN_EXPORT OutputFolder {
 public:
  static constexpr const char* results_name = "results.h5";
  static constexpr const char* checkpoint_name = "checkpoint.h5";
  static constexpr const char* config_name = "config.toml";

  enum class State : std::uint8_t {
    empty,       ///< no run has been here
    finished,    ///< results.h5 is there
    unfinished,  ///< checkpoint.h5 without results, or with those of an earlier run
  };

  /// What is in a folder, without taking it.
  static State look(const std::filesystem::path& folder);

  /// @throws FileError where it cannot be made or written, or another run holds it.
  explicit OutputFolder(std::filesystem::path folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// What was there when the folder was taken.
  State state() const noexcept { return state_; }
  const std::filesystem::path& path() const noexcept { return folder_; }
  std::filesystem::path results() const { return folder_ / results_name; }
  std::filesystem::path checkpoint() const { return folder_ / checkpoint_name; }
  std::filesystem::path training_log() const { return folder_ / "train.jsonl"; }
  std::filesystem::path best_weights() const { return folder_ / "weights_best.h5"; }
  std::filesystem::path last_weights() const { return folder_ / "weights_last.h5"; }
  /// Removes what the next training goes on from or adds to. @throws FileError.
  void remove_training() const;
  /// Removes all that an earlier training left beside the results of a run that did not train, unless it is the
  /// training whose weights that run has read. @param weights  the file it has read, or empty  @throws FileError
  void remove_trained(const std::filesystem::path& weights) const;

 private:
  void lock();
  void remove_leftovers() const;

  std::filesystem::path folder_;
  int lock_ = -1;  ///< descriptor of `.lock`
  State state_ = State::empty;
};

}  // namespace mrnn
