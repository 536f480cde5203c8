#include "train/train_log.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "files/text_file.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

using Json = nlohmann::ordered_json;

/// The lines of iterations up to `iteration`, and the seconds of the last of them. A line that was cut short ends it.
struct Kept {
  std::string text;
  double seconds = 0.0;
};

Kept lines_up_to(const std::filesystem::path& file, std::int64_t iteration) {
  Kept kept;
  if (iteration == 0 || !std::filesystem::exists(file)) return kept;
  std::istringstream lines(read_text_file(file));
  for (std::string line; std::getline(lines, line);) {
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("iteration") || !entry["iteration"].is_number_integer()) break;
    if (entry["iteration"].get<std::int64_t>() > iteration) break;
    if (entry.contains("seconds") && entry["seconds"].is_number()) kept.seconds = entry["seconds"].get<double>();
    kept.text += line + "\n";
  }
  return kept;
}

Json entry_of(const TrainingHistory& history) {
  Json entry;
  entry["iteration"] = history.iteration.back();
  entry["loss"] = history.loss.back();
  for (const auto& [name, values] : history.terms) entry["terms"][name] = values.back();
  entry["gradient_norm"] = history.gradient_norm.back();
  entry["performance"] = history.performance.back();
  entry["rate"] = history.rate.back();
  entry["stage"] = history.stage.back();
  if (!history.validation_iteration.empty() && history.validation_iteration.back() == history.iteration.back()) {
    entry["validation_loss"] = history.validation_loss.back();
    entry["validation_performance"] = history.validation_performance.back();
  }
  return entry;
}

}  // namespace

TrainLog::TrainLog(std::filesystem::path file, std::int64_t iteration)
    : file_(std::move(file)), started_(std::chrono::steady_clock::now()) {
  const Kept kept = lines_up_to(file_, iteration);
  seconds_before_ = kept.seconds;
  write_text_file(file_, kept.text);
  stream_.open(file_, std::ios::binary | std::ios::app);
}

double TrainLog::seconds() const {
  return seconds_before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

void TrainLog::append(const TrainingHistory& history) {
  Json entry = entry_of(history);
  entry["seconds"] = seconds();
  errno = 0;
  stream_ << entry.dump() << std::endl;  // at once, for whoever watches the training
  if (stream_) return;
  const int number = errno;
  throw FileError(file_,
                  "cannot be written" + (number == 0 ? std::string() : ": " + std::generic_category().message(number)));
}

}  // namespace mrnn
