#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "mrnn/export.hpp"

namespace mrnn {

/// Owns one identifier of the HDF5 library (a file, group, array, type, ...) and closes it. HDF5's own
/// headers stay in the .cpp files; its hid_t is this integer.
class MRNN_EXPORT Hdf5Handle {
 public:
  Hdf5Handle() = default;
  explicit Hdf5Handle(std::int64_t id) noexcept : id_(id) {}
  ~Hdf5Handle() { reset(); }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(other.release()) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept;

  std::int64_t get() const noexcept { return id_; }
  bool valid() const noexcept { return id_ >= 0; }
  std::int64_t release() noexcept;
  /// Closes without a word; whoever must know whether closing worked asks elsewhere.
  void reset() noexcept;

 private:
  std::int64_t id_ = -1;
};

/// While it lives HDF5 prints nothing: its complaints go into our messages instead. A host program that uses
/// HDF5 itself gets its own setting back.
class Hdf5Silence {
 public:
  Hdf5Silence() noexcept;
  ~Hdf5Silence();
  Hdf5Silence(const Hdf5Silence&) = delete;
  Hdf5Silence& operator=(const Hdf5Silence&) = delete;

 private:
  int (*function_)(std::int64_t, void*) = nullptr;
  void* data_ = nullptr;
};

/// HDF5's own words for its last error, from the innermost place; empty when it has none.
std::string hdf5_words();

/// Throws a FileError: `problem`, then HDF5's words in brackets.
[[noreturn]] void hdf5_fail(const std::filesystem::path& file, const std::string& problem);

/// Passes a result on; a negative one is an error.
template <class Result>
Result hdf5_check(Result result, const std::filesystem::path& file, std::string_view problem) {
  if (result < 0) hdf5_fail(file, std::string(problem));
  return result;
}

}  // namespace mrnn
