#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// A fenced block of code in a Markdown document, and what the HTML comment right before it says of it.
struct CodeBlock {
  std::filesystem::path document;
  int line = 0;          ///< of the opening fence
  std::string marker;    ///< `configuration: run`; empty: none
  std::string language;  ///< `toml`; empty: none
  std::string text;
};

struct Link {
  int line = 0;
  std::string target;  ///< `results.md#python`
};

/// What tests need to know of a Markdown document.
struct Document {
  std::filesystem::path file;
  std::vector<CodeBlock> blocks;
  std::vector<Link> links;           ///< outside of code
  std::vector<std::string> anchors;  ///< of its headings, as GitHub makes them
  std::vector<std::string> prose;    ///< lines outside of code
};

std::string trimmed(const std::string& text);

Document read_document(const std::filesystem::path& file);

/// README.md and docs/*.md.
std::vector<Document> documents();

/// plugins/<kind>/<name>/README.md
std::vector<Document> plugin_documents();

}  // namespace test
