#include <fmt/format.h>

#include "cuda_session.hpp"
#include "memory_plan.hpp"
#include "mrnn/plugin.hpp"
#include "plan_words.hpp"

namespace mrnn::cuda {
namespace {

std::string version_of(int number) {
  return fmt::format("{}.{}", number / 1000, number % 1000 / 10);
}

class CudaBackend final : public Backend {
 public:
  std::string name() const override { return "cuda"; }

  Availability availability() const override {
    const gpu::DeviceProperties device = gpu::device_properties();
    return {device.usable, device.reason};
  }

  std::string device(const SessionOptions&) const override {
    const gpu::DeviceProperties device = gpu::device_properties();
    if (!device.usable) return "none";
    return fmt::format("{}, compute capability {}.{}, {} multiprocessors, CUDA {}, driver for CUDA {}", device.name,
                       device.major, device.minor, device.processors, version_of(device.runtime_version),
                       version_of(device.driver_version));
  }

  std::vector<Products> products() const override { return {Products::ieee, Products::bf16x3, Products::tf32}; }

  SessionMemory memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                       const Record& record) const override {
    return session_memory(network, options, batch, record);
  }

  std::string method(const Network& network, const SessionOptions& options, const BatchShape& batch) const override {
    if (!gpu::device_properties().usable) return "";
    return plan_words(SessionSizes(network, options, Chunks::with_weights).plan(batch.trials, false));
  }

  std::optional<std::size_t> free_memory() const override {
    return gpu::device_properties().usable ? gpu::free_bytes() : 0;
  }

 private:
  std::unique_ptr<Session> do_open(const Network& network, const SessionOptions& options) const override {
    if (options.precision == Precision::float32) return std::make_unique<CudaSession<float>>(network, options);
    return std::make_unique<CudaSession<double>>(network, options);
  }
};

std::unique_ptr<Backend> make_backend() {
  return std::make_unique<CudaBackend>();
}

void attach(PluginContext& context) {
  context.add_backend("cuda", make_backend, "runs on an NVIDIA GPU, in single or double precision");
}

}  // namespace
}  // namespace mrnn::cuda

MRNN_PLUGIN("cuda", "1.0", mrnn::cuda::attach)
