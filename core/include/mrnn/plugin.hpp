#pragma once

#include <Eigen/Core>
#include <string>
#include <utility>

#include "mrnn/analysis.hpp"
#include "mrnn/backend.hpp"
#include "mrnn/manipulation.hpp"
#include "mrnn/task.hpp"

/// Raised by hand whenever a class that plugins see changes.
#define MRNN_PLUGIN_API 14

#define MRNN_STRINGIFY_(x) #x
#define MRNN_STRINGIFY(x) MRNN_STRINGIFY_(x)

#ifdef __clang__  // which says it were an old gcc
#define MRNN_COMPILER "clang " MRNN_STRINGIFY(__clang_major__)
#else
#define MRNN_COMPILER "gcc " MRNN_STRINGIFY(__GNUC__)
#endif

/// A literal, so that each library carries the values of its own compilation. (As the result of an
/// inline function it would not: the linker merges the definitions of host and plugin.)
#define MRNN_ABI_TAG \
  "api " MRNN_STRINGIFY(MRNN_PLUGIN_API) ", " MRNN_COMPILER ", c++ abi " MRNN_STRINGIFY(          \
      __GXX_ABI_VERSION) ", cxx11 strings " MRNN_STRINGIFY(_GLIBCXX_USE_CXX11_ABI) ", eigen " MRNN_STRINGIFY(    \
      EIGEN_WORLD_VERSION) "." MRNN_STRINGIFY(EIGEN_MAJOR_VERSION) "." MRNN_STRINGIFY(EIGEN_MINOR_VERSION) ", "  \
      "eigen alignment " MRNN_STRINGIFY(EIGEN_MAX_ALIGN_BYTES)

namespace mrnn {

using BackendRegistry = Registry<Backend>;

/// What a plugin adds to. `attach` only calls these.
class MRNN_EXPORT PluginContext {
 public:
  PluginContext(BackendRegistry& backends, TaskRegistry& tasks, ManipulationRegistry& manipulations,
                AnalysisRegistry& analyses, Origin origin);

  /// @param summary  one line: what it does    @param options  its keys with defaults, one a line
  /// @throws PluginError where the name is taken or holds spaces, or there is no factory
  void add_backend(const std::string& name, BackendRegistry::Factory make, std::string summary);
  void add_task(const std::string& name, TaskRegistry::Factory make, std::string summary, std::string options);
  void add_manipulation(const std::string& name, ManipulationRegistry::Factory make, std::string summary,
                        std::string options);
  void add_analysis(const std::string& name, AnalysisRegistry::Factory make, std::string summary, std::string options);

  const Origin& origin() const noexcept { return origin_; }

 private:
  BackendRegistry& backends_;
  TaskRegistry& tasks_;
  ManipulationRegistry& manipulations_;
  AnalysisRegistry& analyses_;
  Origin origin_;
};

}  // namespace mrnn

extern "C" {
/// What every plugin library exports, static in its own file. The tag comes first and is checked before
/// anything else is touched.
struct mrnn_plugin {
  const char* abi;
  const char* name;
  const char* version;
  void (*attach)(mrnn::PluginContext&);
};
}

/// Ends a plugin's source file: MRNN_PLUGIN("psth", "1.0", attach)
#define MRNN_PLUGIN(plugin_name, plugin_version, attach_function)    \
  extern "C" MRNN_EXPORT const ::mrnn_plugin mrnn_plugin_descriptor; \
  const ::mrnn_plugin mrnn_plugin_descriptor{MRNN_ABI_TAG, plugin_name, plugin_version, attach_function};
