#include "gradients.hpp"

#include <algorithm>

#include "mrnn/formulas.hpp"

namespace mrnn::eigen {
namespace {

using Matrices = std::vector<Eigen::MatrixXd>;
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

/// Bands, what they are made of, and which of their elements exist (empty: all).
struct Layout {
  const std::vector<Band>& bands;
  const std::vector<Rectangle>& rectangles;
  const std::vector<BandPattern>& patterns;

  const BandPattern& pattern(std::size_t band) const {
    static const BandPattern all;
    return patterns.empty() ? all : patterns[band];
  }
  /// Where the sums of each band begin.
  std::vector<Index> starts() const {
    std::vector<Index> found = {0};
    for (std::size_t k = 0; k < bands.size(); ++k) found.push_back(found.back() + pattern(k).count(bands[k]));
    return found;
  }
};

/// Rows of a rectangle that a band has, and where both lie.
struct Overlap {
  UnitRange rows;
  Index first_of_band, first_of_rectangle, column;

  Overlap(const Band& band, const Rectangle& rectangle)
      : rows(meet(rectangle.to, band.rows)),
        first_of_band(rows.start - band.rows.start),
        first_of_rectangle(rows.start - rectangle.to.start),
        column(rows.size > 0 ? band.column_of(rectangle.from.start) : 0) {}
};

/// Adds factor times the elements of a sparse band that lie in a rectangle.
template <class Scalar>
void scatter_elements(const std::vector<Element>& elements, const Overlap& part, const Rectangle& rectangle,
                      const Scalar* sums, double factor, Eigen::MatrixXd& out) {
  const Source& from = rectangle.from;
  const auto first = std::ranges::lower_bound(elements, from.start, {}, &Element::source);
  for (auto at = first; at != elements.end() && at->source < from.start + from.size; ++at) {
    const Index row = at->row - part.first_of_band;
    if (row < 0 || row >= part.rows.size) continue;
    out(part.first_of_rectangle + row, at->source - from.start) +=
        factor * static_cast<double>(sums[at - elements.begin()]);
  }
}

/// Adds factor times the sums of band k to the matrices of the rectangles that it is made of.
/// @param first  where its sums begin
template <class Scalar>
void scatter(const Layout& layout, std::size_t k, Index first, const WeightSums<Scalar>& sums, double factor,
             const std::vector<Eigen::MatrixXd*>& values) {
  if (sums.empty()) return;
  const Scalar* from = sums.data() + first;
  const Band& band = layout.bands[k];
  for (const Rectangle& rectangle : layout.rectangles) {
    const Overlap part(band, rectangle);
    if (part.rows.size == 0) continue;
    Eigen::MatrixXd& out = *values[rectangle.value];
    if (!layout.pattern(k).sparse) {
      const Eigen::Map<const Matrix<Scalar>> sum(from, band.rows.size, band.depth);
      out.middleRows(part.first_of_rectangle, part.rows.size) +=
          factor *
          sum.block(part.first_of_band, part.column, part.rows.size, rectangle.from.size).template cast<double>();
    } else {
      scatter_elements(layout.pattern(k).elements, part, rectangle, from, factor, out);
    }
  }
}

/// Recurrent, then input matrices, as drive_rectangles() counts them.
template <class Weights>
std::vector<Eigen::MatrixXd*> drive_matrices(Weights& weights) {
  std::vector<Eigen::MatrixXd*> all;
  for (Matrices* matrices : {&weights.recurrent, &weights.input}) {
    for (Eigen::MatrixXd& one : *matrices) all.push_back(&one);
  }
  return all;
}

/// What the slices have summed. A band is one piece of work: no two of them share an element.
template <class Scalar>
struct Sums {
  const Model<Scalar>& model;
  const std::vector<GradientSums<Scalar>>& groups;
  double vanishing;  ///< factor of what vanishing_gradient has summed
  ThreadPool& threads;
};

/// Adds what the groups have summed for one set of weight scalings.
template <class Scalar>
void add_drive(const Sums<Scalar>& sums, std::size_t set, const std::vector<Eigen::MatrixXd*>& out) {
  const Layout layout = {sums.model.drive_bands, sums.model.drive_blocks, sums.model.drive_patterns};
  const std::vector<Index> starts = layout.starts();
  const Index elements = starts.back() * std::ssize(sums.groups);
  sums.threads.run_light(layout.bands.size(), elements, [&](std::size_t k, std::size_t /*thread*/) {
    for (const GradientSums<Scalar>& group : sums.groups) {
      scatter(layout, k, starts[k], group.drive[set], 1.0, out);
      if (sums.vanishing != 0.0) scatter(layout, k, starts[k], group.vanishing[set], sums.vanishing, out);
    }
  });
}

/// The same, where W was multiplied by factors before it acted.
template <class Scalar>
void add_scaled_drive(const Sums<Scalar>& sums, std::size_t set, const std::vector<const ScaleWeights*>& scalings,
                      const std::vector<Eigen::MatrixXd*>& out) {
  Parameters zero = zero_parameters(sums.model.network);
  EffectiveWeights part{std::move(zero.recurrent), std::move(zero.input), {}};
  const std::vector<Eigen::MatrixXd*> parts = drive_matrices(part);
  add_drive(sums, set, parts);
  scale_weights(sums.model.network, part, scalings);
  for (std::size_t k = 0; k < out.size(); ++k) *out[k] += *parts[k];
}

/// Of all blocks together.
double existing_weights(const Network& network) {
  return static_cast<double>(mrnn::existing_weights(network.recurrent_blocks()) +
                             mrnn::existing_weights(network.input_blocks()) +
                             mrnn::existing_weights(network.readout_blocks()));
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
  const double count = existing_weights(network);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (penalties.l1_weights != 0.0) gradients[k] += penalties.l1_weights / count * weights[k].cwiseSign();
    if (penalties.l2_weights != 0.0) gradients[k] += 2.0 * penalties.l2_weights / count * weights[k];
  }
}

void add_wiring(const GradientSources& sources, Matrices& gradients) {
  const double factor = sources.loss.penalties.wiring;
  if (factor == 0.0) return;
  const auto& blocks = sources.network.recurrent_blocks();
  const auto count = static_cast<double>(mrnn::existing_weights(blocks));
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    gradients[k] +=
        factor / count * sources.effective.recurrent[k].cwiseSign().cwiseProduct(distances_of(sources, blocks[k]));
  }
}

