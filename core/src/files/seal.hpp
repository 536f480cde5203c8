#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "mrnn/export.hpp"

namespace mrnn {

/// A seal is the last line of a file, `mrnn 0123456789abcdef`: a checksum of the length of what stands before it and of
/// every byte there. HDF5 looks at nothing beyond its own end, so that any program reads a sealed file; but where a bit
/// of it has changed, HDF5 may crash, so ours looks at the seal first.
inline constexpr std::size_t seal_size = 22;

/// Fills `out` with the bytes that begin at `address`.
using ReadBytes = std::function<void(std::uint64_t address, std::span<unsigned char> out)>;

std::string make_seal(std::uint64_t size, const ReadBytes& read);

/// Size and checksum of a file in words, to tell whether it has changed. @throws FileError where it cannot be read.
std::string contents_of(const std::filesystem::path& file);

/// Does the file end with a seal, right or wrong? false also where it cannot be read.
bool has_seal(const std::filesystem::path& file);
/// The sixteen digits of the checksum that ends a file, right or wrong; empty where there is none.
std::string seal_of(const std::filesystem::path& file);
/// @throws FileError where the file has a seal that does not belong to what stands before it.
void check_seal(const std::filesystem::path& file);

}  // namespace mrnn
