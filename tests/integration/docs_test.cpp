// The documents keep their word: their configurations run and print what they say, their code stands in files that the
// tests build, their links lead somewhere, and the reference has every key.
//
// The comment right before a block of code says what is done with it:
//   <!-- configuration: run -->         a whole configuration; `mrnn run` ends with status 0
//   <!-- configuration: run, from [[simulation]] on -->
//                                       the configuration before it, with this in place of its end
//   <!-- configuration: fragment -->    a part of one; it is TOML
//   <!-- output --> <!-- output: check --> <!-- output: python -->
//                                       what the run, `mrnn check` or the Python code before it prints; lines that
//                                       depend on the machine or hold the command itself are not compared
//   <!-- output: check with A => B -->  the same of the configuration with A replaced by B, which is wrong
//   <!-- from: tests/downstream/main.cpp -->
//                                       stands in that file, word for word
//   <!-- python: results -->            runs in a folder where the last configuration of the document, or else the
//   first
//                                       of README.md, has been run; results.h5 is there
//   <!-- python: safetensors -->        runs beside a weights.safetensors, see safetensors_test.cpp

#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "document.hpp"
#include "mrnn/config.hpp"
#include "mrnn/runtime.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

using test::CodeBlock;
using test::Document;
namespace fs = std::filesystem;

namespace {

std::string place(const CodeBlock& block) {
  return block.document.filename().string() + ":" + std::to_string(block.line);
}

bool is_run(const CodeBlock& block) {
  return block.marker.starts_with("configuration: run");
}

/// The whole configuration of a block, given the one before it in the document.
std::string configuration_of(const CodeBlock& block, const std::string& earlier) {
  const std::string start = "configuration: run, from ";
  if (!block.marker.starts_with(start)) return block.text;
  const std::string place = block.marker.substr(start.size(), block.marker.rfind(" on") - start.size());
  const std::size_t end = earlier.find(place);
  REQUIRE(end != std::string::npos);
  return earlier.substr(0, end) + block.text;
}

/// A configuration in a folder of its own, under the name that the documents give it: that of its experiment.
struct Reader {
  explicit Reader(std::string text)
      : configuration(std::move(text)),
        file(mrnn::ConfigNode::parse(configuration).table("experiment").text("name") + ".toml") {
    folder.write(file, configuration);
  }
  test::Outcome mrnn_program(const std::string& command) const {
    return test::mrnn({command, file}, {.folder = folder.path()});
  }
  /// The same with a mistake in it.
  test::Outcome check_with(const std::string& change) const {
    const std::string arrow = " => ";
    const std::size_t at = change.find(arrow);
    REQUIRE(at != std::string::npos);
    folder.write(file, test::with(configuration, change.substr(0, at), change.substr(at + arrow.size())));
    return mrnn_program("check");
  }
  void copy_results() const {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder.path())) {
      if (entry.path().filename() != "results.h5") continue;
      fs::copy_file(entry.path(), folder.path() / "results.h5", fs::copy_options::skip_existing);
      return;
    }
  }

  test::TemporaryFolder folder;
  std::string configuration, file;
};

/// Durations, memory and the processor differ from machine to machine.
bool is_compared(const std::string& line) {
  if (line.empty() || line == "..." || line.starts_with("$ ") || line.starts_with("backend ")) return false;
  return line.find("done in") == std::string::npos && line.find(" MB") == std::string::npos;
}

/// Lines that should be in the output, and are not.
std::vector<std::string> missing_lines(const std::string& expected, const test::Outcome& outcome) {
  std::set<std::string> printed;
  std::istringstream output_lines(outcome.out + outcome.err);
  for (std::string line; std::getline(output_lines, line);) printed.insert(test::trimmed(line));
  std::vector<std::string> missing;
  std::istringstream lines(expected);
  for (std::string line; std::getline(lines, line);) {
    const std::string words = test::trimmed(line);
    if (is_compared(words) && !printed.contains(words)) missing.push_back(words);
  }
  return missing;
}

