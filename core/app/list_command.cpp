#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "commands.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace {

void print_origin(const mrnn::Origin& origin) {
  fmt::print("      from {} {}{}\n", origin.plugin, origin.version,
             origin.file.empty() ? " (built in)" : ", " + origin.file);
}

template <class Registry>
void print(const Registry& registry, const char* heading) {
  fmt::print("{}\n", heading);
  if (registry.entries().empty()) fmt::print("  none\n");
  for (const auto& [name, entry] : registry.entries()) {
    fmt::print("  {}: {}\n", name, entry.summary);
    print_origin(entry.origin);
    std::size_t start = 0;
    while (start < entry.options.size()) {
      const std::size_t end = std::min(entry.options.find('\n', start), entry.options.size());
      if (end > start) fmt::print("      {}\n", entry.options.substr(start, end - start));
      start = end + 1;
    }
  }
}

void print_backends(const mrnn::Runtime& runtime) {
  fmt::print("backends\n");
  for (const auto& [name, entry] : runtime.backends.entries()) {
    const auto backend = entry.make();
    const mrnn::Availability here = backend->availability();
    fmt::print("  {}: {}\n", name, entry.summary);
    fmt::print("      {}\n", here.available ? "available: " + backend->device({}) : "not available: " + here.reason);
    print_origin(entry.origin);
  }
}

}  // namespace

int list_command(const Arguments& arguments) {
  const std::string& kind = arguments.kind;
  const std::vector<std::string> kinds{"backends", "tasks", "manipulations", "analyses"};
  if (!kind.empty() && std::ranges::find(kinds, kind) == kinds.end()) {
    throw mrnn::ConfigError("list", "", mrnn::unknown_name("kind", kind, kinds));
  }
  mrnn::Runtime runtime;
  load_plugins(runtime, arguments, nullptr);
  if (kind.empty() || kind == "backends") print_backends(runtime);
  if (kind.empty() || kind == "tasks") print(runtime.tasks, "tasks");
  if (kind.empty() || kind == "manipulations") print(runtime.manipulations, "manipulations");
  if (kind.empty() || kind == "analyses") print(runtime.analyses, "analyses");
  if (!runtime.failures().empty()) {
    fmt::print("failed to load\n");
    for (const mrnn::LoadFailure& failure : runtime.failures()) {
      fmt::print("  {}: {}\n", failure.file.string(), failure.reason);
    }
  }
  return 0;
}
