#include "mrnn/runtime.hpp"

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <utility>

#include "mrnn/error.hpp"
#include "plugins/plugin_host.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;

/// Keeps folders that exist, each once, in the order they were found.
class FolderList {
 public:
  void add_existing(const fs::path& folder) {
    std::error_code problem;
    if (folder.empty() || !fs::is_directory(folder, problem)) return;
    fs::path canonical = fs::canonical(folder, problem);
    if (problem || std::ranges::find(folders_, canonical) != folders_.end()) return;
    folders_.push_back(std::move(canonical));
  }

  void add_required(const fs::path& folder, const std::string& source) {
    std::error_code problem;
    if (!fs::is_directory(folder, problem))
      throw FileError(folder, "no such folder of plugins, asked for by " + source);
    add_existing(folder);
  }

  std::vector<fs::path> folders_;
};

/// All but folders; what an entry is that cannot be looked up shows when it is opened.
std::vector<fs::path> plugin_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code problem, ignored;
  fs::directory_iterator entry(folder, problem);
  for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
    if (entry->path().extension() == ".so" && !entry->is_directory(ignored)) files.push_back(entry->path());
  }
  if (problem) throw FileError(folder, "the folder of plugins cannot be read: " + problem.message());
  std::ranges::sort(files);
  return files;
}

}  // namespace

PluginContext::PluginContext(BackendRegistry& backends, TaskRegistry& tasks, ManipulationRegistry& manipulations,
                             AnalysisRegistry& analyses, Origin origin)
    : backends_(backends),
      tasks_(tasks),
      manipulations_(manipulations),
      analyses_(analyses),
      origin_(std::move(origin)) {}

void PluginContext::add_backend(const std::string& name, BackendRegistry::Factory make, std::string summary) {
  backends_.add(name, {std::move(make), std::move(summary), "", origin_});
}

void PluginContext::add_task(const std::string& name, TaskRegistry::Factory make, std::string summary,
                             std::string options) {
  tasks_.add(name, {std::move(make), std::move(summary), std::move(options), origin_});
}

void PluginContext::add_manipulation(const std::string& name, ManipulationRegistry::Factory make, std::string summary,
                                     std::string options) {
  manipulations_.add(name, {std::move(make), std::move(summary), std::move(options), origin_});
}

void PluginContext::add_analysis(const std::string& name, AnalysisRegistry::Factory make, std::string summary,
                                 std::string options) {
  analyses_.add(name, {std::move(make), std::move(summary), std::move(options), origin_});
}

Runtime::Runtime() = default;
Runtime::~Runtime() = default;

void Runtime::attach(const std::string& name, void (*attach)(PluginContext&)) {
  this->attach(Origin{name, version(), ""}, attach);
}

void Runtime::attach(const Origin& origin, void (*attach)(PluginContext&)) {
  // Into copies, which replace the registries only once all has gone well: all or nothing.
  BackendRegistry new_backends = backends;
  TaskRegistry new_tasks = tasks;
  ManipulationRegistry new_manipulations = manipulations;
  AnalysisRegistry new_analyses = analyses;
  if (attach == nullptr) throw PluginError("the plugin \"" + origin.plugin + "\" has no attach function");
  PluginContext context(new_backends, new_tasks, new_manipulations, new_analyses, origin);
  try {
    attach(context);
  } catch (const PluginError&) {
    throw;  // from a registry, hence core's own
  } catch (const std::exception& error) {
    throw PluginError("the attach function of \"" + origin.plugin + "\" threw an error" +
                      (*error.what() == 0 ? std::string() : std::string(": ") + error.what()));
  } catch (...) {
    throw PluginError("the attach function of \"" + origin.plugin + "\" threw something that is not an exception");
  }
  backends = std::move(new_backends);
  tasks = std::move(new_tasks);
  manipulations = std::move(new_manipulations);
  analyses = std::move(new_analyses);
}

void Runtime::open_and_attach(const fs::path& file) {
  std::error_code problem;
  const fs::path canonical = fs::weakly_canonical(file, problem);
  const fs::path absolute = problem ? fs::absolute(file, problem) : canonical;
  if (std::ranges::find(loaded_, absolute) != loaded_.end()) return;
  const mrnn_plugin& plugin = open_plugin(absolute);
  attach(Origin{plugin.name, plugin.version, absolute.string()}, plugin.attach);
  loaded_.push_back(absolute);
}

void Runtime::load(const fs::path& library) {
  try {
    open_and_attach(library);
  } catch (const PluginError& error) {
    throw PluginError("plugin " + library.string() + " failed to load: " + error.what());
  }
}

void Runtime::load_folder(const fs::path& folder) {
  for (const fs::path& file : plugin_files(folder)) {
    const auto same_name = [&file](const fs::path& loaded) { return loaded.filename() == file.filename(); };
    if (std::ranges::any_of(loaded_, same_name)) continue;
    try {
      open_and_attach(file);
    } catch (const PluginError& error) {
      failures_.push_back({file, error.what()});
    }
  }
}

std::string Runtime::unknown(const std::string& kind, const std::string& name,
                             const std::vector<std::string>& available) const {
  std::string text = unknown_name(kind, name, available);
  if (failures_.empty()) return text;
  if (!text.ends_with('?')) text += '.';
  std::vector<std::string> stems, files;
  for (const LoadFailure& failure : failures_) {
    stems.push_back(failure.file.stem().string());
    files.push_back(failure.file.filename().string());
  }
  const std::string likely = nearest(name, stems);
  if (likely.empty()) return text + " Libraries that failed to load: " + join(files) + " (mrnn list says why).";
  const auto found = std::ranges::find(stems, likely) - stems.begin();
  const LoadFailure& failure = failures_[static_cast<std::size_t>(found)];
  return text + " " + failure.file.filename().string() + " failed to load: " + failure.reason + ".";
}

std::string Runtime::stand_in(const Origin& origin) const {
  // A library that loaded keeps later ones of its name from being tried, so what failed came before it.
  const auto same_name = [&](const LoadFailure& failure) {
    return failure.file.filename() == fs::path(origin.file).filename();
  };
  const auto found = std::ranges::find_if(failures_, same_name);
  if (origin.file.empty() || found == failures_.end()) return "";
  return found->file.string() + " failed to load: " + found->reason + "; " + origin.file + " is used in its place";
}

std::vector<fs::path> plugin_folders(const std::vector<fs::path>& given, const std::vector<fs::path>& configured) {
  FolderList list;
  for (const fs::path& folder : given) list.add_required(folder, "--plugin-path");
  if (const char* variable = std::getenv("MRNN_PLUGIN_PATH"); variable != nullptr) {
    std::istringstream entries(variable);
    for (std::string folder; std::getline(entries, folder, ':');) list.add_existing(folder);
  }
  for (const fs::path& folder : configured) list.add_required(folder, "[plugins] path");

  std::error_code problem;
  const fs::path program = boost::dll::program_location(problem).parent_path();
  if (!problem) {
    list.add_existing(program / "plugins");
    list.add_existing(program / MRNN_INSTALL_PLUGINS);
  }
  // For a host program elsewhere that links an installed core: beside core's own library.
  const fs::path library = boost::dll::this_line_location(problem).parent_path();
  if (!problem) list.add_existing(library / "mrnn" / "plugins");
  return std::move(list.folders_);
}

std::string version() {
  return MRNN_VERSION;
}

}  // namespace mrnn
