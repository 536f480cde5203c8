// Lyapunov exponents of networks for which they are known.

#include <cmath>
#include <limits>

#include "analysis_run.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-10;
constexpr double alpha = 0.2;  // dt / tau
constexpr double dt = 10.0;    // ms
constexpr double second = 1000.0;

struct Sizes {
  Index a = 2, b = 1, inputs = 0;
};

/// Regions a and b, connected all to all, and an input to both, so that any weights can be put in.
test::Subject subject(const Sizes& sizes, mrnn::Activation activation,
                      mrnn::Dynamics dynamics = mrnn::Dynamics::leaky) {
  mrnn::NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = activation;
  spec.dt = dt;
  spec.tau = dt / alpha;
  std::vector<std::string> names;
  for (const auto& [name, units] : {std::pair("a", sizes.a), {"b", sizes.b}}) {
    if (units == 0) continue;
    mrnn::Region region;
    region.name = name;
    region.units = units;
    spec.regions.push_back(region);
    names.push_back(name);
  }
  mrnn::Connection connection;
  for (const std::string& to : names) {
    connection.to = to;
    for (const std::string& from : names) {
      connection.from = from;
      spec.connections.push_back(connection);
    }
    if (sizes.inputs == 0) continue;
    connection.from = "u";
    spec.connections.push_back(connection);
  }
  if (sizes.inputs > 0) spec.inputs = {{"u", sizes.inputs}};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  return made;
}

void set_weights(test::Subject& subject, const Eigen::MatrixXd& weights) {
  for (std::size_t k = 0; k < subject.network.recurrent_blocks().size(); ++k) {
    const mrnn::Block& block = subject.network.recurrent_blocks()[k];
    subject.parameters.recurrent[k] = weights.block(block.to.start, block.from.start, block.to.size, block.from.size);
  }
}

void run(test::Subject& subject, mrnn::Index trials, mrnn::Index steps) {
  subject.simulations = {
      test::simulate(subject, "control", mrnn::blank_trials(subject.network.inputs(), trials, steps))};
}

/// W that makes the Jacobian of a linear leaky network this one.
Eigen::MatrixXd weights_for(const Eigen::MatrixXd& jacobian) {
  return (jacobian - (1.0 - alpha) * Eigen::MatrixXd::Identity(jacobian.rows(), jacobian.cols())) / alpha;
}

/// A linear network at rest whose Jacobian is upper triangular: its eigenvalues stand on the diagonal.
test::Subject triangular(double first, double second, double third) {
  test::Subject made = subject({}, mrnn::Activation::linear);
  Eigen::Matrix3d jacobian;
  jacobian << first, 0.3, -0.2, 0.0, second, 0.5, 0.0, 0.0, third;
  set_weights(made, weights_for(jacobian));
  run(made, 2, 400);
  return made;
}

double exponent(double eigenvalue) {
  return std::log(eigenvalue) * second / dt;
}

double determinant(const Eigen::Matrix3d& m) {
  return m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) - m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0)) +
         m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0));
}

/// Three driven tanh units.
test::Subject driven() {
  test::Subject made = subject({2, 1, 1}, mrnn::Activation::tanh);
  Eigen::Matrix3d weights = Eigen::Vector3d(1.2, -0.8, -2.5).asDiagonal();
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 3; ++j) weights(i, j) += 0.4 * std::sin(static_cast<double>(1 + 3 * i + 5 * j + i * j));
  }
  set_weights(made, weights);
  const Eigen::Vector3d input(1.0, -1.0, 0.5);
  for (std::size_t k = 0; k < made.network.input_blocks().size(); ++k) {
    const mrnn::UnitRange& to = made.network.input_blocks()[k].to;
    made.parameters.input[k] = input.segment(to.start, to.size);
  }
  made.parameters.initial_state = Eigen::Vector3d(0.1, -0.2, 0.3);
  mrnn::Trials trials = mrnn::blank_trials(1, 1, 300);
  for (Index step = 0; step < 300; ++step) trials.inputs(0, 0, step) = std::cos(0.3 * static_cast<double>(step));
  made.simulations = {test::simulate(made, "control", trials)};
  return made;
}

