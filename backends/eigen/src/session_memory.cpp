#include "session_memory.hpp"

#include <algorithm>

#include "eigen_session.hpp"

namespace mrnn::eigen {
namespace {

std::size_t bytes(Index count, std::size_t each) {
  return static_cast<std::size_t>(count) * each;
}

/// Weights of all blocks, absent ones within a block included.
Index weights_of(const Network& network) {
  Index weights = 0;
  for (const auto* blocks : {&network.recurrent_blocks(), &network.input_blocks(), &network.readout_blocks()}) {
    for (const Block& block : *blocks) weights += block.to.size * block.from.size;
  }
  return weights;
}

/// A batch as it is run.
struct RunShape {
  Index slices, width, steps, threads;
};

/// What backward() needs of the forward pass, and its own arrays.
template <class Scalar>
std::size_t backward_activity(const Model<Scalar>& model, const RunShape& run, Index every) {
  const Index units = model.network.units();
  const Index slot = model.rows() + (model.backward_needs_x() ? units : 0);
  const Index stored =
      every == 1 ? run.slices * (run.steps + 1) * slot
                 : run.slices * ((run.steps + every - 1) / every) * 2 * units + run.threads * (every + 1) * slot;
  return bytes((stored + run.slices * units) * run.width, sizeof(Scalar)) +
         static_cast<std::size_t>(run.threads) * BackwardWorkspace<Scalar>::bytes(model, run.width);
}

/// Sums of the groups, and the weights once more while they are packed.
template <class Scalar>
std::size_t backward_sums(Index weights, const RunShape& run) {
  return bytes(weights * (std::min(run.slices, most_groups) + 1), sizeof(Scalar));
}

}  // namespace

template <class Scalar>
SessionMemory session_memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                             const Record& record) {
  const Model<Scalar> model(network);
  RunShape run{0, slice_width(network, batch.trials), batch.steps, 0};
  run.slices = (batch.trials + run.width - 1) / run.width;
  run.threads = std::min<Index>(ThreadPool::resolve(options.threads), run.slices);
  const Index weights = weights_of(network);
  const Index selected = record.units.empty() ? network.units() : record.units.size();
  const Index kept = record.steps.size() == 0 ? batch.steps : record.steps.size();
  const Index rows =
      selected * (static_cast<Index>(record.x) + static_cast<Index>(record.h)) + (record.y ? network.outputs() : 0);
  const Index given = network.inputs() + (batch.stimulus ? network.units() : 0) +
                      (batch.targets ? network.outputs() : 0) + (batch.mask ? network.outputs() : 0);

  SessionMemory memory;
  memory.weights = 2 * bytes(weights, sizeof(double)) +  // free and effective
                   PackedWeights<Scalar>::bytes(model.drive_bands) + PackedWeights<Scalar>::bytes(model.readout_bands);
  memory.trials = bytes(batch.trials * batch.steps * given, sizeof(double));
  memory.activity = bytes(kept * rows * run.slices * run.width, sizeof(Scalar)) +
                    static_cast<std::size_t>(run.threads) * Workspace<Scalar>::bytes(model, run.width);
  memory.learning = 3 * bytes(weights, sizeof(double));  // which are trainable, two moments
  if (record.backward_every == 0) return memory;
  memory.weights += PackedWeights<Scalar>::bytes(model.adjoint_bands);
  memory.activity += backward_activity(model, run, record.backward_every);
  memory.learning += bytes(weights, sizeof(double)) + backward_sums<Scalar>(weights, run);
  return memory;
}

template SessionMemory session_memory<float>(const Network&, const SessionOptions&, const BatchShape&, const Record&);
template SessionMemory session_memory<double>(const Network&, const SessionOptions&, const BatchShape&, const Record&);

}  // namespace mrnn::eigen
