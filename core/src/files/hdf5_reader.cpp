#include <fmt/format.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

#include "files/hdf5_handle.hpp"
#include "files/seal.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"

namespace mrnn {

struct Hdf5Reader::State {
  std::filesystem::path path;
  Hdf5Handle file;
};

namespace {

/// Where an array stands, for messages.
struct Place {
  const std::filesystem::path& file;
  std::string name;

  [[noreturn]] void fail(const std::string& problem) const { throw FileError(file, name + " " + problem); }
  template <class Result>
  Result check(Result result, const std::string& problem) const {
    return hdf5_check(result, file, name + " " + problem);
  }
};

void check_readable(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) throw FileError(file, "there is no such file");
  if (std::filesystem::is_directory(status)) throw FileError(file, "is a folder; an HDF5 file is needed");
  if (access(file.c_str(), R_OK) != 0) throw FileError(file, "cannot be read: permission denied");
}

Hdf5Handle open_file(const std::filesystem::path& file) {
  check_readable(file);
  check_seal(file);
  const Hdf5Silence silence;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access.get(), true, true);  // where the file system has no locks, go without
#endif
  Hdf5Handle handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.get()));
  if (handle.valid()) return handle;
  const std::string words = hdf5_words();
  if (words.find("signature") != std::string::npos) throw FileError(file, "is not an HDF5 file");
  if (words.find("truncated") != std::string::npos) {
    throw FileError(file, "is cut short: it ends before the end that its header states");
  }
  throw FileError(file, "cannot be opened as an HDF5 file (HDF5: " + words + ")");
}

std::vector<std::string> components(std::string_view name) {
  std::vector<std::string> parts;
  for (std::size_t first = 0; first < name.size();) {
    const std::size_t last = std::min(name.find('/', first), name.size());
    if (last > first) parts.emplace_back(name.substr(first, last - first));
    first = last + 1;
  }
  return parts;
}

