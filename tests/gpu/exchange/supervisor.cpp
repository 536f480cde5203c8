#include "supervisor.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <thread>

namespace exchange {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int seconds_to_start = 30;  // the driver's start and the first context

struct Worker {
  pid_t process;
  int descriptor;
};

/// Where a worker stands: the section it is in, and when that must have ended.
struct Progress {
  std::size_t section;
  Clock::time_point deadline;
};

/// How a worker ended.
struct End {
  bool in_time = true;
  bool gone = true;  // false: it does not even end when killed
  bool crashed = false;
  int status = 1;
};

int work(const std::vector<Section>& sections, std::size_t first, int descriptor) {
  Report report(descriptor);
  try {
    const Device device = open_device();
    report.about(device.text);
    for (std::size_t index = first; index < sections.size(); ++index) {
      report.begin(index, sections[index].name);
      sections[index].measure(device, report);
    }
    return 0;
  } catch (const NoDevice& problem) {
    std::fprintf(stderr, "exchange: %s\n", problem.what());
    return no_device;
  } catch (const std::exception& problem) {
    report.row({"", "section failed", "", {}, {}, 0.0, problem.what()});
    return 1;
  }
}

Worker start(const std::vector<Section>& sections, std::size_t first) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe to a worker process");
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error("no worker process");
  if (process == 0) {
    // No worker outlives the supervisor.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    const int status = work(sections, first, ends[1]);
    std::fflush(nullptr);
    _exit(status);
  }
  close(ends[1]);
  return {process, ends[0]};
}

void take(const std::string& line, const std::vector<Section>& sections, Progress& progress, Table& table) {
  const std::string text = line.substr(1);
  if (line[0] == 'A') table.about(text);
  if (line[0] == 'R') table.add(unpacked(text));
  if (line[0] == 'S') {
    progress.section = std::strtoul(text.c_str(), nullptr, 10);
    progress.deadline = Clock::now() + std::chrono::seconds(sections.at(progress.section).seconds);
  }
}

/// Reads the worker's lines until it closes the pipe (true) or its time is over (false).
bool follow(const Worker& worker, const std::vector<Section>& sections, Progress& progress, Table& table) {
  std::string pending;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(progress.deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{worker.descriptor, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
    char bytes[4096];
    const ssize_t count = read(worker.descriptor, bytes, sizeof bytes);
    if (count <= 0) return true;
    pending.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
      if (end > 0) take(pending.substr(0, end), sections, progress, table);
    }
  }
}

/// Waits for the worker's end; a worker that closed its pipe may still be tearing down its context.
End finish(const Worker& worker, bool in_time) {
  End end;
  end.in_time = in_time;
  if (!in_time) kill(worker.process, SIGKILL);
  const auto deadline = Clock::now() + std::chrono::seconds(15);
  int status = 0;
  while (waitpid(worker.process, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      kill(worker.process, SIGKILL);
      end.gone = false;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  close(worker.descriptor);
  if (end.gone && WIFEXITED(status)) end.status = WEXITSTATUS(status);
  end.crashed = in_time && end.gone && WIFSIGNALED(status);
  return end;
}

}  // namespace

int supervise(const std::vector<Section>& sections, Table& table) {
  int result = 0;
  for (std::size_t next = 0; next < sections.size();) {
    const Worker worker = start(sections, next);
    Progress progress{next, Clock::now() + std::chrono::seconds(seconds_to_start)};
    const bool in_time = follow(worker, sections, progress, table);
    const End end = finish(worker, in_time);
    if (end.status == 0 || end.status == no_device) return end.status == 0 ? result : no_device;
    const std::string& name = sections[progress.section].name;
    if (!end.in_time) table.add({name, "section failed", "", {}, {}, 0.0, "it exceeded its time and was ended"});
    if (end.crashed) table.add({name, "section failed", "", {}, {}, 0.0, "the worker process crashed"});
    if (!end.gone) {
      table.add({name, "measurement ended", "", {}, {}, 0.0, "the worker process does not end"});
      return 1;
    }
    result = 1;
    next = progress.section + 1;
  }
  return result;
}

}  // namespace exchange
