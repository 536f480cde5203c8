// Losses, gradients and training by Adam computed by a public implementation.

#include "catch.hpp"
#include "comparison.hpp"
#include "golden.hpp"
#include "mrnn/eigen_backend.hpp"
#include "reference_gradient.hpp"
#include "tolerances.hpp"

using namespace mrnn;

namespace {

double golden_tolerance(Precision precision) {
  return precision == Precision::float64 ? test::golden_double_tolerance : test::golden_single_tolerance;
}

/// 1 where a weight exists.
std::vector<Eigen::MatrixXd> masks(const std::vector<Block>& blocks) {
  std::vector<Eigen::MatrixXd> all;
  for (const Block& block : blocks) all.push_back((block.pattern.array() != 0).cast<double>());
  return all;
}

/// Compares numbers of the parameters' shape with those of a group of the file, on the mask.
void check_group(const test::Golden& golden, const std::string& group, const Parameters& actual, double tolerance) {
  const Network& network = golden.network;
  const auto error = [&](const std::string& name, const std::vector<Block>& blocks,
                         const std::vector<Eigen::MatrixXd>& values, Index rows, Index columns) {
    const Eigen::MatrixXd mask = dense(blocks, masks(blocks), rows, columns);
    const Eigen::MatrixXd expected = test::read_transposed(golden.file, group + "/" + name).transpose();
    return test::relative_error(dense(blocks, values, rows, columns).cwiseProduct(mask), expected.cwiseProduct(mask));
  };
  const auto vector = [&](const std::string& name) {
    const std::vector<double> values = golden.file.read_doubles(group + "/" + name);
    return Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(values.data(), std::ssize(values)));
  };
  const Index units = network.units(), outputs = network.outputs();
  CHECK(error("W_rec", network.recurrent_blocks(), actual.recurrent, units, units) <= tolerance);
  CHECK(error("W_inp", network.input_blocks(), actual.input, units, network.inputs()) <= tolerance);
  CHECK(error("W_out", network.readout_blocks(), actual.readout, outputs, units) <= tolerance);
  CHECK(test::relative_error(actual.bias, vector("bias")) <= tolerance);
  CHECK(test::relative_error(actual.readout_bias, vector("b_out")) <= tolerance);
}

}  // namespace

TEST_CASE("the reference reproduces the golden loss and gradient", "[golden][gradient]") {
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  CAPTURE(name);
  const test::Golden golden(name);

  const test::ReferenceGradient reference =
      test::reference_gradient({golden.network, golden.parameters, golden.trials});

  CHECK_THAT(reference.terms.total,
             WithinRel(golden.file.number_attribute("/", "loss"), test::golden_double_tolerance));
  check_group(golden, "gradient", reference.gradient, test::golden_double_tolerance);
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

  CHECK_THAT(terms.total, WithinRel(golden.file.number_attribute("/", "loss"), golden_tolerance(precision)));
  check_group(golden, "gradient", session->read_gradients(), golden_tolerance(precision));
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
    CHECK_THAT(session->backward({}).total, WithinRel(losses[k], golden_tolerance(precision)));
    session->update(
        {.optimiser = {}, .rate = golden.file.number_attribute("/", "adam_rate"), .number = static_cast<Index>(k) + 1});
  }

  REQUIRE(losses.size() == 10);
  check_group(golden, "adam", session->read_parameters(), golden_tolerance(precision));
}
