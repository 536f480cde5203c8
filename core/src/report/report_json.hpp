#pragma once

#include <string>
#include <string_view>

#include "mrnn/export.hpp"
#include "report/report.hpp"

namespace mrnn {

/// The content of a report as JSON, and back. @throws Error where the text is not that.
MRNN_EXPORT std::string report_to_json(const ReportContent& content);
MRNN_EXPORT ReportContent report_from_json(std::string_view text);

}  // namespace mrnn
