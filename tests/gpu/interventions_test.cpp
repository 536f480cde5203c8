// Interventions on the device: each kind, all and chosen trials, overlapping ones.

#include "catch.hpp"
#include "device_cases.hpp"

using namespace mrnn;
using test::DeviceCase;

namespace {

Drive drive(const Selection& units, Index steps) {
  return {units, Eigen::VectorXd::LinSpaced(units.size(), 0.2, 0.8), Eigen::VectorXd::LinSpaced(steps, 1.0, -0.5)};
}

/// Units of several regions, in no order.
Selection some_of(const Network& network) {
  const Index units = network.units(), third = units / 3;
  return Selection({{third, third}, {units - 1, 1}, {0, third / 2}});
}

/// The kinds by name, each at least twice, overlapping in steps, units and trials. For 7 trials of 20 steps or more.
std::vector<Intervention> interventions(const std::string& kind, const Network& network) {
  using Source = ScaleWeights::Source;
  const Index units = network.units();
  const Selection some = some_of(network), middle({{units / 4, units / 2}}), all({{0, units}}), one({{units / 2, 1}});
  if (kind == "drive") {
    return {{{2, 17}, {}, drive(some, 15)}, {{4, 9}, {1, 3, 6}, drive(middle, 5)}, {{5, 20}, {3}, drive(one, 15)}};
  }
  if (kind == "clamp") {
    return {{{0, 5}, {0, 2}, Clamp{some, 0.7}}, {{3, 20}, {}, Clamp{one, -0.2}}, {{4, 11}, {2, 6}, Clamp{middle, 0.0}}};
  }
  if (kind == "noise") {
    return {{{1, 6}, {}, ExtraNoise{some, 0.3}}, {{4, 20}, {0, 5}, ExtraNoise{middle, 0.5}}};
  }
  if (kind == "recurrent weights") {
    return {{{2, 8}, {}, ScaleWeights{Source::recurrent, some, all, 0.5}},
            {{5, 19}, {1, 4, 5}, ScaleWeights{Source::recurrent, all, middle, -1.5}},
            {{5, 12}, {4}, ScaleWeights{Source::recurrent, middle, one, 0.0}}};
  }
  if (kind == "input weights") {
    return {{{0, 6}, {4, 6}, ScaleWeights{Source::input, all, Selection({{0, 2}}), 0.0}},
            {{3, 20}, {}, ScaleWeights{Source::input, some, Selection({{1, 1}}), 2.0}}};
  }
  std::vector<Intervention> mixture;
  for (const char* each : {"drive", "clamp", "noise", "recurrent weights", "input weights"}) {
    for (Intervention& intervention : interventions(each, network)) mixture.push_back(std::move(intervention));
  }
  return mixture;
}

test::Training with_interventions(const DeviceCase& one, const std::string& kind) {
  test::Training training = test::make(one);
  training.trials.interventions = interventions(kind, training.network);
  return training;
}

}  // namespace

TEST_CASE("every kind of intervention acts on the device as on the processor", "[cuda][interventions]") {
  if (test::skipped()) return;
  const std::string kind = GENERATE("drive", "clamp", "noise", "recurrent weights", "input weights", "all of them");
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  for (const Noise noise : {Noise::off, Noise::on}) {
    for (const Index units : {33, 129}) {
      const DeviceCase one{.training = {.units = units, .trials = 7, .steps = 24, .dynamics = dynamics, .noise = noise},
                           .mixed = true};
      CAPTURE(kind, test::describe(one));
      test::check_forward(with_interventions(one, kind));
    }
  }
}

TEST_CASE("interventions in large networks and batches, with a stimulus, act on the device", "[cuda][interventions]") {
  if (test::skipped()) return;
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::rate);
  const Index units = GENERATE(350, 1024), trials = GENERATE(7, 64);
  const DeviceCase one{
      .training =
          {.units = units, .trials = trials, .steps = 21, .dynamics = dynamics, .noise = Noise::on, .stimulus = true},
      .regions = 5,
      .channels = 40};
  CAPTURE(test::describe(one));
  test::check_forward(with_interventions(one, "all of them"));
}

TEST_CASE("interventions of no steps or no strength change nothing on the device", "[cuda][interventions]") {
  if (test::skipped()) return;
  test::Training training = test::make({.training = {.units = 33, .trials = 7, .steps = 24}});
  const Selection some({{0, 5}});
  training.trials.interventions = {{{3, 3}, {}, Clamp{some, 1.0}},
                                   {{0, 12}, {}, ExtraNoise{some, 0.0}},
                                   {{2, 9}, {}, drive(Selection({{4, 0}}), 7)},
                                   {{5, 24}, {1}, ScaleWeights{ScaleWeights::Source::recurrent, some, some, 1.0}}};

  test::check_forward(training);
}

TEST_CASE("gradients go through every kind of intervention on the device", "[cuda][interventions][gradient]") {
  if (test::skipped()) return;
  const std::string kind = GENERATE("drive", "clamp", "noise", "recurrent weights", "input weights", "all of them");
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const auto noise = GENERATE(Noise::off, Noise::on);
  for (const Index units : {33, 350}) {
    const DeviceCase one{
        .training = {.units = units, .trials = 7, .steps = 24, .dynamics = dynamics, .penalty = "all", .noise = noise}};
    CAPTURE(kind, test::describe(one));
    test::check_backward(with_interventions(one, kind), noise == Noise::on ? 7 : 1);
  }
}