/// One region of tanh units with normal weights of standard deviation g / sqrt(N) (Sompolinsky et al. 1988).
test::Subject random_network(double g) {
  constexpr Index units = 150;  // fewer often settle into a cycle
  test::Subject made = subject({units, 0, 0}, mrnn::Activation::tanh);
  mrnn::RandomStream random(3, mrnn::Stream::analyses, "weights");
  Eigen::MatrixXd weights(units, units);
  for (double& weight : weights.reshaped()) weight = g * random.normal() / std::sqrt(double(units));
  set_weights(made, weights);
  for (double& state : made.parameters.initial_state) state = random.normal();
  run(made, 1, 5);
  return made;
}

}  // namespace

TEST_CASE("exponents of a linear network are the logarithms of its eigenvalues per unit of time", "[lyapunov]") {
  const auto results = test::analyse(triangular(0.9, 0.7, 0.4), "lyapunov", "discard = 2000");

  REQUIRE(test::array(results, "exponents").shape == std::vector<Index>{1, 3});
  CHECK(test::array(results, "exponents").units == "1/s");
  CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(exponent(0.9), tolerance));
  CHECK_THAT(at(results, "exponents", {0, 1}), WithinRel(exponent(0.7), tolerance));
  CHECK_THAT(at(results, "exponents", {0, 2}), WithinRel(exponent(0.4), tolerance));
  CHECK_THAT(at(results, "exponents_sem", {0, 0}), WithinAbs(0.0, tolerance));
  CHECK(test::array(results, "exponents_trials").shape == std::vector<Index>{2, 3});
}

TEST_CASE("a pair of turning modes shares its growth between two exponents", "[lyapunov]") {
  test::Subject made = subject({}, mrnn::Activation::linear);
  Eigen::Matrix3d jacobian;
  jacobian << 0.9, -0.1, 0.0, 0.1, 0.9, 0.0, 0.0, 0.0, 0.5;
  set_weights(made, weights_for(jacobian));
  run(made, 1, 400);

  const auto results = test::analyse(made, "lyapunov", "discard = 2000");

  const double pair = exponent(std::hypot(0.9, 0.1));
  CHECK_THAT(at(results, "exponents", {0, 0}) + at(results, "exponents", {0, 1}), WithinRel(2.0 * pair, tolerance));
  CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(pair, 1e-3));
}

TEST_CASE("one tanh unit at rest: ln(1 - alpha + alpha w) per unit of time, in leaky and rate dynamics", "[lyapunov]") {
  for (const mrnn::Dynamics dynamics : {mrnn::Dynamics::leaky, mrnn::Dynamics::rate}) {
    test::Subject made = subject({1, 0, 0}, mrnn::Activation::tanh, dynamics);
    set_weights(made, Eigen::MatrixXd::Constant(1, 1, 0.5));
    run(made, 1, 20);

    const auto results = test::analyse(made, "lyapunov", "");

    CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(exponent(1.0 - alpha + alpha * 0.5), tolerance));
    CHECK(results.summary.front() ==
          "control (1 trial): largest Lyapunov exponent -10.5 per s, neighbouring states come together; "
          "Kaplan-Yorke dimension 0");
  }
}

TEST_CASE("exponents along a driven trajectory are those of an independent computation", "[lyapunov]") {
  // numpy, whatever the orthonormal Q that it starts from:
  //   for t in range(300):
  //     J = (1-a)*np.eye(3) + a*W@np.diag(1-np.tanh(x)**2)
  //     Q, R = np.linalg.qr(J@Q)
  //     if t >= 200: s += np.log(abs(np.diag(R)))
  //     x = (1-a)*x + a*(W@np.tanh(x) + w*np.cos(.3*t))
  //   print(s/100/0.01)
  const auto results = test::analyse(driven(), "lyapunov", "discard = 2000");

  CHECK_THAT(at(results, "exponents", {0, 0}), WithinRel(-8.852661010068772, tolerance));
  CHECK_THAT(at(results, "exponents", {0, 1}), WithinRel(-49.92411609836375, tolerance));
  CHECK_THAT(at(results, "exponents", {0, 2}), WithinRel(-96.1701356503143, tolerance));
}

