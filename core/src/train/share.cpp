#include "train/share.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include "mrnn/error.hpp"
#include "train/parameter_arrays.hpp"

namespace mrnn {
namespace {

/// Of each output, what its loss in a share is multiplied by so that the losses of all shares add up: it is a mean over
/// the mask. 0 where nothing is asked of the share's trials.
void weigh_outputs(const Network& network, const Trials& own, const Trials& batch, Loss& loss) {
  const std::vector<double> all = mask_sums(network, loss, batch);
  loss.outputs.resize(all.size());  // mse where none was given
  Loss silent = loss;               // for which no mask is too empty
  for (OutputLoss& output : silent.outputs) output.weight = 0.0;
  const std::vector<double> part = mask_sums(network, silent, own);
  for (std::size_t k = 0; k < all.size(); ++k) loss.outputs[k].weight *= all[k] > 0.0 ? part[k] / all[k] : 0.0;
}

void weigh_penalties(double share, bool first, Penalties& penalties) {
  penalties.l1_rates *= share;
  penalties.l2_rates *= share;
  if (!first) penalties.l1_weights = penalties.l2_weights = penalties.wiring = 0.0;
}

}  // namespace

Share share_of(const Network& network, const Loss& loss, std::shared_ptr<const Trials> batch, const Ranks& ranks) {
  if (ranks.count() == 1) return {batch, loss, 0, batch->count};
  Share share{nullptr, loss, batch->count * ranks.rank() / ranks.count(), batch->count};
  const Index count = batch->count * (ranks.rank() + 1) / ranks.count() - share.first;
  share.trials = std::make_shared<const Trials>(slice(*batch, share.first, count));
  weigh_outputs(network, *share.trials, *batch, share.loss);
  weigh_penalties(static_cast<double>(count) / static_cast<double>(batch->count), ranks.rank() == 0,
                  share.loss.penalties);
  return share;
}

void check_can_share(const Ranks& ranks, const TrainingPlan& plan) {
  if (ranks.count() == 1) return;
  if (plan.batch < ranks.count()) {
    throw ConfigError(
        "", "train.batch",
        fmt::format("is {}, fewer trials than the {} ranks that are to share them", plan.batch, ranks.count()));
  }
  const auto refuse = [](double factor, const char* name) {
    if (factor == 0.0) return;
    throw ConfigError("", fmt::format("train.penalties.{}", name),
                      "is of all trials of a batch together, so several ranks cannot share it; without it, or in one "
                      "process, the network can be trained");
  };
  refuse(plan.loss.penalties.rate_target, "rate_target");
  refuse(plan.loss.penalties.vanishing_gradient, "vanishing_gradient");
}

void sum_over(Ranks& ranks, const Network& network, const Loss& loss, LossTerms& terms, Parameters& gradients) {
  if (ranks.count() == 1) return;
  const std::vector<std::string> names = loss_term_names(network, loss);
  std::vector<double> values;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(terms.terms, name, [](const auto& term) { return term.first; });
    values.push_back(found == terms.terms.end() ? 0.0 : found->second);
  }
  visit_arrays(gradients, [&](const std::string& /*name*/, const auto& array) {
    values.insert(values.end(), array.data(), array.data() + array.size());
  });
  ranks.sum(values);
  terms = {};
  const double* next = values.data();
  for (const std::string& name : names) {
    terms.terms.emplace_back(name, *next);
    terms.total += *next++;
  }
  visit_arrays(gradients, [&](const std::string& /*name*/, auto& array) {
    std::copy(next, next + array.size(), array.data());
    next += array.size();
  });
}

double performance_over(Ranks& ranks, const Share& share, const Scores& own) {
  if (ranks.count() == 1) return performance(own);
  std::vector<double> scores(static_cast<std::size_t>(share.whole), 0.0);
  const auto place = scores.begin() + share.first;
  // A task without a measure gives no scores: then its trials do not count.
  std::fill(place, place + share.trials->count, std::numeric_limits<double>::quiet_NaN());
  std::copy(own.score.begin(), own.score.end(), place);
  ranks.sum(scores);
  return performance({Eigen::Map<const Eigen::VectorXd>(scores.data(), std::ssize(scores)), {}});
}

double sum_over(Ranks& ranks, double value) {
  ranks.sum({&value, 1});
  return value;
}

std::string digest_of(const Parameters& parameters) {
  std::string digest;
  visit_arrays(parameters, [&](const std::string& name, const auto& array) {
    const std::string_view bytes(reinterpret_cast<const char*>(array.data()),
                                 static_cast<std::size_t>(array.size()) * sizeof(double));
    digest += fmt::format("{} {:x} ", name, std::hash<std::string_view>{}(bytes));
  });
  return digest;
}

}  // namespace mrnn
