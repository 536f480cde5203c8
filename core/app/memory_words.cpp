#include "memory_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

namespace {

std::string row(const mrnn::MemoryNeed& need) {
  const mrnn::SessionMemory& session = need.session;
  return fmt::format("{:<20} {:>12} {:>12} {:>12} {:>12} {:>12} {:>12}\n", need.name,
                     megabytes(session.weights + need.weights), megabytes(session.trials + need.trials),
                     megabytes(session.activity), megabytes(session.learning + need.optimiser), megabytes(need.results),
                     megabytes(need.total()));
}

/// How the backend makes the steps of each part, where it has something to say about it.
std::string methods(const mrnn::MemoryPlan& plan) {
  std::string text;
  for (const mrnn::MemoryNeed& need : plan.parts) {
    if (!need.method.empty()) text += fmt::format("{:<20} {}\n", need.name, need.method);
  }
  return text.empty() ? text : fmt::format("\n{:<20} how they are made\n", "steps") + text;
}

/// Free bytes of the host and, where sessions live in the memory of a device, of that.
struct Free {
  std::size_t host = 0;
  std::optional<std::size_t> device;

  bool hold(const mrnn::MemoryNeed& need) const {
    const std::size_t on_host = device ? need.outside_session() : need.total();
    return (host == 0 || on_host <= host) && (!device || need.session.total() <= *device);
  }
  std::string words() const {
    std::string text = host == 0 ? std::string() : fmt::format("{} are free here", megabytes(host));
    if (device) text += (text.empty() ? "" : ", ") + fmt::format("{} on the device", megabytes(*device));
    return text;
  }
};

/// Bytes of the disk that a folder, which need not be there yet, is or will be on; nothing where that is not known.
std::optional<std::size_t> free_disk(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::path place = std::filesystem::absolute(folder, error);
  while (!std::filesystem::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  const std::filesystem::space_info space = std::filesystem::space(place, error);
  if (error) return std::nullopt;
  return static_cast<std::size_t>(space.available);
}

/// What could be done about a training that does not fit.
std::string training_advice(const mrnn::Experiment& experiment, const Free& free) {
  const mrnn::TrainingNeeds& needs = experiment.training_needs();
  const auto root = static_cast<mrnn::Index>(std::ceil(std::sqrt(static_cast<double>(needs.batch.steps))));
  if (needs.backward_every < root) {
    const mrnn::MemoryNeed recomputing = experiment.training_memory(root);
    if (free.hold(recomputing)) {
      return fmt::format("train.memory = \"recompute\" takes {} instead", megabytes(recomputing.total()));
    }
    return fmt::format("with train.memory = \"recompute\" it is still {}; a smaller train.batch takes less",
                       megabytes(recomputing.total()));
  }
  return "a smaller train.batch takes less";
}

/// What could be done about a simulation that does not fit.
std::string simulation_advice(const mrnn::MemoryNeed& need) {
  return need.results > need.session.total() ? "a shorter record, fewer trials or fewer steps take less"
                                             : "fewer trials or fewer steps take less";
}

std::vector<std::string> warnings_of(const mrnn::Experiment& experiment, const mrnn::MemoryPlan& plan,
                                     const Free& here) {
  std::vector<std::string> warnings;
  for (const mrnn::MemoryNeed& need : plan.parts) {
    if (here.hold(need)) continue;
    const bool trains = experiment.training() != nullptr && &need == &plan.parts.front();
    warnings.push_back(fmt::format(
        "{} takes {}, more than is free: {}", trains ? need.name : fmt::format("simulation \"{}\"", need.name),
        megabytes(need.total()), trains ? training_advice(experiment, here) : simulation_advice(need)));
  }
  if (const auto disk = free_disk(experiment.output()); disk && plan.file > *disk) {
    warnings.push_back(
        fmt::format("results.h5 takes {}, more than the {} that are free in {}; a shorter record, fewer "
                    "trials or fewer steps take less",
                    megabytes(plan.file), megabytes(*disk), experiment.output().string()));
  }
  return warnings;
}

}  // namespace

std::string megabytes(std::size_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string memory_words(const mrnn::Experiment& experiment, std::size_t free) {
  const mrnn::MemoryPlan plan = experiment.memory_plan();
  const Free here{free, experiment.backend().free_memory()};
  std::string text = fmt::format("\n{:<20} {:>12} {:>12} {:>12} {:>12} {:>12} {:>12}\n", "memory", "weights", "trials",
                                 "activity", "learning", "results", "together");
  for (const mrnn::MemoryNeed& need : plan.parts) text += row(need);
  text += fmt::format("most at a time: {}, beside the program and what analyses take", megabytes(plan.peak()));
  if (const std::string words = here.words(); !words.empty()) text += "; " + words;
  text += fmt::format("\nresults.h5: {}, and what analyses add", megabytes(plan.file));
  if (const auto disk = free_disk(experiment.output())) text += fmt::format("; {} are free there", megabytes(*disk));
  text += '\n';
  for (const std::string& warning : warnings_of(experiment, plan, here)) text += "warning: " + warning + "\n";
  return text + methods(plan);
}

std::vector<std::string> memory_warnings(const mrnn::Experiment& experiment, std::size_t free) {
  return warnings_of(experiment, experiment.memory_plan(), {free, experiment.backend().free_memory()});
}
