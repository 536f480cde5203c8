#include "train/train_log.hpp"

#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "mrnn/trainer.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"

using namespace mrnn;

namespace {

TrainingHistory entry(std::int64_t iteration, double loss) {
  TrainingHistory history;
  history.iteration = {iteration};
  history.loss = {loss};
  history.terms = {{"mse", {loss}}};
  history.gradient_norm = {2.0};
  history.performance = {0.5};
  history.rate = {1e-3};
  history.stage = {1};
  return history;
}

/// A line without its seconds, and those.
struct Line {
  std::string text;
  double seconds;
};

std::vector<Line> lines_of(const std::filesystem::path& file) {
  const std::string clock = ",\"seconds\":";
  std::vector<Line> all;
  std::istringstream lines(test::text_of(file));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(clock);
    REQUIRE(at != std::string::npos);
    all.push_back({line.substr(0, at) + "}", std::stod(line.substr(at + clock.size()))});
  }
  return all;
}

}  // namespace

TEST_CASE("each logged iteration is a line of JSON", "[log]") {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "train.jsonl";
  TrainLog log(file, 0);
  TrainingHistory validated = entry(10, 0.25);
  validated.validation_iteration = {10};
  validated.validation_loss = {0.5};
  validated.validation_performance = {TrainingState::none};

  log.append(entry(1, 0.75));
  log.append(validated);

  const std::vector<Line> lines = lines_of(file);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text ==
        "{\"iteration\":1,\"loss\":0.75,\"terms\":{\"mse\":0.75},\"gradient_norm\":2.0,\"performance\":0.5,"
        "\"rate\":0.001,\"stage\":1}");
  CHECK(lines[1].text ==
        "{\"iteration\":10,\"loss\":0.25,\"terms\":{\"mse\":0.25},\"gradient_norm\":2.0,\"performance\":0.5,"
        "\"rate\":0.001,\"stage\":1,\"validation_loss\":0.5,\"validation_performance\":null}");
  CHECK(lines[0].seconds >= 0.0);
  CHECK(lines[1].seconds >= lines[0].seconds);
}

TEST_CASE("a log that is resumed drops what came after the checkpoint and goes on counting seconds", "[log]") {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.write("train.jsonl",
                                                  "{\"iteration\":1,\"loss\":3,\"seconds\":4}\n"
                                                  "{\"iteration\":5,\"loss\":2,\"seconds\":60}\n"
                                                  "{\"iteration\":9,\"loss\":1,\"seconds\":90}\n"
                                                  "{\"iteration\":1");
  TrainLog log(file, 5);

  log.append(entry(6, 0.5));

  const std::vector<Line> lines = lines_of(file);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].text == "{\"iteration\":5,\"loss\":2}");
  CHECK_THAT(lines[2].text, StartsWith("{\"iteration\":6,"));
  CHECK(lines[2].seconds >= 60.0);
  CHECK(lines[2].seconds < 80.0);
}

TEST_CASE("a log of any length is resumed", "[log]") {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "train.jsonl";
  constexpr std::uintmax_t length = std::uintmax_t{1} << 20, lines = 66;  // more than a configuration may have
  std::ofstream stream(file);
  for (std::uintmax_t k = 1; k <= lines; ++k) {
    const std::string text = "{\"iteration\":" + std::to_string(k) + ",\"seconds\":4}";
    stream << text << std::string(length - text.size() - 1, ' ') << '\n';
  }
  stream.close();

  TrainLog(file, lines - 1).append(entry(lines, 0.5));

  const std::string last = test::text_of(file).substr((lines - 1) * length);
  CHECK(last.size() < 300);
  CHECK_THAT(last, StartsWith("{\"iteration\":66,\"loss\":0.5,"));
}

TEST_CASE("a log that cannot be read is an error of its file", "[log][bad]") {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "train.jsonl");

  CHECK_THROWS_WITH(TrainLog(folder.path() / "train.jsonl", 5),
                    EndsWith("train.jsonl: cannot be read: Is a directory"));
}

TEST_CASE("a log that begins anew is empty", "[log]") {
  const test::TemporaryFolder folder;
  folder.write("train.jsonl", "{\"iteration\":1,\"seconds\":4}\n");

  const TrainLog log(folder.path() / "train.jsonl", 0);

  CHECK(test::text_of(folder.path() / "train.jsonl").empty());
  CHECK(log.seconds() < 4.0);
}
