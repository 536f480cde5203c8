#include "files/output_folder.hpp"

#include <unistd.h>

#include <chrono>

#include "catch.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/error.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::OutputFolder;

std::string mistake(const std::filesystem::path& folder) {
  try {
    const OutputFolder taken(folder);
  } catch (const mrnn::FileError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("an output folder is made with those it is in", "[output]") {
  const test::TemporaryFolder folder;

  const OutputFolder output(folder.path() / "runs" / "first");

  CHECK(std::filesystem::is_directory(folder.path() / "runs" / "first"));
  CHECK(output.state() == OutputFolder::State::empty);
  CHECK(output.results() == folder.path() / "runs" / "first" / "results.h5");
}

TEST_CASE("an output folder knows whether a run was finished there", "[output]") {
  const test::TemporaryFolder folder;

  folder.write("checkpoint.h5", "");
  CHECK(OutputFolder(folder.path()).state() == OutputFolder::State::unfinished);
  folder.write("results.h5", "");
  CHECK(OutputFolder(folder.path()).state() == OutputFolder::State::finished);
}

TEST_CASE("a checkpoint after the results is of a run that was not finished", "[output]") {
  const test::TemporaryFolder folder;
  const auto results = folder.write("results.h5", ""), checkpoint = folder.write("checkpoint.h5", "");
  const auto time = std::filesystem::last_write_time(results);

  std::filesystem::last_write_time(checkpoint, time + std::chrono::seconds(1));
  CHECK(OutputFolder(folder.path()).state() == OutputFolder::State::unfinished);
  std::filesystem::last_write_time(checkpoint, time - std::chrono::seconds(1));
  CHECK(OutputFolder(folder.path()).state() == OutputFolder::State::finished);
}

TEST_CASE("results say which checkpoint they came after, whatever the times", "[output]") {
  const test::TemporaryFolder folder;
  const auto checkpoint = folder.write("checkpoint.h5", "of a training\nmrnn 0123456789abcdef\n");
  mrnn::Hdf5Writer writer(folder.path() / "results.h5");
  writer.attribute("/", "checkpoint", "0123456789abcdef");
  writer.finish();
  const auto time = std::filesystem::last_write_time(folder.path() / "results.h5");

  std::filesystem::last_write_time(checkpoint, time + std::chrono::seconds(1));
  CHECK(OutputFolder::look(folder.path()) == OutputFolder::State::finished);

  folder.write("checkpoint.h5", "of another training\nmrnn fedcba9876543210\n");
  std::filesystem::last_write_time(checkpoint, time - std::chrono::seconds(1));
  CHECK(OutputFolder::look(folder.path()) == OutputFolder::State::unfinished);
}

TEST_CASE("what a training left can be removed", "[output]") {
  const test::TemporaryFolder folder;
  folder.write("checkpoint.h5", "");
  folder.write("train.jsonl", "");
  folder.write("results.h5", "");
  const OutputFolder output(folder.path());

  output.remove_training();
  output.remove_training();

  CHECK_FALSE(std::filesystem::exists(output.checkpoint()));
  CHECK_FALSE(std::filesystem::exists(output.training_log()));
  CHECK(std::filesystem::exists(output.results()));
}

TEST_CASE("what a training left beside later results is removed, but for what those came from", "[output]") {
  const test::TemporaryFolder folder;
  for (const char* name : {"checkpoint.h5", "train.jsonl", "weights_best.h5", "weights_last.h5", "results.h5"}) {
    folder.write(name, "");
  }
  const OutputFolder output(folder.path());

  output.remove_trained(folder.path() / "." / "weights_best.h5");

  const std::vector<std::filesystem::path> trained = {output.checkpoint(), output.training_log(), output.best_weights(),
                                                      output.last_weights()};
  for (const auto& file : trained) CHECK(std::filesystem::exists(file));
  output.remove_trained("");
  CHECK(std::filesystem::exists(output.results()));
  for (const auto& file : trained) CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a second run into the same folder is refused until the first has ended", "[output]") {
  const test::TemporaryFolder folder;
  {
    const OutputFolder first(folder.path());
    CHECK(mistake(folder.path()) ==
          folder.path().string() + ": is being written by another run (process " + std::to_string(getpid()) + ")");
  }

  CHECK(mistake(folder.path()) == "no error");
}

TEST_CASE("an output folder that cannot be is an error", "[output]") {
  const test::TemporaryFolder folder;
  const auto file = folder.write("file", "");

  CHECK(mistake(file) == file.string() + ": is a file; the output needs a folder");
  CHECK_THAT(mistake(file / "runs"), ContainsSubstring("the output folder cannot be made: "));
  CHECK_THAT(mistake("/proc/runs"), ContainsSubstring("the output folder cannot be made: "));
  CHECK_THAT(mistake("/proc"), ContainsSubstring("the output folder cannot be written: "));
}

TEST_CASE("files left by a killed run are removed and others kept", "[output]") {
  const test::TemporaryFolder folder;
  folder.write("results.h5.tmp-123", "");
  folder.write("results.h5.tmp-mine", "");
  folder.write("notes.txt", "");

  const OutputFolder output(folder.path());

  CHECK_FALSE(std::filesystem::exists(folder.path() / "results.h5.tmp-123"));
  CHECK(std::filesystem::exists(folder.path() / "results.h5.tmp-mine"));
  CHECK(std::filesystem::exists(folder.path() / "notes.txt"));
}
