// Networks, trials and activity computed by a public implementation: imported from its description, with the file
// itself as weights and as trials, they must come out the same.

#include <Eigen/Eigenvalues>

#include "catch.hpp"
#include "comparison.hpp"
#include "golden.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/linearisation.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;

TEST_CASE("the golden networks are all there", "[golden]") {
  CHECK(test::golden_files_with_trials().size() == 11);
}

TEST_CASE("the reference reproduces the golden activity", "[golden]") {
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  CAPTURE(name);
  const test::Golden golden(name);

  const test::Activity activity =
      test::ReferenceNetwork(golden.network, golden.parameters).run(golden.trials, Noise::off, 0);

  CHECK(test::relative_error(activity.x, test::read_sequence(golden.file, "activity/x")) <= test::double_tolerance);
  CHECK(test::relative_error(activity.y, test::read_sequence(golden.file, "activity/y")) <= test::double_tolerance);
}

TEST_CASE("the Eigen backend reproduces the golden activity", "[golden]") {
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(name, static_cast<int>(precision));
  const test::Golden golden(name);

  const test::Activity activity =
      test::run_eigen(golden.network, golden.parameters, golden.trials, {.precision = precision});

  CHECK(test::relative_error(activity.x, test::read_sequence(golden.file, "activity/x")) <= test::tolerance(precision));
  CHECK(test::relative_error(activity.h, test::read_sequence(golden.file, "activity/h")) <= test::tolerance(precision));
  CHECK(test::relative_error(activity.y, test::read_sequence(golden.file, "activity/y")) <= test::tolerance(precision));
}

TEST_CASE("the Eigen backend reproduces the golden Jacobians and their eigenvalues", "[golden]") {
  const std::string name = GENERATE(from_range(test::golden_files_with_trials()));
  CAPTURE(name);
  const test::Golden golden(name);
  const auto session = eigen::make_backend()->open(golden.network, {.precision = Precision::float64});
  session->write_parameters(golden.parameters);
  session->load(golden.trials);
  StatePoints points{test::read_transposed(golden.file, "jacobian/states"), {0, 0, 0, 0}, {0, 0, 0, 0}};

  const Jacobians jacobians = session->jacobian(points);

  const Index units = golden.network.units();
  const EffectiveWeights weights = effective_weights(golden.network, golden.parameters);
  const Eigen::MatrixXd real = test::read_transposed(golden.file, "jacobian/eig_real");
  const Eigen::MatrixXd imaginary = test::read_transposed(golden.file, "jacobian/eig_imag");
  REQUIRE(points.states.cols() == 4);
  for (Index k = 0; k < 4; ++k) {
    const Linearisation linearisation(golden.network, weights.recurrent, jacobians, k, Selection({{0, units}}));
    const Eigen::MatrixXd expected = test::read_transposed(golden.file, "jacobian/J", k).transpose();
    CHECK((linearisation.dense() - expected).cwiseAbs().maxCoeff() <= test::jacobian_tolerance);

    Eigen::VectorXcd eigenvalues(units);
    eigenvalues.real() = real.col(k);
    eigenvalues.imag() = imaginary.col(k);
    const Spectrum found = spectrum(linearisation, {.vectors = 0, .method = EigenMethod::dense});
    CHECK(test::distance_as_sets(found.values, eigenvalues) <= test::eigenvalue_tolerance);
  }
}
