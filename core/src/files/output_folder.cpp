#include "files/output_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "files/seal.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"

namespace mrnn {
namespace {

/// The process that holds the lock wrote its number into it.
std::string holder(int lock) {
  std::array<char, 32> text{};
  const ssize_t length = pread(lock, text.data(), text.size() - 1, 0);
  std::string number(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  std::erase(number, '\n');
  return number.empty() ? "" : fmt::format(" (process {})", number);
}

/// `results.h5.tmp-4711`: a file that a killed process was still writing.
bool is_leftover(const std::string& name) {
  for (const std::string_view start :
       {"results.h5.tmp-", "checkpoint.h5.tmp-", "weights_best.h5.tmp-", "weights_last.h5.tmp-", "train.jsonl.tmp-"}) {
    if (!name.starts_with(start) || name.size() == start.size()) continue;
    return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(start.size()), name.end(),
                       [](char letter) { return letter >= '0' && letter <= '9'; });
  }
  return false;
}

/// The checksum of the checkpoint that results came after, as they have it; nothing where there was none, or an earlier
/// version wrote them.
std::optional<std::string> checkpoint_of(const std::filesystem::path& results) {
  try {
    const Hdf5Reader reader(results);
    if (!reader.has_attribute("/", "checkpoint")) return std::nullopt;
    return reader.text_attribute("/", "checkpoint");
  } catch (const Error&) {
    return std::nullopt;  // whoever reads on says what is wrong with the file
  }
}

/// Where there is one.
void remove_file(const std::filesystem::path& file) {
  std::error_code error;
  std::filesystem::remove(file, error);
  if (error) throw FileError(file, "cannot be removed: " + error.message());
}

}  // namespace

OutputFolder::OutputFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(folder_, ignored);
  if (!is_folder && std::filesystem::exists(folder_, ignored))
    throw FileError(folder_, "is a file; the output needs a folder");
  if (!is_folder) throw FileError(folder_, "the output folder cannot be made: " + error.message());
  lock();
  remove_leftovers();
  state_ = look(folder_);
}

OutputFolder::~OutputFolder() {
  if (lock_ < 0) return;
  // The file stays: removed, it could be one that another process has just opened.
  [[maybe_unused]] const int ignored = ftruncate(lock_, 0);
  close(lock_);
}

void OutputFolder::lock() {
  const std::filesystem::path file = folder_ / ".lock";
  lock_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0) throw FileError(folder_, std::string("the output folder cannot be written: ") + std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    const std::string who = holder(lock_);
    close(std::exchange(lock_, -1));
    throw FileError(folder_, fmt::format("is being written by another run{}", who));
  }
  // Where the file system knows no locks, we go without.
  const std::string number = fmt::format("{}\n", getpid());
  [[maybe_unused]] const int truncated = ftruncate(lock_, 0);
  [[maybe_unused]] const ssize_t written = pwrite(lock_, number.data(), number.size(), 0);
}

void OutputFolder::remove_leftovers() const {
  std::error_code error;
  std::error_code ignored;
  std::filesystem::directory_iterator entry(folder_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (is_leftover(entry->path().filename().string())) std::filesystem::remove(entry->path(), ignored);
  }
}

OutputFolder::State OutputFolder::look(const std::filesystem::path& folder) {
  const std::filesystem::path checkpoint = folder / checkpoint_name, results = folder / results_name;
  std::error_code error;
  const bool training = std::filesystem::exists(checkpoint, error);
  if (!std::filesystem::exists(results, error)) return training ? State::unfinished : State::empty;
  if (!training) return State::finished;
  if (const auto known = checkpoint_of(results)) {
    return *known == seal_of(checkpoint) ? State::finished : State::unfinished;
  }
  // A run writes its results after its last checkpoint.
  const bool newer =
      std::filesystem::last_write_time(checkpoint, error) > std::filesystem::last_write_time(results, error);
  return newer ? State::unfinished : State::finished;
}

void OutputFolder::remove_training() const {
  for (const std::filesystem::path& file : {checkpoint(), training_log()}) remove_file(file);
}

void OutputFolder::remove_trained(const std::filesystem::path& weights) const {
  std::error_code one_is_missing;
  if (std::filesystem::equivalent(weights.parent_path(), folder_, one_is_missing)) return;
  for (const std::filesystem::path& file : {checkpoint(), training_log(), best_weights(), last_weights()}) {
    remove_file(file);
  }
}

}  // namespace mrnn
