// Loading plugins: what works, and one clear sentence for each way in which it can fail. The bad plugins are
// built from tests/plugins/bad.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/runtime.hpp"
#include "temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path good_folder = MRNN_PLUGINS_DIR;
const fs::path bad_folder = good_folder.parent_path() / "tests" / "bad_plugins";

/// What load() says about a file of the bad folder.
std::string failure(const std::string& name) {
  mrnn::Runtime runtime;
  runtime.load(good_folder / "stimulus.so");
  try {
    runtime.load(bad_folder / name);
  } catch (const mrnn::PluginError& error) {
    return error.what();
  }
  return "loaded";
}

std::string starts(const std::string& name, const std::string& reason) {
  return "plugin " + (bad_folder / name).string() + " failed to load: " + reason;
}

void attach_nothing_and_fail(mrnn::PluginContext& context) {
  context.add_backend(
      "half_attached", [] { return std::unique_ptr<mrnn::Backend>(); }, "");
  throw std::runtime_error("no device");
}

void attach_one_backend(mrnn::PluginContext& context) {
  context.add_backend(
      "one", [] { return std::unique_ptr<mrnn::Backend>(); }, "does nothing");
}

/// Sets MRNN_PLUGIN_PATH for the life of the object.
class PluginPath {
 public:
  explicit PluginPath(const std::string& value) { setenv("MRNN_PLUGIN_PATH", value.c_str(), 1); }
  ~PluginPath() { unsetenv("MRNN_PLUGIN_PATH"); }
};

}  // namespace

TEST_CASE("a plugin registers what it provides, with its origin", "[plugin_host]") {
  mrnn::Runtime runtime;

  runtime.load(good_folder / "stimulus.so");

  const auto* entry = runtime.manipulations.find("stimulus");
  REQUIRE(entry != nullptr);
  CHECK(entry->origin.plugin == "stimulus");
  CHECK(entry->origin.version == "1.0");
  CHECK(fs::equivalent(entry->origin.file, good_folder / "stimulus.so"));
  CHECK_THAT(entry->options, ContainsSubstring("strength"));
}

TEST_CASE("every plugin of this build loads", "[plugin_host]") {
  mrnn::Runtime runtime;

  runtime.load_folder(good_folder);

  for (const mrnn::LoadFailure& failure : runtime.failures()) FAIL_CHECK(failure.file << ": " << failure.reason);
  for (const char* name : {"lesion", "noise", "scale_connection", "silence", "stimulus"}) {
    CHECK(runtime.manipulations.find(name) != nullptr);
  }
  CHECK(runtime.tasks.find("pulses") != nullptr);
}

TEST_CASE("loading a plugin twice is loading it once", "[plugin_host]") {
  mrnn::Runtime runtime;
  runtime.load(good_folder / "stimulus.so");

  runtime.load(good_folder / "." / "stimulus.so");
  runtime.load_folder(good_folder);

  CHECK(runtime.failures().empty());
}

TEST_CASE("two runtimes load the same plugin", "[plugin_host]") {
  mrnn::Runtime first, second;

  first.load(good_folder / "stimulus.so");
  second.load(good_folder / "stimulus.so");

  CHECK(second.manipulations.find("stimulus") != nullptr);
}

TEST_CASE("a library that is no plugin says which symbol it lacks", "[plugin_host]") {
  CHECK(failure("no_entry.so") ==
        starts("no_entry.so", "it is not an mrnn plugin: it does not export mrnn_plugin_descriptor"));
}

TEST_CASE("a plugin built differently prints both tags and the remedy", "[plugin_host]") {
  const std::string text = failure("wrong_abi.so");

  CHECK_THAT(text, StartsWith(starts("wrong_abi.so", "it was built differently from this program (plugin: api ")));
  CHECK_THAT(text, ContainsSubstring("eigen alignment 16; program: api "));
  CHECK_THAT(text, EndsWith("eigen alignment 64); rebuild it with mrnn_add_plugin() against this installation"));
}

TEST_CASE("an unresolved symbol is told in the loader's words when loading", "[plugin_host]") {
  CHECK(failure("unresolved.so") == starts("unresolved.so", "undefined symbol: a_function_nobody_has"));
}

