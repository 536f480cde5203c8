// The inner loops for every instruction set that this machine has, not only for the one it would choose.

#include "kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "catch.hpp"
#include "mrnn/formulas.hpp"
#include "mrnn/random.hpp"
#include "random/normals_kernels.hpp"

using namespace mrnn;
using namespace mrnn::eigen;

namespace {

struct InstructionSet {
  const char* name;
  KernelSet kernels;
  NormalsKernels normals;
};

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> all = {{"baseline", baseline_kernels(), baseline_normals()}};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    all.push_back({"AVX2", avx2_kernels(), avx2_normals()});
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    all.push_back({"AVX-512", avx512_kernels(), avx512_normals()});
  }
#endif
  std::erase_if(all, [](const InstructionSet& set) { return set.kernels.single == nullptr; });
  return all;
}

template <class Scalar>
const Kernels<Scalar>& kernels_of(const InstructionSet& set) {
  if constexpr (std::is_same_v<Scalar, float>) {
    return *set.kernels.single;
  } else {
    return *set.kernels.twofold;
  }
}

template <class Scalar>
constexpr double rounding = std::is_same_v<Scalar, float> ? 1e-5 : 1e-13;

template <class Scalar>
std::vector<Scalar> numbers(Index count, const char* name) {
  RandomStream random(1, Stream::analyses, name);
  std::vector<Scalar> values(static_cast<std::size_t>(count));
  for (Scalar& value : values) value = static_cast<Scalar>(random.uniform(-2.0, 2.0));
  return values;
}

/// Panels of [depth x rows], as PackedWeights makes them; `height` rows, zero where there are none, at width 1.
template <class Scalar>
std::vector<Scalar> pack(const std::vector<Scalar>& weights, Index rows, Index depth, const Kernels<Scalar>& kernels,
                         Index width) {
  const Index limit = width == 1 ? kernels.vector_panel_rows : kernels.panel_rows;
  const PanelSizes panels(rows, limit);
  const Index count = width == 1 ? (rows + limit - 1) / limit : panels.count;
  std::vector<Scalar> packed;
  for (Index p = 0; p < count; ++p) {
    const Index first = width == 1 ? p * limit : panels.first_row(p);
    const Index quarter = limit / 4, rest = rows - first;
    const Index height = width > 1 ? panels.rows(p) : std::min(limit, (rest + quarter - 1) / quarter * quarter);
    for (Index k = 0; k < depth; ++k) {
      for (Index r = first; r < first + height; ++r) {
        packed.push_back(r < rows ? weights[static_cast<std::size_t>(r * depth + k)] : Scalar(0));
      }
    }
  }
  return packed;
}

}  // namespace

TEMPLATE_TEST_CASE("products of every instruction set are sums of products", "[kernels]", float, double) {
  const InstructionSet set = GENERATE(from_range(instruction_sets()));
  const Index width = GENERATE(1, 8, 16, 32);
  const Index rows = GENERATE(1, 2, 13, 50, 67);
  CAPTURE(set.name, width, rows);
  const auto& kernels = kernels_of<TestType>(set);
  const std::vector<Source> sources = {{3, 7}, {20, 1}, {25, 12}};
  constexpr Index depth = 20, state_rows = 40;
  const auto weights = numbers<TestType>(rows * depth, "weights");
  const auto state = numbers<TestType>(state_rows * width, "state");
  const auto packed = pack(weights, rows, depth, kernels, width);
  std::vector<TestType> out(static_cast<std::size_t>(rows * width + 1), TestType(77));

  kernels.multiply({packed.data(), sources.data(), std::ssize(sources), depth, state.data(), out.data(), rows, width});

  double error = 0.0;
  for (Index row = 0; row < rows; ++row) {
    for (Index lane = 0; lane < width; ++lane) {
      double expected = 0.0;
      Index k = 0;
      for (const Source& source : sources) {
        for (Index from = source.start; from < source.start + source.size; ++from, ++k) {
          expected += static_cast<double>(weights[static_cast<std::size_t>(row * depth + k)]) *
                      static_cast<double>(state[static_cast<std::size_t>(from * width + lane)]);
        }
      }
      error =
          std::max(error, std::abs(static_cast<double>(out[static_cast<std::size_t>(row * width + lane)]) - expected));
    }
  }
  CHECK(error < rounding<TestType>);
  CHECK(out.back() == TestType(77));  // nothing is written beyond the result
}

