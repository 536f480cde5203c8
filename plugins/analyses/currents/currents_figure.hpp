#pragma once

#include "currents_report.hpp"

namespace currents {

/// Three figures: lengths of the currents over time and their leading components, a panel per target (rows) and source
/// (columns), or for each current where there are few; and the share of each source.
void draw(const Found& found, const std::string& time_label, mrnn::AnalysisResults& results);

}  // namespace currents
