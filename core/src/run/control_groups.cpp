#include "run/control_groups.hpp"

#include <fstream>
#include <string>

namespace mrnn {

std::vector<std::filesystem::path> control_groups() {
  std::vector<std::filesystem::path> groups;
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    for (std::filesystem::path group = root / line.substr(4);; group = group.parent_path()) {
      groups.push_back(group);
      if (group == root || group == group.root_path()) break;
    }
  }
  return groups;
}

}  // namespace mrnn
