// Losses, gradients and training by Adam computed by a public implementation.

#include "catch.hpp"
#include "comparison.hpp"
#include "golden.hpp"
#include "mrnn/eigen_backend.hpp"
#include "reference_gradient.hpp"
#include "tolerances.hpp"

using namespace mrnn;

TEST_CASE("the reference reproduces the golden loss and gradient", "[golden][gradient]") {
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  CAPTURE(name);
  const test::Golden golden(name);

  const test::ReferenceGradient reference =
      test::reference_gradient({golden.network, golden.parameters, golden.trials});

  CHECK_THAT(reference.terms.total,
             WithinRel(golden.file.number_attribute("/", "loss"), test::golden_double_tolerance));
  test::check_group(golden, "gradient", reference.gradient, test::golden_double_tolerance);
}

TEST_CASE("the Eigen backend reproduces the golden loss and gradient", "[golden][gradient]") {
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(name, static_cast<int>(precision));
  const test::Golden golden(name);
  const auto session = eigen::make_backend()->open(golden.network, {.precision = precision, .threads = 2});
  session->write_parameters(golden.parameters);
  session->load(golden.trials);
  session->forward({.backward_every = 5}, Noise::off);

  const LossTerms terms = session->backward({});

  CHECK_THAT(terms.total, WithinRel(golden.file.number_attribute("/", "loss"), test::golden_tolerance(precision)));
  test::check_group(golden, "gradient", session->read_gradients(), test::golden_tolerance(precision));
}

TEST_CASE("ten steps of Adam go the golden way", "[golden][optimiser]") {
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(name, static_cast<int>(precision));
  const test::Golden golden(name);
  const std::vector<double> losses = golden.file.read_doubles("adam/losses");
  const auto session = eigen::make_backend()->open(golden.network, {.precision = precision, .threads = 2});
  session->write_parameters(golden.parameters);

  for (std::size_t k = 0; k < losses.size(); ++k) {
    session->load(golden.trials);
    session->forward({.backward_every = 1}, Noise::off);
    CHECK_THAT(session->backward({}).total, WithinRel(losses[k], test::golden_tolerance(precision)));
    session->update(
        {.optimiser = {}, .rate = golden.file.number_attribute("/", "adam_rate"), .number = static_cast<Index>(k) + 1});
  }

  REQUIRE(losses.size() == 10);
  test::check_group(golden, "adam", session->read_parameters(), test::golden_tolerance(precision));
}