TEST_CASE("all exponents sum to the mean of ln |det J|", "[lyapunov]") {
  const test::Subject made = driven();

  const auto results = test::analyse(made, "lyapunov", "discard = 50");

  const Eigen::MatrixXd weights = mrnn::dense(made.network.recurrent_blocks(), made.parameters.recurrent, 3, 3);
  double sum = 0.0;
  for (Index step = 5; step < 300; ++step) {
    const Eigen::Vector3d x = made.simulations.front().state(made.network, made.parameters, 0, step - 1);
    const Eigen::Vector3d slope = 1.0 - x.array().tanh().square();
    Eigen::Matrix3d jacobian = alpha * weights * slope.asDiagonal();
    jacobian.diagonal().array() += 1.0 - alpha;
    sum += std::log(std::abs(determinant(jacobian)));
  }
  const double exponents =
      at(results, "exponents", {0, 0}) + at(results, "exponents", {0, 1}) + at(results, "exponents", {0, 2});
  CHECK_THAT(exponents, WithinRel(sum / 295.0 * second / dt, tolerance));
}

TEST_CASE("a random tanh network is chaotic above gain 1 and at rest below it", "[lyapunov]") {
  const auto chaotic = test::analyse(random_network(3.0), "lyapunov", "duration = 10000\ncount = 2");
  const test::Subject quiet = random_network(0.5);
  const auto resting = test::analyse(quiet, "lyapunov", "duration = 10000\ndiscard = 5000\ncount = 1");

  CHECK(at(chaotic, "exponents", {0, 0}) > 1.0);
  CHECK(at(chaotic, "entropy", {0}) != at(chaotic, "entropy", {0}));  // NaN: there are more positive ones
  CHECK_THAT(chaotic.summary.front(), ContainsSubstring("neighbouring states move apart; the Kaplan-Yorke dimension "
                                                        "needs more than 2 exponents"));
  // At rest the largest exponent is the slowest mode of J = 1 - alpha + alpha W.
  const auto spectrum = test::analyse(quiet, "eigen_spectrum", "state = 0\nvectors = 0");
  CHECK_THAT(at(resting, "exponents", {0, 0}), WithinAbs(exponent(at(spectrum, "spectral_radius", {0})), 0.05));
}

TEST_CASE("the Kaplan-Yorke dimension is where the sum of exponents passes 0", "[lyapunov]") {
  // Two exponents sum to ln(1.1 * 0.95) > 0, three to less than 0.
  const auto results = test::analyse(triangular(1.1, 0.95, 0.7), "lyapunov", "discard = 2000");

  CHECK_THAT(at(results, "dimension", {0}), WithinRel(2.0 + std::log(1.1 * 0.95) / std::abs(std::log(0.7)), 1e-9));
  CHECK_THAT(at(results, "entropy", {0}), WithinRel(exponent(1.1), 1e-9));
  CHECK(at(results, "positive", {0}) == 1.0);
  CHECK_THAT(results.summary.front(), ContainsSubstring("Kaplan-Yorke dimension 2.12, entropy 9.53 nats per s"));
}

TEST_CASE("where all directions grow the dimension is their number", "[lyapunov]") {
  const auto all = test::analyse(triangular(1.2, 1.1, 1.05), "lyapunov", "discard = 2000");
  const auto two = test::analyse(triangular(1.2, 1.1, 1.05), "lyapunov", "discard = 2000\ncount = 2");

  CHECK(at(all, "dimension", {0}) == 3.0);
  CHECK_THAT(at(all, "entropy", {0}), WithinRel(exponent(1.2 * 1.1 * 1.05), 1e-9));
  CHECK(std::isnan(at(two, "dimension", {0})));
  CHECK(std::isnan(at(two, "entropy", {0})));
}

