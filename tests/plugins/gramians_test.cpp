// Gramians of networks for which they are known.

#include <cmath>

#include "analysis_run.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-10;
constexpr double alpha = 0.2;  // dt / tau
constexpr double dt = 10.0;    // ms

/// Regions a and b of two units each, connected all to all; two inputs to and one output from all of them.
test::Subject subject(mrnn::Activation activation, mrnn::Dynamics dynamics = mrnn::Dynamics::leaky) {
  mrnn::NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = activation;
  spec.dt = dt;
  spec.tau = dt / alpha;
  mrnn::Region region;
  region.units = 2;
  mrnn::Connection connection;
  spec.inputs = {{"u", 2}};
  for (const char* to : {"a", "b"}) {
    region.name = to;
    spec.regions.push_back(region);
    connection.to = to;
    for (const char* from : {"a", "b", "u"}) {
      connection.from = from;
      spec.connections.push_back(connection);
    }
  }
  mrnn::Output output;
  output.name = "y";
  output.units = 1;
  spec.outputs = {output};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  return made;
}

void put(const std::vector<mrnn::Block>& blocks, const Eigen::MatrixXd& all, std::vector<Eigen::MatrixXd>& weights) {
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    weights[k] = all.block(blocks[k].to.start, blocks[k].from.start, blocks[k].to.size, blocks[k].from.size);
  }
}

void simulate(test::Subject& subject) {
  subject.simulations = {test::simulate(subject, "control", mrnn::blank_trials(2, 2, 10))};
}

struct System {
  Eigen::Matrix4d jacobian;
  Eigen::Matrix<double, 4, 2> input = Eigen::Matrix<double, 4, 2>::Zero();  ///< B = alpha W_in
  Eigen::RowVector4d output = Eigen::RowVector4d::Zero();                   ///< C = W_out
};

/// A linear network of that Jacobian, at rest.
test::Subject network_of(const System& system) {
  test::Subject made = subject(mrnn::Activation::linear);
  put(made.network.recurrent_blocks(), (system.jacobian - (1.0 - alpha) * Eigen::Matrix4d::Identity()) / alpha,
      made.parameters.recurrent);
  put(made.network.input_blocks(), system.input / alpha, made.parameters.input);
  put(made.network.readout_blocks(), system.output, made.parameters.readout);
  simulate(made);
  return made;
}

constexpr double decay[4] = {0.9, 0.7, 0.5, 0.3};

/// Four units on their own, all driven by the first input and seen by the output.
System diagonal() {
  System system;
  system.jacobian = Eigen::Vector4d(decay[0], decay[1], decay[2], decay[3]).asDiagonal();
  system.input.col(0) << 1.0, 2.0, -1.0, 0.5;
  system.output << 1.0, 0.5, 2.0, -1.0;
  return system;
}

/// The network of the reference values below: W_ij = 0.9 sin(1 + 3 i + 5 j + i j), W_in_ij = cos(i + 2 j),
/// W_out_j = sin(2 + j), alpha = 0.2.
System reference() {
  System system;
  for (Index i = 0; i < 4; ++i) {
    for (Index j = 0; j < 4; ++j) {
      const double weight = 0.9 * std::sin(static_cast<double>(1 + 3 * i + 5 * j + i * j));
      system.jacobian(i, j) = alpha * weight + (i == j ? 1.0 - alpha : 0.0);
    }
    for (Index j = 0; j < 2; ++j) system.input(i, j) = alpha * std::cos(static_cast<double>(i + 2 * j));
    system.output(i) = std::sin(static_cast<double>(2 + i));
  }
  return system;
}

double matrix(const mrnn::AnalysisResults& results, const std::string& name, Index i, Index j) {
  return at(results, name, {0, i, j});
}

}  // namespace

TEST_CASE("gramians of units on their own are b_i b_j / (1 - a_i a_j)", "[gramians]") {
  const System system = diagonal();
  const auto results = test::analyse(network_of(system), "gramians", "matrices = true");

  REQUIRE(test::array(results, "controllability_gramian").shape == std::vector<Index>{1, 4, 4});
  for (Index i = 0; i < 4; ++i) {
    for (Index j = 0; j < 4; ++j) {
      const double loss = 1.0 - decay[i] * decay[j];
      CHECK_THAT(matrix(results, "controllability_gramian", i, j),
                 WithinRel(system.input(i, 0) * system.input(j, 0) / loss, tolerance));
      CHECK_THAT(matrix(results, "observability_gramian", i, j),
                 WithinRel(system.output(i) * system.output(j) / loss, tolerance));
    }
  }
}

