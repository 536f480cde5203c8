#pragma once

#include <vector>

#include "mrnn/figure.hpp"
#include "scores.hpp"

namespace mrnn::fit {

/// R^2 of every channel, the best first: a curve for each group of trials, a panel for each output.
Figure draw_scores(const std::vector<Scores>& scores, const Conditions& groups);

/// Targets and outputs over time. A row for the best, the middle and the worst channel of each output, by R^2 of the
/// first group; a column for the first trial of each group, filled up to three.
/// @param dt  ms  @param first_step  of the run, that was recorded first
Figure draw_traces(const std::vector<Scores>& scores, const Compared& compared, const Conditions& groups, double dt,
                   Index first_step);

}  // namespace mrnn::fit
