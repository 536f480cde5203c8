#include "device.hpp"

#include <algorithm>

#include "sections.hpp"

namespace exchange {

namespace {

/// An event of the runtime, destroyed with the object.
class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "creating an event"); }
  ~Event() {
    if (cudaEventDestroy(event_) != cudaSuccess) std::fprintf(stderr, "exchange: destroying an event failed\n");
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

std::string describe(const cudaDeviceProp& properties) {
  int runtime = 0, driver = 0, clock = 0;
  check(cudaRuntimeGetVersion(&runtime), "asking for the runtime's version");
  check(cudaDriverGetVersion(&driver), "asking for the driver's version");
  check(cudaDeviceGetAttribute(&clock, cudaDevAttrClockRate, 0), "asking for the clock rate");
  char text[512];
  std::snprintf(
      text, sizeof text,
      "%s, compute capability %d.%d, %d multiprocessors up to %d MHz, %zu KiB shared memory per block, %d MiB "
      "L2; CUDA runtime %d, driver %d",
      properties.name, properties.major, properties.minor, properties.multiProcessorCount, clock / 1000,
      properties.sharedMemPerBlockOptin / 1024, properties.l2CacheSize / (1024 * 1024), runtime, driver);
  return text;
}

/// The attributes of the launch, written to `attributes`, which has room for three; `cluster` of 1 adds none.
cudaLaunchConfig_t configuration(const Device& device, const Launch& launch, cudaLaunchAttribute* attributes) {
  cudaLaunchConfig_t result = {};
  result.gridDim = dim3(static_cast<unsigned>(launch.blocks));
  result.blockDim = dim3(static_cast<unsigned>(launch.threads));
  result.dynamicSmemBytes = launch.shared_bytes;
  result.stream = device.stream;
  result.attrs = attributes;
  if (launch.cluster > 1) {
    cudaLaunchAttribute& attribute = attributes[result.numAttrs++];
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = static_cast<unsigned>(launch.cluster);
    attribute.val.clusterDim.y = 1;
    attribute.val.clusterDim.z = 1;
  }
  if (launch.cooperative) {
    attributes[result.numAttrs].id = cudaLaunchAttributeCooperative;
    attributes[result.numAttrs++].val.cooperative = 1;
  }
  if (launch.programmatic) {
    attributes[result.numAttrs].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[result.numAttrs++].val.programmaticStreamSerializationAllowed = 1;
  }
  return result;
}

}  // namespace

void check(cudaError_t status, const char* operation) {
  if (status == cudaSuccess) return;
  throw std::runtime_error(std::string(operation) + " failed: " + cudaGetErrorString(status));
}

Device open_device() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) throw NoDevice(std::string("no CUDA device: ") + cudaGetErrorString(status));
  if (count == 0) throw NoDevice("no CUDA device: the driver lists none");
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "asking for the device's properties");
  if (properties.major < 8) throw NoDevice(std::string(properties.name) + " is older than compute capability 8.0");
  check(cudaSetDevice(0), "choosing the device");
  Device device;
  device.text = describe(properties);
  device.processors = properties.multiProcessorCount;
  device.major = properties.major;
  device.shared_bytes = properties.sharedMemPerBlockOptin;
  check(cudaStreamCreateWithFlags(&device.stream, cudaStreamNonBlocking), "creating a stream");
  raise_clocks(device);
  return device;
}

void prepare(const void* kernel, const Launch& launch) {
  check(
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(launch.shared_bytes)),
      "raising a kernel's limit of shared memory");
  if (launch.cluster > 8) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
          "allowing a kernel clusters of more than 8 blocks");
  }
}

int resident_clusters(const Device& device, const void* kernel, const Launch& launch) {
  cudaLaunchAttribute attributes[3];
  const cudaLaunchConfig_t asked = configuration(device, launch, attributes);
  int clusters = 0;
  const cudaError_t status = cudaOccupancyMaxActiveClusters(&clusters, kernel, &asked);
  if (status == cudaSuccess) return clusters;
  // A size that the device does not take is an answer; the error must not reach the next launch's check.
  if (status != cudaErrorInvalidClusterSize && status != cudaErrorInvalidConfiguration) {
    check(status, "asking for the resident clusters");
  }
  static_cast<void>(cudaGetLastError());
  return 0;
}

void launch_with(const Device& device, const void* kernel, const Launch& launch, void** arguments) {
  cudaLaunchAttribute attributes[3];
  const cudaLaunchConfig_t asked = configuration(device, launch, attributes);
  check(cudaLaunchKernelExC(&asked, kernel, arguments), "launching a kernel");
}

Graph::Graph(const Device& device, const std::function<void()>& work) : stream_(device.stream) {
  cudaGraph_t graph = nullptr;
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "beginning a capture");
  work();
  check(cudaStreamEndCapture(stream_, &graph), "ending a capture");
  const cudaError_t status = cudaGraphInstantiate(&instance_, graph, 0);
  check(cudaGraphDestroy(graph), "destroying a graph");
  check(status, "instantiating a graph");
  check(cudaGraphUpload(instance_, stream_), "uploading a graph");
}

Graph::~Graph() {
  if (cudaGraphExecDestroy(instance_) != cudaSuccess) std::fprintf(stderr, "exchange: destroying a graph failed\n");
}

void Graph::replay() const {
  check(cudaGraphLaunch(instance_, stream_), "launching a graph");
}

Sample summarise(std::vector<double> values) {
  if (values.empty()) throw std::runtime_error("there is no measurement to summarise");
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}

Sample time_work(const Device& device, int times, const std::function<void()>& work) {
  const Event before, after;
  std::vector<double> microseconds;
  for (int run = 0; run <= times; ++run) {
    check(cudaEventRecord(before.get(), device.stream), "recording an event");
    work();
    check(cudaEventRecord(after.get(), device.stream), "recording an event");
    check(cudaEventSynchronize(after.get()), "waiting for the device");
    float milliseconds = 0.0f;
    check(cudaEventElapsedTime(&milliseconds, before.get(), after.get()), "reading an event's time");
    if (run > 0) microseconds.push_back(1000.0 * static_cast<double>(milliseconds));
  }
  return summarise(microseconds);
}

Sample scaled(const Sample& sample, double factor) {
  return {sample.median * factor, sample.lowest * factor, sample.highest * factor};
}

Sample rate(double amount, const Sample& times) {
  return {amount / times.median, amount / times.highest, amount / times.lowest};
}

}  // namespace exchange
