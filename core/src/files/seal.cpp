#include "files/seal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

constexpr std::string_view start_of_seal = "mrnn ";

/// Takes eight bytes at a time; no changed bit is ever lost, since each step can be undone.
std::uint64_t mixed(std::uint64_t sum, std::uint64_t word) {
  sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
  return sum ^ (sum >> 29);
}

std::uint64_t size_of(std::ifstream& stream) {
  const std::streamoff end = stream.seekg(0, std::ios::end).tellg();
  return end > 0 ? static_cast<std::uint64_t>(end) : 0;
}

/// The seal of the first bytes of a file.
std::string make_seal(std::ifstream& stream, std::uint64_t size, const std::filesystem::path& file) {
  const std::string seal = mrnn::make_seal(size, [&stream](std::uint64_t address, std::span<unsigned char> out) {
    stream.seekg(static_cast<std::streamoff>(address));
    stream.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  });
  if (!stream) throw FileError(file, "cannot be read to its end");
  return seal;
}

/// The sixteen digits.
std::string digits_of(const std::string& seal) {
  return seal.substr(start_of_seal.size(), seal_size - start_of_seal.size() - 1);
}

/// The last line; empty where it is no seal.
std::string find_seal(std::ifstream& stream) {
  const std::uint64_t size = size_of(stream);
  if (size < seal_size) return "";
  std::string line(seal_size, ' ');
  stream.seekg(static_cast<std::streamoff>(size - seal_size));
  stream.read(line.data(), seal_size);
  return stream && line.starts_with(start_of_seal) ? line : "";
}

}  // namespace

std::string make_seal(std::uint64_t size, const ReadBytes& read) {
  std::vector<unsigned char> part(std::size_t{1} << 20);  // a multiple of eight
  std::uint64_t sum = mixed(0, size);
  for (std::uint64_t address = 0; address < size; address += part.size()) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), size - address));
    std::fill(part.begin() + static_cast<std::ptrdiff_t>(count), part.end(), static_cast<unsigned char>(0));
    read(address, std::span(part).first(count));
    for (std::size_t k = 0; k < count; k += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;  // little-endian on every machine
      for (std::size_t byte = sizeof word; byte > 0; --byte) word = word << 8 | part[k + byte - 1];
      sum = mixed(sum, word);
    }
  }
  return fmt::format("{}{:016x}\n", start_of_seal, sum);
}

std::string contents_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::uint64_t size = size_of(stream);
  return fmt::format("{} bytes, checksum {}", size, digits_of(make_seal(stream, size, file)));
}

bool has_seal(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return !find_seal(stream).empty();
}

std::string seal_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string line = find_seal(stream);
  return line.empty() ? line : digits_of(line);
}

void check_seal(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string found = find_seal(stream);
  if (found.empty()) return;
  const std::string made = make_seal(stream, size_of(stream) - seal_size, file);
  if (made != found) throw FileError(file, "is damaged: its contents do not match the checksum that ends it");
}

}  // namespace mrnn
