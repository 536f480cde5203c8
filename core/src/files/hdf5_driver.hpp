#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "files/hdf5_handle.hpp"

namespace mrnn {

/// The file beneath HDF5 while we write: a plain file that remembers its first failure.
///
/// HDF5 keeps data back and writes it when the file is closed, or even when the process ends. Where a write
/// then fails (a full disk), it cannot let go of the file, prints, tries again at exit, and may crash. So
/// this driver never tells HDF5 of a failure: from the first one on it keeps what HDF5 writes in memory and
/// hands it back when HDF5 reads it, so that HDF5 can close in peace. The writer looks at failed() after
/// each of its calls and ends; little is ever kept.
class WritableFile {
 public:
  /// A file of that name is replaced. @throws FileError, about `shown`, where the file cannot be made.
  WritableFile(const std::filesystem::path& file, const std::filesystem::path& shown);
  ~WritableFile();
  WritableFile(const WritableFile&) = delete;
  WritableFile& operator=(const WritableFile&) = delete;

  bool failed() const noexcept { return error_ != 0; }
  /// In the words of the operating system; empty when nothing failed.
  std::string failure() const;

  void write(std::uint64_t address, const void* data, std::size_t size) noexcept;
  void read(std::uint64_t address, void* data, std::size_t size) noexcept;
  void resize(std::uint64_t size) noexcept;
  std::uint64_t size() const noexcept { return size_; }
  /// Close with a seal at the end (see seal.hpp).
  void seal_when_closed() noexcept { seal_ = true; }
  /// Everything to the disk itself, then closed.
  void close() noexcept;

 private:
  struct Kept {
    std::uint64_t address;
    std::vector<unsigned char> bytes;
  };
  void write_seal() noexcept;
  void keep(std::uint64_t address, const unsigned char* data, std::size_t size) noexcept;

  int descriptor_ = -1;
  int error_ = 0;  ///< errno of the first failure
  std::uint64_t size_ = 0;
  bool seal_ = false;
  std::vector<Kept> kept_;  ///< what could not be written, oldest first
};

/// Makes an empty HDF5 file on top of `target`, which must outlive the handle that is returned.
Hdf5Handle create_hdf5(WritableFile& target, const std::filesystem::path& name);

}  // namespace mrnn
