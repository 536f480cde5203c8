#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/selection.hpp"

namespace mrnn {

/// What stands under a name in an HDF5 file.
enum class Hdf5Kind : std::uint8_t { absent, group, numbers, texts, other };

/// An HDF5 file, open for reading: results, weights, data sets.
///
/// Names are paths within the file, `network/W_rec` or `/network/W_rec`. Arrays come row-major, last axis
/// fastest, as in the file. Whatever is wrong is a FileError that names the file and the array. HDF5 is one
/// per process and not thread-safe: use readers from one thread at a time.
class MRNN_EXPORT Hdf5Reader {
 public:
  /// @throws FileError for what is missing, a folder, unreadable, damaged, not HDF5 or cut short.
  explicit Hdf5Reader(const std::filesystem::path& file);
  ~Hdf5Reader();
  Hdf5Reader(Hdf5Reader&&) noexcept;
  Hdf5Reader& operator=(Hdf5Reader&&) noexcept;

  const std::filesystem::path& file() const noexcept;

  Hdf5Kind kind(std::string_view name) const;
  bool has(std::string_view name) const { return kind(name) != Hdf5Kind::absent; }
  /// Names of what a group holds, sorted; empty where there is no such group.
  std::vector<std::string> members(std::string_view group = "/") const;

  /// One length per axis; none for a single value.
  std::vector<Index> shape(std::string_view name) const;
  /// Numbers of any type (whole, floating, boolean), converted.
  std::vector<double> read_doubles(std::string_view name) const;
  /// Whole numbers of 0 or more, to the last digit, which double has not beyond 2^53.
  std::vector<std::uint64_t> read_unsigned(std::string_view name) const;
  /// The part [first, first + count) along the first axis, so that a large array need not be held whole.
  /// `out` has exactly as many elements as the part.
  void read_rows(std::string_view name, Index first, Index count, std::span<double> out) const;
  /// Texts of fixed or variable length.
  std::vector<std::string> read_texts(std::string_view name) const;

  /// Attributes of a group or array; "/" is the file itself.
  bool has_attribute(std::string_view object, std::string_view name) const;
  std::string text_attribute(std::string_view object, std::string_view name) const;
  double number_attribute(std::string_view object, std::string_view name) const;
  /// A whole number of 0 or more, to the last digit.
  std::uint64_t unsigned_attribute(std::string_view object, std::string_view name) const;
  /// An attribute of one or more numbers.
  std::vector<double> numbers_attribute(std::string_view object, std::string_view name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mrnn
