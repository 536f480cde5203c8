#pragma once

#include <vector>

#include "mrnn/analysis.hpp"
#include "tracking.hpp"

namespace eigen_spectrum {

/// Which eigenvalue of each state each track is, for all states: (state, track), those of no trajectory in their own
/// order. Nothing where there is no trajectory.
void add_tracks(const std::vector<StateSpectrum>& states, const std::vector<Trajectory>& trajectories,
                mrnn::AnalysisResults& results);

/// Leading modes over time, epochs marked, and their paths in the plane; of trials with three states or more.
void draw_tracks(const mrnn::AnalysisContext& context, const std::vector<StateSpectrum>& states,
                 const std::vector<Trajectory>& trajectories, mrnn::LinearForm form, mrnn::AnalysisResults& results);

}  // namespace eigen_spectrum
