#include "problems.hpp"

#include <algorithm>

#include "comparison.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/random.hpp"

using namespace mrnn;

namespace test {

NetworkSpec network_spec(const Choice& choice) {
  NetworkSpec spec;
  spec.dynamics = choice.dynamics;
  spec.activation = choice.activation;
  spec.dale = choice.dale;
  spec.dt = 10.0;
  spec.tau = 50.0;
  spec.noise_recurrent = choice.noise;
  spec.noise_input = choice.noise;
  spec.inputs = {{"cue", 2}, {"tone", 1}};
  if (choice.units < 3) {
    spec.regions = {{"a", choice.units}};
    spec.connections = {{"a", "a"}, {"cue", "a"}};
    spec.outputs = {{"out", 2}};
    return spec;
  }
  const Index third = choice.units / 3;
  spec.regions = {{"a", choice.units - 2 * third}, {"b", third}, {"c", third}};
  if (third > 3) spec.regions[0].cell_types = {{"e", 0.7, {}}, {"i", 0.3, Sign::inhibitory}};
  spec.regions[1].sign = Sign::inhibitory;
  spec.regions[1].tau = 25.0;
  spec.regions[1].activation = Activation::sigmoid;
  spec.regions[2].noise = 2.0 * choice.noise;
  spec.regions[2].tau = 80.0;
  spec.connections = {{"a", "a"}, {"a", "b"}, {"b", "a"}, {"c", "b"}, {"b", "c"}, {"cue", "a"}, {"tone", "c"}};
  spec.connections[3].sparsity = 0.5;
  spec.outputs = {{"out", 2}, {"choice", 3, {"c", "a"}}, {"gate", 1, {"b"}}, {"raw", third, {"b"}}};
  spec.outputs[1].activation = OutputActivation::softmax;
  spec.outputs[2].activation = OutputActivation::sigmoid;
  spec.outputs[2].sign = Sign::inhibitory;
  spec.outputs[3].readout = Readout::identity;
  return spec;
}

Parameters random_parameters(const Network& network, std::uint64_t seed) {
  Parameters parameters = initial_parameters(network, seed);
  RandomStream random(seed, Stream::analyses, "parameters");
  for (double& value : parameters.bias) value = 0.3 * random.normal();
  for (double& value : parameters.readout_bias) value = 0.3 * random.normal();
  for (double& value : parameters.initial_state) value = 0.5 * random.normal();
  return parameters;
}

Sequence random_sequence(Index units, const Trials& like, std::uint64_t seed) {
  Sequence sequence(units, like.count, like.steps);
  RandomStream random(seed, Stream::analyses, "sequence");
  for (double& value : sequence.data) value = random.normal();
  return sequence;
}

Trials random_trials(const Network& network, Index count, Index steps) {
  Trials trials = blank_trials(network.inputs(), count, steps);
  trials.inputs = random_sequence(network.inputs(), trials, 3);
  // Beyond 32 bits, so that the high bits count as well.
  for (std::size_t k = 0; k < trials.ids.size(); ++k) trials.ids[k] = (k % 3 << 34) + 7 * k + 1;
  return trials;
}

Activity run_eigen(const Network& network, const Parameters& parameters, const Trials& trials,
                   const RunOptions& options) {
  const auto session = eigen::make_backend()->open(network, {options.precision, options.threads, options.seed});
  session->write_parameters(parameters);
  session->load(trials);
  session->forward({.x = true, .h = true, .y = true}, options.noise);
  return {session->read_activity(Quantity::x), session->read_activity(Quantity::h),
          session->read_activity(Quantity::y)};
}

double error_against_reference(const Network& network, const Parameters& parameters, const Trials& trials,
                               const RunOptions& options) {
  const Activity expected = ReferenceNetwork(network, parameters).run(trials, options.noise, options.seed);
  const Activity actual = run_eigen(network, parameters, trials, options);
  return std::max({relative_error(actual.x, expected.x), relative_error(actual.h, expected.h),
                   relative_error(actual.y, expected.y)});
}

}  // namespace test
