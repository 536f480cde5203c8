// Drawing of initial weights. Each connection has a random stream of its own, so that adding one
// leaves the others as they were.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/random.hpp"
#include "network/initial_weights.hpp"

namespace mrnn {
namespace {

using Distribution = Initialiser::Distribution;

double xavier(double rows, double columns) {
  return std::sqrt(2.0 / (rows + columns));
}

/// The default: under Dale's law U(0, sqrt(1/(2N))) recurrent and U(0, sqrt(1/(N+I))) from inputs;
/// else Xavier normal over the whole matrix.
Initialiser default_initialiser(const Network& network, bool recurrent) {
  const auto units = static_cast<double>(network.units());
  const double columns = recurrent ? units : static_cast<double>(network.inputs());
  Initialiser standard;
  if ((recurrent ? network.dale() : network.dale_input()) == Dale::none) {
    standard.distribution = Distribution::normal;
    standard.standard_deviation = xavier(units, columns);
  } else {
    standard.high = std::sqrt(1.0 / (units + columns));
  }
  return standard;
}

/// A random orthogonal matrix (Haar measure: Q of a normal matrix, signs fixed by the diagonal of R); of a
/// rectangle, its orthonormal rows or columns.
Eigen::MatrixXd orthogonal(Index rows, Index columns, RandomStream& random) {
  const Index longer = std::max(rows, columns);
  const Index shorter = std::min(rows, columns);
  Eigen::MatrixXd normal(longer, shorter);
  for (double& value : normal.reshaped()) value = random.normal();
  const Eigen::MatrixXd q = qr(normal).q;
  return rows >= columns ? q : Eigen::MatrixXd(q.transpose());
}

/// `value` on the diagonal, or on round(fraction x its length) places of it.
Eigen::MatrixXd diagonal(const Initialiser& how, Index rows, Index columns, RandomStream& random) {
  if (how.fraction >= 1.0) return how.value * Eigen::MatrixXd::Identity(rows, columns);
  Eigen::MatrixXd values = Eigen::MatrixXd::Zero(rows, columns);
  const Index length = std::min(rows, columns);
  const auto chosen = std::llround(how.fraction * static_cast<double>(length));
  for (const std::int64_t place : random.choose(length, chosen)) values(place, place) = how.value;
  return values;
}

double draw(const Initialiser& how, double standard_deviation, RandomStream& random) {
  switch (how.distribution) {
    case Distribution::uniform:
      return random.uniform(how.low, how.high);
    case Distribution::normal:
      return how.mean + how.standard_deviation * random.normal();
    case Distribution::gamma:
    case Distribution::balanced:
      return random.gamma(how.shape, how.scale);
    case Distribution::constant:
      return how.value;
    case Distribution::xavier_normal:
      return how.gain * standard_deviation * random.normal();
    case Distribution::orthogonal:
    case Distribution::identity_scaled:
      break;  // made as a whole matrix
  }
  return 0.0;
}

Eigen::MatrixXd draw(const Initialiser& how, Index rows, Index columns, RandomStream random) {
  if (how.distribution == Distribution::orthogonal) return how.gain * orthogonal(rows, columns, random);
  if (how.distribution == Distribution::identity_scaled) return diagonal(how, rows, columns, random);
  const double deviation = xavier(static_cast<double>(rows), static_cast<double>(columns));
  Eigen::MatrixXd values(rows, columns);
  for (double& value : values.reshaped()) value = draw(how, deviation, random);
  return values;
}

/// Draws those weights of `clamp` again whose magnitude is not inside the bounds, where the gradient is 0, from a
/// stream of their own: all others stay as they were drawn. A distribution that has next to nothing inside (a constant,
/// say) is left as it is.
void draw_inside(const Network& network, const Initialiser& how, RandomStream random, Eigen::Ref<Eigen::MatrixXd> all) {
  constexpr int most_tries = 1000;
  const double deviation = xavier(static_cast<double>(all.rows()), static_cast<double>(all.cols()));
  const auto inside = [&](double value) {
    return network.lower_bound() < std::abs(value) && std::abs(value) < network.upper_bound();
  };
  for (double& value : all.reshaped()) {
    double other = value;
    for (int tries = 0; !inside(other); ++tries) {
      if (tries == most_tries) return;
      other = draw(how, deviation, random);
    }
    value = other;
  }
}

bool bounded(Dale dale) {
  return dale == Dale::clamp || dale == Dale::project;
}

/// Those that exist, put within the bounds.
Eigen::MatrixXd clipped(const Network& network, const Block& block, const Eigen::MatrixXd& values) {
  return (block.pattern.array() != 0)
      .select(values.cwiseMax(network.lower_bound()).cwiseMin(network.upper_bound()), 0.0);
}

/// Under Dale's law drawn values count as magnitudes, so that no weight begins on the dead side.
Eigen::MatrixXd admissible(const Block& block, Eigen::MatrixXd values, Dale dale, const Network& network) {
  values = (block.pattern.array() != 0).select(values, 0.0);
  if (dale == Dale::none) return values;
  values = values.cwiseAbs();
  return bounded(dale) ? clipped(network, block, values) : values;
}

/// Adds what the bounds will do to a part of the weights of a connection.
template <class Pattern, class Values>
void count_clipped(const Network& network, const Pattern& pattern, const Values& values, ClippedWeights& counted) {
  const auto magnitudes = values.array().abs();
  const auto present = pattern.array() != 0;
  counted.present += present.count();
  counted.clipped += (present && (magnitudes < network.lower_bound() || magnitudes > network.upper_bound())).count();
}

/// @param clipped  of each connection, added to
std::vector<Eigen::MatrixXd> draw_blocks(const Network& network, const std::vector<Block>& blocks, bool recurrent,
                                         std::uint64_t seed, std::vector<ClippedWeights>& clipped) {
  const Initialiser standard = default_initialiser(network, recurrent);
  const Dale dale = recurrent ? network.dale() : network.dale_input();
  std::vector<Eigen::MatrixXd> all;
  for (const Block& block : blocks) {
    Eigen::MatrixXd values(block.to.size, block.from.size);
    for (const Piece& piece : block.pieces) {
      const Initialiser how = network.spec().connections[piece.connection].init.value_or(standard);
      const Index top = piece.to.start - block.to.start, left = piece.from.start - block.from.start;
      auto part = values.block(top, left, piece.to.size, piece.from.size);
      const auto pattern = block.pattern.block(top, left, piece.to.size, piece.from.size);
      part = draw(how, piece.to.size, piece.from.size, RandomStream(seed, Stream::initial_weights, piece.name));
      if (dale == Dale::clamp) {
        draw_inside(network, how, RandomStream(seed, Stream::initial_weights, piece.name + " inside"), part);
      }
      if (how.distribution == Distribution::balanced && dale == Dale::none) {
        part.array() *= pattern.cast<double>().array();
      }
      if (bounded(dale)) count_clipped(network, pattern, part, clipped[piece.connection]);
    }
    all.push_back(admissible(block, std::move(values), dale, network));
  }
  return all;
}

/// Calls `visit(piece, unit, sign, value)` for every weight of the `balanced` connections.
template <class Visit>
void for_each_balanced(const Network& network, std::vector<Eigen::MatrixXd>& free, const Visit& visit) {
  const std::vector<Block>& blocks = network.recurrent_blocks();
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (const Piece& piece : blocks[k].pieces) {
      const auto& init = network.spec().connections[piece.connection].init;
      if (!init || init->distribution != Distribution::balanced) continue;
      for (Index column = piece.from.start; column < piece.from.end(); ++column) {
        for (Index row = piece.to.start; row < piece.to.end(); ++row) {
          const Index i = row - blocks[k].to.start;
          const Index j = column - blocks[k].from.start;
          visit(piece, row, blocks[k].pattern(i, j), free[k](i, j));
        }
      }
    }
  }
}

/// Balanced weights that the bounds would clip are no longer balanced.
void check_balanced(const Network& network, const Piece& piece, double value) {
  const double low = network.lower_bound(), high = network.upper_bound();
  if (!bounded(network.dale()) || (low <= value && value <= high)) return;
  throw ConfigError("", fmt::format("connection[{}].init", piece.connection),
                    fmt::format("cannot be balanced within network.bounds: for the inhibition of a unit to sum to its "
                                "excitation, a weight of {} would have to be {:.3g}, outside [{:g}, {:g}]; widen the "
                                "bounds or draw other magnitudes (shape, scale)",
                                piece.name, value, low, high));
}

/// Scales the inhibition that each unit receives through `balanced` connections to sum to the excitation,
/// so that W_rec has no outlier eigenvalue (Rajan & Abbott 2006).
void balance(const Network& network, std::vector<Eigen::MatrixXd>& free) {
  Eigen::VectorXd excitation = Eigen::VectorXd::Zero(network.units());
  Eigen::VectorXd inhibition = excitation;
  for_each_balanced(network, free, [&](const Piece&, Index row, std::int8_t sign, double& value) {
    if (sign > 0) excitation[row] += std::abs(value);
    if (sign < 0) inhibition[row] += std::abs(value);
  });
  for_each_balanced(network, free, [&](const Piece& piece, Index row, std::int8_t sign, double& value) {
    if (sign >= 0 || excitation[row] == 0.0) return;
    value *= excitation[row] / inhibition[row];
    check_balanced(network, piece, value);
  });
}

/// Is there a loop of present weights? Without one every eigenvalue is 0, though computed ones are not.
bool has_loop(const Network& network) {
  const std::vector<Block>& blocks = network.recurrent_blocks();
  Eigen::VectorX<Index> sources = Eigen::VectorX<Index>::Zero(network.units());
  for (const Block& block : blocks) {
    sources.segment(block.to.start, block.to.size) += (block.pattern.array() != 0).rowwise().count().matrix();
  }
  std::vector<Index> ready;  // units whose sources have all been taken away (Kahn 1962)
  for (Index unit = 0; unit < network.units(); ++unit) {
    if (sources[unit] == 0) ready.push_back(unit);
  }
  for (std::size_t next = 0; next < ready.size(); ++next) {
    for (const Block& block : blocks) {
      if (!block.from.contains(ready[next])) continue;
      for (Index row = 0; row < block.to.size; ++row) {
        const Index target = block.to.start + row;
        if (block.pattern(row, ready[next] - block.from.start) != 0 && --sources[target] == 0) ready.push_back(target);
      }
    }
  }
  return std::ssize(ready) < network.units();
}

void scale_to_spectral_radius(const Network& network, Parameters& parameters) {
  const double wanted = *network.spec().spectral_radius;
  const auto radius = [&] {
    return spectral_radius(network.recurrent_blocks(), effective_weights(network, parameters).recurrent,
                           network.units());
  };
  const double found = has_loop(network) ? radius() : 0.0;
  if (found == 0.0) {
    throw ConfigError(
        "", "network.spectral_radius",
        "cannot be reached: W_rec as drawn has spectral radius 0 (no loop of connections, or no weights)");
  }
  for (std::size_t k = 0; k < parameters.recurrent.size(); ++k) {
    Eigen::MatrixXd& free = parameters.recurrent[k];
    free *= wanted / found;
    if (network.dale() == Dale::project) free = clipped(network, network.recurrent_blocks()[k], free);
  }
  if (!bounded(network.dale())) return;
  constexpr double tolerance = 1e-6;  // bounds that bite bend the scaling
  if (std::abs(radius() - wanted) > tolerance * wanted) {
    throw ConfigError("", "network.spectral_radius",
                      "cannot be reached by scaling within network.bounds; widen the bounds or choose another radius");
  }
}

std::vector<Eigen::MatrixXd> draw_readout(const Network& network, std::uint64_t seed) {
  std::vector<Eigen::MatrixXd> all;
  for (const Block& block : network.readout_blocks()) {
    for (const OutputLayout& output : network.output_layouts()) {
      if (!(output.range == block.to)) continue;
      const std::string name = "readout " + output.name + " " + std::to_string(block.from.start);
      RandomStream random(seed, Stream::initial_weights, name);
      const double deviation = xavier(static_cast<double>(output.range.size), static_cast<double>(output.units.size()));
      Eigen::MatrixXd values(block.to.size, block.from.size);
      for (double& value : values.reshaped()) value = deviation * random.normal();
      all.push_back(std::move(values));
    }
  }
  return all;
}

}  // namespace

