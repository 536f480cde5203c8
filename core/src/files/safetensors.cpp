#include "files/safetensors.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "config/json_table.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are read and written as they lie in memory");

constexpr std::uint64_t length_bytes = 8;              // of the header's length, little-endian
constexpr std::uint64_t longest_header = 100'000'000;  // the limit of the format itself

/// Bytes of one element; 0 for types that are not read.
std::size_t bytes_of(std::string_view type) {
  if (type == "F64" || type == "I64" || type == "U64") return 8;
  if (type == "F32" || type == "I32" || type == "U32") return 4;
  if (type == "I16" || type == "U16") return 2;
  if (type == "I8" || type == "U8" || type == "BOOL") return 1;
  return 0;
}

template <class Value>
void convert(const std::vector<char>& bytes, std::span<double> out) {
  for (std::size_t k = 0; k < out.size(); ++k) {
    Value value;
    std::memcpy(&value, bytes.data() + k * sizeof(Value), sizeof(Value));
    out[k] = static_cast<double>(value);
  }
}

void convert(std::string_view type, const std::vector<char>& bytes, std::span<double> out) {
  if (type == "F64") return convert<double>(bytes, out);
  if (type == "F32") return convert<float>(bytes, out);
  if (type == "I64") return convert<std::int64_t>(bytes, out);
  if (type == "U64") return convert<std::uint64_t>(bytes, out);
  if (type == "I32") return convert<std::int32_t>(bytes, out);
  if (type == "U32") return convert<std::uint32_t>(bytes, out);
  if (type == "I16") return convert<std::int16_t>(bytes, out);
  if (type == "U16") return convert<std::uint16_t>(bytes, out);
  if (type == "I8") return convert<std::int8_t>(bytes, out);
  return convert<std::uint8_t>(bytes, out);
}

/// A JSON number that is whole and not negative.
std::uint64_t whole(const nlohmann::ordered_json& value, const std::filesystem::path& file, const std::string& name) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  throw FileError(file, fmt::format("tensor {}: lengths and offsets must be whole numbers from 0", name));
}

/// The product of the lengths of a shape and `unit`; fails beyond what a file can hold.
std::uint64_t product(const std::vector<Index>& shape, std::uint64_t unit, const std::filesystem::path& file,
                      const std::string& name) {
  constexpr std::uint64_t most = std::uint64_t{1} << 56;
  std::uint64_t all = unit;
  for (const Index length : shape) {
    if (length > 0 && all > most / static_cast<std::uint64_t>(length)) {
      throw FileError(file, fmt::format("tensor {} has an impossible shape", name));
    }
    all *= static_cast<std::uint64_t>(length);
  }
  return all;
}

nlohmann::ordered_json parse_header(const std::string& text, const std::filesystem::path& file) {
  try {
    nlohmann::ordered_json header = parse_json(text, "its header");
    if (header.is_object()) return header;
  } catch (const ConfigError& error) {
    throw FileError(file, std::string("is not a .safetensors file: ") + error.what());
  }
  throw FileError(file, "is not a .safetensors file: its header is no JSON object");
}

}  // namespace

SafetensorsReader::SafetensorsReader(const std::filesystem::path& file) : file_(file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) throw FileError(file, "there is no such file");
  if (std::filesystem::is_directory(status)) throw FileError(file, "is a folder; a .safetensors file is needed");
  stream_.open(file, std::ios::binary);
  if (!stream_) throw FileError(file, "cannot be read: permission denied");
  const std::uint64_t size = std::filesystem::file_size(file, error);
  std::uint64_t length = 0;
  stream_.read(reinterpret_cast<char*>(&length), length_bytes);
  if (error || !stream_) throw FileError(file, "is too short to be a .safetensors file");
  if (length > longest_header || length > size - length_bytes) {
    throw FileError(file, fmt::format("is cut short or not a .safetensors file: it states a header of {} bytes and has "
                                      "{} in all",
                                      length, size));
  }
  std::string header(length, '\0');
  stream_.read(header.data(), static_cast<std::streamsize>(length));
  if (!stream_) throw FileError(file, "cannot be read");
  read_header(header, length_bytes + length, size);
}

