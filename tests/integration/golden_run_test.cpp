// The golden networks, as a user of mRNNTorch would bring them: the JSON file, the stored weights and the
// stored trials, through the program. The expected values were computed elsewhere in double precision.

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"

namespace fs = std::filesystem;

namespace {

constexpr double double_tolerance = 1e-12;  // of the largest value
constexpr double single_tolerance = 2e-5;

struct Golden {
  explicit Golden(const std::string& name) : file(fs::path(MRNN_TEST_DATA) / "golden" / name), reader(file) {}

  std::string text(const char* attribute) const { return reader.text_attribute("/", attribute); }
  std::string number(const char* attribute) const { return std::to_string(reader.number_attribute("/", attribute)); }

  /// A configuration that runs the golden trials; `network_file` describes the regions and connections.
  std::string configuration(const std::string& network_file, const std::string& precision) const {
    const std::string trials = std::to_string(reader.shape("trials/inputs")[0]);
    return "[experiment]\nname = \"golden\"\noutput = \"run\"\n[backend]\nprecision = \"" + precision +
           "\"\n[network]\nfile = \"" + network_file + "\"\nweights = \"" + file.string() + "\"\ndynamics = \"" +
           text("dynamics") + "\"\nactivation = \"" + text("activation") + "\"\ndale = \"" + text("dale") +
           "\"\ndt = " + number("dt") + "\ntau = " + number("tau") +
           "\n[[output]]\nname = \"out\"\nunits = 2\n[task]\nplugin = \"dataset\"\nshuffle = false\ngroup = "
           "\"trials\"\nfile = \"" +
           file.string() + "\"\n[[simulation]]\nname = \"replay\"\nnoise = false\ntrials = " + trials + "\n";
  }

  fs::path file;
  mrnn::Hdf5Reader reader;
};

/// Largest difference, relative to the largest expected value.
double error_of(const std::vector<double>& actual, const std::vector<double>& expected) {
  REQUIRE(actual.size() == expected.size());
  double difference = 0.0;
  double largest = 0.0;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    difference = std::max(difference, std::abs(actual[k] - expected[k]));
    largest = std::max(largest, std::abs(expected[k]));
  }
  return difference / largest;
}

test::Outcome run_golden(const test::TemporaryFolder& folder, const std::string& configuration) {
  folder.write("golden.toml", configuration);
  return test::mrnn({"run", "golden.toml", "--quiet"}, {.folder = folder.path()});
}

void compare_group(const mrnn::Hdf5Reader& a, const mrnn::Hdf5Reader& b, const std::string& group) {
  REQUIRE(a.members(group) == b.members(group));
  for (const std::string& name : a.members(group)) {
    const std::string path = group + "/" + name;
    CAPTURE(path);
    REQUIRE(a.kind(path) == b.kind(path));
    if (a.kind(path) == mrnn::Hdf5Kind::group) compare_group(a, b, path);
    if (a.kind(path) == mrnn::Hdf5Kind::numbers) CHECK(a.read_doubles(path) == b.read_doubles(path));
    if (a.kind(path) == mrnn::Hdf5Kind::texts) CHECK(a.read_texts(path) == b.read_texts(path));
  }
}

}  // namespace

TEST_CASE("golden networks run to the golden activity", "[golden]") {
  const std::string name = GENERATE("leaky_relu.h5", "leaky_tanh.h5", "leaky_sigmoid.h5", "leaky_softplus.h5",
                                    "leaky_linear.h5", "elman_tanh.h5", "elman_relu.h5", "cbgtcl_full_relu.h5",
                                    "celltypes_relu.h5", "celltypes_tanh.h5", "celltypes_full_relu.h5");
  const auto [precision, tolerance] =
      GENERATE(table<std::string, double>({{"float64", double_tolerance}, {"float32", single_tolerance}}));
  CAPTURE(name, precision);
  const Golden golden(name);
  const test::TemporaryFolder folder;
  folder.write("net.json", golden.text("config_json"));

  const test::Outcome outcome = run_golden(folder, golden.configuration("net.json", precision));

  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  for (const std::string quantity : {"x", "h", "y"}) {
    CAPTURE(quantity);
    CHECK(results.shape("simulations/replay/" + quantity) == golden.reader.shape("activity/" + quantity));
    CHECK(error_of(results.read_doubles("simulations/replay/" + quantity),
                   golden.reader.read_doubles("activity/" + quantity)) <= tolerance);
  }
  for (const std::string array : {"W_rec", "W_inp", "W_out", "bias", "x0", "free/W_rec", "structure/mask_rec",
                                  "structure/sign_rec", "structure/mask_inp", "structure/sign_inp"}) {
    CAPTURE(array);
    CHECK(results.read_doubles("network/" + array) == golden.reader.read_doubles("network/" + array));
  }
}

TEST_CASE("a network converted to TOML gives the same bytes as its JSON", "[golden]") {
  const std::string name = GENERATE("leaky_tanh.h5", "celltypes_full_relu.h5");
  const Golden golden(name);
  const test::TemporaryFolder folder;
  folder.write("net.json", golden.text("config_json"));
  REQUIRE(run_golden(folder, golden.configuration("net.json", "float32")).status == 0);
  fs::rename(folder.path() / "run", folder.path() / "from_json");

  const test::Outcome converted = test::mrnn({"convert", "net.json", "net.toml"}, {.folder = folder.path()});
  REQUIRE(converted.status == 0);
  REQUIRE(run_golden(folder, golden.configuration("net.toml", "float32")).status == 0);

  const mrnn::Hdf5Reader from_json(folder.path() / "from_json" / "results.h5");
  const mrnn::Hdf5Reader from_toml(folder.path() / "run" / "results.h5");
  compare_group(from_json, from_toml, "network");
  compare_group(from_json, from_toml, "simulations");
  CHECK(test::mrnn({"check", "net.toml"}, {.folder = folder.path()}).status == 0);
}

TEST_CASE("results are weights: a run from a run's results has the same network and activity", "[golden]") {
  const Golden golden("celltypes_tanh.h5");
  const test::TemporaryFolder folder;
  folder.write("net.json", golden.text("config_json"));
  std::string configuration = golden.configuration("net.json", "float64");
  REQUIRE(run_golden(folder, configuration).status == 0);
  fs::rename(folder.path() / "run", folder.path() / "first");
  const std::string weights = golden.file.string();
  const std::size_t at = configuration.find(weights);

  REQUIRE(run_golden(folder, configuration.replace(at, weights.size(), "first/results.h5")).status == 0);

  const mrnn::Hdf5Reader first(folder.path() / "first" / "results.h5");
  const mrnn::Hdf5Reader second(folder.path() / "run" / "results.h5");
  compare_group(first, second, "network");
  compare_group(first, second, "simulations");
}

TEST_CASE("weights go to safetensors and back without losing a bit", "[golden]") {
  const Golden golden("celltypes_tanh.h5");
  const test::TemporaryFolder folder;
  fs::copy_file(golden.file, folder.path() / "weights.h5");

  REQUIRE(test::mrnn({"convert", "weights.h5", "w.safetensors"}, {.folder = folder.path()}).status == 0);
  REQUIRE(test::mrnn({"convert", "w.safetensors", "back.h5"}, {.folder = folder.path()}).status == 0);

  const mrnn::Hdf5Reader back(folder.path() / "back.h5");
  for (const std::string array : {"W_rec", "W_inp", "W_out", "bias"}) {
    CAPTURE(array);
    CHECK(back.read_doubles("network/" + array) == golden.reader.read_doubles("network/" + array));
  }
}
