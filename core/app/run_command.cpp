#include <fmt/format.h>

#include <exception>
#include <optional>

#include "commands.hpp"
#include "memory_words.hpp"
#include "mrnn/error.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/memory_plan.hpp"
#include "progress_bar.hpp"
#include "run/rank_cores.hpp"
#include "run/together.hpp"

namespace {

using Existing = mrnn::Experiment::Existing;

/// A configuration read and checked.
struct ReadExperiment {
  mrnn::Runtime runtime;
  std::optional<mrnn::Experiment> experiment;

  ReadExperiment(const Arguments& arguments, mrnn::Ranks& ranks, int cores) {
    const mrnn::ConfigNode root = mrnn::ConfigNode::read_file(arguments.config, arguments.overrides);
    limit_memory(arguments, root);
    load_plugins(runtime, arguments, &root);
    const std::string launcher = ranks.count() > 1 ? fmt::format("mpirun -n {} ", ranks.count()) : "";
    experiment.emplace(root, runtime,
                       mrnn::ExperimentOptions{arguments.output, arguments.backend, arguments.threads,
                                               launcher + arguments.command, cores, &ranks});
  }
};

Existing existing_of(const Arguments& arguments) {
  if (arguments.resume) return Existing::resume;
  return arguments.overwrite ? Existing::overwrite : Existing::refuse_unfinished;
}

/// Prints what a run found. @throws RunError where some of its analyses failed.
void print(const mrnn::RunSummary& summary, bool quiet) {
  if (!quiet) {
    for (const std::string& line : summary.lines) fmt::print("{}\n", line);
    fmt::print("results: {}\nreport:  {}\n", summary.results.string(), summary.report.string());
  }
  if (summary.failures.empty()) return;
  std::string text =
      fmt::format("{} of the analyses failed; the others are in {}", summary.failures.size(), summary.results.string());
  for (const std::string& failure : summary.failures) text += "\n  " + failure;
  throw mrnn::RunError(text);
}

void run(const Arguments& arguments, mrnn::Ranks& ranks) {
  std::optional<ReadExperiment> read;
  const int cores = ranks.count() > 1 ? cores_of_rank(ranks) : 0;
  together(ranks, [&] { read.emplace(arguments, ranks, cores); });
  ProgressBar progress(arguments.quiet ? ProgressBar::Voice::quiet : ProgressBar::Voice::normal);
  if (arguments.mpi && ranks.count() == 1) {
    progress.warn("--mpi finds no process but this one; mpirun -n 4 mrnn run CONFIG --mpi starts four");
  }
  if (ranks.count() > 1 && ranks.rank() == 0 && !read->experiment->training()) {
    progress.warn("there is no [train], so all ranks but the first have nothing to do");
  }
  if (ranks.rank() == 0) {
    for (const std::string& warning : memory_warnings(*read->experiment, mrnn::free_host_memory())) {
      progress.warn(warning);
    }
  }
  const mrnn::RunSummary summary = read->experiment->run(progress, existing_of(arguments));
  if (ranks.rank() == 0) print(summary, arguments.quiet);
}

}  // namespace

int run_command(const Arguments& arguments) {
  watch_signals();
  const std::unique_ptr<mrnn::Ranks> ranks = arguments.mpi ? open_mpi() : std::make_unique<mrnn::Ranks>();
  if (ranks->rank() == 0) {
    run(arguments, *ranks);
    return 0;
  }
  try {
    jointly(*ranks, [&] { run(arguments, *ranks); });
  } catch (const std::exception&) {  // the first rank knows of it, says it and has the exit status
  }
  return 0;
}
