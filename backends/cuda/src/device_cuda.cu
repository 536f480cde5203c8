#include <climits>

#include "blas.hpp"
#include "device_words.hpp"
#include "kernel_support.hpp"

namespace mrnn::gpu {
namespace {

static_assert(refusal::no_memory == static_cast<int>(cudaErrorMemoryAllocation) &&
              refusal::not_started == static_cast<int>(cudaErrorInitializationError));
static_assert(refusal::old_driver == static_cast<int>(cudaErrorInsufficientDriver) &&
              refusal::busy == static_cast<int>(cudaErrorDevicesUnavailable));
static_assert(refusal::no_device == static_cast<int>(cudaErrorNoDevice) &&
              refusal::other_architecture == static_cast<int>(cudaErrorNoKernelImageForDevice));
static_assert(refusal::uncorrectable_memory == static_cast<int>(cudaErrorECCUncorrectable) &&
              refusal::illegal_address == static_cast<int>(cudaErrorIllegalAddress));
static_assert(refusal::too_long == static_cast<int>(cudaErrorLaunchTimeout) &&
              refusal::stopped == static_cast<int>(cudaErrorLaunchFailure));
static_assert(refusal::not_ready == static_cast<int>(cudaErrorSystemNotReady) &&
              refusal::driver_mismatch == static_cast<int>(cudaErrorSystemDriverMismatch));

std::string text_of(const std::string& wanted, cudaError_t status) {
  return refusal_text(wanted, static_cast<int>(status), cudaGetErrorString(status));
}

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that is not sticky is forgotten
  std::size_t free = 0, total = 0;
  const bool no_room = status == cudaErrorMemoryAllocation && cudaMemGetInfo(&free, &total) == cudaSuccess;
  throw DeviceFailure{text_of(what, status), no_room, 0, free};
}

void check(cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED) check(cudaErrorMemoryAllocation, "cuBLAS could not be opened");
  throw DeviceFailure{std::string("cuBLAS: ") + blas().status_text(status)};
}

int index_of(Size size) {
  if (size > INT_MAX) throw DeviceFailure{"a matrix has more rows or columns than cuBLAS counts (2,147,483,647)"};
  return static_cast<int>(size);
}

cublasOperation_t operation(bool transposed) {
  return transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
}

/// Sums in float, of products in tensor cores.
template <class Factor>
cublasStatus_t mixed_gemm(cublasHandle_t handle, const MatrixProduct<float, Factor>& p, const float* one,
                          const float* beta, cudaDataType type, cublasComputeType_t compute) {
  return blas().multiply_mixed(handle, operation(p.a.transposed), operation(p.b.transposed), index_of(p.rows),
                               index_of(p.columns), index_of(p.depth), one, p.a.data, type, index_of(p.a.stride),
                               p.b.data, type, index_of(p.b.stride), beta, p.out, CUDA_R_32F, index_of(p.out_stride),
                               compute, CUBLAS_GEMM_DEFAULT);
}

cublasStatus_t gemm(cublasHandle_t handle, const MatrixProduct<float, Bf16>& p, const float* one, const float* beta) {
  return mixed_gemm(handle, p, one, beta, CUDA_R_16BF, CUBLAS_COMPUTE_32F);
}
cublasStatus_t gemm(cublasHandle_t handle, const MatrixProduct<float>& p, const float* one, const float* beta) {
  if (p.tf32) return mixed_gemm(handle, p, one, beta, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32);
  return blas().multiply_single(handle, operation(p.a.transposed), operation(p.b.transposed), index_of(p.rows),
                                index_of(p.columns), index_of(p.depth), one, p.a.data, index_of(p.a.stride), p.b.data,
                                index_of(p.b.stride), beta, p.out, index_of(p.out_stride));
}
cublasStatus_t gemm(cublasHandle_t handle, const MatrixProduct<double>& p, const double* one, const double* beta) {
  return blas().multiply_double(handle, operation(p.a.transposed), operation(p.b.transposed), index_of(p.rows),
                                index_of(p.columns), index_of(p.depth), one, p.a.data, index_of(p.a.stride), p.b.data,
                                index_of(p.b.stride), beta, p.out, index_of(p.out_stride));
}

}  // namespace

/// What there is of it is given back, also where a later part could not be had.
struct Stream::Handles {
  Handles() = default;
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    if (blas != nullptr) gpu::blas().destroy(blas);
    release(workspace);
    if (event != nullptr) cudaEventDestroy(event);
    if (stream != nullptr) cudaStreamDestroy(stream);
  }

  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;  ///< how far it had come when another stream was told to wait for it
  cublasHandle_t blas = nullptr;
  void* workspace = nullptr;
};

struct Stream::Graph {
  cudaGraphExec_t executable = nullptr;
  ~Graph() { cudaGraphExecDestroy(executable); }
};

namespace {

template <class Scalar, class Factor>
void multiply_with(const Stream& stream, const MatrixProduct<Scalar, Factor>& product) {
  if (product.rows == 0 || product.columns == 0) return;
  const Scalar one = 1, beta = product.accumulate ? 1 : 0;
  check(gemm(stream.handles().blas, product, &one, &beta));
}

}  // namespace

cudaStream_t cuda_stream(const Stream& stream) {
  return stream.handles().stream;
}

void check_launch() {
  check(cudaGetLastError(), "a kernel was refused");
}

