#include "mrnn/formulas.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "catch.hpp"
#include "mrnn/box_muller.hpp"
#include "mrnn/network_spec.hpp"

using namespace mrnn;
using namespace mrnn::formulas;

namespace {

struct Words {
  std::uint32_t a, b;
};

/// Words for a hundred thousand pairs of normals, with every magnitude of both ends of (0, 1].
std::vector<Words> words() {
  std::mt19937 random(1);
  std::vector<Words> all;
  for (int k = 0; k < 100000; ++k) {
    const auto word = static_cast<std::uint32_t>(random()) >> k % 32;
    all.push_back({k % 2 == 0 ? word : ~word, static_cast<std::uint32_t>(random())});
  }
  return all;
}

}  // namespace

TEST_CASE("slopes of activation functions are their derivatives, zero at a kink", "[formulas]") {
  const auto activation = GENERATE(Activation::relu, Activation::tanh, Activation::sigmoid, Activation::softplus,
                                   Activation::linear, Activation::retanh);
  constexpr double step = 1e-6, difference_tolerance = 1e-9;

  for (const double x : {-3.0, -0.7, -0.01, 0.02, 0.9, 4.0}) {
    const double numeric = (activate(activation, x + step) - activate(activation, x - step)) / (2.0 * step);
    CHECK_THAT(activation_slope(activation, x), WithinAbs(numeric, difference_tolerance));
  }
  CHECK(activation_slope(Activation::relu, 0.0) == 0.0);
  CHECK(activation_slope(Activation::retanh, 0.0) == 0.0);
}

TEST_CASE("softplus neither overflows nor loses small values", "[formulas]") {
  CHECK(softplus(1000.0) == 1000.0);
  CHECK_THAT(softplus(-40.0), WithinRel(std::exp(-40.0), 1e-14));
  CHECK(softplus(-1000.0) == 0.0);
}

TEST_CASE("Dale's law makes weights from free parameters as each method says", "[formulas]") {
  constexpr double low = 0.1, high = 2.0;

  CHECK(effective_weight(Dale::none, 1.0, -0.5, low, high) == -0.5);
  CHECK(effective_weight(Dale::none, -1.0, -0.5, low, high) == -0.5);  // signs do not matter
  CHECK(effective_weight(Dale::none, 0.0, -0.5, low, high) == 0.0);
  CHECK(effective_weight(Dale::clamp, -1.0, 0.5, low, high) == -0.5);
  CHECK(effective_weight(Dale::clamp, -1.0, -0.5, low, high) == -0.1);
  CHECK(effective_weight(Dale::clamp, 1.0, 3.0, low, high) == 2.0);
  CHECK(effective_weight(Dale::abs, -1.0, -0.5, low, high) == -0.5);
  CHECK(effective_weight(Dale::abs, 0.0, -0.5, low, high) == 0.0);
  CHECK(effective_weight(Dale::project, -1.0, 0.5, low, high) == -0.5);
}

TEST_CASE("slopes of Dale's law are its derivatives, zero where it is flat or has a kink", "[formulas]") {
  const auto dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  const double pattern = GENERATE(-1.0, 0.0, 1.0);
  constexpr double low = 0.1, high = 2.0, step = 1e-6, difference_tolerance = 1e-9;

  for (const double v : {-1.3, 0.05, 0.7, 2.5}) {
    const double numeric =
        (effective_weight(dale, pattern, v + step, low, high) - effective_weight(dale, pattern, v - step, low, high)) /
        (2.0 * step);
    CHECK_THAT(effective_weight_slope(dale, pattern, v, low, high), WithinAbs(numeric, difference_tolerance));
  }
  CHECK(effective_weight_slope(Dale::clamp, 1.0, low, low, high) == 0.0);
  CHECK(effective_weight_slope(Dale::clamp, 1.0, high, low, high) == 0.0);
  CHECK(effective_weight_slope(Dale::abs, 1.0, 0.0, low, high) == 0.0);
}

TEST_CASE("normals in double precision are those of the logarithm, sine and cosine", "[formulas]") {
  double worst = 0.0;
  for (const auto& [a, b] : words()) {
    double first = 0.0, second = 0.0;
    box_muller(a, b, first, second);
    const long double u = (static_cast<long double>(a) + 1.0L) / 4294967296.0L;
    const long double angle = 2.0L * 3.141592653589793238462643L * static_cast<long double>(b) / 4294967296.0L;
    const long double radius = std::sqrt(-2.0L * std::log(u));
    if (radius == 0.0L) continue;
    worst = std::max({worst, std::abs(static_cast<double>((first - radius * std::cos(angle)) / radius)),
                      std::abs(static_cast<double>((second - radius * std::sin(angle)) / radius))});
  }

  CHECK(worst < 4e-16);  // of the radius
  CHECK(worst > 0.0);
}

TEST_CASE("normals in single precision are those in double precision, rounded", "[formulas]") {
  constexpr double relative = 1e-6;  // of the radius: few last places of logarithm, root and angle
  double worst = 0.0;
  for (const auto& [a, b] : words()) {
    double first = 0.0, second = 0.0;
    float first_single = 0.0F, second_single = 0.0F;
    box_muller(a, b, first, second);
    box_muller(a, b, first_single, second_single);
    const double radius = std::hypot(first, second);
    if (radius == 0.0) continue;
    worst = std::max({worst, std::abs(static_cast<double>(first_single) - first) / radius,
                      std::abs(static_cast<double>(second_single) - second) / radius});
  }

  CHECK(worst < relative);
}

TEST_CASE("the largest uniform number gives zero, the smallest the largest normal", "[formulas]") {
  float first = 1.0F, second = 1.0F;

  box_muller(0xFFFFFFFFU, 12345U, first, second);
  CHECK(first == 0.0F);
  CHECK(second == 0.0F);
  box_muller(0U, 0U, first, second);
  CHECK_THAT(static_cast<double>(first), WithinRel(std::sqrt(64.0 * std::log(2.0)), 1e-6));
  CHECK(second == 0.0F);
}
