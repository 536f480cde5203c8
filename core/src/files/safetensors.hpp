#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "files/hdf5_driver.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/export.hpp"
#include "mrnn/selection.hpp"

namespace mrnn {

/// A .safetensors file, open for reading: eight bytes with the length of a JSON header, the header, then the
/// tensors, row-major. Every number in the header is checked against the file before it is used.
class MRNN_EXPORT SafetensorsReader {
 public:
  /// @throws FileError for what is missing, unreadable or not such a file.
  explicit SafetensorsReader(const std::filesystem::path& file);

  const std::filesystem::path& file() const noexcept { return file_; }
  /// Texts by name that the file carries beside its tensors.
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  std::vector<std::string> names() const;
  bool has(const std::string& name) const { return tensors_.contains(name); }
  const std::vector<Index>& shape(const std::string& name) const;
  /// The part [first, first + count) along the first axis, of floating or whole numbers, converted.
  void read_rows(const std::string& name, Index first, Index count, std::span<double> out) const;

 private:
  struct Tensor {
    std::string type;
    std::vector<Index> shape;
    std::uint64_t begin = 0, end = 0;  ///< bytes of the file
  };
  void read_header(const std::string& header, std::uint64_t data_start, std::uint64_t file_size);
  const Tensor& tensor(const std::string& name) const;

  std::filesystem::path file_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Tensor> tensors_;
  mutable std::ifstream stream_;
};

/// Writes a .safetensors file under a temporary name; finish() renames it. The tensors are announced first and
/// then handed over piece by piece, in that order.
class MRNN_EXPORT SafetensorsWriter {
 public:
  struct Plan {
    std::string name;
    Element element;  ///< float32 or float64
    std::vector<Index> shape;
  };
  SafetensorsWriter(std::filesystem::path file, const std::vector<Plan>& plans,
                    const std::map<std::string, std::string>& metadata);
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  void append(Element element, std::span<const double> values);
  void finish();

 private:
  void write(const void* data, std::size_t size);

  std::filesystem::path file_, temporary_;
  std::unique_ptr<WritableFile> target_;
  std::uint64_t position_ = 0, size_ = 0;
};

}  // namespace mrnn