void check_output(const CodeBlock& block, const test::Outcome& outcome) {
  CAPTURE(place(block), outcome.out, outcome.err);
  CHECK(missing_lines(block.text, outcome) == std::vector<std::string>{});
}

/// Runs what a document wants run, in order.
void run_document(const Document& document) {
  const std::string mistaken = "output: check with ";
  std::optional<Reader> reader;
  test::Outcome outcome;
  for (const CodeBlock& block : document.blocks) {
    CAPTURE(place(block));
    if (is_run(block)) {
      const std::string text = configuration_of(block, reader ? reader->configuration : "");
      reader.emplace(text);
      outcome = reader->mrnn_program("run");
      CAPTURE(outcome.err);
      CHECK(outcome.status == 0);
    } else if (block.marker == "output") {
      check_output(block, outcome);
    } else if (block.marker == "output: check") {
      REQUIRE(reader.has_value());
      check_output(block, reader->mrnn_program("check"));
    } else if (block.marker.starts_with(mistaken)) {
      REQUIRE(reader.has_value());
      const test::Outcome refused = reader->check_with(block.marker.substr(mistaken.size()));
      CHECK(refused.status == 2);
      check_output(block, refused);
    }
  }
}

std::string first_configuration(const Document& document) {
  const auto found = std::ranges::find_if(document.blocks, is_run);
  return found == document.blocks.end() ? "" : found->text;
}

/// Runs the Python code of a document, each block after the configuration it is about.
void run_python(const Document& document, std::string configuration) {
  std::optional<Reader> reader;
  test::Outcome outcome;
  for (const CodeBlock& block : document.blocks) {
    CAPTURE(place(block));
    if (is_run(block)) {
      configuration = configuration_of(block, configuration);
      reader.reset();
    } else if (block.marker == "python: results") {
      if (!reader) {
        reader.emplace(configuration);
        REQUIRE(reader->mrnn_program("run").status == 0);
        reader->copy_results();
      }
      reader->folder.write("example.py", block.text);
      outcome = test::run(MRNN_PYTHON, {"example.py"}, {.folder = reader->folder.path()});
      CAPTURE(outcome.err);
      CHECK(outcome.status == 0);
    } else if (block.marker == "output: python") {
      check_output(block, outcome);
    }
  }
}

/// The lines of a section: from its heading to the next one of its level.
std::string section(const Document& document, const std::string& heading) {
  std::string text;
  bool inside = false;
  for (const std::string& line : document.prose) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (inside) text += line + "\n";
  }
  return text;
}

/// What a table accepts, by the message about a key it does not know.
std::vector<std::string> accepted_keys(const std::string& part, const std::string& replacement) {
  const test::TemporaryFolder folder;
  folder.write("wrong.toml", test::with(test::small_experiment(), part, replacement));
  const test::Outcome outcome = test::mrnn({"check", "wrong.toml"}, {.folder = folder.path()});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 2);
  const std::string before = "accepts: ";
  const std::size_t at = outcome.err.find(before);
  REQUIRE(at != std::string::npos);
  std::string list = outcome.err.substr(at + before.size());
  list.resize(list.find_first_of(".\n"));
  std::istringstream words(list);
  std::vector<std::string> keys;
  for (std::string key; words >> key;) keys.push_back(key);
  return keys;
}

