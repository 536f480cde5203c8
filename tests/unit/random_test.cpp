#include "mrnn/random.hpp"

#include <cmath>
#include <set>

#include "catch.hpp"

using namespace mrnn;

namespace {

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("the counter of Philox is (c0, c1, low id, stream and high id)", "[random]") {
  // Random123's known answer for counter and key all zero needs stream 0, which is nobody's.
  const auto words = philox(0, static_cast<Stream>(0), 0, 0, 0);

  CHECK(words == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox(0, Stream::analyses, 0, 0, 0) != words);
  CHECK(philox(0, static_cast<Stream>(0), std::uint64_t{1} << 32, 0, 0) != words);
}

TEST_CASE("a stream gives the same numbers again, and other names and streams give others", "[random]") {
  RandomStream first(7, Stream::analyses, "a");
  RandomStream again(7, Stream::analyses, "a");
  RandomStream other_name(7, Stream::analyses, "b");
  RandomStream other_stream(7, Stream::connectivity, "a");
  RandomStream other_seed(8, Stream::analyses, "a");

  const double value = first.uniform();

  CHECK(value == again.uniform());
  CHECK(value != other_name.uniform());
  CHECK(value != other_stream.uniform());
  CHECK(value != other_seed.uniform());
}

TEST_CASE("uniform and normal numbers have the moments they should", "[random]") {
  RandomStream random(1, Stream::analyses, std::uint64_t{0});
  std::vector<double> uniform(100000), normal(100000), square(100000);
  for (double& value : uniform) value = random.uniform();
  for (double& value : normal) value = random.normal();
  for (std::size_t k = 0; k < normal.size(); ++k) square[k] = normal[k] * normal[k];

  CHECK_THAT(mean_of(uniform), WithinAbs(0.5, 0.004));  // four standard errors of 0.0009
  CHECK_THAT(mean_of(normal), WithinAbs(0.0, 0.013));   // 0.0032
  CHECK_THAT(mean_of(square), WithinAbs(1.0, 0.018));   // 0.0045
}

TEST_CASE("choosing without replacement gives ascending, distinct numbers, each equally often", "[random]") {
  std::vector<int> counts(10, 0);
  for (std::uint64_t id = 0; id < 2000; ++id) {
    RandomStream random(3, Stream::connectivity, id);
    const std::vector<std::int64_t> chosen = random.choose(10, 3);
    REQUIRE(chosen.size() == 3);
    REQUIRE(std::set<std::int64_t>(chosen.begin(), chosen.end()).size() == 3);
    REQUIRE(std::is_sorted(chosen.begin(), chosen.end()));
    for (const std::int64_t one : chosen) ++counts[static_cast<std::size_t>(one)];
  }

  for (const int count : counts) CHECK(std::abs(count - 600) < 90);  // standard deviation 20.5
  RandomStream random(3, Stream::connectivity, std::uint64_t{0});
  CHECK(random.choose(4, 4) == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(random.choose(4, 0).empty());
}

TEST_CASE("below() stays below and reaches every value", "[random]") {
  RandomStream random(3, Stream::analyses, std::uint64_t{9});
  std::set<std::uint64_t> seen;
  for (int k = 0; k < 1000; ++k) seen.insert(random.below(7));

  CHECK(seen == std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(random.below(1) == 0);
}

TEST_CASE("the normals of a unit do not depend on how many units are asked for", "[random]") {
  std::vector<double> few(5), many(64);
  std::vector<float> single(5);

  fill_normals(11, Stream::recurrent_noise, 3, 17, std::span<double>(few));
  fill_normals(11, Stream::recurrent_noise, 3, 17, std::span<double>(many));
  fill_normals(11, Stream::recurrent_noise, 3, 17, std::span<float>(single));

  constexpr double single_precision = 1e-5;
  for (std::size_t k = 0; k < few.size(); ++k) {
    CHECK(few[k] == many[k]);
    CHECK_THAT(static_cast<double>(single[k]), WithinAbs(few[k], single_precision));
  }
}
