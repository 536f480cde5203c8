#include "progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

namespace {

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void ask_to_stop(int signal) {
  stop_asked = 1;
  std::signal(signal, SIG_DFL);
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string duration(double seconds) {
  if (seconds < 10.0) return fmt::format("{:.1f} s", seconds);
  const long whole = static_cast<long>(seconds + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

/// What cannot be said (a full disk behind stderr) must not end the run, so nothing is thrown.
template <class... Arguments>
void say_to_user(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  std::fputs(fmt::format(format, std::forward<Arguments>(arguments)...).c_str(), stderr);
}

}  // namespace

void watch_signals() {
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGUSR1, ask_to_stop);
}

ProgressBar::ProgressBar(Voice voice) : voice_(voice), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  clear_line();
}

void ProgressBar::begin(const std::string& what, long total) {
  what_ = what;
  total_ = total;
  skipped_ = 0;
  started_ = Clock::now();
  drawn_ = terminal_ ? Clock::time_point() : started_;
  if (voice_ == Voice::normal && terminal_) draw(0, "");
}

void ProgressBar::skip(long done) {
  skipped_ = done;
}

void ProgressBar::advance(long done) {
  advance(done, "");
}

void ProgressBar::advance(long done, const std::string& note) {
  constexpr double redraw_after = 0.1, next_line_after = 10.0, next_bare_line_after = 60.0;  // seconds
  const double after = terminal_ ? redraw_after : note.empty() ? next_bare_line_after : next_line_after;
  if (voice_ == Voice::quiet || seconds_since(drawn_) < after) return;
  if (terminal_) {
    draw(done, note);
  } else {
    say_to_user("{}: {}/{}{}{}{}\n", what_, done, total_, note.empty() ? "" : ", ", note, time_left(done));
    drawn_ = Clock::now();
  }
}

std::string ProgressBar::time_left(long done) const {
  if (done <= skipped_ || done >= total_) return "";
  const double per_part = seconds_since(started_) / static_cast<double>(done - skipped_);
  return ", " + duration(per_part * static_cast<double>(total_ - done)) + " left";
}

void ProgressBar::draw(long done, const std::string& note) {
  constexpr long width = 30;
  const double share = total_ > 0 ? static_cast<double>(done) / static_cast<double>(total_) : 0.0;
  const auto filled = std::clamp<long>(static_cast<long>(share * width), 0, width);
  say_to_user("\r\033[K{} [{:#<{}}{:.<{}}] {}/{}{}{}{}", what_, "", filled, "", width - filled, done, total_,
              note.empty() ? "" : ", ", note, time_left(done));
  std::fflush(stderr);
  bar_shown_ = true;
  drawn_ = Clock::now();
}

void ProgressBar::clear_line() {
  if (bar_shown_) say_to_user("\r\033[K");
  bar_shown_ = false;
}

void ProgressBar::end() {
  if (voice_ == Voice::quiet) return;
  clear_line();
  say_to_user("{}: done in {}\n", what_, duration(seconds_since(started_)));
}

void ProgressBar::say(const std::string& line) {
  if (voice_ == Voice::quiet) return;
  clear_line();
  say_to_user("{}\n", line);
}

void ProgressBar::warn(const std::string& line) {
  clear_line();
  say_to_user("warning: {}\n", line);
}

bool ProgressBar::interrupted() const {
  return stop_asked != 0;
}
