#include "program.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace test {
namespace {

/// In the child process: never returns.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const ProgramOptions& options, const TemporaryFolder& scratch) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  if (chdir(options.folder.c_str()) != 0) _exit(126);
  if (!std::freopen((scratch.path() / "out").c_str(), "w", stdout)) _exit(126);
  if (!std::freopen((scratch.path() / "err").c_str(), "w", stderr)) _exit(126);
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
  std::fflush(stdout);  // or the child would write what is waiting there once more
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process can be started");  // kill(-1) would end every other one
  if (child == 0) become(program, arguments, options, scratch);
  if (options.signal_after) {
    std::this_thread::sleep_for(*options.signal_after);
    kill(child, options.signal);
  }
  int state = 0;
  rusage usage = {};
  wait4(child, &state, 0, &usage);
  const int status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  return {status, text_of(scratch.path() / "out"), text_of(scratch.path() / "err"),
          static_cast<std::size_t>(usage.ru_maxrss) * 1024};
}

Outcome mrnn(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  return run(MRNN_PROGRAM, arguments, options);
}

}  // namespace test
