#include "gradients.hpp"

#include <algorithm>

#include "mrnn/formulas.hpp"

namespace mrnn::eigen {
namespace {

using Matrices = std::vector<Eigen::MatrixXd>;
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

/// Adds the sums of bands to the matrices of the rectangles that they are made of.
template <class Scalar>
void scatter(const std::vector<Band>& bands, const std::vector<Rectangle>& rectangles, const WeightSums<Scalar>& sums,
             Matrices& values) {
  if (sums.empty()) return;
  const Scalar* from = sums.data();
  for (const Band& band : bands) {
    const Eigen::Map<const Matrix<Scalar>> sum(from, band.rows.size, band.depth);
    for (const Rectangle& rectangle : rectangles) {
      const UnitRange rows = meet(rectangle.to, band.rows);
      if (rows.size == 0) continue;
      values[rectangle.value].middleRows(rows.start - rectangle.to.start, rows.size) +=
          sum.block(rows.start - band.rows.start, band.column_of(rectangle.from.start), rows.size, rectangle.from.size)
              .template cast<double>();
    }
    from += band.rows.size * band.depth;
  }
}

/// Recurrent, then input gradients, as drive_rectangles() counts them.
struct DriveGradients {
  Matrices values;
  std::size_t recurrent;  ///< how many of them

  explicit DriveGradients(const Parameters& zero) : values(zero.recurrent), recurrent(zero.recurrent.size()) {
    values.insert(values.end(), zero.input.begin(), zero.input.end());
  }

  /// Multiplies by what scalings do to the weights.
  void scale(const Network& network, const std::vector<const ScaleWeights*>& scalings) {
    if (scalings.empty()) return;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(recurrent);
    EffectiveWeights weights{{values.begin(), middle}, {middle, values.end()}, {}};
    scale_weights(network, weights, scalings);
    std::copy(weights.recurrent.begin(), weights.recurrent.end(), values.begin());
    std::copy(weights.input.begin(), weights.input.end(), middle);
  }

  void add(const DriveGradients& other, double factor) {
    for (std::size_t k = 0; k < values.size(); ++k) values[k] += factor * other.values[k];
  }
};

double present(const std::vector<Block>& blocks) {
  double count = 0.0;
  for (const Block& block : blocks) count += static_cast<double>((block.pattern.array() != 0).count());
  return count;
}

/// Region of each unit of a range.
std::vector<Index> regions_of(const Network& network, UnitRange units) {
  std::vector<Index> regions;
  for (Index unit = units.start; unit < units.end(); ++unit) {
    const auto found = std::ranges::find_if(network.regions(),
                                            [unit](const RegionLayout& region) { return region.range.contains(unit); });
    regions.push_back(found - network.regions().begin());
  }
  return regions;
}

/// Distances that the wires of a block bridge [to x from].
Eigen::MatrixXd distances_of(const GradientSources& sources, const Block& block) {
  return sources.loss.penalties.distances(regions_of(sources.network, block.to),
                                          regions_of(sources.network, block.from));
}

/// What the penalties on weights add to dL/dW.
void add_weight_penalties(const GradientSources& sources, const Matrices& weights, Matrices& gradients) {
  const Penalties& penalties = sources.loss.penalties;
  const Network& network = sources.network;
  const double count =
      present(network.recurrent_blocks()) + present(network.input_blocks()) + present(network.readout_blocks());
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (penalties.l1_weights != 0.0) gradients[k] += penalties.l1_weights / count * weights[k].cwiseSign();
    if (penalties.l2_weights != 0.0) gradients[k] += 2.0 * penalties.l2_weights / count * weights[k];
  }
}

void add_wiring(const GradientSources& sources, Matrices& gradients) {
  const double factor = sources.loss.penalties.wiring;
  if (factor == 0.0) return;
  const auto& blocks = sources.network.recurrent_blocks();
  const double count = present(blocks);
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    gradients[k] +=
        factor / count * sources.effective.recurrent[k].cwiseSign().cwiseProduct(distances_of(sources, blocks[k]));
  }
}

/// dL/dV from dL/dW of one block, in place.
void through_dale(const Network& network, const Block& block, Dale dale, const Eigen::MatrixXd& free,
                  Eigen::MatrixXd& gradient) {
  for (Index column = 0; column < free.cols(); ++column) {
    for (Index row = 0; row < free.rows(); ++row) {
      gradient(row, column) *=
          formulas::effective_weight_slope(dale, static_cast<double>(block.pattern(row, column)), free(row, column),
                                           network.lower_bound(), network.upper_bound());
    }
  }
}