/// dL/dV of the weights of one block that are trainable, from dL/dW, in place.
void through_dale(const Network& network, const Block& block, Dale dale, const Eigen::MatrixXd& free,
                  const Eigen::MatrixXd& trainable, Eigen::MatrixXd& gradient) {
  const double low = network.lower_bound(), high = network.upper_bound();
  formulas::with_constant(dale, [&](auto method) {
    const auto slope = [=](double pattern, double value) {
      return formulas::effective_weight_slope(method(), pattern, value, low, high);
    };
    gradient.array() *= block.pattern.cast<double>().binaryExpr(free, slope).array() * trainable.array();
  });
}

Index elements_of(const Matrices& matrices) {
  Index count = 0;
  for (const Eigen::MatrixXd& one : matrices) count += one.size();
  return count;
}

/// dL/dV of all weights that are trainable, from dL/dW.
void through_dale(const GradientSources& sources, ThreadPool& threads, Parameters& gradients) {
  const Network& network = sources.network;
  const auto go = [&](const std::vector<Block>& blocks, Matrices Parameters::*member, auto&& dale) {
    threads.run_light(blocks.size(), elements_of(gradients.*member), [&](std::size_t k, std::size_t /*thread*/) {
      through_dale(network, blocks[k], dale(blocks[k]), (sources.parameters.*member)[k], (sources.trainable.*member)[k],
                   (gradients.*member)[k]);
    });
  };
  go(network.recurrent_blocks(), &Parameters::recurrent, [&](const Block&) { return network.dale(); });
  go(network.input_blocks(), &Parameters::input, [&](const Block&) { return network.dale_input(); });
  go(network.readout_blocks(), &Parameters::readout, [&](const Block& block) { return readout_dale(network, block); });
}