DeviceProperties device_properties() {
  DeviceProperties properties;
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0) {
    cudaGetLastError();
    properties.reason =
        status == cudaErrorInsufficientDriver || status == cudaErrorNoDevice || count == 0
            ? std::string("there is no NVIDIA device here, or its driver is missing or older than CUDA ") +
                  std::to_string(CUDART_VERSION / 1000) + " needs"
            : text_of("the device cannot be used", status);
    if (status != cudaSuccess) properties.reason += std::string(" (") + cudaGetErrorName(status) + ")";
    return properties;
  }
  cudaDeviceProp device = {};
  if (const cudaError_t asked = cudaGetDeviceProperties(&device, 0); asked != cudaSuccess) {
    properties.reason = text_of("the device cannot be used", asked);
    return properties;
  }
  properties.name = device.name;
  properties.major = device.major;
  properties.minor = device.minor;
  properties.processors = device.multiProcessorCount;
  properties.total_bytes = device.totalGlobalMem;
  properties.spare_bytes = std::size_t{64} << 20;
  cudaRuntimeGetVersion(&properties.runtime_version);
  cudaDriverGetVersion(&properties.driver_version);
  if (device.major < 8) {
    properties.reason = properties.name + " has compute capability " + std::to_string(device.major) + "." +
                        std::to_string(device.minor) + "; 8.0 or higher is needed";
    return properties;
  }
  // Busy or exclusive devices say so when they are first used.
  if (const cudaError_t used = cudaFree(nullptr); used != cudaSuccess) {
    cudaGetLastError();
    properties.reason = text_of(properties.name + " cannot be used", used);
    return properties;
  }
  properties.usable = true;
  return properties;
}

Stream::Stream(Use use) : handles_(std::make_unique<Handles>()) {
  check(cudaStreamCreateWithFlags(&handles_->stream, cudaStreamNonBlocking), "no stream could be made");
  check(cudaEventCreateWithFlags(&handles_->event, cudaEventDisableTiming), "no event could be made");
  if (use == Use::copies) return;
  check(blas().create(&handles_->blas));
  check(blas().set_stream(handles_->blas, handles_->stream));
  // A workspace of our own: products are captured in graphs, and have the same bits each time.
  handles_->workspace = allocate(workspace_bytes);
  hold(taken_bytes(workspace_bytes));
  check(blas().set_workspace(handles_->blas, handles_->workspace, workspace_bytes));
  check(blas().set_math_mode(handles_->blas, CUBLAS_DEFAULT_MATH));
}

Stream::~Stream() = default;

void Stream::synchronise() const {
  check(cudaStreamSynchronize(handles_->stream), "the device stopped");
}

void Stream::wait_for(const Stream& other) const {
  check(cudaEventRecord(other.handles_->event, other.handles_->stream), "no event could be recorded");
  check(cudaStreamWaitEvent(handles_->stream, other.handles_->event), "a stream could not be made to wait");
}

std::shared_ptr<Stream::Graph> Stream::record(const std::function<void()>& submit) const {
  cudaGraph_t recorded = nullptr;
  check(cudaStreamBeginCapture(handles_->stream, cudaStreamCaptureModeThreadLocal), "no graph could be begun");
  try {
    submit();
  } catch (...) {
    cudaStreamEndCapture(handles_->stream, &recorded);
    if (recorded != nullptr) cudaGraphDestroy(recorded);
    throw;
  }
  check(cudaStreamEndCapture(handles_->stream, &recorded), "no graph could be ended");
  auto graph = std::make_shared<Graph>();
  const cudaError_t status = cudaGraphInstantiate(&graph->executable, recorded, 0);
  cudaGraphDestroy(recorded);
  check(status, "no graph could be made");
  return graph;
}

void Stream::launch(const Graph& graph) const {
  check(cudaGraphLaunch(graph.executable, handles_->stream), "a graph was refused");
}

std::size_t free_bytes() {
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "the device does not say how much memory is free");
  return free;
}

void* allocate(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw DeviceFailure{"out of device memory", true, bytes, free_bytes()};
  }
  check(status, "device memory could not be had");
  return memory;
}

void release(void* memory) noexcept {
  cudaFree(memory);
}

void* allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  if (cudaMallocHost(&memory, bytes) == cudaSuccess) return memory;
  cudaGetLastError();
  throw DeviceFailure{"the host could not lock " + std::to_string((bytes >> 20) + 1) +
                      " MB of its memory, from which trials are copied to the device; smaller batches need less"};
}

void release_pinned(void* memory) noexcept {
  cudaFreeHost(memory);
}

void copy_to_device(const Stream& stream, void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, cuda_stream(stream)), "a copy to the device failed");
}

void copy_from_device(const Stream& stream, void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, cuda_stream(stream)), "a copy from the device failed");
}

void copy_on_device(const Stream& stream, void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, cuda_stream(stream)), "a copy failed");
}

void set_zero(const Stream& stream, void* memory, std::size_t bytes) {
  check(cudaMemsetAsync(memory, 0, bytes, cuda_stream(stream)), "memory could not be set");
}

void multiply(const Stream& stream, const MatrixProduct<float>& product) {
  multiply_with(stream, product);
}
void multiply(const Stream& stream, const MatrixProduct<double>& product) {
  multiply_with(stream, product);
}
void multiply(const Stream& stream, const MatrixProduct<float, Bf16>& product) {
  multiply_with(stream, product);
}

}  // namespace mrnn::gpu
