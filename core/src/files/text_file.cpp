#include "files/text_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// More than any configuration has, less than what fills the memory (/dev/zero).
constexpr std::size_t largest = std::size_t{64} << 20;

FileError unreadable(const std::filesystem::path& file, int number) {
  const std::string reason = number == 0 ? "" : ": " + std::generic_category().message(number);
  return FileError(file, "cannot be read" + reason);
}

}  // namespace

std::string read_text_file(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) throw FileError(file, "no such file");
  if (std::filesystem::is_directory(status)) throw FileError(file, "is a folder; a file is needed");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw unreadable(file, errno);
  std::string text;
  std::vector<char> buffer(std::size_t{1} << 16);
  while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || stream.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(stream.gcount()));
    if (text.size() > largest) throw FileError(file, "is larger than 64 MiB, which no configuration is");
  }
  if (stream.bad()) throw unreadable(file, errno);
  return text;
}

void write_text_file(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::path temporary = file;
  temporary += ".tmp-" + std::to_string(getpid());
  errno = 0;
  std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  const int number = errno;
  std::error_code error;
  if (!stream) {
    std::filesystem::remove(temporary, error);
    throw FileError(
        file, "cannot be written" + (number == 0 ? std::string() : ": " + std::generic_category().message(number)));
  }
  std::filesystem::rename(temporary, file, error);
  if (!error) return;
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  throw FileError(file, "cannot be written: " + error.message());
}

}  // namespace mrnn
