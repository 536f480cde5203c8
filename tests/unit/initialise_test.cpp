#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/parameters.hpp"

using namespace mrnn;

namespace {

constexpr double exact = 1e-12;

NetworkSpec one_region(Index units, Dale dale) {
  NetworkSpec spec;
  spec.dale = dale;
  spec.regions = {{"a", units}};
  spec.inputs = {{"cue", 3}};
  spec.connections = {{"a", "a"}, {"cue", "a"}};
  spec.outputs = {{"out", 2}};
  return spec;
}

Eigen::MatrixXd recurrent(const NetworkSpec& spec, std::uint64_t seed = 1) {
  const Network network = build_network(spec, seed);
  const Parameters parameters = initial_parameters(network, seed);
  return dense(network.recurrent_blocks(), effective_weights(network, parameters).recurrent, network.units(),
               network.units());
}

Initialiser of(Initialiser::Distribution distribution) {
  Initialiser init;
  init.distribution = distribution;
  return init;
}

}  // namespace

TEST_CASE("by default weights under Dale's law are uniform up to sqrt(1/(2N)) and sqrt(1/(N+I))", "[initialise]") {
  const NetworkSpec spec = one_region(200, Dale::clamp);
  const Network network = build_network(spec, 1);

  const Parameters parameters = initial_parameters(network, 1);

  const double highest = std::sqrt(1.0 / 400.0);
  CHECK(parameters.recurrent[0].minCoeff() >= 0.0);
  CHECK(parameters.recurrent[0].maxCoeff() <= highest);
  CHECK_THAT(parameters.recurrent[0].mean(), WithinRel(highest / 2.0, 0.02));  // 40,000 draws: 0.3 % expected
  CHECK(parameters.input[0].maxCoeff() <= std::sqrt(1.0 / 203.0));
  CHECK(parameters.readout_bias.isZero(0.0));
}

TEST_CASE("without Dale's law weights are Xavier normal over the whole matrix", "[initialise]") {
  const Eigen::MatrixXd weights = recurrent(one_region(200, Dale::none));

  CHECK_THAT(weights.squaredNorm() / 40000.0, WithinRel(1.0 / 200.0, 0.05));
  CHECK_THAT(weights.mean(), WithinAbs(0.0, 0.002));  // standard error 0.00035
}

TEST_CASE("a spectral radius asked for is reached", "[initialise]") {
  const Dale dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  const Index units = GENERATE(40, 700);  // by Eigen, and by Spectra without a dense matrix
  NetworkSpec spec = one_region(units, dale);
  spec.spectral_radius = 1.3;
  const Network network = build_network(spec, 2);

  const Parameters parameters = initial_parameters(network, 2);

  const double radius =
      spectral_radius(network.recurrent_blocks(), effective_weights(network, parameters).recurrent, network.units());
  CHECK_THAT(radius, WithinRel(1.3, 1e-9));
}

TEST_CASE("a network without loops cannot be given a spectral radius", "[initialise][bad]") {
  NetworkSpec spec;
  spec.regions = {{"a", 3}, {"b", 3}};
  spec.connections = {{"a", "b"}};
  spec.spectral_radius = 1.0;
  const Network network = build_network(spec, 0);

  CHECK_THROWS_WITH(initial_parameters(network, 0),
                    "network.spectral_radius: cannot be reached: W_rec as drawn has spectral radius 0 (no loop of "
                    "connections, or no weights)");
}

