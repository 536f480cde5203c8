#include "mrnn/task.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "mrnn/error.hpp"
#include "plugins/plugin_call.hpp"

namespace mrnn {

namespace {

void check_scores(const Eigen::VectorXd& values, const char* what, Index trials) {
  if (values.size() != 0 && values.size() != trials) {
    throw RunError("the task: it hands back " + std::to_string(values.size()) + " " + what + " for " +
                   std::to_string(trials) + " trials");
  }
  for (Index trial = 0; trial < values.size(); ++trial) {
    if (std::isnan(values[trial]) || (values[trial] >= 0.0 && values[trial] <= 1.0)) continue;
    throw RunError("the task: one of the " + std::string(what) + " it hands back is " + std::to_string(values[trial]) +
                   ", of trial " + std::to_string(trial) + "; 0 to 1 is accepted, or NaN where a trial does not count");
  }
}

}  // namespace

Task::~Task() = default;

Scores scores_of(const Task& task, const Trials& trials, const Sequence& outputs) {
  Scores scores = call_plugin("the task", [&] { return task.score(trials, outputs); });
  check_scores(scores.score, "scores", trials.count);
  check_scores(scores.choice, "choices", trials.count);
  return scores;
}

double performance(const Scores& scores) {
  double sum = 0.0;
  Index counted = 0;
  for (const double score : scores.score) {
    if (std::isnan(score)) continue;
    sum += score;
    ++counted;
  }
  return counted > 0 ? sum / static_cast<double>(counted) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace mrnn
