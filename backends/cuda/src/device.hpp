#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "types.hpp"

/// The few things that host code asks of the device besides kernels: a seam behind which there is CUDA, or, in the
/// tests, the host itself.
namespace mrnn::gpu {

/// The device says no. `out_of_memory`: an allocation of `bytes` failed where `free_bytes` were free.
struct DeviceFailure {
  std::string what;
  bool out_of_memory = false;
  std::size_t bytes = 0, free_bytes = 0;
};

/// A device as it presents itself.
struct DeviceProperties {
  bool usable = false;
  std::string reason;  ///< why not
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  int processors = 0;
  std::size_t total_bytes = 0;
  std::size_t spare_bytes = 0;  ///< that the driver may take beside what is allocated: graphs, pages that are not full
  int runtime_version = 0, driver_version = 0;  ///< as CUDA counts: 13000
};

/// Never throws; asks each time.
DeviceProperties device_properties();

/// Work in order of submission. Opaque: a CUDA stream with, for products, a cuBLAS handle of its own.
class Stream {
 public:
  /// Copies alone, beside what another stream does.
  enum class Use : std::uint8_t { products, copies };
  explicit Stream(Use use = Use::products);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void synchronise() const;
  /// What is submitted from here on begins after all that was submitted to the other until now.
  void wait_for(const Stream& other) const;
  /// Runs `submit`, which submits kernels alone, and keeps what it submitted to be replayed by launch().
  struct Graph;
  std::shared_ptr<Graph> record(const std::function<void()>& submit) const;
  void launch(const Graph& graph) const;

  struct Handles;
  Handles& handles() const { return *handles_; }

  /// Bytes of the device that this stream and the arrays made with it hold.
  std::size_t held_bytes() const noexcept { return held_; }
  void hold(std::size_t bytes) const noexcept { held_ += bytes; }
  void let_go(std::size_t bytes) const noexcept { held_ -= bytes; }

 private:
  std::unique_ptr<Handles> handles_;
  mutable std::size_t held_ = 0;
};

/// Room that products have to work in.
constexpr std::size_t workspace_bytes = std::size_t{32} << 20;

/// Bytes of the device that an allocation takes: whole pages, or parts of a page that small ones share.
constexpr std::size_t taken_bytes(std::size_t bytes) {
  constexpr std::size_t page = std::size_t{2} << 20, small = 512;
  const std::size_t unit = bytes >= page / 2 ? page : small;
  return (bytes + unit - 1) / unit * unit;
}

void* allocate(std::size_t bytes);
void release(void* memory) noexcept;
std::size_t free_bytes();
void* allocate_pinned(std::size_t bytes);
void release_pinned(void* memory) noexcept;
/// The host's memory must stay as it is until the stream has come so far.
void copy_to_device(const Stream& stream, void* to, const void* from, std::size_t bytes);
void copy_from_device(const Stream& stream, void* to, const void* from, std::size_t bytes);
void copy_on_device(const Stream& stream, void* to, const void* from, std::size_t bytes);
void set_zero(const Stream& stream, void* memory, std::size_t bytes);

/// One matrix among the arguments of a product.
template <class Scalar>
struct Operand {
  const Scalar* data = nullptr;
  Size stride = 0;  ///< from column to column
  bool transposed = false;
};

/// out [rows x columns] = a b + (accumulate ? out : 0), summed over `depth`, in the precision of out. IEEE arithmetic,
/// and products of Bf16 are exact.
template <class Scalar, class Factor = Scalar>
struct MatrixProduct {
  Operand<Factor> a, b;
  Scalar* out = nullptr;
  Size out_stride = 0;
  Size rows = 0, columns = 0, depth = 0;
  bool accumulate = false;
  bool tf32 = false;  ///< float: only the leading 11 bits of factors count
};
void multiply(const Stream& stream, const MatrixProduct<float>& product);
void multiply(const Stream& stream, const MatrixProduct<double>& product);
void multiply(const Stream& stream, const MatrixProduct<float, Bf16>& product);

}  // namespace mrnn::gpu