TEST_CASE("gramians of a finite time are the sum of so many terms, of unstable networks too", "[gramians]") {
  System system = diagonal();
  system.jacobian(0, 0) = 1.2;
  const test::Subject made = network_of(system);
  for (const int steps : {1, 2, 7, 16, 23}) {
    const auto results = test::analyse(made, "gramians", "matrices = true\nhorizon = " + std::to_string(10 * steps));

    const double ratio = 1.2 * decay[1];
    const double sum = (1.0 - std::pow(ratio, steps)) / (1.0 - ratio);
    CHECK_THAT(matrix(results, "controllability_gramian", 0, 1),
               WithinRel(system.input(0, 0) * system.input(1, 0) * sum, tolerance));
    CHECK_THAT(matrix(results, "observability_gramian", 1, 0),
               WithinRel(system.output(0) * system.output(1) * sum, tolerance));
  }
}

TEST_CASE("an unstable network has no gramians over infinite time, and the message names the horizon", "[gramians]") {
  System system = diagonal();
  system.jacobian(0, 0) = 1.2;

  CHECK_THROWS_WITH(test::analyse(network_of(system), "gramians", ""),
                    "the linearised network is not stable (spectral radius 1.2), so its gramians over infinite time do "
                    "not exist; set the key horizon (ms) for those of a finite time");
  CHECK_THROWS_WITH(test::analyse(network_of(system), "gramians", "horizon = 1e9"),
                    "the gramians overflow: a shorter horizon keeps them finite");
  system.jacobian(0, 0) = 1.0 - 1e-13;
  CHECK_THROWS_WITH(test::analyse(network_of(system), "gramians", ""),
                    "the gramians over infinite time do not converge; set the key horizon");
}

TEST_CASE("sources that reach nothing have gramians of zero", "[gramians]") {
  System system = reference();
  system.input.setZero();

  const auto results = test::analyse(network_of(system), "gramians", "");

  CHECK(at(results, "controllability", {0, 0}) == 0.0);
  CHECK(at(results, "hankel", {0, 0}) == 0.0);
  CHECK(at(results, "average_controllability", {0, 1}) == 0.0);
  CHECK(std::isnan(at(results, "modal_controllability", {0, 1})));
  CHECK_THAT(results.summary.front(), EndsWith("0 of 4 directions carry 99 % from sources to targets"));
}

TEST_CASE("gramians that would not fit are refused before they are computed", "[gramians]") {
  mrnn::NetworkSpec spec;
  mrnn::Region region;
  region.name = "many";
  region.units = 2000;
  spec.regions = {region};
  region.name = "one";
  region.units = 1;
  spec.regions.push_back(region);
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 1, 13))};

  CHECK_THAT(test::mistake(made, "gramians", ""),
             ContainsSubstring("regions: names 2001 units; gramians are dense matrices, of up to 2000 units"));
  CHECK_THAT(test::mistake(made, "gramians", "regions = \"many\"\nmatrices = true\nevery = 1"),
             ContainsSubstring("matrices: would store two gramians of 2000 x 2000 numbers for 13 states; choose fewer "
                               "states or units"));
}

TEST_CASE("spectra and Hankel values are those of scipy", "[gramians]") {
  // Wc = scipy.linalg.solve_discrete_lyapunov(A, B @ B.T); Wo = solve_discrete_lyapunov(A.T, C.T @ C)
  // eigvalsh(Wc), eigvalsh(Wo), sqrt(eigvals(Wc @ Wo)), largest first
  const auto results = test::analyse(network_of(reference()), "gramians", "");

  const double reached[4] = {4.83605869904923, 0.4069230481498818, 0.280811785373587, 0.0528344395582785};
  const double seen[4] = {157.40906550342075, 8.3546770282724498, 0.8517177297641072, 0.034985144139920175};
  const double hankel[4] = {9.930325475138769, 3.2876217431839785, 0.538719586436038, 0.0608176216139393};
  for (Index i = 0; i < 4; ++i) {
    CHECK_THAT(at(results, "controllability", {0, i}), WithinRel(reached[i], tolerance));
    CHECK_THAT(at(results, "observability", {0, i}), WithinRel(seen[i], tolerance));
    CHECK_THAT(at(results, "hankel", {0, i}), WithinRel(hankel[i], tolerance));
  }
  CHECK_THAT(at(results, "spectral_radius", {0}), WithinRel(0.9677549752958713, tolerance));
}

