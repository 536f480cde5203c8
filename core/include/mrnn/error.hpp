#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "mrnn/export.hpp"

namespace mrnn {

/// A mistake or misfortune the user can act on. The text is whole sentences: what is wrong, where,
/// what is accepted, and the nearest match. The program turns it into one message and an exit status.
class MRNN_EXPORT Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Error() override;

  /// What the program returns to the shell for this error.
  virtual int exit_status() const noexcept { return 4; }
};

/// Something wrong in a configuration, a network description or on the command line (exit status 2).
class MRNN_EXPORT ConfigError final : public Error {
 public:
  /// @param where    `file:line:column`, or empty where there is no file
  /// @param key      dotted key, such as `connection[3].from`; may be empty
  /// @param problem  what is wrong, what is accepted, nearest match
  ConfigError(std::string where, std::string key, std::string problem);
  ~ConfigError() override;
  int exit_status() const noexcept override { return 2; }

  const std::string& where() const noexcept { return where_; }
  const std::string& key() const noexcept { return key_; }
  const std::string& problem() const noexcept { return problem_; }

 private:
  std::string where_, key_, problem_;
};

/// A file or folder that is missing, unreadable, wrong, locked or not writable (exit status 3).
class MRNN_EXPORT FileError final : public Error {
 public:
  FileError(std::filesystem::path path, std::string problem);
  ~FileError() override;
  int exit_status() const noexcept override { return 3; }

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Running failed: the activity diverged, memory ran out, a device is missing or lost (exit status 4).
class MRNN_EXPORT RunError final : public Error {
 public:
  using Error::Error;
  ~RunError() override;
};

/// The user stopped the run (exit status 130).
class MRNN_EXPORT Interrupted final : public Error {
 public:
  using Error::Error;
  ~Interrupted() override;
  int exit_status() const noexcept override { return 130; }
};

/// A plugin that could not be loaded, or that clashes with one that was.
class MRNN_EXPORT PluginError final : public Error {
 public:
  using Error::Error;
  ~PluginError() override;
};

/// A call with arrays of the wrong shape, or in the wrong order: a mistake of the calling program.
class MRNN_EXPORT ShapeError final : public Error {
 public:
  using Error::Error;
  ~ShapeError() override;
};

}  // namespace mrnn
