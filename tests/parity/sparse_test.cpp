// Weights most of which are zero: computed element by element.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "kernels.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/random.hpp"

using namespace mrnn;
using namespace mrnn::eigen;

namespace {

template <class Scalar>
std::vector<Scalar> numbers(Index count, const char* name) {
  RandomStream random(1, Stream::analyses, name);
  std::vector<Scalar> values(static_cast<std::size_t>(count));
  for (Scalar& value : values) value = static_cast<Scalar>(random.uniform(-2.0, 2.0));
  return values;
}

/// A matrix of which a share is not zero; its second row and, beyond three rows, its last are empty.
Eigen::MatrixXd sparse_matrix(Index rows, Index columns, double share) {
  RandomStream random(2, Stream::analyses, "sparse");
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(rows, columns);
  for (double& value : matrix.reshaped()) {
    if (random.uniform() < share) value = random.uniform(-1.0, 1.0);
  }
  if (rows > 1) matrix.row(1).setZero();
  if (rows > 3) matrix.row(rows - 1).setZero();
  return matrix;
}

template <class Scalar>
bool same_bits(const std::vector<Scalar>& a, const std::vector<Scalar>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Scalar)) == 0;
}

/// Every kernel set that this machine has.
std::vector<KernelSet> kernel_sets() {
  std::vector<KernelSet> sets = {baseline_kernels()};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(avx2_kernels());
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    sets.push_back(avx512_kernels());
  }
#endif
  std::erase_if(sets, [](const KernelSet& set) { return set.single == nullptr; });
  return sets;
}

template <class Scalar>
const Kernels<Scalar>& kernels_of(const KernelSet& set) {
  if constexpr (std::is_same_v<Scalar, float>) {
    return *set.single;
  } else {
    return *set.twofold;
  }
}

/// One region of n units, a share of whose weights exist, with noise and a readout.
NetworkSpec sparse_network(Index units, double sparsity) {
  NetworkSpec spec;
  spec.noise_recurrent = 0.1;
  spec.dale = Dale::none;
  spec.activation = Activation::tanh;
  Region region;
  region.name = "a";
  region.units = units;
  spec.regions = {region};
  spec.inputs = {{"cue", 2}};
  Output output;
  output.name = "choice";
  spec.outputs = {output};
  Connection own, cue;
  own.from = own.to = cue.to = "a";
  cue.from = "cue";
  own.sparsity = sparsity;
  spec.connections = {own, cue};
  return spec;
}

}  // namespace

TEMPLATE_TEST_CASE("sparse products have the bits of the dense ones", "[kernels][sparse]", float, double) {
  const KernelSet set = GENERATE(from_range(kernel_sets()));
  const Index width = GENERATE(8, 16, 32);
  const Index rows = GENERATE(1, 2, 4, 13, 50);
  CAPTURE(kernels_of<TestType>(set).name, width, rows);
  const Kernels<TestType>& kernels = kernels_of<TestType>(set);
  constexpr Index depth = 23;
  const Eigen::MatrixXd weights = sparse_matrix(rows, depth, 0.2);
  const auto state = numbers<TestType>(depth * width, "state");
  const Source source{0, depth};
  std::vector<TestType> packed;
  const PanelSizes panels(rows, kernels.panel_rows);
  for (Index p = 0; p < panels.count; ++p) {
    for (Index k = 0; k < depth; ++k) {
      for (Index r = 0; r < panels.rows(p); ++r) {
        packed.push_back(static_cast<TestType>(weights(panels.first_row(p) + r, k)));
      }
    }
  }
  std::vector<TestType> dense(static_cast<std::size_t>(rows * width)), sparse(dense);
  kernels.multiply({packed.data(), &source, 1, depth, state.data(), dense.data(), rows, width});

  // Blocks of ten columns, in each the rows that have something there, from the last to the first.
  std::vector<TestType> values;
  std::vector<std::int32_t> columns;
  std::vector<SparseGroup> groups;
  for (Index block = 0; block < depth; block += 10) {
    const auto part = weights.middleCols(block, std::min<Index>(10, depth - block));
    std::vector<Index> some;
    for (Index r = rows - 1; r >= 0; --r) {
      if (!part.row(r).isZero(0.0)) some.push_back(r);
    }
    for (std::size_t first = 0; first < some.size(); first += sparse_rows) {
      SparseGroup group;
      std::vector<std::vector<Index>> found(sparse_rows);
      for (std::size_t r = 0; r < sparse_rows; ++r) {
        const bool exists = first + r < some.size();
        group.rows[r] = static_cast<std::int32_t>(some[exists ? first + r : first]);
        for (Index k = 0; exists && k < part.cols(); ++k) {
          if (part(group.rows[r], k) != 0.0) found[r].push_back(k);
        }
        group.entries = std::max(group.entries, static_cast<std::int32_t>(found[r].size()));
      }
      for (std::size_t k = 0; k < static_cast<std::size_t>(group.entries); ++k) {
        for (std::size_t r = 0; r < sparse_rows; ++r) {
          const bool exists = k < found[r].size();
          values.push_back(exists ? static_cast<TestType>(part(group.rows[r], found[r][k])) : TestType(0));
          columns.push_back(exists ? static_cast<std::int32_t>(block + found[r][k]) : 0);
        }
      }
      groups.push_back(group);
    }
  }
  kernels.multiply_sparse(
      {values.data(), columns.data(), groups.data(), std::ssize(groups), state.data(), sparse.data(), rows, width});

  CHECK(same_bits(sparse, dense));
}