Parameters initial_parameters(const Network& network, std::uint64_t seed) {
  return draw_initial_weights(network, seed).parameters;
}

InitialWeights draw_initial_weights(const Network& network, std::uint64_t seed) {
  InitialWeights drawn;
  Parameters& parameters = drawn.parameters;
  std::vector<ClippedWeights> clipped(network.spec().connections.size());
  for (std::size_t k = 0; k < clipped.size(); ++k) {
    clipped[k].connection = k;
    clipped[k].recurrent = !network.has_input(network.spec().connections[k].from);
  }
  parameters.recurrent = draw_blocks(network, network.recurrent_blocks(), true, seed, clipped);
  parameters.input = draw_blocks(network, network.input_blocks(), false, seed, clipped);
  std::ranges::copy_if(clipped, std::back_inserter(drawn.clipped),
                       [](const ClippedWeights& one) { return one.clipped > 0; });
  parameters.readout = draw_readout(network, seed);
  parameters.readout_bias = Eigen::VectorXd::Zero(network.outputs());
  parameters.bias.resize(network.units());
  parameters.initial_state.resize(network.units());
  parameters.tau.resize(network.units());
  for (std::size_t r = 0; r < network.regions().size(); ++r) {
    const UnitRange range = network.regions()[r].range;
    const Region& region = network.spec().regions[r];
    parameters.bias.segment(range.start, range.size).setConstant(region.base_firing);
    parameters.initial_state.segment(range.start, range.size).setConstant(region.initial_state);
    parameters.tau.segment(range.start, range.size).setConstant(region.tau.value_or(network.spec().tau));
  }
  balance(network, parameters.recurrent);
  if (network.spec().spectral_radius) scale_to_spectral_radius(network, parameters);
  return drawn;
}

}  // namespace mrnn
