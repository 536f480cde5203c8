#include "files/hdf5_handle.hpp"

#include <hdf5.h>

#include <type_traits>
#include <utility>

#include "mrnn/error.hpp"

namespace mrnn {

static_assert(std::is_same_v<hid_t, std::int64_t>, "HDF5 1.10 or later is needed");

Hdf5Handle& Hdf5Handle::operator=(Hdf5Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = other.release();
  }
  return *this;
}

std::int64_t Hdf5Handle::release() noexcept {
  return std::exchange(id_, -1);
}

void Hdf5Handle::reset() noexcept {
  if (id_ < 0) return;
  const Hdf5Silence silence;
  H5Idec_ref(release());  // closes, whatever kind of object it is
}

Hdf5Silence::Hdf5Silence() noexcept {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Hdf5Silence::~Hdf5Silence() {
  H5Eset_auto2(H5E_DEFAULT, function_, data_);
}

std::string hdf5_words() {
  std::string words;
  const auto first = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && error->desc != nullptr) text = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &words);
  return words;
}

void hdf5_fail(const std::filesystem::path& file, const std::string& problem) {
  const std::string words = hdf5_words();
  throw FileError(file, words.empty() ? problem : problem + " (HDF5: " + words + ")");
}

}  // namespace mrnn
