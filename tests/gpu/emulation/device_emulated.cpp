#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "device.hpp"
#include "device_words.hpp"
#include "emulation.hpp"
#include "parts.hpp"
#include "persistent.hpp"

/// The device's side of the seam, played by the host.
namespace mrnn::gpu {
namespace {

/// Memory of the device: MRNN_EMULATED_BYTES, which tests change while sessions are open.
std::size_t total_bytes() {
  constexpr std::size_t usual = std::size_t{4} << 30;
  const char* wanted = std::getenv("MRNN_EMULATED_BYTES");
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}
std::size_t used_bytes = 0;
/// All that is allocated. Never destroyed: arrays may be released later.
auto& allocations = *new std::unordered_map<void*, emulation::GuardedMemory>();

/// Throws from call MRNN_EMULATED_LOST_AFTER on, as all calls do when a device is lost: a fault of its memory, a driver
/// that was restarted.
void need_device() {
  static const char* after = std::getenv("MRNN_EMULATED_LOST_AFTER");
  static long calls = 0;
  if (after != nullptr && ++calls > std::atol(after)) {
    throw DeviceFailure{"the device stopped: the device was lost, as the test wants it"};
  }
}

template <class Factor>
Factor element(const Operand<Factor>& operand, Size row, Size column) {
  return operand.transposed ? operand.data[column + operand.stride * row] : operand.data[row + operand.stride * column];
}

/// A factor as a product sees it. Of float's digits TF32 keeps the leading 11; whether they are rounded or, as here,
/// cut off, which is worse, is the library's affair.
double seen(double factor, bool /*tf32*/) {
  return factor;
}
float seen(float factor, bool tf32) {
  if (!tf32) return factor;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &factor, sizeof bits);
  bits &= 0xFFFFE000U;
  std::memcpy(&factor, &bits, sizeof bits);
  return factor;
}
float seen(Bf16 factor, bool /*tf32*/) {
  return value_of(factor);
}

template <class Scalar, class Factor>
void multiply_plainly(const MatrixProduct<Scalar, Factor>& p) {
  std::vector<Scalar> sums(static_cast<std::size_t>(p.rows)), left(static_cast<std::size_t>(p.rows * p.depth));
  for (Size k = 0; k < p.depth; ++k) {
    for (Size row = 0; row < p.rows; ++row) {
      left[static_cast<std::size_t>(row + p.rows * k)] = seen(element(p.a, row, k), p.tf32);
    }
  }
  for (Size column = 0; column < p.columns; ++column) {
    std::fill(sums.begin(), sums.end(), Scalar(0));
    for (Size k = 0; k < p.depth; ++k) {
      const Scalar b = seen(element(p.b, k, column), p.tf32);
      const Scalar* a = left.data() + p.rows * k;
      for (Size row = 0; row < p.rows; ++row) sums[static_cast<std::size_t>(row)] += a[row] * b;
    }
    for (Size row = 0; row < p.rows; ++row) {
      Scalar& out = p.out[row + p.out_stride * column];
      out = sums[static_cast<std::size_t>(row)] + (p.accumulate ? out : Scalar(0));
    }
  }
}

}  // namespace

/// Streams for copies do nothing until someone waits for them: who forgot to finds other numbers.
struct Stream::Handles {
  bool is_late = false;
  std::vector<std::function<void()>> copies;

  void do_now() {
    for (const auto& copy : std::exchange(copies, {})) copy();
  }
};
struct Stream::Graph {
  std::function<void()> submit;
};

Stream::Stream(Use use) : handles_(std::make_unique<Handles>()) {
  handles_->is_late = use == Use::copies;
  if (use == Use::copies) return;
  // The room for products, which nothing works in here.
  if (workspace_bytes > free_bytes()) throw DeviceFailure{"out of device memory", true, workspace_bytes, free_bytes()};
  hold(taken_bytes(workspace_bytes));
  used_bytes += taken_bytes(workspace_bytes);
}
Stream::~Stream() {
  if (!handles_->is_late) used_bytes -= taken_bytes(workspace_bytes);
}
void Stream::synchronise() const {
  need_device();
  handles_->do_now();
}
void Stream::wait_for(const Stream& other) const {
  need_device();
  other.handles_->do_now();
}
std::shared_ptr<Stream::Graph> Stream::record(const std::function<void()>& submit) const {
  return std::make_shared<Graph>(Graph{emulation::record(submit)});
}
void Stream::launch(const Graph& graph) const {
  need_device();
  graph.submit();
}

DeviceProperties device_properties() {
  DeviceProperties properties;
  const char* refusal = std::getenv("MRNN_EMULATED_REFUSES");
  properties.usable = refusal == nullptr;
  if (refusal != nullptr)
    properties.reason = refusal_text("the device cannot be used", std::atoi(refusal), "it refuses");
  properties.name = "a device played by the host";
  properties.major = 9;
  properties.processors = 4;
  properties.total_bytes = total_bytes();
  properties.runtime_version = properties.driver_version = 13000;
  return properties;
}

DeviceLimits device_limits() {
  DeviceLimits limits;
  limits.processors = 16;
  limits.shared_bytes = 227 * 1024;
  limits.clusters.fill(2);
  return limits;
}

std::size_t free_bytes() {
  return total_bytes() - std::min(total_bytes(), used_bytes);
}

void* allocate(std::size_t bytes) {
  if (taken_bytes(bytes) > free_bytes()) throw DeviceFailure{"out of device memory", true, bytes, free_bytes()};
  emulation::GuardedMemory memory(bytes);
  void* data = memory.data();
  std::memset(data, 0xFF, bytes);
  allocations.emplace(data, std::move(memory));
  used_bytes += taken_bytes(bytes);
  return data;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  const auto found = allocations.find(memory);
  used_bytes -= taken_bytes(found->second.size());
  allocations.erase(found);
}

void* allocate_pinned(std::size_t bytes) {
  return std::malloc(bytes);
}
void release_pinned(void* memory) noexcept {
  std::free(memory);
}
void copy_to_device(const Stream& stream, void* to, const void* from, std::size_t bytes) {
  need_device();
  const auto copy = [=] { std::memcpy(to, from, bytes); };
  if (!stream.handles().is_late) return copy();
  stream.handles().copies.emplace_back(copy);
}
void copy_from_device(const Stream&, void* to, const void* from, std::size_t bytes) {
  need_device();
  std::memcpy(to, from, bytes);
}
void copy_on_device(const Stream&, void* to, const void* from, std::size_t bytes) {
  std::memmove(to, from, bytes);
}
void set_zero(const Stream&, void* memory, std::size_t bytes) {
  std::memset(memory, 0, bytes);
}
void multiply(const Stream&, const MatrixProduct<float>& product) {
  emulation::submit([product] { multiply_plainly(product); });
}
void multiply(const Stream&, const MatrixProduct<double>& product) {
  emulation::submit([product] { multiply_plainly(product); });
}
void multiply(const Stream&, const MatrixProduct<float, Bf16>& product) {
  emulation::submit([product] { multiply_plainly(product); });
}

}  // namespace mrnn::gpu
