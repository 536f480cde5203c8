#include "train/share.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "mrnn/error.hpp"
#include "run/together.hpp"
#include "train/parameter_arrays.hpp"

namespace mrnn {
namespace {

/// What the losses of a share are multiplied by so that they add up: an output's is a mean over its mask.
void weigh_outputs(const std::vector<double>& own, const std::vector<double>& all, Loss& loss) {
  loss.outputs.resize(own.size());  // mse where none was given
  for (std::size_t k = 0; k < own.size(); ++k) {
    loss.outputs[k].weight *= all[k] > 0.0 ? own[k] / all[k] : 0.0;
  }
}

void weigh_penalties(double share, bool first, Penalties& penalties) {
  penalties.l1_rates *= share;
  penalties.l2_rates *= share;
  if (!first) penalties.l1_weights = penalties.l2_weights = penalties.wiring = 0.0;
}

/// Trials of which nothing is asked, as trials that may be trained on: the weight of each output is 0.
Trials without_demands(Trials trials) {
  trials.mask = {};
  for (Index step = 0; step < trials.steps; ++step) trials.targets.at(step).setZero();  // they may be NaN
  return trials;
}

/// Sums of the mask of each output; zeros where there is none at all, which is no mistake of a share.
std::vector<double> own_mask_sums(const Network& network, const Loss& loss, const Trials& trials) {
  const bool any = trials.mask.empty() || [&] {
    for (Index step = 0; step < trials.steps; ++step) {
      if ((trials.mask.at(step).array() != 0.0).any()) return true;
    }
    return false;
  }();
  if (trials.count == 0 || !any) return std::vector<double>(network.output_layouts().size(), 0.0);
  return mask_sums(network, loss, trials);
}

void sum_values(Ranks& ranks, std::vector<double>& values) {
  ranks.sum(std::span(values));
}

}  // namespace

Share share_of(const Network& network, const Loss& loss, std::shared_ptr<const Trials> batch, const Ranks& ranks) {
  if (ranks.count() == 1) return {batch, loss, 0, batch->count};
  Share share{nullptr, loss, batch->count * ranks.rank() / ranks.count(), batch->count};
  const Index count = batch->count * (ranks.rank() + 1) / ranks.count() - share.first;
  Trials own = slice(*batch, share.first, count);
  const std::vector<double> sums = own_mask_sums(network, loss, own);
  weigh_outputs(sums, mask_sums(network, loss, *batch), share.loss);
  weigh_penalties(static_cast<double>(count) / static_cast<double>(batch->count), ranks.rank() == 0,
                  share.loss.penalties);
  if (std::ranges::all_of(sums, [](double sum) { return sum == 0.0; })) own = without_demands(std::move(own));
  share.trials = std::make_shared<const Trials>(std::move(own));
  return share;
}

void check_can_share(const Ranks* ranks, const TrainingPlan& plan) {
  if (ranks == nullptr || ranks->count() == 1) return;
  if (plan.batch < ranks->count()) {
    throw ConfigError(
        "", "train.batch",
        fmt::format("is {}, fewer trials than the {} ranks that are to share them", plan.batch, ranks->count()));
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

LossTerms sum_over(Ranks& ranks, const Network& network, const Loss& loss, const LossTerms& own) {
  if (ranks.count() == 1) return own;
  const std::vector<std::string> names = loss_term_names(network, loss);
  std::vector<double> values;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(own.terms, name, [](const auto& term) { return term.first; });
    values.push_back(found == own.terms.end() ? 0.0 : found->second);
  }
  sum_values(ranks, values);
  LossTerms all;
  for (std::size_t k = 0; k < names.size(); ++k) {
    all.terms.emplace_back(names[k], values[k]);
    all.total += values[k];
  }
  return all;
}

double performance_over(Ranks& ranks, const Share& share, const Scores& own) {
  if (ranks.count() == 1) return performance(own);
  std::vector<double> scores(static_cast<std::size_t>(share.whole), 0.0);
  std::copy(own.score.begin(), own.score.end(), scores.begin() + share.first);
  // A task without a measure gives no scores, and none of no trials.
  const double measured = sum_over(ranks, own.score.size() > 0 ? 1.0 : 0.0);
  sum_values(ranks, scores);
  if (measured == 0.0) return performance({});
  return performance({Eigen::Map<const Eigen::VectorXd>(scores.data(), std::ssize(scores)), {}});
}

void sum_over(Ranks& ranks, Parameters& parameters) {
  if (ranks.count() == 1) return;
  std::vector<double> values;
  visit_arrays(parameters, [&](const std::string& /*name*/, const auto& array) {
    values.insert(values.end(), array.data(), array.data() + array.size());
  });
  sum_values(ranks, values);
  const double* next = values.data();
  visit_arrays(parameters, [&](const std::string& /*name*/, auto& array) {
    std::copy(next, next + array.size(), array.data());
    next += array.size();
  });
}

double sum_over(Ranks& ranks, double value) {
  ranks.sum({&value, 1});
  return value;
}

void expect_same_parameters(Ranks& ranks, const Parameters& parameters) {
  if (ranks.count() == 1) return;
  std::string digest;
  visit_arrays(parameters, [&](const std::string& name, const auto& array) {
    const std::string_view bytes(reinterpret_cast<const char*>(array.data()),
                                 static_cast<std::size_t>(array.size()) * sizeof(double));
    digest += fmt::format("{} {:x} ", name, std::hash<std::string_view>{}(bytes));
  });
  expect_same(ranks, "the network as trained", digest);
}

}  // namespace mrnn
