// What public implementations computed, on the device.

#include "golden.hpp"
#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device.hpp"
#include "mrnn/linearisation.hpp"
#include "tolerances.hpp"

using namespace mrnn;

namespace {

/// A session on the device with the network of a golden file and its trials.
std::unique_ptr<Session> open(const test::Golden& golden, Precision precision) {
  auto session = test::device().open(golden.network, {.precision = precision});
  session->write_parameters(golden.parameters);
  session->load(golden.trials);
  return session;
}

}  // namespace

TEST_CASE("the device reproduces the golden activity", "[cuda][golden]") {
  if (test::skipped()) return;
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(name, static_cast<int>(precision));
  const test::Golden golden(name);
  const auto session = open(golden, precision);

  session->forward({.x = true, .h = true, .y = true}, Noise::off);

  const auto error = [&](Quantity what, const char* data) {
    return test::relative_error(session->read_activity(what), test::read_sequence(golden.file, data));
  };
  test::check_error(error(Quantity::x, "activity/x"), test::tolerance(precision));
  test::check_error(error(Quantity::h, "activity/h"), test::tolerance(precision));
  test::check_error(error(Quantity::y, "activity/y"), test::tolerance(precision));
}

TEST_CASE("the device reproduces the golden loss and gradient", "[cuda][golden]") {
  if (test::skipped()) return;
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index every = GENERATE(1, 5);
  CAPTURE(name, static_cast<int>(precision), every);
  const test::Golden golden(name);
  const auto session = open(golden, precision);
  session->forward({.backward_every = every}, Noise::off);

  const LossTerms terms = session->backward({});

  test::check_error(test::relative_difference(terms.total, golden.file.number_attribute("/", "loss")),
                    test::golden_tolerance(precision));
  test::check_group(golden, "gradient", session->read_gradients(), test::golden_tolerance(precision));
}

TEST_CASE("ten steps of Adam on the device go the golden way", "[cuda][golden]") {
  if (test::skipped()) return;
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(name, static_cast<int>(precision));
  const test::Golden golden(name);
  const std::vector<double> losses = golden.file.read_doubles("adam/losses");
  const double rate = golden.file.number_attribute("/", "adam_rate");
  const auto session = open(golden, precision);

  for (std::size_t k = 0; k < losses.size(); ++k) {
    session->load(golden.trials);
    session->forward({.backward_every = 1}, Noise::off);
    test::check_error(test::relative_difference(session->backward({}).total, losses[k]),
                      test::golden_tolerance(precision));
    session->update({.optimiser = {}, .rate = rate, .number = static_cast<Index>(k) + 1});
  }

  REQUIRE(losses.size() == 10);
  test::check_group(golden, "adam", session->read_parameters(), test::golden_tolerance(precision));
}

TEST_CASE("the device reproduces the golden Jacobians", "[cuda][golden]") {
  if (test::skipped()) return;
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  CAPTURE(name);
  const test::Golden golden(name);
  const auto session = open(golden, Precision::float64);
  const StatePoints points{test::read_transposed(golden.file, "jacobian/states"), {0, 0, 0, 0}, {0, 0, 0, 0}};

  const Jacobians jacobians = session->jacobian(points);

  const EffectiveWeights weights = effective_weights(golden.network, golden.parameters);
  REQUIRE(points.states.cols() == 4);
  for (Index k = 0; k < 4; ++k) {
    const Linearisation linearisation(golden.network, weights.recurrent, jacobians, k,
                                      Selection({{0, golden.network.units()}}));
    const Eigen::MatrixXd expected = test::read_transposed(golden.file, "jacobian/J", k).transpose();
    CHECK((linearisation.dense() - expected).cwiseAbs().maxCoeff() <= test::jacobian_tolerance);
  }
}