TEMPLATE_TEST_CASE("updates of every instruction set follow the equations", "[kernels]", float, double) {
  const InstructionSet set = GENERATE(from_range(instruction_sets()));
  const Index width = GENERATE(1, 8, 32);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto activation = GENERATE(Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                   Activation::linear, Activation::retanh);
  const bool noisy = GENERATE(false, true);
  CAPTURE(set.name, width, static_cast<int>(dynamics), static_cast<int>(activation), noisy);
  constexpr Index units = 21, first = 2, rows = 18;
  const auto bias = numbers<TestType>(units, "bias"), amplitude = numbers<TestType>(units, "amplitude");
  auto alpha = numbers<TestType>(units, "alpha");
  for (TestType& one : alpha) one = dynamics == Dynamics::elman ? TestType(1) : std::abs(one) / TestType(2);
  const auto drive = numbers<TestType>(rows * width, "drive"), noise = numbers<TestType>(units * width, "noise");
  const auto x_before = numbers<TestType>(units * width, "x"), h_before = numbers<TestType>(units * width, "h");
  auto x = x_before, h = h_before;

  const bool finite = kernels_of<TestType>(set).update(
      {dynamics, activation, first, rows, width, drive.data(), bias.data(), alpha.data(), amplitude.data(),
       noisy ? noise.data() : nullptr, x.data(), h_before.data(), h.data()});

  double error = 0.0;
  for (Index unit = 0; unit < units; ++unit) {
    for (Index lane = 0; lane < width; ++lane) {
      const auto place = static_cast<std::size_t>(unit * width + lane);
      const auto u = static_cast<std::size_t>(unit);
      double expected_x = x_before[place], expected_h = h_before[place];
      if (unit >= first && unit < first + rows) {
        const double a = alpha[u];
        const double in = static_cast<double>(drive[place - static_cast<std::size_t>(first * width)]) + bias[u];
        const double added = noisy ? static_cast<double>(amplitude[u]) * noise[place] : 0.0;
        expected_x = dynamics == Dynamics::rate ? in + added : formulas::leak_towards(a, expected_x, in) + added;
        const double phi = formulas::activate(activation, expected_x);
        expected_h = dynamics == Dynamics::rate ? formulas::leak_towards(a, expected_h, phi) : phi;
      }
      error = std::max({error, std::abs(x[place] - expected_x), std::abs(h[place] - expected_h)});
    }
  }
  CHECK(finite);
  CHECK(error < rounding<TestType>);
}

TEMPLATE_TEST_CASE("steps backwards of every instruction set follow the equations", "[kernels][gradient]", float,
                   double) {
  const InstructionSet set = GENERATE(from_range(instruction_sets()));
  const Index width = GENERATE(1, 8, 32);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto activation = GENERATE(Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                   Activation::linear, Activation::retanh);
  CAPTURE(set.name, width, static_cast<int>(dynamics), static_cast<int>(activation));
  constexpr Index units = 21, first = 2, rows = 18;
  auto alpha = numbers<TestType>(units, "alpha");
  for (TestType& one : alpha) one = dynamics == Dynamics::elman ? TestType(1) : std::abs(one) / TestType(2);
  const auto back = numbers<TestType>(units * width, "back"), x = numbers<TestType>(units * width, "x");
  auto h = x;
  for (TestType& one : h) one = formulas::activate(activation, one);
  const auto before = numbers<TestType>(units * width, "carried");
  auto carried = before, delta = before;

  kernels_of<TestType>(set).update_adjoint({dynamics, activation, first, rows, width, back.data(), alpha.data(),
                                            h.data(), x.data(), carried.data(), delta.data()});

  double error = 0.0;
  for (Index unit = 0; unit < units; ++unit) {
    for (Index lane = 0; lane < width; ++lane) {
      const auto place = static_cast<std::size_t>(unit * width + lane);
      double expected = before[place], expected_delta = before[place];
      if (unit >= first && unit < first + rows) {
        const double a = alpha[static_cast<std::size_t>(unit)];
        const double slope = formulas::activation_slope(activation, static_cast<double>(x[place]));
        const bool rate = dynamics == Dynamics::rate;
        expected = (rate ? 1.0 : slope) * back[place] + (1.0 - a) * expected;
        expected_delta = a * (rate ? slope : 1.0) * expected;
      }
      error = std::max({error, std::abs(carried[place] - expected), std::abs(delta[place] - expected_delta)});
    }
  }
  CHECK(error < rounding<TestType>);
}

TEMPLATE_TEST_CASE("outer products of every instruction set are sums of products", "[kernels][gradient]", float,
                   double) {
  const InstructionSet set = GENERATE(from_range(instruction_sets()));
  const Index width = GENERATE(1, 8, 16, 32);
  const Index rows = GENERATE(1, 13, 50, 67);
  const Index depth = GENERATE(2, 7, 40, 300);  // the last: more than a block of columns
  const Index positions = GENERATE(1, 19);      // more than are summed at once, at the widest
  CAPTURE(set.name, width, rows, depth, positions);
  const Index left_stride = (rows + 2) * width, right_stride = (depth + 5) * width;
  const auto left = numbers<TestType>(positions * left_stride, "left");
  const auto right = numbers<TestType>(positions * right_stride, "right");
  const std::vector<Source> sources = {{4, depth / 2}, {0, depth - depth / 2}};
  const auto before = numbers<TestType>(rows * depth + 1, "out");
  auto out = before;

  kernels_of<TestType>(set).add_outer_product({left.data(), left_stride, right.data(), right_stride, sources.data(),
                                               std::ssize(sources), positions, width, rows, out.data()});

  double error = 0.0;
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < depth; ++column) {
      const auto place = static_cast<std::size_t>(column * rows + row);
      const Index of_state = column < depth / 2 ? column + 4 : column - depth / 2;
      double expected = before[place];
      for (Index k = 0; k < positions * width; ++k) {
        const Index position = k / width, lane = k % width;
        const Index of_left = position * left_stride + row * width + lane;
        const Index of_right = position * right_stride + of_state * width + lane;
        expected +=
            static_cast<double>(left[static_cast<std::size_t>(of_left)]) * right[static_cast<std::size_t>(of_right)];
      }
      error = std::max(error, std::abs(out[place] - expected));
    }
  }
  CHECK(error < 60.0 * rounding<TestType>);  // of up to 608 products
  CHECK(out.back() == before.back());        // nothing is written beyond the result
}

