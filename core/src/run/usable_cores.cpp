#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "mrnn/parallel.hpp"
#include "run/control_groups.hpp"

namespace mrnn {
namespace {

/// Those that this process may run on; 0 where the system does not say.
int cores_of_affinity() {
  constexpr int most = 1 << 14;
  const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(most), [](cpu_set_t* one) { CPU_FREE(one); });
  const std::size_t size = CPU_ALLOC_SIZE(most);
  if (!set || sched_getaffinity(0, size, set.get()) != 0) return 0;
  return CPU_COUNT_S(size, set.get());
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
  const int allowed = cores_of_affinity();
  const int all = allowed > 0 ? allowed : static_cast<int>(std::thread::hardware_concurrency());
  return cores_of_groups(std::max(1, all));
}

}  // namespace mrnn