void through_dale(const GradientSources& sources, Parameters& gradients) {
  const Network& network = sources.network;
  const Parameters& parameters = sources.parameters;
  for (std::size_t k = 0; k < gradients.recurrent.size(); ++k) {
    through_dale(network, network.recurrent_blocks()[k], network.dale(), parameters.recurrent[k],
                 gradients.recurrent[k]);
  }
  for (std::size_t k = 0; k < gradients.input.size(); ++k) {
    through_dale(network, network.input_blocks()[k], network.dale_input(), parameters.input[k], gradients.input[k]);
  }
  for (std::size_t k = 0; k < gradients.readout.size(); ++k) {
    const Block& block = network.readout_blocks()[k];
    through_dale(network, block, readout_dale(network, block), parameters.readout[k], gradients.readout[k]);
  }
}

void keep_trainable(const Parameters& trainable, Parameters& gradients) {
  for (std::size_t k = 0; k < gradients.recurrent.size(); ++k)
    gradients.recurrent[k].array() *= trainable.recurrent[k].array();
  for (std::size_t k = 0; k < gradients.input.size(); ++k) gradients.input[k].array() *= trainable.input[k].array();
  for (std::size_t k = 0; k < gradients.readout.size(); ++k)
    gradients.readout[k].array() *= trainable.readout[k].array();
  gradients.bias.array() *= trainable.bias.array();
  gradients.readout_bias.array() *= trainable.readout_bias.array();
  gradients.initial_state.array() *= trainable.initial_state.array();
  gradients.tau.array() *= trainable.tau.array();
}

}  // namespace

template <class Scalar>
Gradients make_gradients(const GradientSources& sources, const Model<Scalar>& model,
                         const std::vector<GradientSums<Scalar>>& groups,
                         const std::vector<std::vector<const ScaleWeights*>>& scalings) {
  const Parameters zero = zero_parameters(sources.network);
  Gradients result{zero, 0.0};
  Parameters& all = result.by_parameter;
  double omega = 0.0, count = 0.0;
  for (const GradientSums<Scalar>& group : groups) {
    omega += group.vanishing_sum;
    count += group.vanishing_count;
    scatter(model.readout_bands, model.readout_blocks, group.readout, all.readout);
    all.bias += group.bias;
    all.readout_bias += group.readout_bias;
    all.initial_state += group.initial_state;
    all.tau += group.alpha;
  }
  result.vanishing = count > 0.0 ? omega / count : 0.0;

  DriveGradients drive(zero);
  for (std::size_t set = 0; set < scalings.size(); ++set) {
    DriveGradients part(zero), vanishing(zero);
    for (const GradientSums<Scalar>& group : groups) {
      scatter(model.drive_bands, model.drive_blocks, group.drive[set], part.values);
      scatter(model.drive_bands, model.drive_blocks, group.vanishing[set], vanishing.values);
    }
    if (count > 0.0) part.add(vanishing, sources.loss.penalties.vanishing_gradient / count);
    part.scale(sources.network, scalings[set]);
    drive.add(part, 1.0);
  }
  const auto middle = drive.values.begin() + static_cast<std::ptrdiff_t>(drive.recurrent);
  all.recurrent.assign(drive.values.begin(), middle);
  all.input.assign(middle, drive.values.end());

  add_weight_penalties(sources, sources.effective.recurrent, all.recurrent);
  add_weight_penalties(sources, sources.effective.input, all.input);
  add_weight_penalties(sources, sources.effective.readout, all.readout);
  add_wiring(sources, all.recurrent);
  through_dale(sources, all);
  // alpha = sigmoid(theta)
  all.tau.array() *= model.alpha_exact.array() * (1.0 - model.alpha_exact.array());
  keep_trainable(sources.trainable, all);
  return result;
}

WeightPenalties weight_penalties(const GradientSources& sources) {
  WeightPenalties sums;
  const Network& network = sources.network;
  for (const Matrices* weights : {&sources.effective.recurrent, &sources.effective.input, &sources.effective.readout}) {
    for (const Eigen::MatrixXd& block : *weights) {
      sums.absolute += block.cwiseAbs().sum();
      sums.squared += block.squaredNorm();
    }
  }
  const double count =
      present(network.recurrent_blocks()) + present(network.input_blocks()) + present(network.readout_blocks());
  sums.absolute /= count;
  sums.squared /= count;
  if (sources.loss.penalties.wiring == 0.0) return sums;
  for (std::size_t k = 0; k < network.recurrent_blocks().size(); ++k) {
    const Block& block = network.recurrent_blocks()[k];
    sums.wiring += sources.effective.recurrent[k].cwiseAbs().cwiseProduct(distances_of(sources, block)).sum();
  }
  sums.wiring /= present(network.recurrent_blocks());
  return sums;
}

template Gradients make_gradients(const GradientSources&, const Model<float>&, const std::vector<GradientSums<float>>&,
                                  const std::vector<std::vector<const ScaleWeights*>>&);
template Gradients make_gradients(const GradientSources&, const Model<double>&,
                                  const std::vector<GradientSums<double>>&,
                                  const std::vector<std::vector<const ScaleWeights*>>&);

}  // namespace mrnn::eigen
