#include "files/hdf5_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "files/hdf5_driver.hpp"
#include "mrnn/error.hpp"

namespace mrnn {

struct Hdf5Writer::State {
  State(const std::filesystem::path& temporary, const std::filesystem::path& shown) : target(temporary, shown) {}

  WritableFile target;  // outlives the HDF5 file on top of it
  Hdf5Handle file;
};

namespace {

hid_t memory_type(Element element) {
  switch (element) {
    case Element::float32:
      return H5T_NATIVE_FLOAT;
    case Element::float64:
      return H5T_NATIVE_DOUBLE;
    case Element::uint8:
      return H5T_NATIVE_UINT8;
    case Element::int8:
      return H5T_NATIVE_INT8;
    case Element::int64:
      return H5T_NATIVE_INT64;
    case Element::uint64:
      return H5T_NATIVE_UINT64;
  }
  return H5T_NATIVE_DOUBLE;
}

/// Little-endian on every machine.
hid_t file_type(Element element) {
  switch (element) {
    case Element::float32:
      return H5T_IEEE_F32LE;
    case Element::float64:
      return H5T_IEEE_F64LE;
    case Element::uint8:
      return H5T_STD_U8LE;
    case Element::int8:
      return H5T_STD_I8LE;
    case Element::int64:
      return H5T_STD_I64LE;
    case Element::uint64:
      return H5T_STD_U64LE;
  }
  return H5T_IEEE_F64LE;
}

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

Hdf5Handle make_space(const std::vector<Index>& shape) {
  if (shape.empty()) return Hdf5Handle(H5Screate(H5S_SCALAR));
  const std::vector<hsize_t> lengths(shape.begin(), shape.end());
  return Hdf5Handle(H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), nullptr));
}

Hdf5Handle list_space(std::size_t length) {
  return make_space({static_cast<Index>(length)});
}

