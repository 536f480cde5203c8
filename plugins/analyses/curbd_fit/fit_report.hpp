#pragma once

#include <vector>

#include "model_currents.hpp"

namespace curbd {

/// All that was found. Pairs are (target, source), targets first.
struct Found {
  Data& data;  ///< its samples and the activity of the fit are moved into the results in the end
  const FitOptions& options;
  Fit& fit;
  const std::vector<PairCurrent>& currents;
  const std::vector<Comparison>& comparisons;  ///< empty where the truth is not known
  mrnn::WeightPart part = mrnn::WeightPart::all;
  Index components = 3;

  std::size_t regions() const { return data.regions.size(); }
  std::size_t pair(std::size_t to, std::size_t from) const { return to * regions() + from; }
};

void add_summary(const Found& found, mrnn::AnalysisResults& results);
/// Last: it empties the samples of the data and the activity of the fit.
void add_arrays(const Found& found, mrnn::AnalysisResults& results);

}  // namespace curbd
