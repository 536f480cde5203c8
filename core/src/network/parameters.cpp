#include "mrnn/parameters.hpp"

#include <fmt/format.h>

#include "mrnn/error.hpp"
#include "mrnn/formulas.hpp"
#include "network/blocks.hpp"

namespace mrnn {
namespace {

void check_blocks(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values, const char* what) {
  if (values.size() != blocks.size()) {
    throw ShapeError(fmt::format("the parameters have {} blocks of {} weights; the network has {}", values.size(), what,
                                 blocks.size()));
  }
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    if (values[k].rows() != blocks[k].to.size || values[k].cols() != blocks[k].from.size) {
      throw ShapeError(fmt::format("block {} of the {} weights is {} x {}; {} x {} is needed", k, what,
                                   values[k].rows(), values[k].cols(), blocks[k].to.size, blocks[k].from.size));
    }
  }
}

void check_length(const Eigen::VectorXd& vector, Index length, const char* what) {
  if (vector.size() != length) {
    throw ShapeError(fmt::format("{} has {} elements; {} are needed", what, vector.size(), length));
  }
}

Eigen::MatrixXd effective(const Block& block, const Eigen::MatrixXd& free, Dale dale, const Network& network) {
  const double low = network.lower_bound(), high = network.upper_bound();
  return formulas::with_constant(dale, [&](auto method) -> Eigen::MatrixXd {
    return block.pattern.cast<double>().binaryExpr(free, [=](double pattern, double value) {
      return formulas::effective_weight(method(), pattern, value, low, high);
    });
  });
}

std::vector<Eigen::MatrixXd> effective(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& free,
                                       Dale dale, const Network& network) {
  std::vector<Eigen::MatrixXd> weights;
  weights.reserve(blocks.size());
  for (std::size_t k = 0; k < blocks.size(); ++k) weights.push_back(effective(blocks[k], free[k], dale, network));
  return weights;
}

/// Part of `range` that a run of selected units covers, relative to the start of `range`.
UnitRange common(UnitRange range, UnitRange selected) {
  const Index first = std::max(range.start, selected.start);
  const Index last = std::min(range.end(), selected.end());
  return {first - range.start, std::max<Index>(0, last - first)};
}

void scale(const std::vector<Block>& blocks, std::vector<Eigen::MatrixXd>& values, const ScaleWeights& scaling) {
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (const UnitRange& to : scaling.to.ranges()) {
      for (const UnitRange& from : scaling.from.ranges()) {
        const UnitRange rows = common(blocks[k].to, to);
        const UnitRange columns = common(blocks[k].from, from);
        if (rows.size == 0 || columns.size == 0) continue;
        values[k].block(rows.start, columns.start, rows.size, columns.size) *= scaling.factor;
      }
    }
  }
}

const ScaleWeights* first_equal(const std::vector<Intervention>& interventions, const ScaleWeights& wanted) {
  for (const Intervention& intervention : interventions) {
    const auto* scaling = std::get_if<ScaleWeights>(&intervention.what);
    if (scaling != nullptr && *scaling == wanted) return scaling;
  }
  return &wanted;
}

}  // namespace

void check_shapes(const Network& network, const Parameters& parameters) {
  check_blocks(network.recurrent_blocks(), parameters.recurrent, "recurrent");
  check_blocks(network.input_blocks(), parameters.input, "input");
  check_blocks(network.readout_blocks(), parameters.readout, "readout");
  check_length(parameters.bias, network.units(), "the bias");
  check_length(parameters.readout_bias, network.outputs(), "the readout bias");
  check_length(parameters.initial_state, network.units(), "the initial state");
  check_length(parameters.tau, network.units(), "tau");
}

Dale readout_dale(const Network& network, const Block& block) {
  for (std::size_t k = 0; k < network.output_layouts().size(); ++k) {
    if (network.output_layouts()[k].range == block.to) {
      return network.spec().outputs[k].sign ? Dale::abs : Dale::none;
    }
  }
  return Dale::none;
}

EffectiveWeights effective_weights(const Network& network, const Parameters& parameters) {
  check_shapes(network, parameters);
  EffectiveWeights weights;
  weights.recurrent = effective(network.recurrent_blocks(), parameters.recurrent, network.dale(), network);
  weights.input = effective(network.input_blocks(), parameters.input, network.dale_input(), network);
  for (std::size_t k = 0; k < network.readout_blocks().size(); ++k) {
    const Block& block = network.readout_blocks()[k];
    weights.readout.push_back(effective(block, parameters.readout[k], readout_dale(network, block), network));
  }
  return weights;
}

void scale_weights(const Network& network, EffectiveWeights& weights,
                   const std::vector<const ScaleWeights*>& scalings) {
  for (const ScaleWeights* scaling : scalings) {
    if (scaling->source == ScaleWeights::Source::recurrent) {
      scale(network.recurrent_blocks(), weights.recurrent, *scaling);
    } else {
      scale(network.input_blocks(), weights.input, *scaling);
    }
  }
}

std::vector<const ScaleWeights*> scalings_at(const std::vector<Intervention>& interventions, Index trial, Index step) {
  std::vector<const ScaleWeights*> active;
  for (const Intervention& intervention : interventions) {
    const auto* scaling = std::get_if<ScaleWeights>(&intervention.what);
    if (scaling != nullptr && intervention.steps.contains(step) && intervention.acts_on(trial)) {
      active.push_back(first_equal(interventions, *scaling));
    }
  }
  return active;
}

Eigen::MatrixXd dense(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values, Index rows,
                      Index columns) {
  check_blocks(blocks, values, rows, columns);
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(rows, columns);
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    matrix.block(blocks[k].to.start, blocks[k].from.start, blocks[k].to.size, blocks[k].from.size) = values[k];
  }
  return matrix;
}

Eigen::MatrixXd dense_readout(const Network& network, const EffectiveWeights& weights) {
  Eigen::MatrixXd matrix = dense(network.readout_blocks(), weights.readout, network.outputs(), network.units());
  for (const OutputLayout& output : network.output_layouts()) {
    if (output.readout != Readout::identity) continue;
    Index channel = output.range.start;
    for (const Index unit : output.units.indices()) matrix(channel++, unit) = 1.0;
  }
  return matrix;
}

void multiply(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values,
              const Eigen::Ref<const Eigen::MatrixXd>& in, Eigen::Ref<Eigen::MatrixXd> out) {
  check_blocks(blocks, values, out.rows(), in.rows());
  if (in.cols() != out.cols()) throw ShapeError(fmt::format("{} columns for {}", in.cols(), out.cols()));
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    out.middleRows(blocks[k].to.start, blocks[k].to.size).noalias() +=
        values[k] * in.middleRows(blocks[k].from.start, blocks[k].from.size);
  }
}

}  // namespace mrnn
