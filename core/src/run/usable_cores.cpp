#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mrnn/parallel.hpp"
#include "run/control_groups.hpp"
#include "run/rank_cores.hpp"

namespace mrnn {
namespace {

/// The numbers of those that this process may run on; none where the system does not say.
std::vector<int> cores_of_affinity() {
  constexpr int most = 1 << 14;
  const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(most), [](cpu_set_t* one) { CPU_FREE(one); });
  const std::size_t size = CPU_ALLOC_SIZE(most);
  std::vector<int> cores;
  if (!set || sched_getaffinity(0, size, set.get()) != 0) return cores;
  for (int core = 0; core < most; ++core) {
    if (CPU_ISSET_S(static_cast<std::size_t>(core), size, set.get())) cores.push_back(core);
  }
  return cores;
}

/// The machine, and its cores that this process may run on.
std::string place_of_process() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return fmt::format("{}: {}", host, fmt::join(cores_of_affinity(), ","));
}

/// How many cores its control groups give it time for: `200000 100000` in cpu.max is two. `limit` where they do not
/// say.
int cores_of_groups(int limit) {
  for (const std::filesystem::path& group : control_groups()) {
    std::ifstream file(group / "cpu.max");
    double time = 0.0, period = 0.0;
    if (!(file >> time >> period) || !(period > 0.0)) continue;  // `max`, or none
    limit = std::min(limit, std::max(1, static_cast<int>(std::ceil(time / period))));
  }
  return limit;
}

}  // namespace

int usable_cores() {
  const auto allowed = static_cast<int>(cores_of_affinity().size());
  const int all = allowed > 0 ? allowed : static_cast<int>(std::thread::hardware_concurrency());
  return cores_of_groups(std::max(1, all));
}

int cores_of_rank(Ranks& ranks) {
  const std::string here = place_of_process();
  const std::vector<std::string> all = ranks.gather(here);
  return std::max(1, usable_cores() / static_cast<int>(std::ranges::count(all, here)));
}

}  // namespace mrnn
