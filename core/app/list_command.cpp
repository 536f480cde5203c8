#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
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

/// Whether a backend can be used here. One that fails when asked does not hide the others.
std::string state_of(const mrnn::BackendRegistry& backends, const std::string& name,
                     const mrnn::BackendRegistry::Entry& entry) {
  try {
    const auto backend = backends.make(name, entry);
    const mrnn::Availability here = backend->availability();
    if (here.available) return "available: " + backend->device({});
    return "not available: " + (here.reason.empty() ? "it does not say why" : here.reason);
  } catch (const std::exception& error) {
    return std::string("not available: ") + error.what();
  } catch (...) {
    return "not available: it threw something that is not an exception";
  }
}

void print_backends(const mrnn::Runtime& runtime) {
  fmt::print("backends\n");
  for (const auto& [name, entry] : runtime.backends.entries()) {
    fmt::print("  {}: {}\n", name, entry.summary);
    fmt::print("      {}\n", state_of(runtime.backends, name, entry));
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