TEST_CASE("controllability of channels, regions and modes is that of scipy", "[gramians]") {
  // trace(solve_discrete_lyapunov(A, b @ b.T)), 1 - |A b|^2 / |b|^2, 1 / (C @ Wc @ C.T)
  const auto results = test::analyse(network_of(reference()), "gramians", "");

  CHECK_THAT(at(results, "average_controllability", {0, 0}), WithinRel(2.314507966911906, tolerance));
  CHECK_THAT(at(results, "average_controllability", {0, 1}), WithinRel(3.262120005219072, tolerance));
  CHECK_THAT(at(results, "modal_controllability", {0, 0}), WithinRel(-0.009653431135011159, tolerance));
  CHECK_THAT(at(results, "modal_controllability", {0, 1}), WithinRel(0.25694181208477174, tolerance));
  CHECK_THAT(at(results, "target_energy", {0, 0}), WithinRel(0.1577660093625036, tolerance));
  CHECK(test::texts(results, "sources") == std::vector<std::string>{"u 0", "u 1"});
  CHECK(test::texts(results, "targets") == std::vector<std::string>{"y 0"});
  CHECK(test::texts(results, "regions") == std::vector<std::string>{"a", "b"});
  // M = solve_discrete_lyapunov(A.T, diag([1, 1, 0, 0])): trace(B.T @ M @ B), a**2 * (M[2,2] + M[3,3]) / 2
  REQUIRE(test::array(results, "region_controllability").shape == std::vector<Index>{1, 2, 1});
  CHECK_THAT(at(results, "region_controllability", {0, 0, 0}), WithinRel(4.129218844383191, tolerance));
  CHECK_THAT(at(results, "region_controllability", {0, 0, 0}) + at(results, "region_controllability", {0, 1, 0}),
             WithinRel(2.314507966911906 + 3.262120005219072, tolerance));
  REQUIRE(test::array(results, "region_influence").shape == std::vector<Index>{1, 2, 2});
  CHECK_THAT(at(results, "region_influence", {0, 0, 1}), WithinRel(1.7419758104534915, tolerance));
  // w, vl, vr = scipy.linalg.eig(A, left=True): |vl.conj() @ B| / |vl|, |C @ vr| / |vr|
  CHECK_THAT(at(results, "modes_imag", {0, 0}), WithinRel(0.0434193970355518, 1e-9));
  CHECK_THAT(at(results, "mode_controllability", {0, 0, 0}), WithinRel(0.1819009819241749, tolerance));
  CHECK_THAT(at(results, "mode_controllability", {0, 2, 0}), WithinRel(0.2643416792652187, tolerance));
  CHECK_THAT(at(results, "mode_observability", {0, 0, 0}), WithinRel(0.9060627906594428, tolerance));
  CHECK_THAT(at(results, "mode_observability", {0, 3, 0}), WithinRel(0.5140659821735218, tolerance));
}

TEST_CASE("the least energy that reaches a state is d^T W^-1 d", "[gramians]") {
  test::Subject made = network_of(reference());
  // The state before step 0 is d away from the given one.
  made.parameters.initial_state << 1.0, -1.0, 0.5, 2.0;
  simulate(made);

  const auto results = test::analyse(made, "gramians", "state = 0\nreach_times = [0]");

  CHECK_THAT(at(results, "reach_energy", {0, 0}), WithinRel(32.341736665138136, 1e-9));  // d @ solve(Wc, d)
  CHECK_THAT(at(results, "unreachable", {0, 0}), WithinAbs(0.0, tolerance));
  CHECK(test::array(results, "reach_steps").values == std::vector<double>{0.0});
}

TEST_CASE("what no input reaches is told apart, and costs nothing", "[gramians]") {
  System system = diagonal();
  system.input.col(0) << 1.0, 0.0, 0.0, 0.0;
  test::Subject made = network_of(system);
  made.parameters.initial_state << 3.0, 4.0, 0.0, 0.0;
  simulate(made);

  const auto results = test::analyse(made, "gramians", "state = 0\nreach_times = [0]");

  CHECK_THAT(at(results, "reach_energy", {0, 0}), WithinRel(9.0 * (1.0 - 0.81), tolerance));
  CHECK_THAT(at(results, "unreachable", {0, 0}), WithinRel(16.0 / 25.0, tolerance));
  CHECK(at(results, "controllability", {0, 1}) == 0.0);
  CHECK_THAT(at(results, "hankel", {0, 0}), WithinRel(1.0 / (1.0 - 0.81), tolerance));
  CHECK_THAT(at(results, "controllability_axes", {0, 0, 0}), WithinRel(1.0, tolerance));
}

