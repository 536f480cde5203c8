// Matrix products by cuBLAS: those of a recurrent step, y = W h of all trials, and those of the weight gradient. One
// element of each is compared with a sum in float64.

#include <cublas_v2.h>
#include <cuda_bf16.h>

#include <algorithm>
#include <cmath>

#include "random.cuh"
#include "sections.hpp"

namespace exchange {

namespace {

void check(cublasStatus_t status, const char* operation) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw std::runtime_error(std::string(operation) + " failed: " + cublasGetStatusString(status));
  }
}

using exchange::check;

/// A handle with a workspace of its own, as a capture demands.
class Blas {
 public:
  explicit Blas(const Device& device) : workspace_(32u << 20) {
    check(cublasCreate(&handle_), "creating a cuBLAS handle");
    check(cublasSetStream(handle_, device.stream), "giving cuBLAS a stream");
    check(cublasSetWorkspace(handle_, workspace_.data(), workspace_.size()), "giving cuBLAS a workspace");
  }
  ~Blas() {
    if (cublasDestroy(handle_) != CUBLAS_STATUS_SUCCESS) std::fprintf(stderr, "exchange: closing cuBLAS failed\n");
  }
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;

  cublasHandle_t get() const { return handle_; }

 private:
  Buffer<char> workspace_;
  cublasHandle_t handle_ = nullptr;
};

struct Precision {
  std::string name;
  cudaDataType_t inputs;
  cublasComputeType_t compute;
  double tolerance;  ///< of an element, over the root of the depth
};

const Precision precisions[] = {{"float32 IEEE", CUDA_R_32F, CUBLAS_COMPUTE_32F, 3e-5},
                                {"TF32", CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, 1e-3},
                                {"bf16", CUDA_R_16BF, CUBLAS_COMPUTE_32F, 1e-3}};

/// [rows x columns] = left [rows x depth] times right, which is stored [depth x columns], or [columns x depth] if
/// `transposed`. Column-major.
struct Product {
  int rows, columns, depth;
  bool transposed;
  int repeats;  ///< products in one graph

  int right_rows() const { return transposed ? columns : depth; }
};

struct Operands {
  Buffer<float> left, right;  ///< large enough for every product, float32 or shorter values
  Buffer<float> out;
  Buffer<double> expected;
};

template <class T>
__device__ double element(const void* values, std::size_t place) {
  return static_cast<double>(static_cast<float>(static_cast<const T*>(values)[place]));
}

/// The last element of the product, by one block, in float64.
template <class T>
__global__ void last_element(const void* left, const void* right, Product product, double* out) {
  __shared__ double partial[256];
  double sum = 0.0;
  for (int k = static_cast<int>(threadIdx.x); k < product.depth; k += 256) {
    const std::size_t in_left = static_cast<std::size_t>(k) * product.rows + product.rows - 1;
    const std::size_t in_right = product.transposed
                                     ? static_cast<std::size_t>(k) * product.columns + product.columns - 1
                                     : static_cast<std::size_t>(product.columns - 1) * product.depth + k;
    sum += element<T>(left, in_left) * element<T>(right, in_right);
  }
  partial[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x > 0) return;
  for (int thread = 1; thread < 256; ++thread) sum += partial[thread];
  *out = sum;
}

void multiply(const Blas& blas, const Operands& operands, const Precision& precision, const Product& product) {
  const float one = 1.0f, zero = 0.0f;
  check(cublasGemmEx(blas.get(), CUBLAS_OP_N, product.transposed ? CUBLAS_OP_T : CUBLAS_OP_N, product.rows,
                     product.columns, product.depth, &one, operands.left.data(), precision.inputs, product.rows,
                     operands.right.data(), precision.inputs, product.right_rows(), &zero, operands.out.data(),
                     CUDA_R_32F, product.rows, precision.compute, CUBLAS_GEMM_DEFAULT),
        "multiplying");
}

void verify(const Device& device, const Operands& operands, const Precision& precision, const Product& product) {
  const auto kernel = precision.inputs == CUDA_R_32F ? last_element<float> : last_element<__nv_bfloat16>;
  launch_kernel(device, kernel, Launch{}, operands.left.data(), operands.right.data(), product,
                operands.expected.data());
  const double expected = operands.expected.read(1).front();
  float found = 0.0f;
  const std::size_t last = static_cast<std::size_t>(product.rows) * product.columns - 1;
  check(cudaMemcpy(&found, operands.out.data() + last, sizeof found, cudaMemcpyDeviceToHost), "copying a product");
  const double error = std::abs(static_cast<double>(found) - expected);
  if (!(error <= precision.tolerance * std::sqrt(static_cast<double>(product.depth)))) {
    throw std::runtime_error("a product in " + precision.name + " is " + std::to_string(found) + " and not " +
                             std::to_string(expected));
  }
}

void measure_product(const Device& device, Report& report, const Blas& blas, const Operands& operands,
                     const Precision& precision, const Product& product) {
  // The first product loads its kernel, which a capture could not.
  multiply(blas, operands, precision, product);
  verify(device, operands, precision, product);
  const Graph graph(device, [&] {
    for (int repeat = 0; repeat < product.repeats; ++repeat) multiply(blas, operands, precision, product);
  });
  const int times = product.repeats >= 20 ? 5 : 3;
  const Sample time = scaled(time_work(device, times, [&] { graph.replay(); }), 1.0 / product.repeats);
  const double operations = 2.0 * product.rows * product.columns * static_cast<double>(product.depth);
  const std::string setting = "M=" + std::to_string(product.rows) + " N=" + std::to_string(product.columns) +
                              " K=" + std::to_string(product.depth) + (product.transposed ? ", N x T" : "");
  report.measured("product, " + precision.name, setting, time, "us", {1e-6 * operations / time.median, "TFLOP/s"});
}

std::vector<Product> all_products() {
  std::vector<Product> products;
  for (const int units : {256, 512, 1024, 2048}) {
    for (const int trials : {16, 64, 256, 1024}) products.push_back({units, trials, units, false, 20});
  }
  for (const int units : {256, 512, 1024, 2048}) products.push_back({units, units, 64000, true, 4});
  return products;
}

void fill(const Device& device, const Operands& operands, const Precision& precision) {
  unsigned seed = 10;
  for (const Buffer<float>* buffer : {&operands.left, &operands.right}) {
    if (precision.inputs == CUDA_R_32F) {
      fill_random(device, buffer->data(), buffer->size(), ++seed);
    } else {
      fill_random(device, reinterpret_cast<__nv_bfloat16*>(buffer->data()), 2 * buffer->size(), ++seed);
    }
  }
}

}  // namespace

void measure_products(const Device& device, Report& report) {
  const std::vector<Product> products = all_products();
  std::size_t largest = 0, largest_out = 0;
  for (const Product& product : products) {
    const std::size_t depth = static_cast<std::size_t>(product.depth);
    largest = std::max(largest, depth * static_cast<std::size_t>(std::max(product.rows, product.columns)));
    largest_out = std::max(largest_out, static_cast<std::size_t>(product.rows) * product.columns);
  }
  const Blas blas(device);
  const Operands operands{Buffer<float>(largest), Buffer<float>(largest), Buffer<float>(largest_out),
                          Buffer<double>(1)};
  for (const Precision& precision : precisions) {
    fill(device, operands, precision);
    for (const Product& product : products) measure_product(device, report, blas, operands, precision, product);
  }
}

}  // namespace exchange