TEST_CASE("each distribution draws what it says", "[initialise]") {
  NetworkSpec spec = one_region(60, Dale::none);
  Initialiser init;

  SECTION("constant") {
    init = of(Initialiser::Distribution::constant);
    init.value = 0.25;
    spec.connections[0].init = init;
    CHECK(recurrent(spec).isConstant(0.25));
  }
  SECTION("identity_scaled") {
    init = of(Initialiser::Distribution::identity_scaled);
    init.value = 0.5;
    spec.connections[0].init = init;
    CHECK(recurrent(spec).isApprox(0.5 * Eigen::MatrixXd::Identity(60, 60), exact));
  }
  SECTION("a fraction of the diagonal") {
    init = of(Initialiser::Distribution::identity_scaled);
    init.value = -0.5;
    init.fraction = 0.05;  // 3 of 60
    spec.connections[0].init = init;
    const Eigen::MatrixXd weights = recurrent(spec);
    CHECK((weights.array() != 0.0).count() == 3);
    CHECK((weights.diagonal().array() == -0.5).count() == 3);
  }
  SECTION("orthogonal") {
    init = of(Initialiser::Distribution::orthogonal);
    init.gain = 2.0;
    spec.connections[0].init = init;
    const Eigen::MatrixXd weights = recurrent(spec);
    CHECK((weights * weights.transpose()).isApprox(4.0 * Eigen::MatrixXd::Identity(60, 60), exact));
  }
  SECTION("normal") {
    init = of(Initialiser::Distribution::normal);
    init.mean = 3.0;
    init.standard_deviation = 0.1;
    spec.connections[0].init = init;
    const Eigen::MatrixXd weights = recurrent(spec);
    CHECK_THAT(weights.mean(), WithinAbs(3.0, 0.01));
    CHECK_THAT((weights.array() - weights.mean()).square().mean(), WithinRel(0.01, 0.1));
  }
  SECTION("gamma") {
    init = of(Initialiser::Distribution::gamma);
    init.shape = GENERATE(0.5, 2.0);
    init.scale = 0.1;
    spec.connections[0].init = init;
    const Eigen::MatrixXd weights = recurrent(spec);
    CHECK(weights.minCoeff() > 0.0);
    CHECK_THAT(weights.mean(), WithinRel(init.shape * 0.1, 0.1));
    CHECK_THAT((weights.array() - weights.mean()).square().mean(), WithinRel(init.shape * 0.01, 0.2));
  }
}

TEST_CASE("what clamp would not let move is drawn again, the other weights stay as they were", "[initialise]") {
  const auto free = [](NetworkSpec spec) {
    const Network network = build_network(spec, 1);
    return initial_parameters(network, 1).recurrent[0];
  };
  NetworkSpec spec = one_region(40, Dale::clamp);  // U(0, 0.1118)
  const Eigen::MatrixXd before = free(spec);
  spec.bounds = GENERATE(std::array{0.05, 10.0}, std::array{0.0, 0.08}, std::array{0.03, 0.06});
  const auto [low, high] = *spec.bounds;

  const Eigen::MatrixXd after = free(spec);

  CHECK(after.minCoeff() > low);
  CHECK(after.maxCoeff() < high);
  const auto inside = before.array() > low && before.array() < high;
  CHECK(inside.any());
  CHECK_FALSE(inside.all());
  CHECK(inside.select(after, 0.0) == inside.select(before, 0.0));
  // Uniform still, between the bounds.
  const double top = std::min(high, std::sqrt(1.0 / 80.0));
  CHECK_THAT(after.mean(), WithinRel(0.5 * (low + top), 0.05));
}

TEST_CASE("what no draw puts inside the bounds of clamp, and what project is given, goes onto them", "[initialise]") {
  NetworkSpec spec = one_region(5, Dale::clamp);
  spec.bounds = {0.2, 2.0};
  spec.connections[0].init = of(Initialiser::Distribution::constant);
  CHECK(recurrent(spec).isConstant(0.2));

  spec.dale = Dale::project;
  spec.connections[0].init = of(Initialiser::Distribution::uniform);
  const Eigen::MatrixXd projected = recurrent(spec);
  CHECK(projected.minCoeff() == 0.2);
  CHECK((projected.array() > 0.2).any());
}

