#include "mrnn/optimiser.hpp"

namespace mrnn {
namespace {

std::vector<Eigen::MatrixXd> zeros(const std::vector<Block>& blocks) {
  std::vector<Eigen::MatrixXd> all;
  for (const Block& block : blocks) all.push_back(Eigen::MatrixXd::Zero(block.to.size, block.from.size));
  return all;
}

/// Ones where a trainable connection has a weight.
std::vector<Eigen::MatrixXd> trainable(const std::vector<Block>& blocks, const std::vector<Connection>& connections) {
  std::vector<Eigen::MatrixXd> all = zeros(blocks);
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Block& block = blocks[k];
    for (const Piece& piece : block.pieces) {
      if (!connections[piece.connection].trainable) continue;
      const Index row = piece.to.start - block.to.start, column = piece.from.start - block.from.start;
      all[k].block(row, column, piece.to.size, piece.from.size) =
          (block.pattern.block(row, column, piece.to.size, piece.from.size).array() != 0).cast<double>();
    }
  }
  return all;
}

}  // namespace

Parameters zero_parameters(const Network& network) {
  Parameters zero;
  zero.recurrent = zeros(network.recurrent_blocks());
  zero.input = zeros(network.input_blocks());
  zero.readout = zeros(network.readout_blocks());
  zero.bias = zero.initial_state = zero.tau = Eigen::VectorXd::Zero(network.units());
  zero.readout_bias = Eigen::VectorXd::Zero(network.outputs());
  return zero;
}

Parameters trainable_parameters(const Network& network) {
  Parameters ones = zero_parameters(network);
  ones.recurrent = trainable(network.recurrent_blocks(), network.spec().connections);
  ones.input = trainable(network.input_blocks(), network.spec().connections);
  for (std::size_t k = 0; k < network.output_layouts().size(); ++k) {
    const OutputLayout& output = network.output_layouts()[k];
    if (!network.spec().outputs[k].trainable || output.readout == Readout::identity) continue;
    ones.readout_bias.segment(output.range.start, output.range.size).setOnes();
    for (std::size_t block = 0; block < network.readout_blocks().size(); ++block) {
      const Block& readout = network.readout_blocks()[block];
      if (readout.to == output.range) ones.readout[block] = (readout.pattern.array() != 0).cast<double>();
    }
  }
  for (std::size_t k = 0; k < network.regions().size(); ++k) {
    const UnitRange range = network.regions()[k].range;
    const Region& region = network.spec().regions[k];
    if (region.learnable_bias) ones.bias.segment(range.start, range.size).setOnes();
    if (region.learnable_initial_state) ones.initial_state.segment(range.start, range.size).setOnes();
    if (region.learnable_tau) ones.tau.segment(range.start, range.size).setOnes();
  }
  return ones;
}

}  // namespace mrnn
