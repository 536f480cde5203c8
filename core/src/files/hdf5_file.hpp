#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "files/hdf5_handle.hpp"
#include "mrnn/export.hpp"
#include "mrnn/selection.hpp"

namespace mrnn {

/// Type of the elements of an array in a file.
enum class Element : std::uint8_t { float32, float64, uint8, int8, int64, uint64 };

template <class Value>
constexpr Element element_of() {
  if constexpr (std::is_same_v<Value, float>) return Element::float32;
  if constexpr (std::is_same_v<Value, double>) return Element::float64;
  if constexpr (std::is_same_v<Value, std::uint8_t>) return Element::uint8;
  if constexpr (std::is_same_v<Value, std::int8_t>) return Element::int8;
  if constexpr (std::is_same_v<Value, std::int64_t>) return Element::int64;
  if constexpr (std::is_same_v<Value, std::uint64_t>) return Element::uint64;
}

/// How an array lies in the file.
struct ArrayLayout {
  enum class Packing : std::uint8_t { plain, compressed };
  std::vector<Index> shape;
  std::vector<Index> chunk;          ///< empty: in one piece. Chunks that are never written take no room and read as 0
  Packing packing = Packing::plain;  ///< compressed: shuffle and deflate-1; needs chunks
};

class Hdf5Writer;

/// An array being written part by part. The writer must outlive it.
class MRNN_EXPORT Hdf5Array {
 public:
  /// Writes the box of `extent` elements at `first`, row-major.
  template <class Value>
  void write(const std::vector<Index>& first, const std::vector<Index>& extent, std::span<const Value> values) {
    write_box(first, extent, element_of<Value>(), values.data());
  }

 private:
  friend class Hdf5Writer;
  Hdf5Array(Hdf5Writer& writer, std::string name, Hdf5Handle array)
      : writer_(&writer), name_(std::move(name)), array_(std::move(array)) {}
  void write_box(const std::vector<Index>& first, const std::vector<Index>& extent, Element element, const void* data);

  Hdf5Writer* writer_;
  std::string name_;
  Hdf5Handle array_;
};

/// Writes an HDF5 file under a temporary name in the folder of the real one; finish() brings it to the disk
/// and renames it. Until then, and for good if anything fails, an older file of that name stays as it was;
/// the temporary one is removed. A full disk is a FileError like any other. No object carries a time, so the
/// same contents are the same bytes.
class MRNN_EXPORT Hdf5Writer {
 public:
  /// @throws FileError where the file cannot be written.
  explicit Hdf5Writer(std::filesystem::path file);
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  const std::filesystem::path& file() const noexcept { return file_; }
  bool has(std::string_view name) const;

  /// Makes a group, and those it is in. One that exists is kept.
  void group(const std::string& name);

  /// Writes a whole array; the groups it is in are made. A shape of no lengths is a single value.
  template <class Value>
  void write(const std::string& name, const std::vector<Index>& shape, std::span<const Value> values) {
    write_array(name, shape, element_of<Value>(), values.data(), values.size());
  }
  template <class Value>
  void write(const std::string& name, const std::vector<Index>& shape, const std::vector<Value>& values) {
    write(name, shape, std::span<const Value>(values));
  }
  /// A list of texts, UTF-8.
  void write_texts(const std::string& name, const std::vector<std::string>& texts);
  /// An array to be written part by part.
  Hdf5Array create(const std::string& name, Element element, const ArrayLayout& layout);

  /// Attributes of a group or array that exists; "/" is the file.
  void attribute(const std::string& object, const std::string& name, const std::string& text);
  void attribute(const std::string& object, const std::string& name, const char* text);
  void attribute(const std::string& object, const std::string& name, double number);
  void attribute(const std::string& object, const std::string& name, std::int64_t number);
  void attribute(const std::string& object, const std::string& name, std::uint64_t number);
  void attribute(const std::string& object, const std::string& name, const std::vector<double>& numbers);
  void attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts);

  /// Everything to the disk, then the real name. Nothing can be written afterwards.
  void finish();
  /// The same, with a seal at the end (see seal.hpp), by which a damaged file is known before HDF5 sees it.
  void finish_sealed();

 private:
  friend class Hdf5Array;
  struct State;
  void write_array(const std::string& name, const std::vector<Index>& shape, Element element, const void* data,
                   std::size_t count);
  void write_attribute(const std::string& object, const std::string& name, std::int64_t type, std::int64_t space,
                       const void* data);
  Hdf5Handle make_array(const std::string& name, std::int64_t type, std::int64_t space, std::int64_t creation);
  /// @throws FileError where a write has failed.
  void check() const;
  void discard() noexcept;

  std::filesystem::path file_, temporary_;
  std::unique_ptr<State> state_;
};

}  // namespace mrnn