TEST_CASE("exponents do not depend on how many are asked for or how often they are orthonormalised", "[lyapunov]") {
  const test::Subject made = driven();
  const auto all = test::analyse(made, "lyapunov", "discard = 2000");
  const auto two = test::analyse(made, "lyapunov", "discard = 2000\ncount = 2");
  const auto rarely = test::analyse(made, "lyapunov", "discard = 2000\nevery = 7");

  REQUIRE(test::array(two, "exponents").shape == std::vector<Index>{1, 2});
  for (Index i = 0; i < 2; ++i) {
    CHECK_THAT(at(two, "exponents", {0, i}), WithinRel(at(all, "exponents", {0, i}), tolerance));
    CHECK_THAT(at(rarely, "exponents", {0, i}), WithinRel(at(all, "exponents", {0, i}), 1e-8));
  }
  CHECK(test::array(all, "convergence_time").shape == std::vector<Index>{1, 100});
  CHECK(test::array(rarely, "convergence_time").shape == std::vector<Index>{1, 15});  // 14 times 7 steps, and 2
  CHECK(at(rarely, "convergence_time", {0, 0}) == 70.0);
  CHECK(at(rarely, "convergence_time", {0, 14}) == 1000.0);
}

TEST_CASE("the last estimate of the convergence is the exponent", "[lyapunov]") {
  const auto results = test::analyse(driven(), "lyapunov", "");

  // 270 steps count, more than the 200 samples that are kept: every second one.
  REQUIRE(test::array(results, "convergence").shape == std::vector<Index>{1, 135, 3});
  CHECK(at(results, "convergence_time", {0, 0}) == 20.0);
  for (Index i = 0; i < 3; ++i) {
    CHECK(at(results, "convergence", {0, 134, i}) == at(results, "exponents", {0, i}));
    CHECK(at(results, "convergence", {0, 0, i}) != at(results, "exponents", {0, i}));
  }
}

TEST_CASE("orthonormalised too rarely, exponents lose digits, and the summary says so", "[lyapunov]") {
  const auto summary = [](const std::string& keys) {
    return test::analyse(triangular(0.9, 0.5, 0.1), "lyapunov", keys).summary;
  };

  CHECK(summary("every = 1").size() == 1);
  REQUIRE(summary("every = 20").size() == 2);
  CHECK(summary("every = 20").back() == "control: some exponents have lost digits; a smaller every keeps them");
}

TEST_CASE("an estimate that has not settled is called so in the summary", "[lyapunov]") {
  // At rest the one unit does not decay; driven away from 0 it does.
  test::Subject made = subject({1, 0, 1}, mrnn::Activation::tanh);
  set_weights(made, Eigen::MatrixXd::Constant(1, 1, 1.0));
  made.parameters.input.front().setOnes();
  mrnn::Trials trials = mrnn::blank_trials(1, 1, 40);
  for (Index step = 20; step < 40; ++step) trials.inputs(0, 0, step) = 3.0;
  made.simulations = {test::simulate(made, "pulse", trials)};

  const auto moving = test::analyse(made, "lyapunov", "discard = 0").summary;
  const auto settled = test::analyse(made, "lyapunov", "discard = 300").summary;

  REQUIRE(moving.size() == 2);
  CHECK_THAT(moving[1], StartsWith("pulse: the largest exponent still moved by -") &&
                            EndsWith("per s over the second half of the time; a longer run (duration) settles it"));
  CHECK(settled.size() == 1);
}