TEST_CASE("a spectral radius that project's bounds do not allow is an error", "[initialise][bad]") {
  const Dale dale = GENERATE(Dale::clamp, Dale::project);
  NetworkSpec spec = one_region(20, dale);
  spec.bounds = {0.0, 0.2};
  spec.spectral_radius = 5.0;
  const Network network = build_network(spec, 0);

  CHECK_THROWS_WITH(initial_parameters(network, 0),
                    "network.spectral_radius: cannot be reached by scaling within network.bounds; widen the bounds or "
                    "choose another radius");
}

TEST_CASE("balanced weights that the bounds do not allow are an error", "[initialise][bad]") {
  const Dale dale = GENERATE(Dale::clamp, Dale::project);
  NetworkSpec spec;
  spec.dale = dale;
  spec.bounds = {0.0, 1.0};
  spec.regions = {{"a", 5, {{"e", 0.8, {}}, {"i", 0.2, Sign::inhibitory}}}};
  spec.connections = {{"a.e", "a"}, {"a.i", "a"}};
  Initialiser wide = of(Initialiser::Distribution::balanced);
  wide.shape = 100.0;
  wide.scale = 0.005;  // 0.5 each, so that one inhibitory unit has to send 2
  for (Connection& connection : spec.connections) connection.init = wide;

  const Network network = build_network(spec, 0);
  CHECK_THROWS_WITH(initial_parameters(network, 0),
                    StartsWith("connection[1].init: cannot be balanced within network.bounds: for the inhibition of a "
                               "unit to sum to its excitation, a weight of a.i->a would have to be ") &&
                        EndsWith(", outside [0, 1]; widen the bounds or draw other magnitudes (shape, scale)"));
  spec.bounds = {0.0, 10.0};
  CHECK(recurrent(spec).rowwise().sum().cwiseAbs().maxCoeff() < exact);
}

TEST_CASE("balanced weights sum to zero in each row, so that no eigenvalue stands out", "[initialise]") {
  NetworkSpec spec;
  spec.dale = Dale::abs;
  spec.regions = {{"a", 200, {{"e", 0.8, {}}, {"i", 0.2, Sign::inhibitory}}}};
  spec.connections = {{"a", "a"}};
  spec.connections[0].init = of(Initialiser::Distribution::balanced);

  const Eigen::MatrixXd weights = recurrent(spec);

  CHECK(weights.rowwise().sum().cwiseAbs().maxCoeff() < exact * weights.cwiseAbs().rowwise().sum().maxCoeff());
}

TEST_CASE("adding a connection leaves the weights of the others as they were", "[initialise]") {
  NetworkSpec spec;
  spec.regions = {{"a", 4}, {"b", 5}, {"c", 6}};
  spec.connections = {{"a", "c"}};
  // The default scale depends on N alone, which stays.
  const Eigen::MatrixXd before = recurrent(spec);
  spec.connections.push_back({"b", "a"});

  const Eigen::MatrixXd after = recurrent(spec);

  CHECK(after.block(9, 0, 6, 4) == before.block(9, 0, 6, 4));
}

TEST_CASE("effective weights follow the Dale method", "[parameters]") {
  const auto [dale, free, expected] = GENERATE(table<Dale, double, double>({{Dale::none, -0.5, -0.5},
                                                                            {Dale::clamp, -0.5, -0.1},
                                                                            {Dale::clamp, 0.5, -0.5},
                                                                            {Dale::clamp, 3.0, -2.0},
                                                                            {Dale::abs, -0.5, -0.5},
                                                                            {Dale::project, 0.5, -0.5}}));
  NetworkSpec spec;
  spec.dale = dale;
  if (dale == Dale::clamp || dale == Dale::project) spec.bounds = {0.1, 2.0};
  spec.regions = {{"a", 1}};
  spec.regions[0].sign = Sign::inhibitory;
  spec.connections = {{"a", "a"}};
  const Network network = build_network(spec, 0);
  Parameters parameters = initial_parameters(network, 0);
  parameters.recurrent[0](0, 0) = free;

  CHECK(effective_weights(network, parameters).recurrent[0](0, 0) == expected);
}