void keep_trainable(const Parameters& trainable, Parameters& gradients) {
  gradients.bias.array() *= trainable.bias.array();
  gradients.readout_bias.array() *= trainable.readout_bias.array();
  gradients.initial_state.array() *= trainable.initial_state.array();
  gradients.tau.array() *= trainable.tau.array();
}

/// Zero everywhere, in the memory that is there.
void set_zero(const Network& network, Parameters& all) {
  if (all.bias.size() == 0) {
    all = zero_parameters(network);
    return;
  }
  for (Matrices* matrices : {&all.recurrent, &all.input, &all.readout}) {
    for (Eigen::MatrixXd& one : *matrices) one.setZero();
  }
  for (Eigen::VectorXd* one : {&all.bias, &all.readout_bias, &all.initial_state, &all.tau}) one->setZero();
}

}  // namespace

template <class Scalar>
double make_gradients(const GradientSources& sources, const Model<Scalar>& model,
                      const std::vector<GradientSums<Scalar>>& groups,
                      const std::vector<std::vector<const ScaleWeights*>>& scalings, ThreadPool& threads,
                      Parameters& all) {
  set_zero(sources.network, all);
  double omega = 0.0, count = 0.0;
  std::vector<Eigen::MatrixXd*> readout;
  for (Eigen::MatrixXd& one : all.readout) readout.push_back(&one);
  const Layout read = {model.readout_bands, model.readout_blocks, {}};
  const std::vector<Index> starts = read.starts();
  for (const GradientSums<Scalar>& group : groups) {
    omega += group.vanishing_sum;
    count += group.vanishing_count;
    for (std::size_t k = 0; k < model.readout_bands.size(); ++k) {
      scatter(read, k, starts[k], group.readout, 1.0, readout);
    }
    all.bias += group.bias;
    all.readout_bias += group.readout_bias;
    all.initial_state += group.initial_state;
    all.tau += group.alpha;
  }

  const double vanishing = count > 0.0 ? sources.loss.penalties.vanishing_gradient / count : 0.0;
  const std::vector<Eigen::MatrixXd*> drive = drive_matrices(all);
  const Sums<Scalar> sums = {model, groups, vanishing, threads};
  for (std::size_t set = 0; set < scalings.size(); ++set) {
    if (scalings[set].empty()) {
      add_drive(sums, set, drive);
    } else {
      add_scaled_drive(sums, set, scalings[set], drive);
    }
  }

  add_weight_penalties(sources, sources.effective.recurrent, all.recurrent);
  add_weight_penalties(sources, sources.effective.input, all.input);
  add_weight_penalties(sources, sources.effective.readout, all.readout);
  add_wiring(sources, all.recurrent);
  through_dale(sources, threads, all);
  // alpha = sigmoid(theta)
  all.tau.array() *= model.alpha_exact.array() * (1.0 - model.alpha_exact.array());
  keep_trainable(sources.trainable, all);
  return count > 0.0 ? omega / count : 0.0;
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
  const double count = existing_weights(network);
  sums.absolute /= count;
  sums.squared /= count;
  if (sources.loss.penalties.wiring == 0.0) return sums;
  for (std::size_t k = 0; k < network.recurrent_blocks().size(); ++k) {
    const Block& block = network.recurrent_blocks()[k];
    sums.wiring += sources.effective.recurrent[k].cwiseAbs().cwiseProduct(distances_of(sources, block)).sum();
  }
  sums.wiring /= static_cast<double>(mrnn::existing_weights(network.recurrent_blocks()));
  return sums;
}

template double make_gradients(const GradientSources&, const Model<float>&, const std::vector<GradientSums<float>>&,
                               const std::vector<std::vector<const ScaleWeights*>>&, ThreadPool&, Parameters&);
template double make_gradients(const GradientSources&, const Model<double>&, const std::vector<GradientSums<double>>&,
                               const std::vector<std::vector<const ScaleWeights*>>&, ThreadPool&, Parameters&);

}  // namespace mrnn::eigen
