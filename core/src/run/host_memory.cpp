#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "mrnn/memory_plan.hpp"
#include "run/control_groups.hpp"

namespace mrnn {
namespace {

/// MemAvailable of /proc/meminfo; what is not there is all the memory of the machine.
std::size_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  std::size_t kilobytes = 0;
  while (file >> name >> kilobytes && std::getline(file, unit)) {
    if (name == "MemAvailable:") return kilobytes * 1024;
  }
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size) : 0;
}

/// A number in a file of its own; 0 where there is none, as where a limit is `max`.
std::size_t number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::size_t number = 0;
  file >> number;
  return file ? number : 0;
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
    const std::size_t limit = number_in(group / "memory.max"), used = number_in(group / "memory.current");
    const std::size_t held = used - std::min(used, cache_of(group));
    if (limit > 0) left = std::min(left, limit - std::min(held, limit));
  }
  return left;
}

}  // namespace

std::size_t free_host_memory() {
  return std::min(available_memory(), left_by_groups());
}

}  // namespace mrnn