TEMPLATE_TEST_CASE("activation functions keep their relative precision over many magnitudes", "[kernels]", float,
                   double) {
  const InstructionSet set = GENERATE(from_range(instruction_sets()));
  const auto activation = GENERATE(Activation::tanh, Activation::sigmoid, Activation::softplus, Activation::retanh);
  CAPTURE(set.name, static_cast<int>(activation));
  std::vector<TestType> drive;
  for (int magnitude = -6; magnitude <= 1; ++magnitude) {
    for (const double mantissa : {1.0, 1.7, 3.1, 5.2, 8.6}) {
      drive.push_back(static_cast<TestType>(mantissa * std::pow(10.0, magnitude)));
      drive.push_back(-drive.back());
    }
  }
  drive.insert(drive.end(), {TestType(0), TestType(300), TestType(-300)});
  const auto count = static_cast<std::size_t>(drive.size());
  std::vector<TestType> zeros(count, TestType(0)), ones(count, TestType(1)), x(count), h(count);

  kernels_of<TestType>(set).update({Dynamics::elman, activation, 0, std::ssize(drive), 1, drive.data(), zeros.data(),
                                    ones.data(), ones.data(), nullptr, x.data(), zeros.data(), h.data()});

  for (std::size_t k = 0; k < count; ++k) {
    CAPTURE(drive[k]);
    const double expected = formulas::activate(activation, static_cast<double>(drive[k]));
    constexpr double few_last_places = 4.0 * std::numeric_limits<TestType>::epsilon();
    constexpr double smallest = 1e-37;  // below it, a result may be the end of the range of exp()
    CHECK_THAT(static_cast<double>(h[k]), WithinRel(expected, few_last_places) || WithinAbs(expected, smallest));
  }
}

TEMPLATE_TEST_CASE("updates of every instruction set notice what is not finite", "[kernels]", float, double) {
  const InstructionSet set = GENERATE(from_range(instruction_sets()));
  const Index width = GENERATE(1, 8, 32);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const TestType value =
      GENERATE(std::numeric_limits<TestType>::infinity(), std::numeric_limits<TestType>::quiet_NaN());
  constexpr Index units = 9;
  const auto count = static_cast<std::size_t>(units * width);
  std::vector<TestType> zeros(count, TestType(0)), ones(count, TestType(1)), x(count), h(count);
  std::vector<TestType> drive(count, TestType(1));
  drive[count / 2] = value;

  const bool finite =
      kernels_of<TestType>(set).update({dynamics, Activation::tanh, 0, units, width, drive.data(), zeros.data(),
                                        ones.data(), ones.data(), nullptr, x.data(), zeros.data(), h.data()});

  CHECK_FALSE(finite);
}

TEMPLATE_TEST_CASE("the noise of every instruction set has the same bits", "[kernels][noise]", float, double) {
  const InstructionSet set = GENERATE(from_range(instruction_sets()));
  const std::size_t count = GENERATE(1, 3, 8, 16, 21);
  CAPTURE(set.name, count);
  constexpr std::int64_t units = 70;
  std::vector<std::uint64_t> ids;
  for (std::size_t k = 0; k < count; ++k) ids.push_back((k << 35) + 11 * k);
  std::vector<TestType> expected(units * count), actual(units * count), one(units), one_more(units);
  const NormalBlock block{99, Stream::recurrent_noise, 5, 4, units};
  const auto normals_of = [](const NormalsKernels& all) {
    if constexpr (std::is_same_v<TestType, float>) {
      return all.single;
    } else {
      return all.twofold;
    }
  };
  const auto baseline = normals_of(baseline_normals()), other = normals_of(set.normals);

  baseline.trials(block, ids, expected.data());
  other.trials(block, ids, actual.data());
  baseline.units(block, ids.back(), one.data());
  other.units(block, ids.back(), one_more.data());

  CHECK(std::memcmp(actual.data(), expected.data(), actual.size() * sizeof(TestType)) == 0);
  CHECK(std::memcmp(one_more.data(), one.data(), one.size() * sizeof(TestType)) == 0);
}
