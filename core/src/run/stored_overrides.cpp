#include "run/stored_overrides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "files/output_folder.hpp"
#include "run/shell_word.hpp"

namespace mrnn {
namespace {

constexpr std::string_view mark = "# --set ";

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// `network.dt` of `network.dt=5`.
std::string_view key_of(std::string_view override_text) {
  std::string_view key = override_text.substr(0, override_text.find('='));
  while (key.ends_with(' ')) key.remove_suffix(1);
  return key;
}

/// Is it an override, or some other comment that begins like one?
bool is_override(std::string_view text) {
  const std::string_view key = key_of(text);
  return text.find('=') != std::string_view::npos && !key.empty() && key.find(' ') == std::string_view::npos;
}

std::vector<std::string> stored_overrides(std::string_view text) {
  std::vector<std::string> found;
  for (; text.starts_with(mark); text.remove_prefix(std::min(first_line(text).size() + 1, text.size()))) {
    std::string_view line = first_line(text).substr(mark.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_override(line)) found.emplace_back(line);
  }
  return found;
}

/// Does a path begin with all parts of a folder?
bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

bool is_there(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored);
}

}  // namespace

std::string_view below_stored_overrides(std::string_view text) {
  while (text.starts_with(mark)) text.remove_prefix(std::min(first_line(text).size() + 1, text.size()));
  return text;
}

std::string dropped_overrides(const ExperimentState& state) {
  std::string words;
  for (const std::string& stored : stored_overrides(state.config_text)) {
    const auto is_same = [&](const std::string& given) { return key_of(given) == key_of(stored); };
    if (std::ranges::none_of(state.overrides, is_same)) words += " --set " + shell_word(stored);
  }
  if (words.empty()) return "";
  const std::string& command = state.options.command;
  return fmt::format("{} is of a run with{}, which a comment in it says and which has no effect here{}",
                     state.config_file.string(), words,
                     command.empty() ? "" : fmt::format("; to run it so: {}{}", command, words));
}

FileError explained(const FileError& error, const ConfigNode& root, const std::filesystem::path& config) {
  const std::filesystem::path& file = error.path();
  const auto is_it = [&](const auto& read) { return read.second == file; };
  const bool named = std::ranges::any_of(root.paths(), is_it) && is_below(file, root.folder());
  const bool stored =
      config.filename() == OutputFolder::config_name &&
      (is_there(root.folder() / OutputFolder::results_name) || is_there(root.folder() / OutputFolder::checkpoint_name));
  if (!named || !stored || is_there(file)) return error;
  const std::string problem = std::string(error.what()).substr(file.string().size() + 2);
  return {file,
          fmt::format("{}. Relative paths start from the folder of the configuration; where {} is the copy that a "
                      "run has made, run the original, or a copy beside it",
                      problem, config.string())};
}

}  // namespace mrnn
