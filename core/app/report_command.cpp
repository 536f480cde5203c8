#include "report/report.hpp"

#include <fmt/format.h>

#include "commands.hpp"
#include "progress_bar.hpp"

int report_command(const Arguments& arguments) {
  ProgressBar progress(ProgressBar::Voice::normal);
  for (const std::string& warning : mrnn::rebuild_report(arguments.folder)) progress.warn(warning);
  fmt::print("report: {}\n", (arguments.folder / "report.html").string());
  return 0;
}
