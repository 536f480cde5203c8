#include <fmt/format.h>

#include "commands.hpp"
#include "mrnn/error.hpp"
#include "mrnn/experiment.hpp"
#include "progress_bar.hpp"

int run_command(const Arguments& arguments) {
  const mrnn::ConfigNode root = mrnn::ConfigNode::read_file(arguments.config, arguments.overrides);
  mrnn::Runtime runtime;
  load_plugins(runtime, arguments, &root);
  const mrnn::Experiment experiment(root, runtime,
                                    {arguments.output, arguments.backend, arguments.threads, arguments.command});
  ProgressBar progress(arguments.quiet ? ProgressBar::Voice::quiet : ProgressBar::Voice::normal);
  watch_signals();
  using Existing = mrnn::Experiment::Existing;
  const Existing existing = arguments.resume      ? Existing::resume
                            : arguments.overwrite ? Existing::overwrite
                                                  : Existing::refuse_unfinished;
  const mrnn::RunSummary summary = experiment.run(progress, existing);
  if (!arguments.quiet) {
    for (const std::string& line : summary.lines) fmt::print("{}\n", line);
    fmt::print("results: {}\nreport:  {}\n", summary.results.string(), summary.report.string());
  }
  if (summary.failures.empty()) return 0;
  std::string text =
      fmt::format("{} of the analyses failed; the others are in {}", summary.failures.size(), summary.results.string());
  for (const std::string& failure : summary.failures) text += "\n  " + failure;
  throw mrnn::RunError(text);
}
