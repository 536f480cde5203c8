#include "train/train_log.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "files/text_file.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

using Json = nlohmann::ordered_json;

/// `cannot be read: Permission denied`
std::string failure(const char* what, int number) {
  return what + (number == 0 ? std::string() : ": " + std::generic_category().message(number));
}

/// The lines of iterations up to `iteration`, and the seconds of the last of them. A line that was cut short ends it.
struct Kept {
  std::uintmax_t bytes = 0;
  double seconds = 0.0;
};

/// Line by line: the log of a long training is larger than what one holds in memory.
Kept lines_up_to(const std::filesystem::path& file, std::int64_t iteration) {
  Kept kept;
  std::error_code error;
  if (iteration == 0 || std::filesystem::status(file, error).type() == std::filesystem::file_type::not_found) {
    return kept;
  }
  errno = 0;
  std::ifstream lines(file, std::ios::binary);
  if (!lines) throw FileError(file, failure("cannot be read", errno));
  for (std::string line; std::getline(lines, line) && !lines.eof();) {  // at the end of the file: without a line break
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("iteration") || !entry["iteration"].is_number_integer()) break;
    if (entry["iteration"].get<std::int64_t>() > iteration) break;
    if (entry.contains("seconds") && entry["seconds"].is_number()) kept.seconds = entry["seconds"].get<double>();
    kept.bytes += line.size() + 1;
  }
  if (lines.bad()) throw FileError(file, failure("cannot be read", errno));
  return kept;
}

void keep_bytes(const std::filesystem::path& file, std::uintmax_t bytes) {
  if (bytes == 0) return write_text_file(file, "");
  std::error_code error;
  std::filesystem::resize_file(file, bytes, error);
  if (error) throw FileError(file, "cannot be written: " + error.message());
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
  keep_bytes(file_, kept.bytes);
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
  throw FileError(file_, failure("cannot be written", errno));
}

}  // namespace mrnn