TEST_CASE("driven units take a drive, seen units show their activity, at a state of tanh units", "[gramians]") {
  test::Subject made = subject(mrnn::Activation::tanh);
  put(made.network.recurrent_blocks(), Eigen::Matrix4d::Zero(), made.parameters.recurrent);
  simulate(made);

  const auto results =
      test::analyse(made, "gramians", "state = 0.5\nfrom = \"b\"\nto = [\"a\", \"y\"]\nmatrices = true");

  const double leak = 1.0 - alpha, slope = 1.0 - std::tanh(0.5) * std::tanh(0.5);
  CHECK_THAT(matrix(results, "controllability_gramian", 2, 2),
             WithinRel(alpha * alpha / (1.0 - leak * leak), tolerance));
  CHECK(matrix(results, "controllability_gramian", 0, 0) == 0.0);
  CHECK_THAT(matrix(results, "observability_gramian", 0, 0) - slope * slope / (1.0 - leak * leak),
             WithinRel(std::pow(slope * made.parameters.readout.front()(0, 0), 2) / (1.0 - leak * leak), 1e-9));
  CHECK(test::texts(results, "sources") == std::vector<std::string>{"b 2", "b 3"});
  CHECK(test::texts(results, "targets") == std::vector<std::string>{"a 0", "a 1", "y 0"});
  CHECK(std::isinf(at(results, "target_energy", {0, 0})));  // a is not reached from b
}

TEST_CASE("units outside drive by their activity, and the drive that reaches them is seen", "[gramians]") {
  const System system = reference();
  const test::Subject made = network_of(system);

  const auto results =
      test::analyse(made, "gramians", "regions = \"a\"\nfrom = \"b\"\nto = \"b\"\nhorizon = 10\nmatrices = true");

  // One step: W_c = B B^T, W_o = C^T C with B = alpha W_ab and C = W_ba, alpha W = J off the diagonal.
  const Eigen::Matrix2d b = system.jacobian.topRightCorner<2, 2>();
  const Eigen::Matrix2d c = system.jacobian.bottomLeftCorner<2, 2>() / alpha;
  REQUIRE(test::array(results, "controllability_gramian").shape == std::vector<Index>{1, 2, 2});
  CHECK_THAT(matrix(results, "controllability_gramian", 0, 1), WithinRel((b * b.transpose())(0, 1), tolerance));
  CHECK_THAT(matrix(results, "observability_gramian", 0, 1), WithinRel((c.transpose() * c)(0, 1), tolerance));
  CHECK(test::array(results, "units").values == std::vector<double>{0.0, 1.0});
  CHECK(test::texts(results, "regions") == std::vector<std::string>{"a"});
}

TEST_CASE("a selector that lies partly outside makes two groups", "[gramians]") {
  const auto results =
      test::analyse(network_of(reference()), "gramians", "regions = \"a\"\nfrom = \"*\"\nhorizon = 100");

  CHECK(test::texts(results, "source_groups") == std::vector<std::string>{"all", "all (others)"});
}

TEST_CASE("rate dynamics are driven through their slope and seen as they are", "[gramians]") {
  test::Subject made = subject(mrnn::Activation::tanh, mrnn::Dynamics::rate);
  put(made.network.recurrent_blocks(), Eigen::Matrix4d::Zero(), made.parameters.recurrent);
  made.parameters.bias.setConstant(0.5);
  simulate(made);

  const auto results = test::analyse(made, "gramians", "from = \"a\"\nto = \"a\"\nhorizon = 10\nmatrices = true");

  const double slope = 1.0 - std::tanh(0.5) * std::tanh(0.5);
  CHECK_THAT(matrix(results, "controllability_gramian", 0, 0), WithinRel(std::pow(alpha * slope, 2), tolerance));
  CHECK(matrix(results, "observability_gramian", 0, 0) == 1.0);
  CHECK(test::make_analysis("gramians", "", made.network)->needs().h);
  CHECK_FALSE(test::make_analysis("gramians", "state = 0", made.network)->needs().h);
  CHECK(test::make_analysis("gramians", "state = 0\nreach_times = 10", made.network)->needs().h);
}

