#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "device.hpp"

namespace mrnn::cuda {

/// Numbers on the device, that grow where they must and never shrink. The first stream they are made with must outlive
/// them: it counts what they hold.
template <class Type>
class DeviceArray {
 public:
  DeviceArray() = default;
  ~DeviceArray() { release(); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  /// Makes room; what was there is lost where it was too small. New memory holds zeros.
  void resize(const gpu::Stream& stream, gpu::Size size) {
    if (size <= capacity_) {
      size_ = size;
      return;
    }
    stream.synchronise();
    release();
    data_ = static_cast<Type*>(gpu::allocate(bytes(size)));
    size_ = capacity_ = size;
    holder_ = &stream;
    holder_->hold(gpu::taken_bytes(bytes(size)));
    clear(stream);
  }

  void clear(const gpu::Stream& stream) {
    if (size_ > 0) gpu::set_zero(stream, data_, bytes(size_));
  }

  /// The host's values are read before this returns.
  void write(const gpu::Stream& stream, const std::vector<Type>& values) {
    resize(stream, static_cast<gpu::Size>(values.size()));
    if (values.empty()) return;
    gpu::copy_to_device(stream, data_, values.data(), bytes(size_));
    stream.synchronise();
  }

  std::vector<Type> read(const gpu::Stream& stream) const {
    std::vector<Type> values(static_cast<std::size_t>(size_));
    if (size_ > 0) gpu::copy_from_device(stream, values.data(), data_, bytes(size_));
    stream.synchronise();
    return values;
  }

  Type* data() noexcept { return data_; }
  const Type* data() const noexcept { return data_; }
  gpu::Size size() const noexcept { return size_; }

 private:
  static std::size_t bytes(gpu::Size size) { return static_cast<std::size_t>(size) * sizeof(Type); }

  void release() noexcept {
    size_ = 0;
    if (data_ == nullptr) return;
    gpu::release(std::exchange(data_, nullptr));
    holder_->let_go(gpu::taken_bytes(bytes(std::exchange(capacity_, 0))));
  }

  const gpu::Stream* holder_ = nullptr;
  Type* data_ = nullptr;
  gpu::Size size_ = 0, capacity_ = 0;
};

/// Pinned memory of the host, from which copies run beside the device's work.
class StagingArea {
 public:
  StagingArea() = default;
  ~StagingArea() {
    if (data_ != nullptr) gpu::release_pinned(data_);
  }
  StagingArea(const StagingArea&) = delete;
  StagingArea& operator=(const StagingArea&) = delete;

  /// Starts again from the front. The stream must be through with what was staged before.
  void begin(std::size_t bytes) {
    used_ = 0;
    if (bytes <= capacity_) return;
    if (data_ != nullptr) gpu::release_pinned(std::exchange(data_, nullptr));
    capacity_ = 0;
    data_ = static_cast<char*>(gpu::allocate_pinned(bytes));
    capacity_ = bytes;
  }

  /// Room that so many bytes take here.
  static std::size_t staged_bytes(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

  /// Copies, converted, to the device.
  template <class Type, class From>
  void send(const gpu::Stream& stream, DeviceArray<Type>& to, std::span<const From> values) {
    to.resize(stream, static_cast<gpu::Size>(values.size()));
    if (values.empty()) return;
    Type* staged = reinterpret_cast<Type*>(data_ + used_);
    for (std::size_t k = 0; k < values.size(); ++k) staged[k] = static_cast<Type>(values[k]);
    gpu::copy_to_device(stream, to.data(), staged, values.size() * sizeof(Type));
    used_ += staged_bytes(values.size() * sizeof(Type));
  }

 private:
  char* data_ = nullptr;
  std::size_t capacity_ = 0, used_ = 0;
};

}  // namespace mrnn::cuda
