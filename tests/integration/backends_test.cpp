// Choosing a backend: one that is there, one whose device is not, one that this build has not.

#include "catch.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

namespace fs = std::filesystem;
using test::small_experiment;
using test::with;

namespace {

/// The folder of a plugin with a backend that is never available.
const fs::path absent_folder = fs::path(MRNN_PLUGINS_DIR).parent_path() / "tests" / "absent";

struct RunFolder {
  RunFolder() { folder.write("small.toml", small_experiment()); }
  test::Outcome mrnn(std::vector<std::string> arguments) const {
    return test::mrnn(arguments, {.folder = folder.path()});
  }
  bool has_run() const { return fs::exists(folder.path() / "run"); }

  test::TemporaryFolder folder;
};

/// What `mrnn list backends` says of the CUDA backend: the line after its name, without the space before it.
std::string cuda_line() {
  const std::string list = test::mrnn({"list", "backends"}).out;
  const std::size_t name = list.find("  cuda: ");
  REQUIRE(name != std::string::npos);
  const std::size_t start = list.find_first_not_of(" \n", list.find("\n", name));
  return list.substr(start, list.find("\n", start) - start);
}

bool has_cuda() {
  if (fs::exists(fs::path(MRNN_PLUGINS_DIR) / "cuda.so")) return true;
  WARN("skipped: this build has no CUDA backend");
  return false;
}

}  // namespace

TEST_CASE("list says why a backend is not available, and check too", "[program][backend]") {
  const RunFolder here;

  const test::Outcome list = here.mrnn({"list", "backends", "--plugin-path", absent_folder.string()});
  const test::Outcome check =
      here.mrnn({"check", "small.toml", "--backend", "absent", "--plugin-path", absent_folder.string()});

  CHECK(list.status == 0);
  CHECK_THAT(list.out, ContainsSubstring("absent: runs nowhere\n      not available: its device is on the moon"));
  CHECK_THAT(list.out, ContainsSubstring("      available: CPU, "));
  CHECK(check.status == 0);
  CHECK_THAT(check.out, ContainsSubstring("backend absent: not available: its device is on the moon"));
}

TEST_CASE("a backend that fails when it is asked does not hide the others", "[program][backend][bad]") {
  const RunFolder here;
  const auto with_backend = [&](const char* name) {
    return here.mrnn({"run", "small.toml", "--backend", name, "--plugin-path", absent_folder.string()});
  };

  const test::Outcome list = here.mrnn({"list", "--plugin-path", absent_folder.string()});
  const test::Outcome moody = with_backend("moody"), hollow = with_backend("hollow");

  CHECK(list.status == 0);
  CHECK_THAT(list.out,
             ContainsSubstring("moody: does not answer\n      not available: it threw something that is not "));
  CHECK_THAT(list.out, ContainsSubstring("hollow: is not there\n      not available: the factory of the backend"));
  CHECK_THAT(list.out, ContainsSubstring("\nanalyses\n"));
  CHECK(moody.status == 4);
  CHECK(moody.err == "mrnn: backend \"moody\": it threw something that is not an exception\n");
  CHECK(hollow.status == 4);
  CHECK_THAT(hollow.err, StartsWith("mrnn: the factory of the backend \"hollow\" from "));
  CHECK_FALSE(here.has_run());
}

TEST_CASE("a run on a backend that is not available ends with status 4 and the reason before anything is made",
          "[program][backend][bad]") {
  const RunFolder here;

  const test::Outcome outcome =
      here.mrnn({"run", "small.toml", "--backend", "absent", "--plugin-path", absent_folder.string()});

  CHECK(outcome.status == 4);
  CHECK(outcome.err == "mrnn: backend \"absent\" is not available: its device is on the moon\n");
  CHECK_FALSE(here.has_run());
}

TEST_CASE("a program without the CUDA backend knows none of that name", "[program][backend][bad]") {
  // A copy of the program, with no plugins beside it, in a build with or without CUDA.
  const RunFolder here;
  const std::string bare = (here.folder.path() / "mrnn").string();
  fs::copy_file(MRNN_PROGRAM, bare);
  here.folder.write("cuda.toml", with(small_experiment(), "[network]", "[backend]\nname = \"cuda\"\n\n[network]"));

  const test::Outcome option = test::run(bare, {"run", "small.toml", "--backend", "cuda"}, {here.folder.path()});
  const test::Outcome key = test::run(bare, {"run", "cuda.toml"}, {here.folder.path()});

  CHECK(option.status == 2);
  CHECK_THAT(option.err, ContainsSubstring("--backend: no backend called \"cuda\"; available: eigen"));
  CHECK(key.status == 2);
  CHECK_THAT(key.err,
             ContainsSubstring("backend.name") && ContainsSubstring("no backend called \"cuda\"; available: eigen"));
  CHECK_FALSE(here.has_run());
}

TEST_CASE("list names the CUDA backend and says whether it can run here", "[program][backend][cuda]") {
  if (!has_cuda()) return;
  const std::string line = cuda_line();

  CHECK_THAT(line, StartsWith("available: ") || StartsWith("not available: "));
  CHECK(line.size() > std::string("not available: ").size());
}

TEST_CASE("a run on the CUDA backend ends with status 4 and the reason where there is no device",
          "[program][backend][cuda][bad]") {
  if (!has_cuda()) return;
  const std::string line = cuda_line(), not_available = "not available: ";
  if (line.rfind(not_available, 0) != 0) {
    WARN("skipped: this machine has a device");
    return;
  }
  const RunFolder here;

  const test::Outcome run = here.mrnn({"run", "small.toml", "--backend", "cuda"});
  const test::Outcome check = here.mrnn({"check", "small.toml", "--backend", "cuda"});

  CHECK(run.status == 4);
  CHECK_THAT(run.err, ContainsSubstring("backend \"cuda\" is not available: " + line.substr(not_available.size())));
  CHECK_FALSE(here.has_run());
  CHECK(check.status == 0);
  CHECK_THAT(check.out, ContainsSubstring("backend cuda: not available: "));
}

TEST_CASE("an experiment runs on the CUDA backend where there is a device", "[program][backend][cuda]") {
  if (!has_cuda()) return;
  const std::string line = cuda_line();
  if (line.rfind("available: ", 0) != 0) {
    WARN("skipped: " << line);
    return;
  }
  const RunFolder here;

  const test::Outcome check = here.mrnn({"check", "small.toml", "--backend", "cuda"});
  const test::Outcome run = here.mrnn({"run", "small.toml", "--backend", "cuda"});

  CHECK_THAT(check.out, ContainsSubstring("how they are made") && ContainsSubstring("IEEE products"));
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK_THAT(test::text_of(here.folder.path() / "run" / "report.html"), ContainsSubstring("cuda"));
}