void SafetensorsReader::read_header(const std::string& header, std::uint64_t data_start, std::uint64_t file_size) {
  const nlohmann::ordered_json entries = parse_header(header, file_);
  for (const auto& [name, entry] : entries.items()) {
    const std::string where = fmt::format("tensor {}: ", name);
    if (!entry.is_object()) throw FileError(file_, where + "an object was expected in the header");
    if (name == "__metadata__") {
      for (const auto& [key, text] : entry.items()) {
        if (text.is_string()) metadata_[key] = text.get<std::string>();
      }
      continue;
    }
    const bool complete = entry.contains("dtype") && entry["dtype"].is_string() && entry.contains("shape") &&
                          entry["shape"].is_array() && entry.contains("data_offsets") &&
                          entry["data_offsets"].is_array() && entry["data_offsets"].size() == 2;
    if (!complete) throw FileError(file_, where + "dtype, shape and two data_offsets are needed");
    Tensor tensor;
    tensor.type = entry["dtype"].get<std::string>();
    for (const auto& length : entry["shape"]) {
      const std::uint64_t value = whole(length, file_, name);
      if (value > std::numeric_limits<std::uint32_t>::max()) throw FileError(file_, where + "impossible shape");
      tensor.shape.push_back(static_cast<Index>(value));
    }
    const std::uint64_t begin = whole(entry["data_offsets"][0], file_, name);
    const std::uint64_t end = whole(entry["data_offsets"][1], file_, name);
    if (begin > end || end > file_size - data_start) {
      throw FileError(file_, where + "its data lie outside the file, which may be cut short");
    }
    const std::size_t bytes = bytes_of(tensor.type);
    if (bytes > 0 && product(tensor.shape, bytes, file_, name) != end - begin) {
      throw FileError(file_, where + "its data are not as long as its shape says");
    }
    tensor.begin = data_start + begin;
    tensor.end = data_start + end;
    tensors_.emplace(name, std::move(tensor));
  }
}

std::vector<std::string> SafetensorsReader::names() const {
  std::vector<std::string> all;
  for (const auto& [name, tensor] : tensors_) all.push_back(name);
  return all;
}

const SafetensorsReader::Tensor& SafetensorsReader::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw FileError(file_, unknown_name("tensor", name, names()));
  return found->second;
}

const std::vector<Index>& SafetensorsReader::shape(const std::string& name) const {
  return tensor(name).shape;
}

void SafetensorsReader::read_rows(const std::string& name, Index first, Index count, std::span<double> out) const {
  const Tensor& found = tensor(name);
  const std::size_t bytes = bytes_of(found.type);
  if (bytes == 0) {
    throw FileError(
        file_, fmt::format("tensor {} is of type {}; accepted: F64, F32, BOOL and whole numbers", name, found.type));
  }
  const Index rows = found.shape.empty() ? 1 : found.shape[0];
  if (first < 0 || count < 0 || first + count > rows) throw FileError(file_, "tensor " + name + " has too few rows");
  const std::uint64_t row_bytes = rows == 0 ? 0 : (found.end - found.begin) / static_cast<std::uint64_t>(rows);
  if (out.size() * bytes != row_bytes * static_cast<std::uint64_t>(count)) {
    throw ShapeError("read_rows() needs a place for each element of the rows");
  }
  std::vector<char> buffer(out.size() * bytes);
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(found.begin + row_bytes * static_cast<std::uint64_t>(first)));
  stream_.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  if (!stream_) throw FileError(file_, "tensor " + name + " cannot be read");
  convert(found.type, buffer, out);
}

SafetensorsWriter::SafetensorsWriter(std::filesystem::path file, const std::vector<Plan>& plans,
                                     const std::map<std::string, std::string>& metadata)
    : file_(std::move(file)), temporary_(file_) {
  temporary_ += fmt::format(".tmp-{}", getpid());
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  for (const Plan& plan : plans) {
    const bool is_double = plan.element == Element::float64;
    const std::uint64_t bytes = product(plan.shape, is_double ? 8 : 4, file_, plan.name);
    header[plan.name] = {{"dtype", is_double ? "F64" : "F32"},
                         {"shape", plan.shape},
                         {"data_offsets", std::array<std::uint64_t, 2>{size_, size_ + bytes}}};
    size_ += bytes;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize((text.size() + length_bytes - 1) / length_bytes * length_bytes, ' ');  // so that data are aligned
  const std::uint64_t length = text.size();
  size_ += length_bytes + length;
  target_ = std::make_unique<WritableFile>(temporary_, file_);
  try {
    write(&length, length_bytes);
    write(text.data(), text.size());
  } catch (...) {
    unlink(temporary_.c_str());
    throw;
  }
}

SafetensorsWriter::~SafetensorsWriter() {
  if (target_) unlink(temporary_.c_str());
}

void SafetensorsWriter::write(const void* data, std::size_t size) {
  target_->write(position_, data, size);
  position_ += size;
  if (target_->failed()) throw FileError(file_, "cannot be written: " + target_->failure());
}

void SafetensorsWriter::append(Element element, std::span<const double> values) {
  if (element == Element::float64) return write(values.data(), values.size_bytes());
  const std::vector<float> narrow(values.begin(), values.end());
  write(narrow.data(), narrow.size() * sizeof(float));
}

void SafetensorsWriter::finish() {
  if (position_ != size_) throw ShapeError("not all tensors that were announced have been written");
  target_->close();
  if (target_->failed()) throw FileError(file_, "cannot be written: " + target_->failure());
  std::error_code error;
  std::filesystem::rename(temporary_, file_, error);
  if (error) throw FileError(file_, "cannot be written: " + error.message());
  target_.reset();
}

}  // namespace mrnn
