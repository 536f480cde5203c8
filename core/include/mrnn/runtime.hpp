#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mrnn/plugin.hpp"

namespace mrnn {

/// A shared library that did not load, and why, in one sentence.
struct LoadFailure {
  std::filesystem::path file;
  std::string reason;
};

/// The registries and the plugin host. Make one per program, register or load, and pass it down.
class MRNN_EXPORT Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  BackendRegistry backends{"backend"};
  TaskRegistry tasks{"task"};
  ManipulationRegistry manipulations{"manipulation"};
  AnalysisRegistry analyses{"analysis"};

  /// Adds what a host program has linked in, through the same door as a plugin:
  /// `runtime.attach("eigen", mrnn::eigen::attach)`. @throws PluginError; nothing is added then.
  void attach(const std::string& name, void (*attach)(PluginContext&));

  /// Loads one library, for good: it is never unloaded. Registration is all or nothing. A file that was
  /// loaded before is skipped. @throws PluginError with one clear sentence.
  void load(const std::filesystem::path& library);

  /// Loads every *.so of a folder, in alphabetical order; failures are kept, not thrown. A library with the
  /// file name of one loaded before is skipped, so that the first folder of a search path wins.
  /// @throws FileError where the folder cannot be read.
  void load_folder(const std::filesystem::path& folder);

  const std::vector<LoadFailure>& failures() const noexcept { return failures_; }

  /// `no analysis called "pst"; available: ... Did you mean "psth"?` with load failures that may explain it.
  std::string unknown(const std::string& kind, const std::string& name,
                      const std::vector<std::string>& available) const;

  /// `mine/psth.so failed to load: ...; /usr/.../psth.so is used in its place`: where the user may not get the library
  /// that the search path promises. Empty where none of that file name failed.
  std::string stand_in(const Origin& origin) const;

 private:
  void open_and_attach(const std::filesystem::path& file);
  void attach(const Origin& origin, void (*attach)(PluginContext&));

  std::vector<std::filesystem::path> loaded_;  ///< canonical paths
  std::vector<LoadFailure> failures_;
};

/// The folders plugins are looked for in, first to last: `given` (--plugin-path), MRNN_PLUGIN_PATH,
/// `configured` ([plugins] path), beside the program, the install folder; only those that exist, once.
/// @throws FileError for a given or configured folder that does not exist.
MRNN_EXPORT std::vector<std::filesystem::path> plugin_folders(const std::vector<std::filesystem::path>& given,
                                                              const std::vector<std::filesystem::path>& configured);

/// Version of this library, `0.1.0`.
MRNN_EXPORT std::string version();

}  // namespace mrnn