TEST_CASE("silent relu units without leak lose every direction at once", "[lyapunov]") {
  test::Subject made = subject({}, mrnn::Activation::relu, mrnn::Dynamics::elman);
  made.parameters.bias.setConstant(-1.0);
  made.parameters.initial_state.setConstant(-1.0);
  run(made, 1, 20);

  const auto results = test::analyse(made, "lyapunov", "");

  CHECK(at(results, "exponents", {0, 0}) == -std::numeric_limits<double>::infinity());
  CHECK(at(results, "dimension", {0}) == 0.0);
  CHECK(at(results, "entropy", {0}) == 0.0);
}

TEST_CASE("exponents of a region are those of its own rows and columns, the others as recorded", "[lyapunov]") {
  const test::Subject made = triangular(0.9, 0.7, 0.4);

  const auto a = test::analyse(made, "lyapunov", "regions = \"a\"\ndiscard = 2000");
  const auto b = test::analyse(made, "lyapunov", "regions = \"b\"");

  REQUIRE(test::array(a, "exponents").shape == std::vector<Index>{1, 2});
  CHECK_THAT(at(a, "exponents", {0, 0}), WithinRel(exponent(0.9), tolerance));
  CHECK_THAT(at(a, "exponents", {0, 1}), WithinRel(exponent(0.7), tolerance));
  REQUIRE(test::array(b, "exponents").shape == std::vector<Index>{1, 1});
  CHECK_THAT(at(b, "exponents", {0, 0}), WithinRel(exponent(0.4), tolerance));
}

TEST_CASE("a lesion of some trials changes the exponents of those", "[lyapunov]") {
  test::Subject made = triangular(0.9, 0.7, 0.4);
  mrnn::Trials trials = mrnn::blank_trials(0, 3, 200);
  const mrnn::Selection all({{0, 3}});
  trials.interventions.push_back(
      {{0, 200}, {1}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, all, all, 0.0}});
  made.simulations = {test::simulate(made, "lesioned", trials)};

  const auto results = test::analyse(made, "lyapunov", "discard = 1000");

  CHECK_THAT(at(results, "exponents_trials", {0, 2}), WithinRel(exponent(0.4), tolerance));
  CHECK_THAT(at(results, "exponents_trials", {1, 2}), WithinRel(exponent(1.0 - alpha), tolerance));
  CHECK_THAT(at(results, "exponents_trials", {2, 2}), WithinRel(exponent(0.4), tolerance));
  // Of three values of which two are equal: their difference / 3.
  const double spread = (exponent(0.9) - exponent(1.0 - alpha)) / 3.0;
  CHECK_THAT(at(results, "exponents_sem", {0, 0}), WithinRel(spread, tolerance));
  CHECK_THAT(results.summary.front(), ContainsSubstring("largest Lyapunov exponent -14.5 +- 3.93 per s"));
}

TEST_CASE("a trial's exponents do not depend on the other trials", "[lyapunov]") {
  test::Subject made = driven();
  run(made, 12, 30);

  const auto first_ten = test::analyse(made, "lyapunov", "");
  const auto one = test::analyse(made, "lyapunov", "trials = [7]");

  CHECK(test::array(first_ten, "exponents_trials").shape == std::vector<Index>{10, 3});
  REQUIRE(test::array(one, "trial").values == std::vector<double>{7.0});
  CHECK(at(one, "exponents_trials", {0, 1}) == at(first_ten, "exponents_trials", {7, 1}));
  CHECK(std::isnan(at(one, "exponents_sem", {0, 0})));
}

TEST_CASE("run on by itself, the network keeps the input of the moment at which it starts", "[lyapunov]") {
  test::Subject made = subject({1, 0, 1}, mrnn::Activation::tanh);
  const double w = 0.8;
  set_weights(made, Eigen::MatrixXd::Constant(1, 1, w));
  made.parameters.input.front().setOnes();
  mrnn::Trials trials = mrnn::blank_trials(1, 1, 10);
  trials.inputs(0, 0, 3) = 0.7;
  made.simulations = {test::simulate(made, "pulse", trials)};
  const auto largest = [&](const std::string& keys) {
    return at(test::analyse(made, "lyapunov", "duration = 20000\ndiscard = 10000\n" + keys), "exponents", {0, 0});
  };

  double x = 0.0;  // the fixed point under that input: x = w tanh x + 0.7
  for (int i = 0; i < 1000; ++i) x = w * std::tanh(x) + 0.7;
  const double slope = 1.0 - std::tanh(x) * std::tanh(x);
  CHECK_THAT(largest("hold_at = 30"), WithinRel(exponent(1.0 - alpha + alpha * w * slope), 1e-9));
  CHECK_THAT(largest(""), WithinRel(exponent(1.0 - alpha + alpha * w), 1e-9));  // the last step has no input
}

