// Weights as .safetensors: from a run's results, to a run, and through the Python lines of docs/mrnntorch.md.

#include <cmath>

#include "catch.hpp"
#include "document.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

namespace {

/// An experiment under dale = "abs", optionally from stored weights; its results go to `output`.
std::string experiment(const std::string& output, const std::string& weights = "") {
  std::string text = test::with(test::small_experiment(), "dale = \"clamp\"", "dale = \"abs\"");
  text = test::with(text, "output = \"run\"", "output = \"" + output + "\"");
  return weights.empty() ? text : test::with(text, "[network]\n", "[network]\nweights = \"" + weights + "\"\n");
}

void run_experiment(const test::TemporaryFolder& folder, const std::string& output, const std::string& weights = "") {
  folder.write("small.toml", experiment(output, weights));
  const test::Outcome run = test::mrnn({"run", "small.toml"}, {.folder = folder.path()});
  CAPTURE(run.err);
  REQUIRE(run.status == 0);
}

void convert(const test::TemporaryFolder& folder, const std::string& in, const std::string& out) {
  const test::Outcome converted = test::mrnn({"convert", in, out}, {.folder = folder.path()});
  CAPTURE(converted.err);
  REQUIRE(converted.status == 0);
}

/// The arrays of /network that weights consist of.
const std::vector<std::string> arrays = {"W_rec",
                                         "W_inp",
                                         "W_out",
                                         "b_out",
                                         "bias",
                                         "x0",
                                         "tau",
                                         "free/W_rec",
                                         "free/W_inp",
                                         "structure/mask_rec",
                                         "structure/sign_rec"};

void check_same_weights(const std::filesystem::path& a, const std::filesystem::path& b) {
  const mrnn::Hdf5Reader first(a), second(b);
  for (const std::string& array : arrays) {
    CAPTURE(array);
    CHECK(first.read_doubles("network/" + array) == second.read_doubles("network/" + array));
  }
}

/// The Python lines of docs/mrnntorch.md, one after the other.
std::string documented_python() {
  std::string script;
  for (const test::CodeBlock& block : test::read_document(MRNN_SOURCE_DIR "/docs/mrnntorch.md").blocks) {
    if (block.marker == "python: safetensors") script += block.text;
  }
  return script;
}

bool python_has_safetensors() {
  return !std::string(MRNN_PYTHON).empty() && test::run(MRNN_PYTHON, {"-c", "import safetensors.numpy"}).status == 0;
}

}  // namespace

TEST_CASE("a run from exported tensors has the weights of the run they come from, bit for bit", "[safetensors]") {
  const test::TemporaryFolder folder;
  run_experiment(folder, "first");
  convert(folder, "first/results.h5", "w.safetensors");

  run_experiment(folder, "second", "w.safetensors");

  check_same_weights(folder.path() / "first" / "results.h5", folder.path() / "second" / "results.h5");
}

TEST_CASE("tensors converted back are a weight file of the same bits", "[safetensors]") {
  const test::TemporaryFolder folder;
  run_experiment(folder, "first");
  convert(folder, "first/results.h5", "w.safetensors");
  convert(folder, "w.safetensors", "back.h5");
  convert(folder, "w.safetensors", "again.hdf5");

  check_same_weights(folder.path() / "first" / "results.h5", folder.path() / "back.h5");
  run_experiment(folder, "second", "back.h5");
  check_same_weights(folder.path() / "first" / "results.h5", folder.path() / "second" / "results.h5");
}

TEST_CASE("the documented lines of Python read and write tensors that a run starts from", "[safetensors]") {
  if (!python_has_safetensors()) {
    WARN("skipped: no python3 with h5py and safetensors here");
    return;
  }
  const test::TemporaryFolder folder;
  run_experiment(folder, "first");
  convert(folder, "first/results.h5", "weights.safetensors");
  folder.write("documented.py", documented_python() +
                                    "import h5py, numpy\n"
                                    "with h5py.File(\"first/results.h5\") as results:\n"
                                    "    assert numpy.array_equal(W_rec, results[\"network/W_rec\"][:])\n");

  const test::Outcome python = test::run(MRNN_PYTHON, {"documented.py"}, {.folder = folder.path()});
  CAPTURE(python.err);
  REQUIRE(python.status == 0);
  run_experiment(folder, "second", "scaled.safetensors");

  const mrnn::Hdf5Reader first(folder.path() / "first" / "results.h5");
  const mrnn::Hdf5Reader second(folder.path() / "second" / "results.h5");
  const std::vector<double> before = first.read_doubles("network/free/W_rec");
  const std::vector<double> after = second.read_doubles("network/free/W_rec");
  REQUIRE(after.size() == before.size());
  for (std::size_t k = 0; k < before.size(); ++k) CHECK(after[k] == 0.9 * before[k]);
}
