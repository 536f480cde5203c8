#pragma once

#include <array>

#include "fragment_lists.hpp"
#include "layout.hpp"
#include "mrnn/backend.hpp"
#include "tensor_list.hpp"

namespace mrnn::cuda {

/// Steps that are run together: all that backward() wants, or as many as fit a moderate amount of memory.
/// @param every  Record::backward_every
Index steps_of_stretch(const Rows& rows, Index lanes, Index steps, Index every, std::size_t scalar_bytes);

/// Whether each element of the dense gradient of the drive has a place, or those of the blocks alone.
bool has_dense_gradient(const Rows& rows, const TileList& drive);

/// Columns of what the gradient of the drive is a product of that are taken apart together (see parts.hpp): as many as
/// fit a moderate amount of memory. And how many parts that makes.
Size columns_in_parts(const Rows& rows, Size columns);
Size size_of_parts(const Rows& rows, Size columns);

/// Places of sums on the device; those of the outputs follow.
enum Total : int { l1_weights, l2_weights, wiring, l1_rates, l2_rates, omega, omega_count, first_output };

/// What a session is asked for besides its batch and record.
struct Demands {
  Size variants = 1;  ///< sets of weights
  bool vanishing = false, wiring = false, rate_target = false;
  int batches = 1;  ///< whose trials are on the device at once
};

/// What a session of a network takes on the device: the arrays of cuda_session.hpp and device_batch.hpp one by one, and
/// the room for products. Not the tables of interventions, which are small, nor the arrays of advance().
class SessionSizes {
 public:
  /// All must outlive it.
  SessionSizes(const Network& network, const SessionOptions& options, Chunks chunks);

  /// How the steps of so many trials are made. @param scaled  some see scaled weights
  gpu::StepPlan plan(Index trials, bool scaled) const;
  SessionMemory of(const BatchShape& batch, const Record& record, const Demands& demands) const;
  /// The largest number of trials, at most those of the batch, that take at most `bytes`; 0 where not even one does.
  Index largest_batch(BatchShape batch, const Record& record, const Demands& demands, std::size_t bytes) const;

 private:
  struct Run;
  std::size_t of_network(const Run& run) const;
  std::size_t of_batch(const Run& run) const;
  std::size_t of_activity(const Run& run) const;
  std::size_t of_learning(const Run& run) const;
  std::size_t of_identity_readouts() const;
  Size scalars(Size count) const;

  const Network& network_;
  const SessionOptions& options_;
  Rows rows_;
  TileList drive_, adjoint_;
  QuadLists quads_;
  std::vector<FragmentLists> fragments_;
  std::vector<TensorLists> tensor_;
  Size scalar_ = 0;             ///< bytes of a number
  Size weights_ = 0;            ///< of all blocks
  Size parameters_ = 0;         ///< and of the vectors
  bool every_carried_ = false;  ///< tau is learned
};

/// What Backend::memory() says: with the trials of two batches where there is a backward pass.
SessionMemory session_memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                             const Record& record);

}  // namespace mrnn::cuda
