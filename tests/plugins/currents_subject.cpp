#include "currents_subject.hpp"

#include <utility>

#include "problems.hpp"

namespace test::currents {

using mrnn::Index;

Subject by_hand(mrnn::Dynamics dynamics) {
  mrnn::NetworkSpec spec;
  spec.dynamics = dynamics;
  spec.activation = mrnn::Activation::linear;
  spec.dt = 10.0;
  spec.regions = {{"a", 1}, {"b", 2}};
  spec.regions[0].base_firing = 13.0;
  spec.inputs = {{"cue", 1}, {"unused", 1}};
  spec.connections = {{"a", "b"}, {"b", "a"}, {"cue", "a"}, {"unused", "b"}};
  Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  for (std::size_t k = 0; k < made.network.recurrent_blocks().size(); ++k) {
    Eigen::MatrixXd& weights = made.parameters.recurrent[k];
    if (weights.rows() == 2) weights << 2.0, -3.0;
    if (weights.rows() == 1) weights << 5.0, -7.0;
  }
  for (std::size_t k = 0; k < made.network.input_blocks().size(); ++k) {
    made.parameters.input[k].setConstant(made.network.input_blocks()[k].to.start == 0 ? 11.0 : 0.0);
  }
  return made;
}

Subject with_activity() {
  Subject made = by_hand();
  mrnn::Simulation simulation;
  simulation.name = "control";
  simulation.trials = mrnn::blank_trials(2, 2, 3);
  simulation.trials.inputs(0, 1, 2) = 1.0;  // cue, trial 1, step 2
  simulation.steps = {0, 3};
  mrnn::Sequence h(3, 2, 3);
  for (Index step = 0; step < 3; ++step) {
    for (Index unit = 0; unit < 3; ++unit) {
      h(unit, 0, step) = double((unit + 1) * (step + 1));
      h(unit, 1, step) = 2.0 * h(unit, 0, step);
    }
  }
  simulation.h = h;
  made.simulations = {simulation};
  return made;
}

Subject with_everything(mrnn::Dynamics dynamics, mrnn::Dale dale) {
  Choice choice;
  choice.dynamics = dynamics;
  choice.dale = dale;
  Subject made{mrnn::build_network(network_spec(choice), 3), {}};
  made.parameters = random_parameters(made.network, 3);
  mrnn::Trials trials = random_trials(made.network, 4, 12);
  trials.stimulus = random_sequence(made.network.units(), trials, 8);
  const mrnn::Selection some({{2, 9}, {13, 5}});
  const auto scale = [&](mrnn::ScaleWeights::Source source, mrnn::Selection from, double factor) {
    return mrnn::ScaleWeights{source, some, std::move(from), factor};
  };
  trials.interventions = {
      {{3, 7}, {}, scale(mrnn::ScaleWeights::Source::recurrent, some, 0.0)},
      {{5, 12}, {1, 2}, scale(mrnn::ScaleWeights::Source::recurrent, mrnn::Selection({{0, 33}}), 2.5)},
      {{0, 4}, {3}, scale(mrnn::ScaleWeights::Source::input, mrnn::Selection({{0, 3}}), -1.0)},
      {{2, 9}, {}, mrnn::Drive{some, Eigen::VectorXd::LinSpaced(14, -1.0, 1.0), Eigen::VectorXd::Ones(7)}},
      {{4, 8}, {0, 1}, mrnn::Clamp{mrnn::Selection({{11, 6}}), 0.3}}};
  trials.texts["condition"] = {"left", "right", "left", "left"};
  made.simulations = {simulate(made, "control", trials)};
  return made;
}

}  // namespace test::currents
