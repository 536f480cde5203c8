#pragma once

#include "item_fits.hpp"
#include "mrnn/comparison.hpp"
#include "mrnn/comparison_report.hpp"

namespace dsa {

/// All that was found.
struct Report {
  const mrnn::ComparedActivities& activities;
  const mrnn::Network& network;
  const Fits& fits;
  const mrnn::ComparisonMatrix& distances;
  const Sweep& sweep;
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
void add_summary(const Report& report, mrnn::AnalysisResults& results);
/// The distances, the items in a plane, the eigenvalues over each other, and of a sweep its scores.
void add_figures(const Report& report, mrnn::AnalysisResults& results);

}  // namespace dsa
