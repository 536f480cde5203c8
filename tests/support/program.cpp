#include "program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace test {
namespace {

/// The two ends of a terminal: what is written to the one that programs see can be read from the other.
class Terminal {
 public:
  Terminal() : outer_(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (outer_ < 0 || grantpt(outer_) != 0 || unlockpt(outer_) != 0) throw std::runtime_error("there is no terminal");
    inner_ = open(ptsname(outer_), O_RDWR | O_NOCTTY);
    if (inner_ < 0) throw std::runtime_error("there is no terminal");
  }
  ~Terminal() {
    close_inner();
    close(outer_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int inner() const { return inner_; }
  /// All that is written until every program has let go of it.
  std::string read_all() {
    close_inner();
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = read(outer_, part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  void close_inner() {
    if (inner_ >= 0) close(inner_);
    inner_ = -1;
  }

  int outer_, inner_ = -1;
};

/// In the child process: never returns.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const ProgramOptions& options, const TemporaryFolder& scratch, const Terminal* terminal) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  if (chdir(options.folder.c_str()) != 0) _exit(126);
  if (!std::freopen((scratch.path() / "out").c_str(), "w", stdout)) _exit(126);
  if (!std::freopen((scratch.path() / "err").c_str(), "w", stderr)) _exit(126);
  if (terminal != nullptr && dup2(terminal->inner(), STDERR_FILENO) < 0) _exit(126);
  if (options.file_size) {
    const rlimit limit{*options.file_size, *options.file_size};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(126);
  }
  execvp(program.c_str(), words.data());
  _exit(127);
}

}  // namespace

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

Outcome run(const std::string& program, const std::vector<std::string>& arguments, const ProgramOptions& options) {
  const TemporaryFolder scratch;
  std::optional<Terminal> terminal;
  if (options.terminal) terminal.emplace();
  std::fflush(stdout);  // or the child would write what is waiting there once more
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process can be started");  // kill(-1) would end every other one
  if (child == 0) become(program, arguments, options, scratch, terminal ? &*terminal : nullptr);
  if (options.signal_after) {
    std::this_thread::sleep_for(*options.signal_after);
    kill(child, options.signal);
  }
  const std::string shown = terminal ? terminal->read_all() : "";
  int state = 0;
  rusage usage = {};
  wait4(child, &state, 0, &usage);
  const int status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  return {status, text_of(scratch.path() / "out"), terminal ? shown : text_of(scratch.path() / "err"),
          static_cast<std::size_t>(usage.ru_maxrss) * 1024};
}

Outcome mrnn(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  return run(MRNN_PROGRAM, arguments, options);
}

}  // namespace test
