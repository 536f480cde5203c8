#pragma once

#include <string>
#include <vector>

#include "channels.hpp"
#include "measures.hpp"
#include "mrnn/analysis.hpp"

namespace gramians {

/// What arrays, words and figures are made from.
struct Report {
  const std::vector<StateGramians>& states;
  const std::vector<Group>& sources;
  const std::vector<Group>& targets;
  const std::vector<Part>& parts;
  mrnn::Index terms = 0;  ///< steps of the horizon; 0: infinite
  double dt = 1.0;        ///< ms
};

void add_arrays(const Report& report, mrnn::AnalysisResults& results);
/// A line of words per state, up to a few.
void add_summary(const Report& report, mrnn::AnalysisResults& results);
/// Spectra of the gramians, what regions leave in each other, how modes are driven and seen.
mrnn::Figure draw(const Report& report);

}  // namespace gramians