/// The keys in what a plugin says of its options for `mrnn list`: the first words of lines that begin with one,
/// `start, stop  ms` and `axis_x, axis_y` with several.
std::set<std::string> keys_of_options(const std::string& options) {
  std::set<std::string> keys;
  std::istringstream lines(options);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::size_t deepest_key = 4;
    if (line.find_first_not_of(' ') > deepest_key) continue;  // goes on about the key above
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      const bool more = word.ends_with(',');
      if (more) word.pop_back();
      if (word.starts_with("[[")) word = word.substr(2, word.find(']') - 2);
      keys.insert(word);
      if (!more) break;
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("every block of TOML, C++, CMake and Python in the documents says how it is checked", "[docs]") {
  for (const Document& document : test::documents()) {
    for (const CodeBlock& block : document.blocks) {
      if (!std::set<std::string>{"toml", "cpp", "cmake", "python"}.contains(block.language)) continue;
      CAPTURE(place(block), block.marker);
      const bool known = is_run(block) || block.marker == "configuration: fragment" ||
                         block.marker == "python: results" || block.marker == "python: safetensors" ||
                         block.marker.starts_with("from: ");
      CHECK(known);
    }
  }
}

TEST_CASE("configurations in the documents run and print what the documents say", "[docs]") {
  int configurations = 0;
  for (const Document& document : test::documents()) {
    run_document(document);
    if (!first_configuration(document).empty()) ++configurations;
  }
  CHECK(configurations >= 3);  // the README, the tutorial and the reference have one at least
}

TEST_CASE("fragments of configurations in the documents are TOML", "[docs]") {
  for (const Document& document : test::documents()) {
    for (const CodeBlock& block : document.blocks) {
      if (block.marker == "configuration: fragment") CHECK_NOTHROW(mrnn::ConfigNode::parse(block.text, place(block)));
    }
  }
  for (const Document& document : test::plugin_documents()) {
    for (const CodeBlock& block : document.blocks) {
      if (block.language == "toml") CHECK_NOTHROW(mrnn::ConfigNode::parse(block.text, place(block)));
    }
  }
}

TEST_CASE("code in the documents stands in the files that the tests build", "[docs]") {
  const std::string from = "from: ";
  int excerpts = 0;
  for (const Document& document : test::documents()) {
    for (const CodeBlock& block : document.blocks) {
      if (!block.marker.starts_with(from)) continue;
      const fs::path file = fs::path(MRNN_SOURCE_DIR) / block.marker.substr(from.size());
      CAPTURE(place(block), file);
      CHECK(test::text_of(file).find(block.text) != std::string::npos);
      ++excerpts;
    }
  }
  CHECK(excerpts > 0);
}

TEST_CASE("Python code in the documents reads a finished run", "[docs]") {
  if (std::string(MRNN_PYTHON).empty()) {
    WARN("skipped: no python3 with h5py here");
    return;
  }
  const std::vector<Document> documents = test::documents();
  for (const Document& document : documents) run_python(document, first_configuration(documents.front()));
}

TEST_CASE("Python code in the documents reads analyses in which regions have parts of their own", "[docs]") {
  if (std::string(MRNN_PYTHON).empty()) {
    WARN("skipped: no python3 with h5py here");
    return;
  }
  std::string code;
  for (const Document& document : test::documents()) {
    for (const CodeBlock& block : document.blocks) {
      if (block.text.find("def read_analysis(") != std::string::npos) code = block.text;
    }
  }
  REQUIRE_FALSE(code.empty());
  const Reader reader(test::small_experiment() + "\n[[analysis]]\nplugin = \"flow_field\"\nseparate = true\n");
  REQUIRE(reader.mrnn_program("run").status == 0);
  reader.copy_results();

  reader.folder.write("example.py", code +
                                        "\nwith h5py.File('results.h5') as results:\n"
                                        "    print(*read_analysis(results['analyses/flow_field'])[0])\n");
  const test::Outcome outcome = test::run(MRNN_PYTHON, {"example.py"}, {.folder = reader.folder.path()});
  CAPTURE(outcome.err);
  CHECK(outcome.status == 0);
  CHECK(outcome.out.find("/velocity_x") != std::string::npos);
}

TEST_CASE("links in the documents lead to files and headings that exist", "[docs]") {
  std::vector<Document> all = test::documents();
  for (Document& document : test::plugin_documents()) all.push_back(std::move(document));
  for (const Document& document : all) {
    for (const test::Link& link : document.links) {
      if (link.target.starts_with("http")) continue;
      const std::size_t hash = std::min(link.target.find('#'), link.target.size());
      const fs::path file = hash == 0 ? document.file : document.file.parent_path() / link.target.substr(0, hash);
      CAPTURE(document.file, link.line, link.target);
      CHECK(fs::exists(file));
      if (hash == link.target.size() || !fs::exists(file)) continue;
      const std::vector<std::string> anchors = test::read_document(file).anchors;
      CHECK(std::ranges::find(anchors, link.target.substr(hash + 1)) != anchors.end());
    }
  }
}

TEST_CASE("the reference has every key that the program accepts", "[docs]") {
  const auto [heading, part, replacement] = GENERATE(table<std::string, std::string, std::string>({
      {"experiment", "seed = 3", "zzz = 3"},
      {"backend", "[network]", "[backend]\nzzz = 1\n[network]"},
      {"plugins", "[network]", "[plugins]\nzzz = 1\n[network]"},
      {"network", "dt = 10.0", "zzz = 10.0"},
      {"network", "recurrent = 0.1", "zzz = 0.1"},
      {"region", "units = 4", "units = 4\nzzz = 1"},
      {"region", "fraction = 0.75", "fraction = 0.75, zzz = 1"},
      {"input", "units = 2", "units = 2\nzzz = 1"},
      {"connection", "sparsity = 0.25", "zzz = 0.25"},
      {"output", "units = 1", "units = 1\nzzz = 1"},
      {"train", "[network]", "[train]\nzzz = 1\n[network]"},
      {"train", "[network]", "[train]\noptimiser = { name = \"adamw\", zzz = 1 }\n[network]"},
      {"train", "[network]", "[train]\noptimiser = { name = \"sgd\", zzz = 1 }\n[network]"},
      {"train", "[network]", "[train]\nschedule = { name = \"step\", zzz = 1 }\n[network]"},
      {"train", "[network]", "[train]\nschedule = { name = \"plateau\", zzz = 1 }\n[network]"},
      {"train", "[network]", "[train]\nstop = { zzz = 1 }\n[network]"},
      {"train", "[network]", "[train]\npenalties = { zzz = 1 }\n[network]"},
      {"simulation", "manipulations = [\"silence_motor\"]", "zzz = 1"},
      {"analysis", "plugin = \"psth\"", "plugin = \"psth\"\nname = \"p\"\nzzz = 1"},
  }));
  const std::string text = section(test::read_document(MRNN_SOURCE_DIR "/docs/configuration.md"), heading);
  mrnn::Runtime runtime;
  runtime.load_folder(MRNN_PLUGINS_DIR);
  const std::set<std::string> of_psth = keys_of_options(runtime.analyses.find("psth")->options);

  const std::vector<std::string> keys = accepted_keys(part, replacement);

  CHECK_FALSE(keys.empty());
  for (const std::string& key : keys) {
    if (heading == "analysis" && of_psth.contains(key)) continue;
    CAPTURE(heading, key);
    CHECK_THAT(text, ContainsSubstring("`" + key + "`") || ContainsSubstring(key + " = "));
  }
}

TEST_CASE("the README of each plugin has its keys, and the reference names the plugin", "[docs]") {
  const std::string reference = test::text_of(MRNN_SOURCE_DIR "/docs/configuration.md");
  mrnn::Runtime runtime;
  runtime.load_folder(MRNN_PLUGINS_DIR);
  std::map<std::string, std::pair<std::string, std::string>> plugins;  // name to kind, options
  for (const auto& [name, entry] : runtime.tasks.entries()) plugins[name] = {"tasks", entry.options};
  for (const auto& [name, entry] : runtime.manipulations.entries()) plugins[name] = {"manipulations", entry.options};
  for (const auto& [name, entry] : runtime.analyses.entries()) plugins[name] = {"analyses", entry.options};
  REQUIRE_FALSE(plugins.empty());

  for (const auto& [name, plugin] : plugins) {
    const auto& [kind, options] = plugin;
    const std::string path = "plugins/" + kind + "/" + name + "/README.md";
    const std::string readme = test::text_of(fs::path(MRNN_SOURCE_DIR) / path);
    CAPTURE(path);
    CHECK_THAT(reference, ContainsSubstring(path));
    for (const std::string& key : keys_of_options(options)) {
      CAPTURE(key);
      CHECK_THAT(readme, ContainsSubstring("`" + key + "`") || ContainsSubstring("`[[" + key + "]]`"));
    }
  }
}
