#include "document.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "program.hpp"

namespace test {
namespace {

/// `## Dale's law: signs` is reached as `#dales-law-signs`.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char letter : trimmed(heading.substr(heading.find_first_not_of('#')))) {
    if (letter == ' ') anchor += '-';
    if (std::isalnum(static_cast<unsigned char>(letter)) || letter == '-' || letter == '_') {
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
  }
  return anchor;
}

/// The text of a line that is an HTML comment and nothing else.
std::string marker_of(const std::string& line) {
  const std::string text = trimmed(line);
  if (!text.starts_with("<!--") || !text.ends_with("-->")) return "";
  return trimmed(text.substr(4, text.size() - 7));
}

void add_links(const std::string& line, int number, Document& document) {
  for (std::size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 1)) {
    const std::size_t end = line.find(')', at);
    if (end != std::string::npos) document.links.push_back({number, line.substr(at + 2, end - at - 2)});
  }
}

}  // namespace

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

Document read_document(const std::filesystem::path& file) {
  Document document{file, {}, {}, {}, {}};
  std::istringstream lines(text_of(file));
  std::string marker;
  bool in_code = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (trimmed(line).starts_with("```")) {
      in_code = !in_code;
      if (in_code) document.blocks.push_back({file, number, marker, trimmed(line).substr(3), ""});
      marker.clear();
    } else if (in_code) {
      document.blocks.back().text += line + "\n";
    } else {
      if (!trimmed(line).empty()) marker = marker_of(line);
      if (line.starts_with("#")) document.anchors.push_back(anchor_of(line));
      add_links(line, number, document);
      document.prose.push_back(line);
    }
  }
  return document;
}

std::vector<Document> documents() {
  const std::filesystem::path source = MRNN_SOURCE_DIR;
  std::vector<std::filesystem::path> files{source / "README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(source / "docs")) {
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  }
  std::sort(files.begin() + 1, files.end());
  std::vector<Document> all;
  for (const std::filesystem::path& file : files) all.push_back(read_document(file));
  return all;
}

std::vector<Document> plugin_documents() {
  std::vector<Document> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MRNN_SOURCE_DIR "/plugins")) {
    if (entry.path().filename() == "README.md") all.push_back(read_document(entry.path()));
  }
  return all;
}

}  // namespace test