TEST_CASE("a signed readout keeps its sign, a free one does not", "[parameters]") {
  NetworkSpec spec = one_region(5, Dale::clamp);
  spec.outputs = {{"plus", 1, {}, OutputActivation::linear, Sign::excitatory},
                  {"minus", 1, {}, OutputActivation::linear, Sign::inhibitory},
                  {"free", 1}};
  const Network network = build_network(spec, 0);
  Parameters parameters = initial_parameters(network, 0);
  for (Eigen::MatrixXd& readout : parameters.readout) readout.setConstant(-2.0);

  const Eigen::MatrixXd weights = dense_readout(network, effective_weights(network, parameters));

  CHECK(weights.row(0).isConstant(2.0));
  CHECK(weights.row(1).isConstant(-2.0));
  CHECK(weights.row(2).isConstant(-2.0));
}

TEST_CASE("overlapping scalings multiply, and touch nothing else", "[parameters]") {
  NetworkSpec spec;
  spec.regions = {{"a", 2}, {"b", 2}};
  spec.connections = {{"a", "a"}, {"b", "a"}};
  const Network network = build_network(spec, 0);
  const Parameters parameters = initial_parameters(network, 0);
  EffectiveWeights weights = effective_weights(network, parameters);
  const Eigen::MatrixXd before = dense(network.recurrent_blocks(), weights.recurrent, 4, 4);
  const ScaleWeights all{ScaleWeights::Source::recurrent, network.select("*"), network.select("*"), 2.0};
  const ScaleWeights one{ScaleWeights::Source::recurrent, network.select("a"), network.select("b"), 5.0};

  scale_weights(network, weights, {&all, &one});

  const Eigen::MatrixXd after = dense(network.recurrent_blocks(), weights.recurrent, 4, 4);
  CHECK(after.block(0, 0, 2, 2) == 2.0 * before.block(0, 0, 2, 2));
  CHECK(after.block(0, 2, 2, 2) == 10.0 * before.block(0, 2, 2, 2));
  CHECK(after.bottomRows(2).isZero(0.0));
}

TEST_CASE("trials that see the same weights at a step have the same scalings", "[parameters]") {
  const ScaleWeights half{ScaleWeights::Source::recurrent, Selection({{0, 2}}), Selection({{2, 2}}), 0.5};
  ScaleWeights other = half;
  other.to = Selection({{1, 2}});
  const std::vector<Intervention> interventions = {
      {{0, 4}, {0}, half}, {{2, 6}, {1}, half}, {{0, 6}, {0, 1, 2}, other}, {{2, 5}, {1}, Clamp{half.to, 0.0}}};

  const auto first = scalings_at(interventions, 0, 3), second = scalings_at(interventions, 1, 3);

  CHECK(first.size() == 2);
  CHECK(*first.at(0) == half);
  CHECK(*first.at(1) == other);
  CHECK(first == second);
  CHECK(scalings_at(interventions, 1, 1) == scalings_at(interventions, 2, 3));
  CHECK(scalings_at(interventions, 2, 3).size() == 1);
}

TEST_CASE("the product over blocks is the dense product", "[parameters]") {
  NetworkSpec spec;
  spec.regions = {{"a", 3}, {"b", 4}, {"c", 5}};
  spec.connections = {{"a", "c"}, {"b", "a"}, {"c", "c"}};
  const Network network = build_network(spec, 0);
  const std::vector<Eigen::MatrixXd> weights = effective_weights(network, initial_parameters(network, 0)).recurrent;
  const Eigen::MatrixXd in = Eigen::MatrixXd::Random(12, 2);
  Eigen::MatrixXd out = Eigen::MatrixXd::Ones(12, 2);

  multiply(network.recurrent_blocks(), weights, in, out);

  const Eigen::MatrixXd expected =
      Eigen::MatrixXd::Ones(12, 2) + dense(network.recurrent_blocks(), weights, 12, 12) * in;
  CHECK(out.isApprox(expected, exact));
}
