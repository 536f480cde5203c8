// A device that is lost in the middle of a training, played by the host (tests/gpu/emulation).

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "small_experiment.hpp"
#include "training_experiment.hpp"

namespace fs = std::filesystem;

namespace {

/// The program with the emulated device alone, and one task.
struct EmulatedDevice {
  EmulatedDevice() {
    fs::copy_file(MRNN_PROGRAM, program());
    fs::create_directory(folder.path() / "plugins");
    fs::copy_file(MRNN_EMULATED_CUDA, folder.path() / "plugins" / "cuda.so");
    fs::copy_file(fs::path(MRNN_PLUGINS_DIR) / "sine_wave.so", folder.path() / "plugins" / "sine_wave.so");
    folder.write("tiny.toml", test::with(test::training_experiment(), "iterations = 60", "iterations = 12"));
  }

  std::string program() const { return (folder.path() / "mrnn").string(); }

  /// @param calls  of the device that succeed
  test::Outcome run(const std::string& output, int calls, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"MRNN_EMULATED_LOST_AFTER=" + std::to_string(calls),
                                          program(),
                                          "run",
                                          "tiny.toml",
                                          "--quiet",
                                          "--backend",
                                          "cuda",
                                          "--plugin-path",
                                          (folder.path() / "plugins").string(),
                                          "--output",
                                          output};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::run("/usr/bin/env", arguments, {folder.path()});
  }

  fs::path file(const std::string& name) const { return folder.path() / name; }

  test::TemporaryFolder folder;
};

constexpr int always = 1'000'000'000;

}  // namespace

TEST_CASE("a training whose device is lost ends with status 4, and resumes from its checkpoint",
          "[program][cuda][bad]") {
  const EmulatedDevice device;
  const test::Outcome whole = device.run("whole", always);
  CAPTURE(whole.err);
  REQUIRE(whole.status == 0);

  const test::Outcome lost = device.run("lost", 300);
  CAPTURE(lost.err);
  CHECK(lost.status == 4);
  CHECK_THAT(lost.err, ContainsSubstring("the CUDA device failed: the device stopped: the device was lost"));
  CHECK_FALSE(fs::exists(device.file("lost/results.h5")));
  REQUIRE(fs::exists(device.file("lost/checkpoint.h5")));
  const double reached =
      mrnn::Hdf5Reader(device.file("lost/checkpoint.h5")).number_attribute("/checkpoint", "iteration");
  CHECK(reached >= 3.0);
  CHECK(reached < 12.0);

  const test::Outcome resumed = device.run("lost", always, {"--resume"});
  CAPTURE(resumed.err);
  CHECK(resumed.status == 0);
  CHECK(test::text_of(device.file("lost/weights_last.h5")) == test::text_of(device.file("whole/weights_last.h5")));
}
