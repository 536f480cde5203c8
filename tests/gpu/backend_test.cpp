// What the CUDA backend says about itself, and how much memory it says it needs.

#include <fstream>
#include <iterator>
#include <string>

#include "catch.hpp"
#include "device_cases.hpp"
#include "mrnn/error.hpp"

using namespace mrnn;

TEST_CASE("the CUDA library of this build loads and has a backend called cuda", "[cuda]") {
  if (test::skipped_on_eigen()) return;
  const test::Library library = test::cuda_library();
  // Not a test to skip, as the others then are: what is there must load, with or without a device.
  REQUIRE(library.failure == "");
  if (!library.present) {
    test::skipped();
    return;
  }
  const Availability here = test::device().availability();

  CHECK(test::device().name() == "cuda");
  CHECK(here.available == here.reason.empty());
}

TEST_CASE("where nothing runs on a device, cuBLAS is not loaded", "[cuda]") {
  const test::Library library = test::cuda_library();
  if (!library.present) {
    WARN("skipped: this build has no CUDA backend");
    return;
  }
  if (test::device().availability().available) return;  // which then uses it
  std::ifstream maps("/proc/self/maps");
  const std::string loaded((std::istreambuf_iterator<char>(maps)), {});

  CHECK_THAT(loaded, ContainsSubstring("cuda"));
  CHECK_THAT(loaded, !ContainsSubstring("libcublas"));
}

TEST_CASE("a device describes itself in words", "[cuda]") {
  if (test::skipped()) return;

  CHECK(test::device().device({}).size() > 3);
  CHECK(test::device().device({.precision = Precision::float64}).size() > 3);
}

TEST_CASE("a device says how it makes the steps of a batch", "[cuda][race]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const test::Training training = test::make({.training = {.units = 33}});
  const auto method = [&](Precision precision) {
    return test::device().method(training.network, {.precision = precision}, {64, 10});
  };
  const test::Wish design("MRNN_CUDA_DESIGN", "");

  CHECK_THAT(method(Precision::float32), ContainsSubstring("IEEE products"));
  CHECK(method(Precision::float64) == "a kernel for each, over the weights that exist; IEEE products");
}

TEST_CASE("the memory of a session on the device grows with what is kept", "[cuda]") {
  if (test::skipped()) return;
  const test::Training training = test::make({.training = {.units = 129}});
  const auto memory = [&](Precision precision, Index trials, Index steps, const Record& record) {
    return test::device().memory(training.network, {.precision = precision}, {trials, steps}, record).total();
  };
  const auto single = Precision::float32;

  const std::size_t nothing = memory(single, 64, 1000, {});
  const std::size_t activity = memory(single, 64, 1000, {.h = true});
  const std::size_t part = memory(single, 64, 1000, {.h = true, .steps = {0, 500}});
  const std::size_t all_kept = memory(single, 64, 1000, {.backward_every = 1});
  const std::size_t few_kept = memory(single, 64, 1000, {.backward_every = 32});

  const std::size_t array = sizeof(float) * 129 * 64 * 1000;
  CHECK(nothing > 0);
  CHECK(activity >= nothing + array);
  CHECK(part < activity);
  CHECK(all_kept >= nothing + array);
  CHECK(few_kept < all_kept);
  CHECK(memory(single, 128, 1000, {.h = true}) > activity);
  CHECK(memory(single, 64, 2000, {.h = true}) > activity);
  CHECK(memory(Precision::float64, 64, 1000, {.h = true}) >= nothing + 2 * array);
}
