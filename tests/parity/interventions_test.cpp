// Interventions in the Eigen backend against the reference: each kind, all and chosen trials, overlapping ones.

#include "catch.hpp"
#include "comparison.hpp"
#include "mrnn/eigen_backend.hpp"
#include "problems.hpp"
#include "tolerances.hpp"

using namespace mrnn;

namespace {

Drive drive(const Selection& units, Index steps) {
  Eigen::VectorXd strength(units.size()), course(steps);
  for (Index k = 0; k < units.size(); ++k) strength[k] = 0.2 * static_cast<double>(k + 1);
  for (Index t = 0; t < steps; ++t) course[t] = 1.0 / static_cast<double>(t + 1);
  return {units, strength, course};
}

/// The kinds by name, each twice, overlapping in steps, units and trials.
std::vector<Intervention> interventions(const std::string& kind, const Network& network) {
  const Selection ab({{5, 12}}), tail({{14, 3}, {2, 4}}), all({{0, network.units()}}), channels({{0, 2}});
  using Source = ScaleWeights::Source;
  if (kind == "drive") return {{{2, 7}, {}, drive(ab, 5)}, {{4, 9}, {1, 3, 6}, drive(tail, 5)}};
  if (kind == "clamp") return {{{0, 5}, {0, 2}, Clamp{ab, 0.7}}, {{3, 12}, {}, Clamp{tail, -0.2}}};
  if (kind == "noise") return {{{1, 6}, {}, ExtraNoise{ab, 0.3}}, {{4, 12}, {0, 5}, ExtraNoise{tail, 0.5}}};
  if (kind == "weights") {
    return {{{2, 8}, {}, ScaleWeights{Source::recurrent, ab, all, 0.5}},
            {{5, 12}, {1, 4, 5}, ScaleWeights{Source::recurrent, all, tail, -1.5}},
            {{0, 6}, {4, 6}, ScaleWeights{Source::input, all, channels, 0.0}}};
  }
  if (kind == "epochs") {  // the same at other steps in other trials
    const ScaleWeights half{Source::recurrent, ab, all, 0.5}, none{Source::input, all, channels, 0.0};
    return {{{2, 6}, {0, 3}, half}, {{2, 6}, {0, 3}, none},      {{4, 9}, {1, 6}, half},     {{4, 9}, {1, 6}, none},
            {{3, 6}, {0}, half},    {{2, 6}, {2}, drive(ab, 4)}, {{6, 9}, {4}, drive(ab, 3)}};
  }
  std::vector<Intervention> mixture;
  for (const char* one : {"drive", "clamp", "noise", "weights"}) {
    for (Intervention& intervention : interventions(one, network)) mixture.push_back(std::move(intervention));
  }
  return mixture;
}

Network network_with(Dynamics dynamics) {
  return build_network(test::network_spec({.dynamics = dynamics, .dale = Dale::clamp, .noise = 0.1}), 1);
}

}  // namespace

TEST_CASE("interventions agree with the reference", "[parity][interventions]") {
  const std::string kind = GENERATE("drive", "clamp", "noise", "weights", "epochs", "all of them");
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto noise = GENERATE(Noise::off, Noise::on);
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  CAPTURE(kind, static_cast<int>(dynamics), static_cast<int>(noise), static_cast<int>(precision));
  const Network network = network_with(dynamics);
  Trials trials = test::random_trials(network, 7, 12);
  trials.interventions = interventions(kind, network);

  const double error = test::error_against_reference(network, test::random_parameters(network, 2), trials,
                                                     {.precision = precision, .noise = noise});

  CHECK(error <= test::tolerance(precision));
}

TEST_CASE("interventions of a large batch with a stimulus agree with the reference", "[parity][interventions]") {
  const Network network = network_with(Dynamics::leaky);
  Trials trials = test::random_trials(network, 70, 12);
  trials.interventions = interventions("all of them", network);
  trials.stimulus = test::random_sequence(network.units(), trials, 8);

  const double error =
      test::error_against_reference(network, test::random_parameters(network, 2), trials, {.noise = Noise::on});

  CHECK(error <= test::double_tolerance);
}

TEST_CASE("an intervention of no steps or no trials changes nothing", "[parity][interventions]") {
  const Network network = network_with(Dynamics::leaky);
  const Parameters parameters = test::random_parameters(network, 2);
  Trials trials = test::random_trials(network, 7, 12);
  const test::Activity plain = test::run_eigen(network, parameters, trials, {});
  trials.interventions = {{{3, 3}, {}, Clamp{Selection({{0, 5}}), 1.0}},
                          {{0, 12}, {}, ExtraNoise{Selection({{0, 5}}), 0.0}}};

  const test::Activity same = test::run_eigen(network, parameters, trials, {});

  CHECK(test::relative_error(same.x, plain.x) <= test::double_tolerance);
}

TEST_CASE("loading another batch replaces the scaled weights of the one before", "[parity][interventions]") {
  const Network network = network_with(Dynamics::leaky);
  const Parameters parameters = test::random_parameters(network, 2);
  Trials scaled = test::random_trials(network, 7, 12);
  scaled.interventions = interventions("weights", network);
  const Trials plain = test::random_trials(network, 7, 12);
  const auto session = eigen::make_backend()->open(network, {.precision = Precision::float64});
  session->write_parameters(parameters);
  session->load(scaled);
  session->forward({}, Noise::off);

  session->load(plain);
  session->forward({.x = true}, Noise::off);

  const test::Activity expected = test::ReferenceNetwork(network, parameters).run(plain, Noise::off, 0);
  CHECK(test::relative_error(session->read_activity(Quantity::x), expected.x) <= test::double_tolerance);
}
