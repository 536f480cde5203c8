#pragma once

#include "fit_report.hpp"

namespace curbd {

/// The curves of learning; data and model; the currents between regions; and, where it is known, the truth.
void draw(const Found& found, const mrnn::Network* network, mrnn::AnalysisResults& results);

}  // namespace curbd
