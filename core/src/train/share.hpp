#pragma once

#include <memory>
#include <string>

#include "mrnn/export.hpp"
#include "mrnn/loss.hpp"
#include "mrnn/ranks.hpp"
#include "mrnn/task.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// What one rank does of a batch. The losses of all shares, and their gradients, add up to those of the batch.
struct Share {
  std::shared_ptr<const Trials> trials;  ///< its own; may be none
  Loss loss;        ///< its own: by how much each output asks of them, and of the rates of how many
  Index first = 0;  ///< of its trials, within the batch
  Index whole = 0;  ///< trials of the batch
};

/// The share of a rank: trials next to each other, as many as those of others or one more. Penalties on weights are the
/// first rank's.
MRNN_EXPORT Share share_of(const Network& network, const Loss& loss, std::shared_ptr<const Trials> batch,
                           const Ranks& ranks);

/// @throws ConfigError where a batch has fewer trials than there are ranks, or a penalty is
/// of all its trials together, so that shares of it do not add up.
MRNN_EXPORT void check_can_share(const Ranks& ranks, const TrainingPlan& plan);

/// The sums of what the ranks found for their shares, in its place: the terms of `loss`, that of the whole batch, and
/// its gradients.
MRNN_EXPORT void sum_over(Ranks& ranks, const Network& network, const Loss& loss, LossTerms& terms,
                          Parameters& gradients);
/// The performance in a batch of which each rank has scored its share.
MRNN_EXPORT double performance_over(Ranks& ranks, const Share& share, const Scores& own);
double sum_over(Ranks& ranks, double value);

/// Differs where a bit of the parameters does.
std::string digest_of(const Parameters& parameters);

}  // namespace mrnn