/// Properties of a new array: no time of its making.
Hdf5Handle array_creation() {
  Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(creation.get(), false);
  return creation;
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

/// Makes a new name last through a crash of the machine. What cannot be done here is not an error: the data
/// itself is on the disk.
void sync_folder(const std::filesystem::path& file) noexcept {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

Hdf5Writer::Hdf5Writer(std::filesystem::path file) : file_(std::move(file)) {
  const Hdf5Silence silence;
  std::error_code error;
  if (std::filesystem::is_directory(file_, error))
    throw FileError(file_, "is a folder; it cannot be written as a file");
  temporary_ = file_;
  temporary_ += fmt::format(".tmp-{}", getpid());
  state_ = std::make_unique<State>(temporary_, file_);
  try {
    state_->file = create_hdf5(state_->target, file_);
    check();
  } catch (...) {
    discard();
    throw;
  }
}

Hdf5Writer::~Hdf5Writer() {
  if (state_) discard();
}

void Hdf5Writer::discard() noexcept {
  state_.reset();
  unlink(temporary_.c_str());
}

void Hdf5Writer::check() const {
  if (!state_) throw FileError(file_, "is finished; nothing can be added to it");
  if (state_->target.failed()) throw FileError(file_, "cannot be written: " + state_->target.failure());
}

bool Hdf5Writer::has(std::string_view name) const {
  check();
  const Hdf5Silence silence;
  std::string path;
  for (std::size_t last = 0; last != name.size();) {
    last = std::min(name.find('/', last + 1), name.size());
    path = name.substr(0, last);
    if (path != "/" && H5Lexists(state_->file.get(), path.c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

void Hdf5Writer::group(const std::string& name) {
  check();
  const Hdf5Silence silence;
  std::size_t last = 0;
  while (last != name.size()) {
    last = std::min(name.find('/', last + 1), name.size());
    const std::string path = name.substr(0, last);
    if (path.empty() || path == "/" || has(path)) continue;
    const Hdf5Handle creation(H5Pcreate(H5P_GROUP_CREATE));
    H5Pset_obj_track_times(creation.get(), false);
    const Hdf5Handle made(H5Gcreate2(state_->file.get(), path.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT));
    hdf5_check(made.get(), file_, "group " + path + " cannot be made");
  }
  check();
}

Hdf5Handle Hdf5Writer::make_array(const std::string& name, hid_t type, hid_t space, hid_t creation) {
  check();
  const std::size_t slash = name.rfind('/');
  if (slash != std::string::npos && slash > 0) group(name.substr(0, slash));
  Hdf5Handle array(H5Dcreate2(state_->file.get(), name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  hdf5_check(array.get(), file_, "array " + name + " cannot be made");
  return array;
}

void Hdf5Writer::write_array(const std::string& name, const std::vector<Index>& shape, Element element,
                             const void* data, std::size_t count) {
  std::size_t elements = 1;
  for (const Index length : shape) elements *= static_cast<std::size_t>(length);
  if (elements != count) {
    throw ShapeError(fmt::format("{} has {} values; its shape asks for {}", name, count, elements));
  }
  const Hdf5Silence silence;
  const Hdf5Handle array = make_array(name, file_type(element), make_space(shape).get(), array_creation().get());
  if (count > 0) {
    hdf5_check(H5Dwrite(array.get(), memory_type(element), H5S_ALL, H5S_ALL, H5P_DEFAULT, data), file_,
               "array " + name + " cannot be written");
  }
  check();
}

void Hdf5Writer::write_texts(const std::string& name, const std::vector<std::string>& texts) {
  const Hdf5Silence silence;
  const Hdf5Handle type = text_type();
  const Hdf5Handle array = make_array(name, type.get(), list_space(texts.size()).get(), array_creation().get());
  if (!texts.empty()) {
    hdf5_check(H5Dwrite(array.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers_to(texts).data()), file_,
               "array " + name + " cannot be written");
  }
  check();
}

Hdf5Array Hdf5Writer::create(const std::string& name, Element element, const ArrayLayout& layout) {
  const Hdf5Silence silence;
  const Hdf5Handle creation = array_creation();
  const bool empty = std::find(layout.shape.begin(), layout.shape.end(), 0) != layout.shape.end();
  if (!layout.chunk.empty() && !empty) {
    const std::vector<hsize_t> chunk(layout.chunk.begin(), layout.chunk.end());
    hdf5_check(H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()), file_,
               "array " + name + " cannot be made");
    if (layout.packing == ArrayLayout::Packing::compressed && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) {
      H5Pset_shuffle(creation.get());
      H5Pset_deflate(creation.get(), 1);
    }
  }
  return {*this, name, make_array(name, file_type(element), make_space(layout.shape).get(), creation.get())};
}

void Hdf5Array::write_box(const std::vector<Index>& first, const std::vector<Index>& extent, Element element,
                          const void* data) {
  writer_->check();
  const Hdf5Silence silence;
  const std::vector<hsize_t> start(first.begin(), first.end());
  const std::vector<hsize_t> lengths(extent.begin(), extent.end());
  const Hdf5Handle file_space(H5Dget_space(array_.get()));
  const Hdf5Handle memory = make_space(extent);
  const std::string problem = "array " + name_ + " cannot be written";
  hdf5_check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, lengths.data(), nullptr),
             writer_->file(), problem);
  hdf5_check(H5Dwrite(array_.get(), memory_type(element), memory.get(), file_space.get(), H5P_DEFAULT, data),
             writer_->file(), problem);
  writer_->check();
}

void Hdf5Writer::write_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space,
                                 const void* data) {
  check();
  const std::string problem = fmt::format("attribute \"{}\" of {} cannot be written", name, object);
  const Hdf5Handle attribute(H5Acreate_by_name(state_->file.get(), object.c_str(), name.c_str(), type, space,
                                               H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  hdf5_check(attribute.get(), file_, problem);
  if (data != nullptr) hdf5_check(H5Awrite(attribute.get(), type, data), file_, problem);
  check();
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, const std::string& text) {
  const Hdf5Silence silence;
  const char* pointer = text.c_str();
  write_attribute(object, name, text_type().get(), make_space({}).get(), &pointer);
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, const char* text) {
  attribute(object, name, std::string(text));
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, double number) {
  const Hdf5Silence silence;
  write_attribute(object, name, H5T_NATIVE_DOUBLE, make_space({}).get(), &number);
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, std::int64_t number) {
  const Hdf5Silence silence;
  write_attribute(object, name, H5T_NATIVE_INT64, make_space({}).get(), &number);
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, std::uint64_t number) {
  const Hdf5Silence silence;
  write_attribute(object, name, H5T_NATIVE_UINT64, make_space({}).get(), &number);
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, const std::vector<double>& numbers) {
  const Hdf5Silence silence;
  write_attribute(object, name, H5T_NATIVE_DOUBLE, list_space(numbers.size()).get(),
                  numbers.empty() ? nullptr : numbers.data());
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts) {
  const Hdf5Silence silence;
  const auto pointers = pointers_to(texts);
  write_attribute(object, name, text_type().get(), list_space(texts.size()).get(),
                  texts.empty() ? nullptr : static_cast<const void*>(pointers.data()));
}

void Hdf5Writer::finish_sealed() {
  check();
  state_->target.seal_when_closed();
  finish();
}

void Hdf5Writer::finish() {
  check();
  const Hdf5Silence silence;
  // HDF5 writes the rest, and the driver brings it to the disk.
  const bool closed = H5Fclose(state_->file.release()) >= 0;
  if (!closed || state_->target.failed()) {
    const std::string failure = state_->target.failed() ? state_->target.failure() : hdf5_words();
    discard();
    throw FileError(file_, "cannot be written: " + failure);
  }
  state_.reset();
  if (rename(temporary_.c_str(), file_.c_str()) != 0) {
    const std::string words = std::strerror(errno);
    unlink(temporary_.c_str());
    throw FileError(file_, "cannot be written: " + words);
  }
  sync_folder(file_);
}

}  // namespace mrnn
