#include "mrnn/error.hpp"

#include <utility>

namespace mrnn {
namespace {

std::string sentence(const std::string& where, const std::string& key, const std::string& problem) {
  std::string text;
  if (!where.empty()) text += where + ": ";
  if (!key.empty()) text += key + ": ";
  return text + problem;
}

}  // namespace

Error::~Error() = default;

ConfigError::ConfigError(std::string where, std::string key, std::string problem)
    : Error(sentence(where, key, problem)),
      where_(std::move(where)),
      key_(std::move(key)),
      problem_(std::move(problem)) {}
ConfigError::~ConfigError() = default;

FileError::FileError(std::filesystem::path path, std::string problem)
    : Error(path.string() + ": " + problem), path_(std::move(path)) {}
FileError::~FileError() = default;

RunError::~RunError() = default;
Interrupted::~Interrupted() = default;
PluginError::~PluginError() = default;
ShapeError::~ShapeError() = default;

}  // namespace mrnn
