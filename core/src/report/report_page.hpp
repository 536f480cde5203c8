#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mrnn/export.hpp"
#include "report/report.hpp"

namespace mrnn {

/// The report as an HTML page, with the pictures that are in `figures_folder`.
MRNN_EXPORT std::string report_page(const ReportContent& content, const std::vector<Figure>& figures,
                                    const std::filesystem::path& figures_folder);

}  // namespace mrnn
