#include "model.hpp"

#include <algorithm>
#include <cmath>

#include "mrnn/formulas.hpp"
#include "mrnn/state_points.hpp"
#include "packed_weights.hpp"

namespace mrnn::eigen {
namespace {

/// Rows of a product whose result, with the activity it becomes, stays in the cache nearest to the core.
constexpr Index band_rows = 128;

std::vector<Run> runs_of(const Network& network, UnitRange units) {
  std::vector<Run> runs;
  for (Index unit = units.start; unit < units.end(); ++unit) {
    const Activation activation = network.activations()[static_cast<std::size_t>(unit)];
    if (!runs.empty() && runs.back().activation == activation) {
      ++runs.back().units.size;
    } else {
      runs.push_back({{unit, 1}, activation});
    }
  }
  return runs;
}

}  // namespace

template <class Scalar>
Model<Scalar>::Model(const Network& network_)
    : network(network_),
      drive_blocks(drive_rectangles(network_)),
      readout_blocks(readout_rectangles(network_)),
      adjoint_blocks(adjoint_rectangles(network_)) {
  drive_bands = make_bands<Scalar>(drive_blocks, network.units(), band_rows);
  readout_bands = make_bands<Scalar>(readout_blocks, network.outputs(), band_rows);
  adjoint_bands = make_bands<Scalar>(adjoint_blocks, network.units(), band_rows);
  std::vector<const PatternMatrix*> patterns;
  for (const Block& block : network.recurrent_blocks()) patterns.push_back(&block.pattern);
  for (const Block& block : network.input_blocks()) patterns.push_back(&block.pattern);
  for (const Band& band : drive_bands) {
    runs.push_back(runs_of(network, band.rows));
    drive_patterns.push_back(pattern_of(band, drive_blocks, patterns, sparse_gradient_density));
  }
  all_runs = runs_of(network, {0, network.units()});
  learns_tau = std::ranges::any_of(network.spec().regions, &Region::learnable_tau);
  ones = Array::Ones(network.units());
  zeros = Array::Zero(network.units());
}

template <class Scalar>
void Model<Scalar>::set(const Parameters& parameters) {
  const NetworkSpec& spec = network.spec();
  alpha_exact = alphas(network, parameters);
  alpha = alpha_exact.cast<Scalar>();
  bias = parameters.bias.cast<Scalar>();
  readout_bias = parameters.readout_bias.cast<Scalar>();
  initial_state = parameters.initial_state;
  added_gain = spec.dynamics == Dynamics::rate ? ones : alpha;
  noise.resize(network.units());
  for (Index unit = 0; unit < network.units(); ++unit) {
    noise[unit] =
        static_cast<Scalar>(formulas::noise_amplitude(spec.dynamics, alpha_exact[unit], network.noise()[unit]));
  }
  input_noise = static_cast<Scalar>(std::sqrt(2.0 * spec.tau / spec.dt) * spec.noise_input);
}

template struct Model<float>;
template struct Model<double>;

}  // namespace mrnn::eigen