TEST_CASE("what attach throws is told", "[plugin_host]") {
  CHECK(failure("throws_in_attach.so") ==
        starts("throws_in_attach.so",
               "the attach function of \"throws_in_attach\" threw an error: the table of constants is missing"));
  CHECK(failure("throws_non_std.so") ==
        starts("throws_non_std.so",
               "the attach function of \"throws_non_std\" threw something that is not an exception"));
}

TEST_CASE("a name that is taken is told with both origins", "[plugin_host]") {
  const std::string text = failure("duplicate_name.so");

  CHECK(text == starts("duplicate_name.so",
                       "manipulation \"stimulus\" from " + fs::canonical(bad_folder / "duplicate_name.so").string() +
                           " is already provided by " + fs::canonical(good_folder / "stimulus.so").string()));
}

TEST_CASE("files that are no libraries say what they are", "[plugin_host]") {
  CHECK(failure("not_a_library.so") == starts("not_a_library.so", "it is not a shared library"));
  CHECK(failure("empty.so") == starts("empty.so", "the file is empty"));
  CHECK(failure("truncated.so") == starts("truncated.so", "the file is cut short: it has only 6000 bytes"));
  CHECK(failure("missing.so") == starts("missing.so", "there is no such file"));
  CHECK(failure("..") == starts("..", "it is not a file"));
}

TEST_CASE("a plugin cut at any length is refused or loads, and never ends the process", "[plugin_host]") {
  const test::TemporaryFolder folder;
  std::ifstream whole(good_folder / "silence.so", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(whole), {}};
  REQUIRE(bytes.size() > 8192);

  const auto cut_at = [&](std::size_t length) {
    const fs::path file = folder.path() / ("cut_" + std::to_string(length) + ".so");
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(length));
    mrnn::Runtime runtime;
    runtime.load(file);
  };

  for (const std::size_t length : {std::size_t{1}, std::size_t{4}, std::size_t{63}, std::size_t{64}, std::size_t{200},
                                   std::size_t{4095}, std::size_t{4096}, bytes.size() / 2}) {
    CAPTURE(length);
    CHECK_THROWS_AS(cut_at(length), mrnn::PluginError);
  }
}

TEST_CASE("registration is all or nothing", "[plugin_host]") {
  mrnn::Runtime runtime;
  runtime.load(good_folder / "stimulus.so");

  CHECK_THROWS_AS(runtime.load(bad_folder / "throws_in_attach.so"), mrnn::PluginError);
  CHECK_THROWS_AS(runtime.load(bad_folder / "duplicate_name.so"), mrnn::PluginError);

  CHECK(runtime.tasks.find("half_attached") == nullptr);
  CHECK(runtime.manipulations.find("added_before_the_clash") == nullptr);
  CHECK(runtime.manipulations.names() == std::vector<std::string>{"stimulus"});
}

TEST_CASE("a folder loads what it can and keeps each failure", "[plugin_host]") {
  mrnn::Runtime runtime;
  runtime.load_folder(good_folder);

  runtime.load_folder(bad_folder);

  std::vector<std::string> failed;
  for (const mrnn::LoadFailure& failure : runtime.failures()) {
    failed.push_back(failure.file.filename().string());
    CHECK_FALSE(failure.reason.empty());
  }
  CHECK(failed == std::vector<std::string>{"duplicate_name.so", "empty.so", "no_entry.so", "not_a_library.so",
                                           "throws_in_attach.so", "throws_non_std.so", "truncated.so", "unresolved.so",
                                           "wrong_abi.so"});
}

TEST_CASE("an entry that cannot be looked up is a failure like others", "[plugin_host]") {
  const test::TemporaryFolder folder;
  fs::create_symlink("loop.so", folder.path() / "loop.so");
  fs::create_symlink("nowhere", folder.path() / "gone.so");
  fs::create_directory(folder.path() / "folder.so");
  fs::copy_file(good_folder / "silence.so", folder.path() / "silence.so");
  mrnn::Runtime runtime;

  runtime.load_folder(folder.path());

  REQUIRE(runtime.failures().size() == 2);
  CHECK(runtime.failures()[0].file == folder.path() / "gone.so");
  CHECK(runtime.failures()[0].reason == "there is no such file");
  CHECK(runtime.failures()[1].file == folder.path() / "loop.so");
  CHECK(runtime.failures()[1].reason == "it cannot be looked up: Too many levels of symbolic links");
  CHECK(runtime.manipulations.find("silence") != nullptr);
}

