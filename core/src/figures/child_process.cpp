#include "figures/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

namespace mrnn {
namespace {

std::string words_of(int error) {
  return std::generic_category().message(error);
}

/// The redirections of a child, freed in any case.
class FileActions {
 public:
  explicit FileActions(const Streams& streams) {
    posix_spawn_file_actions_init(&actions_);
    constexpr int writing = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, streams.in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, streams.out.c_str(), writing, 0644);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, streams.error.c_str(), writing, 0644);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

Ending ending_of(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {true, ""};
  if (WIFEXITED(status)) return {false, fmt::format("ended with status {}", WEXITSTATUS(status))};
  return {false, fmt::format("was ended by signal {}", WTERMSIG(status))};
}

/// Waits until a child has ended, at most so long; at once where the system cannot wait for one child alone, before
/// Linux 5.3.
void wait_quietly(pid_t child, std::chrono::milliseconds limit) {
#ifdef SYS_pidfd_open
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, child, 0U));
  if (descriptor < 0) return;
  pollfd wanted{descriptor, POLLIN, 0};
  poll(&wanted, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(0, limit.count())));
  close(descriptor);
#endif
}

Ending wait_for(pid_t child, std::chrono::milliseconds limit) {
  using Milliseconds = std::chrono::milliseconds;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  Milliseconds pause(2);
  for (;;) {
    wait_quietly(child, std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now()));
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return ending_of(status);
    if (ended < 0 && errno != EINTR) return {false, "could not be waited for: " + words_of(errno)};
    if (std::chrono::steady_clock::now() >= deadline) {
      kill(child, SIGKILL);
      while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      return {false, fmt::format("was stopped after {:g} s", static_cast<double>(limit.count()) / 1000.0)};
    }
    std::this_thread::sleep_for(pause);  // a signal, or no such waiting here
    pause = std::min(pause * 2, Milliseconds(50));
  }
}

}  // namespace

Ending run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                   const Streams& streams, std::chrono::milliseconds limit) {
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const FileActions actions(streams);
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), actions.get(), nullptr, pointers.data(), environ);
  if (error != 0) return {false, "could not be started: " + words_of(error)};
  return wait_for(child, limit);
}

}  // namespace mrnn
