#pragma once

#include <string>

#include "inspection.hpp"
#include "mrnn/analysis.hpp"

namespace fixed_points {

/// Everything the analysis has found.
struct Report {
  const Terrain& terrain;
  Findings found;
  Fates fates;  ///< of activity; empty where a fixed point is stable
  std::string input_words;
  bool asked_for_cycles = false;  ///< of the exact solver
  Method method = Method::newton;
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
void add_summary(const Report& report, mrnn::AnalysisResults& results);
mrnn::Figure draw(const Report& report);

}  // namespace fixed_points