TEMPLATE_TEST_CASE("wanted elements of an outer product are those of the whole", "[kernels][sparse]", float, double) {
  const KernelSet set = GENERATE(from_range(kernel_sets()));
  const Index width = GENERATE(1, 8, 16, 32);
  CAPTURE(kernels_of<TestType>(set).name, width);
  constexpr Index rows = 13, depth = 21, right_rows = 30;
  const Index positions = GENERATE(1, 40);
  const Eigen::MatrixXd pattern = sparse_matrix(rows, depth, 0.3);
  const auto left = numbers<TestType>(positions * rows * width, "left");
  const auto right = numbers<TestType>(positions * right_rows * width, "right");
  std::vector<TestType> whole(static_cast<std::size_t>(rows * depth), TestType(0.5));
  OuterProduct<TestType> product;
  product.left = left.data();
  product.left_stride = rows * width;
  product.right = right.data();
  product.right_stride = right_rows * width;
  const Source source{4, depth};
  product.sources = &source;
  product.source_count = 1;
  product.positions = positions;
  product.width = width;
  product.rows = rows;
  product.out = whole.data();
  kernels_of<TestType>(set).add_outer_product(product);

  std::vector<Element> elements;
  for (Index c = 0; c < depth; ++c) {
    for (Index r = 0; r < rows; ++r) {
      if (pattern(r, c) != 0.0) elements.push_back({static_cast<std::int32_t>(r), static_cast<std::int32_t>(4 + c)});
    }
  }
  std::vector<TestType> wanted(elements.size() + 1, TestType(0.5));
  product.out = wanted.data();
  product.elements = elements.data();
  product.element_count = std::ssize(elements);
  kernels_of<TestType>(set).add_sparse_outer_product(product);

  double error = 0.0;
  for (std::size_t e = 0; e < elements.size(); ++e) {
    const auto place = static_cast<std::size_t>((elements[e].source - 4) * rows + elements[e].row);
    error = std::max(error, static_cast<double>(std::abs(wanted[e] - whole[place])));
  }
  CHECK(error < (std::is_same_v<TestType, float> ? 1e-3 : 1e-12));  // of up to 1,280 products
  CHECK(wanted.back() == TestType(0.5));                            // nothing is written beyond the result
}

TEST_CASE("a sparse network learns from the gradient of its dense twin", "[sparse][gradient]") {
  // 90 % of the weights are absent: the backend skips them. With the same patterns as numbers in a network without
  // sparsity nothing can be skipped in the gradient.
  const Index trials = GENERATE(1, 20);
  const Index units = GENERATE(40, 300);  // the columns of one block, and of more
  CAPTURE(trials, units);
  const Network sparse = build_network(sparse_network(units, 0.9), 1);
  const Network dense = build_network(sparse_network(units, 0.0), 1);
  const Parameters parameters = initial_parameters(sparse, 1);
  Parameters twin = initial_parameters(dense, 1);
  twin.recurrent = parameters.recurrent;
  twin.input = parameters.input;
  twin.readout = parameters.readout;
  const auto& pattern = sparse.recurrent_blocks().front().pattern;
  REQUIRE(sparse.recurrent_blocks().size() == 1);
  for (Index k = 0; k < pattern.size(); ++k) {
    if (pattern.data()[k] == 0) twin.recurrent.front().data()[k] = 0.0;
  }
  Trials batch = blank_trials(2, trials, 12);
  RandomStream random(3, Stream::analyses, "inputs");
  for (double& value : batch.inputs.data) value = random.uniform(-1.0, 1.0);
  batch.targets = Sequence(1, trials, 12);
  for (double& value : batch.targets.data) value = random.uniform(-1.0, 1.0);

  const auto gradients = [&](const Network& network, const Parameters& values) {
    SessionOptions options;
    options.precision = Precision::float64;
    const auto session = make_backend()->open(network, options);
    session->write_parameters(values);
    session->load(batch);
    Record record;
    record.backward_every = 1;
    session->forward(record, Noise::on);
    session->backward({});
    return session->read_gradients();
  };
  const Parameters of_sparse = gradients(sparse, parameters), of_dense = gradients(dense, twin);

  Eigen::MatrixXd expected = of_dense.recurrent.front();
  for (Index k = 0; k < pattern.size(); ++k) {
    if (pattern.data()[k] == 0) expected.data()[k] = 0.0;
  }
  CHECK(of_sparse.recurrent.front().isApprox(expected, 1e-13));
  CHECK(expected.norm() > 0.0);
  CHECK(of_sparse.input.front().isApprox(of_dense.input.front(), 1e-13));
}
