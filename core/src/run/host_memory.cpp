#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "mrnn/memory_plan.hpp"
#include "run/control_groups.hpp"
#include "run/memory_limit.hpp"

namespace mrnn {
namespace {

/// Bytes that a file of /proc says under a name, in lines like `MemAvailable: 1024 kB`.
std::optional<std::size_t> bytes_in(const char* path, std::string_view wanted) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(wanted)) continue;
    std::istringstream rest(line.substr(wanted.size()));
    std::size_t kilobytes = 0;
    if (rest >> kilobytes) return kilobytes * 1024;
  }
  return std::nullopt;
}

/// What is not said is all the memory of the machine.
std::size_t available_memory() {
  if (const auto bytes = bytes_in("/proc/meminfo", "MemAvailable:")) return *bytes;
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size) : 0;
}

/// A number in a file of its own; none where a limit is `max`.
std::optional<std::size_t> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::size_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

/// Bytes of a group's page cache, which gives way.
std::size_t cache_of(const std::filesystem::path& group) {
  std::ifstream file(group / "memory.stat");
  std::string name;
  std::size_t bytes = 0;
  while (file >> name >> bytes) {
    if (name == "file") return bytes;
  }
  return 0;
}

/// What the control groups of this process leave.
std::size_t left_by_groups() {
  std::size_t left = SIZE_MAX;
  for (const std::filesystem::path& group : control_groups()) {
    const std::size_t limit = number_in(group / "memory.max").value_or(0);
    const std::size_t used = number_in(group / "memory.current").value_or(0);
    const std::size_t held = used - std::min(used, cache_of(group));
    if (limit > 0) left = std::min(left, limit - std::min(held, limit));
  }
  return left;
}

/// What can be put aside on a disk.
std::size_t free_swap() {
  std::size_t left = bytes_in("/proc/meminfo", "SwapFree:").value_or(0);
  for (const std::filesystem::path& group : control_groups()) {
    const auto limit = number_in(group / "memory.swap.max");
    const std::size_t used = number_in(group / "memory.swap.current").value_or(0);
    if (limit) left = std::min(left, *limit - std::min(used, *limit));
  }
  return left;
}

}  // namespace

std::size_t free_host_memory() {
  return std::min(available_memory(), left_by_groups());
}

void limit_memory() {
  const auto held = bytes_in("/proc/self/status", "VmData:");
  const std::size_t free = free_host_memory();
  rlimit limit = {};
  if (!held || free == 0 || getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY) return;
  // The kernel needs some for its own: a 512th for the page tables alone.
  limit.rlim_cur = std::min<rlim_t>(*held + free - free / 64 + free_swap(), limit.rlim_max);
  setrlimit(RLIMIT_DATA, &limit);  // where it cannot be set, the kernel ends what takes too much
}

}  // namespace mrnn
