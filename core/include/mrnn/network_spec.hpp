#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/selection.hpp"

namespace mrnn {

enum class Dynamics : std::uint8_t { leaky, elman, rate };
enum class Activation : std::uint8_t { relu, tanh, sigmoid, softplus, linear, retanh };
enum class Dale : std::uint8_t { none, clamp, abs, project };
enum class Sign : std::int8_t { inhibitory = -1, excitatory = 1 };
enum class OutputActivation : std::uint8_t { linear, sigmoid, softmax };
enum class Readout : std::uint8_t { weights, identity };

/// How the weights of one connection are drawn.
struct Initialiser {
  enum class Distribution : std::uint8_t {
    uniform,          ///< between low and high
    normal,           ///< mean, standard_deviation
    gamma,            ///< shape, scale
    constant,         ///< value
    xavier_normal,    ///< N(0, gain^2 2 / (fan in + fan out)) of the connection
    orthogonal,       ///< gain x a random orthogonal matrix
    identity_scaled,  ///< value on the diagonal, or a fraction of it drawn at random, 0 elsewhere
    balanced,         ///< gamma magnitudes, then each row's inhibition scaled to sum to its excitation
  };
  Distribution distribution = Distribution::uniform;
  double low = 0.0, high = 1.0;
  double mean = 0.0, standard_deviation = 1.0;
  double shape = 2.0, scale = 0.05;
  double value = 0.0;
  double gain = 1.0;
  double fraction = 1.0;  ///< in (0, 1]
};

/// A named part of a region, in order: the k-th ends at round(cumulative fraction x units).
struct CellType {
  std::string name;
  double fraction = 1.0;
  std::optional<Sign> sign = std::nullopt;  ///< of what these units send; default: the region's
};

/// A named group of recurrent units.
struct Region {
  std::string name;
  Index units = 1;
  std::vector<CellType> cell_types = {};
  Sign sign = Sign::excitatory;
  std::optional<Activation> activation = std::nullopt;  ///< default: the network's
  std::optional<double> noise = std::nullopt;           ///< sigma_rec; default: the network's
  std::optional<double> tau = std::nullopt;             ///< ms; default: the network's
  double base_firing = 0.0;                             ///< bias b of every unit
  double initial_state = 0.0;                           ///< x (h for rate dynamics) before the first step
  bool learnable_bias = false;
  bool learnable_initial_state = false;
  bool learnable_tau = false;  ///< one time constant per unit; not with elman dynamics
  std::string parent = {};     ///< a set of regions that can be named together; empty: none
};

/// A named group of input channels.
struct InputRegion {
  std::string name;
  Index units = 1;
  Sign sign = Sign::excitatory;
};

/// Directed weights from a selector of recurrent units or an input to a selector of recurrent units.
struct Connection {
  std::string from = {}, to = {};
  std::optional<Sign> sign = std::nullopt;  ///< overrides the sign of the source
  double sparsity = 0.0;                    ///< share of each source unit's targets that is absent, in [0, 1]
  bool autapses = true;                     ///< false removes W[i, i]
  bool trainable = true;
  std::optional<Initialiser> init = std::nullopt;
};

/// A named readout of chosen units.
struct Output {
  std::string name;
  Index units = 1;
  std::vector<std::string> from = {};  ///< selectors; empty: all recurrent units
  OutputActivation activation = OutputActivation::linear;
  std::optional<Sign> sign = std::nullopt;  ///< restricts the readout weights to this sign: W_out = sign |V|
  Readout readout = Readout::weights;
  bool trainable = true;  ///< its weights and biases
};

/// A whole network as the user describes it: plain values, nothing drawn, nothing resolved.
/// build_network() turns it into a Network.
struct NetworkSpec {
  Dynamics dynamics = Dynamics::leaky;
  Activation activation = Activation::relu;
  double dt = 10.0;    ///< ms
  double tau = 100.0;  ///< ms
  double noise_recurrent = 0.0;
  double noise_input = 0.0;
  Dale dale = Dale::none;
  std::optional<Dale> dale_input = std::nullopt;               ///< default: as dale
  std::optional<std::array<double, 2>> bounds = std::nullopt;  ///< of clamp and project; default [0, 10]
  std::optional<double> spectral_radius = std::nullopt;        ///< of the effective W_rec, for freshly drawn weights
  std::vector<Region> regions = {};
  std::vector<InputRegion> inputs = {};
  std::vector<Connection> connections = {};  ///< recurrent and from inputs
  std::vector<Output> outputs = {};
};

}  // namespace mrnn
