#pragma once

#include <chrono>
#include <string>

#include "mrnn/progress.hpp"

/// Progress on stderr: a bar on a terminal, plain lines elsewhere (one a minute; of work that says how it goes, every
/// ten seconds), nothing when quiet (warnings are always said).
class ProgressBar final : public mrnn::Progress {
 public:
  enum class Voice { quiet, normal };
  explicit ProgressBar(Voice voice);
  /// Takes away a bar that was left where the work ended early, so that what is said next has a line of its own.
  ~ProgressBar() override;
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void begin(const std::string& what, long total) override;
  void skip(long done) override;
  void advance(long done) override;
  void advance(long done, const std::string& note) override;
  void end() override;
  void say(const std::string& line) override;
  void warn(const std::string& line) override;
  bool interrupted() const override;

 private:
  void draw(long done, const std::string& note);
  /// `, 35 s left`; empty where that is not known.
  std::string time_left(long done) const;
  void clear_line();

  Voice voice_;
  bool terminal_;
  bool bar_shown_ = false;
  std::string what_;
  long total_ = 0;
  long skipped_ = 0;  ///< done before this program began
  std::chrono::steady_clock::time_point started_, drawn_;
};

/// Makes SIGINT, SIGTERM and SIGUSR1, which schedulers can send some time before they end a job, ask for an orderly
/// end; a second one of its kind ends the program at once.
void watch_signals();
