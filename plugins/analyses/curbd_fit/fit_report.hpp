#pragma once

#include <vector>

#include "model_currents.hpp"

namespace curbd {

/// All that was found. Pairs are (target, source), targets first.
struct Found {
  const Data& data;
  const FitOptions& options;
  Fit& fit;  ///< its activity is moved into the results
  const std::vector<PairCurrent>& currents;
  const std::vector<Comparison>& comparisons;  ///< empty where the truth is not known
  mrnn::WeightPart part = mrnn::WeightPart::all;
  Index components = 3;

  std::size_t regions() const { return data.regions.size(); }
  std::size_t pair(std::size_t to, std::size_t from) const { return to * regions() + from; }
};

void add_summary(const Found& found, mrnn::AnalysisResults& results);
/// Last: it empties the activity of the fit.
void add_arrays(const Found& found, mrnn::AnalysisResults& results);

}  // namespace curbd
