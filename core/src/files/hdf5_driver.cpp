#include "files/hdf5_driver.hpp"

#include <fcntl.h>
#include <hdf5.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include "files/seal.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// Beyond a file-size limit the system sends SIGXFSZ, which would end the process. Held back while it lives,
/// so that the write returns an error instead.
class NoFileSizeSignal {
 public:
  NoFileSizeSignal() noexcept {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  ~NoFileSizeSignal() {
    const int error = errno;
    if (sigismember(&before_, SIGXFSZ) == 0) {
      const timespec now{0, 0};
      sigtimedwait(&signal_, nullptr, &now);
      pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    errno = error;
  }
  NoFileSizeSignal(const NoFileSizeSignal&) = delete;
  NoFileSizeSignal& operator=(const NoFileSizeSignal&) = delete;

 private:
  sigset_t signal_{}, before_{};
};

/// HDF5's side of a WritableFile. The library knows it by its first member.
struct DriverFile {
  H5FD_t base;
  WritableFile* target;
  haddr_t end_of_addresses;
};

DriverFile& driver_file(H5FD_t* file) {
  return *reinterpret_cast<DriverFile*>(file);
}
const DriverFile& driver_file(const H5FD_t* file) {
  return *reinterpret_cast<const DriverFile*>(file);
}

H5FD_t* driver_open(const char*, unsigned, hid_t access, haddr_t) {
  const auto* target = static_cast<WritableFile* const*>(H5Pget_driver_info(access));
  if (target == nullptr) return nullptr;
  auto* file = new (std::nothrow) DriverFile{};
  if (file == nullptr) return nullptr;
  file->target = *target;
  return &file->base;
}

herr_t driver_close(H5FD_t* file) {
  driver_file(file).target->close();
  delete &driver_file(file);
  return 0;
}

herr_t driver_query(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t driver_get_end_of_addresses(const H5FD_t* file, H5FD_mem_t) {
  return driver_file(file).end_of_addresses;
}

herr_t driver_set_end_of_addresses(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  driver_file(file).end_of_addresses = address;
  return 0;
}

haddr_t driver_get_end_of_file(const H5FD_t* file, H5FD_mem_t) {
  return driver_file(file).target->size();
}

herr_t driver_read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, void* data) {
  driver_file(file).target->read(address, data, size);
  return 0;
}

herr_t driver_write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, const void* data) {
  driver_file(file).target->write(address, data, size);
  return 0;
}

herr_t driver_truncate(H5FD_t* file, hid_t, hbool_t) {
  driver_file(file).target->resize(driver_file(file).end_of_addresses);
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(513);  // 512 and above: for drivers outside the library
#endif
  driver.name = "mrnn";
  driver.maxaddr = HADDR_MAX - 1;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(WritableFile*);
  driver.open = driver_open;
  driver.close = driver_close;
  driver.query = driver_query;
  driver.get_eoa = driver_get_end_of_addresses;
  driver.set_eoa = driver_set_end_of_addresses;
  driver.get_eof = driver_get_end_of_file;
  driver.read = driver_read;
  driver.write = driver_write;
  driver.truncate = driver_truncate;
  constexpr H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(map), std::end(map), std::begin(driver.fl_map));
  return driver;
}

}  // namespace

WritableFile::WritableFile(const std::filesystem::path& file, const std::filesystem::path& shown) {
  unlink(file.c_str());  // left by a process that was killed, or nothing
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw FileError(shown, std::string("cannot be written: ") + std::strerror(errno));
}

WritableFile::~WritableFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string WritableFile::failure() const {
  return failed() ? std::strerror(error_) : "";
}

void WritableFile::keep(std::uint64_t address, const unsigned char* data, std::size_t size) noexcept {
  try {
    kept_.push_back({address, std::vector<unsigned char>(data, data + size)});
  } catch (const std::bad_alloc&) {
    // Then HDF5 reads zeros there. The file is given up in any case.
  }
}

void WritableFile::write(std::uint64_t address, const void* data, std::size_t size) noexcept {
  const NoFileSizeSignal hold;
  const auto* bytes = static_cast<const unsigned char*>(data);
  size_ = std::max(size_, address + size);
  while (size > 0 && !failed()) {
    const ssize_t done = pwrite(descriptor_, bytes, size, static_cast<off_t>(address));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) error_ = errno;
    if (done == 0) error_ = ENOSPC;
    if (done <= 0) break;
    bytes += done;
    address += static_cast<std::uint64_t>(done);
    size -= static_cast<std::size_t>(done);
  }
  if (size > 0) keep(address, bytes, size);
}

void WritableFile::read(std::uint64_t address, void* data, std::size_t size) noexcept {
  auto* bytes = static_cast<unsigned char*>(data);
  std::memset(bytes, 0, size);  // what lies beyond the end of the file
  std::size_t got = 0;
  while (got < size) {
    const ssize_t done = pread(descriptor_, bytes + got, size - got, static_cast<off_t>(address + got));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && !failed()) error_ = errno;
    if (done <= 0) break;
    got += static_cast<std::size_t>(done);
  }
  for (const Kept& part : kept_) {
    const std::uint64_t first = std::max(address, part.address);
    const std::uint64_t last = std::min(address + size, part.address + part.bytes.size());
    if (first < last) std::memcpy(bytes + (first - address), part.bytes.data() + (first - part.address), last - first);
  }
}

void WritableFile::resize(std::uint64_t size) noexcept {
  const NoFileSizeSignal hold;
  if (!failed() && size != size_ && ftruncate(descriptor_, static_cast<off_t>(size)) != 0) error_ = errno;
  size_ = size;
}

void WritableFile::write_seal() noexcept {
  try {
    const std::string seal = make_seal(
        size_, [this](std::uint64_t address, std::span<unsigned char> out) { read(address, out.data(), out.size()); });
    if (!failed()) write(size_, seal.data(), seal.size());
  } catch (const std::bad_alloc&) {
    error_ = ENOMEM;
  }
}

void WritableFile::close() noexcept {
  if (descriptor_ < 0) return;
  if (seal_ && !failed()) write_seal();
  if (!failed() && fsync(descriptor_) != 0 && errno != EINVAL) error_ = errno;
  if (::close(descriptor_) != 0 && !failed() && errno != EINTR) error_ = errno;
  descriptor_ = -1;
}

namespace {

/// Registered once and kept as long as the process: when HDF5 closes a file, it gives back the file's hold on the
/// driver's description and then reads it.
hid_t registered_driver() {
  static const hid_t driver = [] {
    const H5FD_class_t description = driver_class();
    return H5FDregister(&description);
  }();
  return driver;
}

}  // namespace

Hdf5Handle create_hdf5(WritableFile& target, const std::filesystem::path& name) {
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS));
  WritableFile* pointer = &target;
  hdf5_check(H5Pset_driver(access.get(), registered_driver(), &pointer), name, "cannot be written");
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_obj_track_times(creation.get(), false);
  return Hdf5Handle(
      hdf5_check(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), name, "cannot be written"));
}

}  // namespace mrnn