TEST_CASE("several simulations are compared in one figure", "[lyapunov]") {
  test::Subject made = triangular(0.9, 0.7, 0.4);
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "again";

  const auto results = test::analyse(made, "lyapunov", "discard = 2000");

  CHECK(test::texts(results, "simulations") == std::vector<std::string>{"control", "again"});
  CHECK(test::texts(results, "trial_simulation") == std::vector<std::string>{"control", "control", "again", "again"});
  CHECK(test::array(results, "exponents").shape == std::vector<Index>{2, 3});
  CHECK(results.summary.size() == 2);
  REQUIRE(results.figures.size() == 1);
  REQUIRE(results.figures.front().panels.size() == 2);
  CHECK(results.figures.front().panels[0].y.label == "Lyapunov exponent (1/s)");
  CHECK(results.figures.front().panels[1].x.label == "time (ms)");
}

TEST_CASE("exponents along a trajectory need the state recorded", "[lyapunov]") {
  CHECK(test::make_analysis("lyapunov", "", driven().network)->needs().x);
  const test::Subject rate = subject({}, mrnn::Activation::tanh, mrnn::Dynamics::rate);
  CHECK(test::make_analysis("lyapunov", "", rate.network)->needs().h);
}

TEST_CASE("a continued run that diverges is an error with trial and step", "[lyapunov]") {
  test::Subject made = subject({1, 0, 0}, mrnn::Activation::linear);
  set_weights(made, Eigen::MatrixXd::Constant(1, 1, 100.0));
  made.parameters.initial_state.setOnes();
  run(made, 1, 2);

  CHECK_THROWS_WITH(test::analyse(made, "lyapunov", "duration = 10000"),
                    StartsWith("the activity of trial 0 of simulation \"control\" is no longer finite ") &&
                        ContainsSubstring(" steps after its inputs are held"));
}

TEST_CASE("mistakes in the keys of lyapunov are named", "[lyapunov]") {
  const test::Subject made = driven();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "lyapunov", keys); };

  CHECK_THAT(mistake("regions = \"c\""), StartsWith("x.toml:2:") && ContainsSubstring("\"c\""));
  CHECK_THAT(mistake("count = 4"), ContainsSubstring("count: is 4; the selected units have 3 exponents"));
  CHECK_THAT(mistake("trials = [1]"),
             ContainsSubstring("trials: names trial 1; simulation \"control\" has trials 0 to 0"));
  CHECK_THAT(mistake("trials = [0.5]"), ContainsSubstring("holds a number that is not 0, 1, 2, ..."));
  CHECK_THAT(mistake("trials = []"), ContainsSubstring("is an empty list; leave it out for the first ten"));
  CHECK_THAT(mistake("discard = 3000"),
             ContainsSubstring("discard: leaves none of the 300 steps of simulation \"control\""));
  CHECK_THAT(mistake("duration = 1"), ContainsSubstring("duration: is shorter than half a step"));
  CHECK_THAT(mistake("hold_at = 10"), ContainsSubstring("hold_at: needs duration"));
  CHECK_THAT(mistake("duration = 100\nhold_at = 3000"),
             ContainsSubstring("hold_at: is step 300; simulation \"control\" has steps 0 to 299"));
  CHECK_THAT(mistake("evry = 4"), ContainsSubstring("Did you mean \"every\"?"));
}