/// HDF5 complains of a link only when the one before it exists, so each step of the path is asked for.
bool exists(hid_t file, std::string_view name) {
  std::string path = "/";
  for (const std::string& part : components(name)) {
    if (path.size() > 1) path += "/";
    path += part;
    if (H5Lexists(file, path.c_str(), H5P_DEFAULT) <= 0) return false;
    if (H5Oexists_by_name(file, path.c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

std::string absolute(std::string_view name) {
  return name.starts_with('/') ? std::string(name) : "/" + std::string(name);
}

bool is_number(H5T_class_t type) {
  return type == H5T_INTEGER || type == H5T_FLOAT || type == H5T_ENUM;
}

std::string content_words(H5T_class_t type) {
  if (is_number(type)) return "numbers";
  if (type == H5T_STRING) return "texts";
  return type == H5T_COMPOUND ? "compound values (or complex numbers)" : "values that are neither numbers nor texts";
}

std::vector<Index> extent_of(hid_t space, const Place& place) {
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return {0};
  const int rank = place.check(H5Sget_simple_extent_ndims(space), "has no readable shape");
  std::vector<hsize_t> lengths(static_cast<std::size_t>(rank));
  place.check(H5Sget_simple_extent_dims(space, lengths.data(), nullptr), "has no readable shape");
  std::vector<Index> shape;
  Index elements = 1;
  for (const hsize_t length : lengths) {
    constexpr auto most = static_cast<hsize_t>(std::numeric_limits<Index>::max() / 64);
    if (length > most || (length > 0 && elements > static_cast<Index>(most / length))) {
      place.fail("has an impossible shape; the file is damaged");
    }
    shape.push_back(static_cast<Index>(length));
    elements *= std::max<Index>(1, shape.back());
  }
  return shape;
}

std::size_t elements_of(const std::vector<Index>& shape) {
  std::size_t elements = 1;
  for (const Index length : shape) elements *= static_cast<std::size_t>(length);
  return elements;
}

/// A vector whose size comes from a file.
template <class Value>
std::vector<Value> make_vector(std::size_t size, const Place& place) {
  try {
    return std::vector<Value>(size);
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  place.fail(fmt::format("has {} elements: too many for the memory of this machine", size));
}

/// An array or an attribute, which HDF5 treats alike but under two sets of names.
class Values {
 public:
  static Values of_array(hid_t file, std::string_view name, Place place) {
    if (!exists(file, name)) place.fail("is missing");
    Hdf5Handle object(H5Oopen(file, absolute(name).c_str(), H5P_DEFAULT));
    if (!object.valid()) hdf5_fail(place.file, place.name + " cannot be opened");
    if (H5Iget_type(object.get()) != H5I_DATASET) place.fail("is a group; an array is needed");
    return {std::move(object), std::move(place), false};
  }
  static Values of_attribute(hid_t file, std::string_view object, std::string_view name, Place place) {
    const bool present = exists(file, object) &&
                         H5Aexists_by_name(file, absolute(object).c_str(), std::string(name).c_str(), H5P_DEFAULT) > 0;
    if (!present) place.fail("is missing");
    Hdf5Handle attribute(
        H5Aopen_by_name(file, absolute(object).c_str(), std::string(name).c_str(), H5P_DEFAULT, H5P_DEFAULT));
    if (!attribute.valid()) hdf5_fail(place.file, place.name + " cannot be opened");
    return {std::move(attribute), std::move(place), true};
  }

  const std::vector<Index>& shape() const { return shape_; }
  H5T_class_t content() const { return H5Tget_class(type_.get()); }

  std::vector<double> doubles() const {
    need_numbers();
    auto values = make_vector<double>(elements_of(shape_), place_);
    if (!values.empty()) read(H5T_NATIVE_DOUBLE, values.data());
    return values;
  }

  std::vector<std::uint64_t> unsigned_numbers() const {
    if (content() != H5T_INTEGER) place_.fail("does not hold whole numbers, which are needed");
    auto values = make_vector<std::uint64_t>(elements_of(shape_), place_);
    if (values.empty()) return values;
    if (H5Tget_sign(type_.get()) == H5T_SGN_2) {  // HDF5 itself would make 0 of what is negative
      auto numbers = make_vector<std::int64_t>(values.size(), place_);
      read(H5T_NATIVE_INT64, numbers.data());
      if (std::ranges::min(numbers) < 0) place_.fail("holds negative numbers; 0 or more is needed");
    }
    read(H5T_NATIVE_UINT64, values.data());
    return values;
  }

  void rows(Index first, Index count, std::span<double> out) const {
    need_numbers();
    if (shape_.empty() || first < 0 || count < 0 || first + count > shape_[0]) {
      place_.fail(fmt::format("has no rows {} to {}", first, first + count - 1));
    }
    std::vector<hsize_t> start(shape_.size(), 0);
    std::vector<hsize_t> extent(shape_.begin(), shape_.end());
    start[0] = static_cast<hsize_t>(first);
    extent[0] = static_cast<hsize_t>(count);
    std::size_t elements = 1;
    for (const hsize_t length : extent) elements *= length;
    if (elements != out.size()) throw ShapeError("read_rows() needs a place for each element of the rows");
    if (out.empty()) return;
    const Hdf5Handle file_space(H5Dget_space(object_.get()));
    const Hdf5Handle memory(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
    place_.check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr),
                 "cannot be read in part");
    place_.check(H5Dread(object_.get(), H5T_NATIVE_DOUBLE, memory.get(), file_space.get(), H5P_DEFAULT, out.data()),
                 "cannot be read");
  }

  std::vector<std::string> texts() const {
    if (content() != H5T_STRING) {
      place_.fail(fmt::format("holds {}; texts are needed", content_words(content())));
    }
    return H5Tis_variable_str(type_.get()) > 0 ? variable_texts() : fixed_texts();
  }

 private:
  Values(Hdf5Handle object, Place place, bool attribute)
      : object_(std::move(object)), place_(std::move(place)), attribute_(attribute) {
    type_ = Hdf5Handle(attribute_ ? H5Aget_type(object_.get()) : H5Dget_type(object_.get()));
    space_ = Hdf5Handle(attribute_ ? H5Aget_space(object_.get()) : H5Dget_space(object_.get()));
    if (!type_.valid() || !space_.valid()) hdf5_fail(place_.file, place_.name + " cannot be read");
    shape_ = extent_of(space_.get(), place_);
  }

  void need_numbers() const {
    if (is_number(content())) return;
    place_.fail(fmt::format("holds {}; numbers are needed", content_words(content())));
  }

  void read(hid_t type, void* out) const {
    place_.check(attribute_ ? H5Aread(object_.get(), type, out)
                            : H5Dread(object_.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out),
                 "cannot be read");
  }

  std::vector<std::string> variable_texts() const {
    auto pointers = make_vector<char*>(elements_of(shape_), place_);
    if (pointers.empty()) return {};
    const Hdf5Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), H5T_VARIABLE);
    H5Tset_cset(type.get(), H5Tget_cset(type_.get()));
    read(type.get(), pointers.data());
    std::vector<std::string> texts;
    for (const char* text : pointers) texts.emplace_back(text == nullptr ? "" : text);
    H5Dvlen_reclaim(type.get(), space_.get(), H5P_DEFAULT, pointers.data());
    return texts;
  }

  std::vector<std::string> fixed_texts() const {
    const std::size_t length = H5Tget_size(type_.get());
    const std::size_t count = elements_of(shape_);
    if (count == 0) return {};
    if (length == 0 || length > std::numeric_limits<std::size_t>::max() / 64 / count) place_.fail("cannot be read");
    auto characters = make_vector<char>(count * length, place_);
    read(type_.get(), characters.data());
    const bool spaces = H5Tget_strpad(type_.get()) == H5T_STR_SPACEPAD;
    std::vector<std::string> texts;
    for (std::size_t k = 0; k < count; ++k) {
      std::string text(characters.data() + k * length, length);
      text.resize(std::min(text.size(), text.find('\0')));
      while (spaces && text.ends_with(' ')) text.pop_back();
      texts.push_back(std::move(text));
    }
    return texts;
  }

  Hdf5Handle object_, type_, space_;
  Place place_;
  bool attribute_;
  std::vector<Index> shape_;
};

Place attribute_place(const std::filesystem::path& file, std::string_view object, std::string_view name) {
  return {file, fmt::format("attribute \"{}\" of {}", name, object)};
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::filesystem::path& file)
    : state_(std::make_unique<State>(State{file, open_file(file)})) {}
Hdf5Reader::~Hdf5Reader() = default;
Hdf5Reader::Hdf5Reader(Hdf5Reader&&) noexcept = default;
Hdf5Reader& Hdf5Reader::operator=(Hdf5Reader&&) noexcept = default;

const std::filesystem::path& Hdf5Reader::file() const noexcept {
  return state_->path;
}

Hdf5Kind Hdf5Reader::kind(std::string_view name) const {
  const Hdf5Silence silence;
  if (!exists(state_->file.get(), name)) return Hdf5Kind::absent;
  const Hdf5Handle object(H5Oopen(state_->file.get(), absolute(name).c_str(), H5P_DEFAULT));
  const H5I_type_t type = object.valid() ? H5Iget_type(object.get()) : H5I_BADID;
  if (type == H5I_GROUP) return Hdf5Kind::group;
  if (type != H5I_DATASET) return Hdf5Kind::other;
  const Hdf5Handle elements(H5Dget_type(object.get()));
  const H5T_class_t content = H5Tget_class(elements.get());
  if (content == H5T_STRING) return Hdf5Kind::texts;
  return is_number(content) ? Hdf5Kind::numbers : Hdf5Kind::other;
}

std::vector<std::string> Hdf5Reader::members(std::string_view group) const {
  const Hdf5Silence silence;
  if (kind(group) != Hdf5Kind::group) return {};
  const std::string path = absolute(group);
  const Place place{state_->path, path};
  H5G_info_t info{};
  place.check(H5Gget_info_by_name(state_->file.get(), path.c_str(), &info, H5P_DEFAULT), "cannot be listed");
  std::vector<std::string> names;
  for (hsize_t k = 0; k < info.nlinks; ++k) {
    const auto link_name = [&](char* out, std::size_t size) {
      return place.check(
          H5Lget_name_by_idx(state_->file.get(), path.c_str(), H5_INDEX_NAME, H5_ITER_INC, k, out, size, H5P_DEFAULT),
          "cannot be listed");
    };
    std::string name(static_cast<std::size_t>(link_name(nullptr, 0)), '\0');
    link_name(name.data(), name.size() + 1);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<Index> Hdf5Reader::shape(std::string_view name) const {
  const Hdf5Silence silence;
  return Values::of_array(state_->file.get(), name, {state_->path, std::string(name)}).shape();
}

std::vector<double> Hdf5Reader::read_doubles(std::string_view name) const {
  const Hdf5Silence silence;
  return Values::of_array(state_->file.get(), name, {state_->path, std::string(name)}).doubles();
}

std::vector<std::uint64_t> Hdf5Reader::read_unsigned(std::string_view name) const {
  const Hdf5Silence silence;
  return Values::of_array(state_->file.get(), name, {state_->path, std::string(name)}).unsigned_numbers();
}

void Hdf5Reader::read_rows(std::string_view name, Index first, Index count, std::span<double> out) const {
  const Hdf5Silence silence;
  Values::of_array(state_->file.get(), name, {state_->path, std::string(name)}).rows(first, count, out);
}

std::vector<std::string> Hdf5Reader::read_texts(std::string_view name) const {
  const Hdf5Silence silence;
  return Values::of_array(state_->file.get(), name, {state_->path, std::string(name)}).texts();
}

bool Hdf5Reader::has_attribute(std::string_view object, std::string_view name) const {
  const Hdf5Silence silence;
  return exists(state_->file.get(), object) &&
         H5Aexists_by_name(state_->file.get(), absolute(object).c_str(), std::string(name).c_str(), H5P_DEFAULT) > 0;
}

std::string Hdf5Reader::text_attribute(std::string_view object, std::string_view name) const {
  const Hdf5Silence silence;
  const Place place = attribute_place(state_->path, object, name);
  const auto texts = Values::of_attribute(state_->file.get(), object, name, place).texts();
  if (texts.size() != 1) place.fail(fmt::format("holds {} texts; one is needed", texts.size()));
  return texts.front();
}

double Hdf5Reader::number_attribute(std::string_view object, std::string_view name) const {
  const auto values = numbers_attribute(object, name);
  if (values.size() == 1) return values.front();
  attribute_place(state_->path, object, name).fail(fmt::format("holds {} numbers; one is needed", values.size()));
}

std::uint64_t Hdf5Reader::unsigned_attribute(std::string_view object, std::string_view name) const {
  const Hdf5Silence silence;
  const Place place = attribute_place(state_->path, object, name);
  const auto values = Values::of_attribute(state_->file.get(), object, name, place).unsigned_numbers();
  if (values.size() != 1) place.fail(fmt::format("holds {} numbers; one is needed", values.size()));
  return values.front();
}

std::vector<double> Hdf5Reader::numbers_attribute(std::string_view object, std::string_view name) const {
  const Hdf5Silence silence;
  return Values::of_attribute(state_->file.get(), object, name, attribute_place(state_->path, object, name)).doubles();
}

}  // namespace mrnn
