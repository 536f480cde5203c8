#pragma once

#include <filesystem>
#include <vector>

namespace mrnn {

/// The control groups (version 2) of this process, its own first, the root's last, as folders: what schedulers of
/// clusters and containers limit it by. Empty where there are none.
std::vector<std::filesystem::path> control_groups();

}  // namespace mrnn