TEST_CASE("of two libraries with one file name the first folder wins", "[plugin_host]") {
  const test::TemporaryFolder folder;
  fs::copy_file(good_folder / "silence.so", folder.path() / "silence.so");
  mrnn::Runtime runtime;

  runtime.load_folder(folder.path());
  runtime.load_folder(good_folder);

  CHECK(runtime.failures().empty());
  CHECK(fs::equivalent(runtime.manipulations.find("silence")->origin.file, folder.path() / "silence.so"));
}

TEST_CASE("a library that failed in one folder may load from the next", "[plugin_host]") {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "silence.so") << "not a library";
  mrnn::Runtime runtime;

  runtime.load_folder(folder.path());
  runtime.load_folder(good_folder);

  CHECK(runtime.stand_in(runtime.manipulations.find("silence")->origin) ==
        (folder.path() / "silence.so").string() + " failed to load: it is not a shared library; " +
            fs::canonical(good_folder / "silence.so").string() + " is used in its place");
  CHECK(runtime.stand_in(runtime.manipulations.find("lesion")->origin).empty());
  CHECK(runtime.failures().size() == 1);
  CHECK(runtime.manipulations.find("silence") != nullptr);
}

TEST_CASE("an unknown name mentions the library that failed to load", "[plugin_host]") {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "psth.so") << "not a library";
  mrnn::Runtime runtime;
  runtime.load_folder(folder.path());

  CHECK(runtime.unknown("analysis", "psth", {"pst"}) ==
        "no analysis called \"psth\"; available: pst. Did you mean \"pst\"? psth.so failed to load: it is not a shared "
        "library.");
  CHECK(runtime.unknown("analysis", "spectrum", {}) ==
        "no analysis called \"spectrum\"; available: none. Libraries that failed to load: psth.so (mrnn list says "
        "why).");
}

TEST_CASE("an unknown name without failures is told plainly", "[plugin_host]") {
  CHECK(mrnn::Runtime().unknown("task", "pulse", {"pulses"}) ==
        "no task called \"pulse\"; available: pulses. Did you mean \"pulses\"?");
}

TEST_CASE("a host program registers what it has linked in", "[plugin_host]") {
  mrnn::Runtime runtime;

  runtime.attach("host", attach_one_backend);

  REQUIRE(runtime.backends.find("one") != nullptr);
  CHECK(runtime.backends.find("one")->origin.text() == "host");
  CHECK_THROWS_WITH(runtime.attach("again", attach_one_backend),
                    "backend \"one\" from again is already provided by host");
  CHECK_THROWS_WITH(runtime.attach("failing", attach_nothing_and_fail),
                    "the attach function of \"failing\" threw an error: no device");
  CHECK(runtime.backends.find("half_attached") == nullptr);
}

TEST_CASE("a folder that is not there cannot be loaded", "[plugin_host]") {
  const test::TemporaryFolder folder;
  mrnn::Runtime runtime;

  CHECK_THROWS_AS(runtime.load_folder(folder.path() / "nowhere"), mrnn::FileError);
}

TEST_CASE("the search path goes from the command line to the installation", "[plugin_host]") {
  const test::TemporaryFolder given, from_variable, configured;
  const PluginPath variable(from_variable.path().string() + ":/there/is/no/such/folder:" + given.path().string());

  const auto folders = mrnn::plugin_folders({given.path()}, {configured.path()});

  REQUIRE(folders.size() >= 3);
  CHECK(folders[0] == fs::canonical(given.path()));
  CHECK(folders[1] == fs::canonical(from_variable.path()));
  CHECK(folders[2] == fs::canonical(configured.path()));
  CHECK(std::ranges::count(folders, fs::canonical(given.path())) == 1);
}

TEST_CASE("a folder of plugins that was asked for must exist", "[plugin_host]") {
  CHECK_THROWS_WITH(mrnn::plugin_folders({"/no/such/folder"}, {}),
                    "/no/such/folder: no such folder of plugins, asked for by --plugin-path");
  CHECK_THROWS_WITH(mrnn::plugin_folders({}, {"/no/such/folder"}),
                    "/no/such/folder: no such folder of plugins, asked for by [plugins] path");
}