TEST_CASE("without inputs and outputs the regions are driven and seen", "[gramians]") {
  mrnn::NetworkSpec spec;
  mrnn::Region region;
  region.name = "a";
  region.units = 2;
  spec.regions = {region};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 1, 3))};

  const auto results = test::analyse(made, "gramians", "");

  CHECK(test::texts(results, "source_groups") == std::vector<std::string>{"a"});
  CHECK(test::texts(results, "target_groups") == std::vector<std::string>{"a"});
  CHECK(results.figures.front().panels.size() == 2);  // one region: nothing between regions
}

TEST_CASE("what leaves nothing in a region is blank in the figure of gramians", "[gramians]") {
  mrnn::NetworkSpec spec;
  spec.activation = mrnn::Activation::linear;
  spec.regions = {{"a", 1}, {"b", 1}, {"c", 1}};
  spec.connections = {{"a", "b"}, {"b", "c"}};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 1, 3))};

  const auto results = test::analyse(made, "gramians", "");

  const Eigen::MatrixXd& drawn = results.figures.front().panels[1].heat_map->values;  // the last region reached below
  CHECK(std::isnan(drawn(2, 1)));                                                     // from b to a
  CHECK(std::isfinite(drawn(1, 0)));                                                  // from a to b
  CHECK_THAT(results.figures.front().caption, ContainsSubstring("blank: nothing, or rounding"));
}

TEST_CASE("several states are stacked, and modes may be left out", "[gramians]") {
  const test::Subject made = network_of(reference());
  const auto results = test::analyse(made, "gramians", "trials = [0, 1]\nsteps = [2, 5]\nmodes = 0");

  CHECK(test::array(results, "hankel").shape == std::vector<Index>{4, 4});
  CHECK(test::texts(results, "states")[3] == "control, trial 1, step 5");
  CHECK_FALSE(test::has_array(results, "modes_real"));
  CHECK_FALSE(test::has_array(results, "controllability_axes"));
  CHECK_FALSE(test::has_array(results, "controllability_gramian"));
  CHECK(results.figures.front().panels.size() == 3);
  const auto one = test::analyse(made, "gramians", "modes = 1");
  CHECK(test::array(one, "controllability_axes").shape == std::vector<Index>{1, 1, 4});
}

TEST_CASE("the summary of gramians says how many directions matter", "[gramians]") {
  const auto infinite = test::analyse(network_of(reference()), "gramians", "").summary.front();
  const auto finite = test::analyse(network_of(reference()), "gramians", "horizon = 70").summary.front();

  CHECK(infinite ==
        "control, trial 0, step 9: over infinite time, average controllability 5.58, observability 167; 3 of 4 "
        "directions carry 99 % from sources to targets");
  CHECK_THAT(finite, ContainsSubstring(": over 70 ms, average controllability 1.01"));
}

TEST_CASE("mistakes in the keys of gramians are named", "[gramians]") {
  const test::Subject made = network_of(reference());
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "gramians", keys); };

  CHECK_THAT(mistake("regions = \"c\""), StartsWith("x.toml:2:") && ContainsSubstring("\"c\""));
  CHECK_THAT(mistake("from = \"v\""), ContainsSubstring("from: no input or selector called \"v\"; available: u, a, b"));
  CHECK_THAT(mistake("to = \"z\""), ContainsSubstring("to: no output or selector called \"z\"; available: y, a, b"));
  CHECK_THAT(mistake("from = [\"u\", \"u\"]"), ContainsSubstring("from: names \"u\" twice"));
  CHECK_THAT(mistake("to = []"), ContainsSubstring("to: is an empty list; leave it out for the default"));
  CHECK_THAT(mistake("horizon = 1"), ContainsSubstring("horizon: is shorter than half a step"));
  CHECK_THAT(mistake("reach_times = [-1]"), ContainsSubstring("reach_times: holds a negative time"));
  CHECK_THAT(
      mistake("reach_times = [5000]"),
      ContainsSubstring("reach_times: names step 500, whose state before it was not recorded in trial 0 of simulation "
                        "\"control\""));
  CHECK_THAT(mistake("trials = [2]"), ContainsSubstring("simulation \"control\" has trials 0 to 1"));
  CHECK_THAT(mistake("horzon = 4"), ContainsSubstring("Did you mean \"horizon\"?"));
}
