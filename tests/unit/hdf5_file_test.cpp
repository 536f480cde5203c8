// Files as such: what is written is read back, and whatever can be wrong with a file or a disk is one sentence.

#include "files/hdf5_file.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::ArrayLayout;
using mrnn::Element;
using mrnn::Hdf5Kind;
using mrnn::Hdf5Reader;
using mrnn::Hdf5Writer;
using mrnn::Index;

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

template <class Action>
std::string mistake(const Action& action) {
  try {
    action();
  } catch (const mrnn::FileError& error) {
    return error.what();
  }
  return "no error";
}

void write_example(const std::filesystem::path& file) {
  Hdf5Writer writer(file);
  writer.write("/a/b/doubles", {2, 3}, std::vector<double>{1, 2, 3, 4, 5, 6.5});
  writer.write("/a/floats", {2}, std::vector<float>{0.5F, -1.5F});
  writer.write("/small", {3}, std::vector<std::int8_t>{-1, 0, 1});
  writer.write("/ids", {2}, std::vector<std::uint64_t>{7, std::uint64_t{1} << 40});
  writer.write("/single", {}, std::vector<double>{2.25});
  writer.write("/none", {0}, std::vector<double>{});
  writer.write_texts("/words", {"left", "", "größer"});
  writer.attribute("/", "version", std::int64_t{1});
  writer.attribute("/a", "label", "text");
  writer.attribute("/a", "bounds", std::vector<double>{0, 10});
  writer.attribute("/a", "axes", std::vector<std::string>{"trial", "time"});
  writer.finish();
}

/// Writes an array of a megabyte with a limit on the size of files, as a full disk would, in a process of its own
/// that then ends in the ordinary way. @returns what it said on stderr, then its exit status (or signal).
std::string write_with_limit(const std::filesystem::path& file, rlim_t limit) {
  std::array<int, 2> channel{};
  if (pipe(channel.data()) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    dup2(channel[1], STDERR_FILENO);
    std::signal(SIGXFSZ, SIG_DFL);
    const rlimit limits{limit, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limits);
    int status = 0;
    try {
      Hdf5Writer writer(file);
      writer.group("/group");
      auto array = writer.create("/group/array", Element::float64, {{512, 256}, {64, 64}, {}});
      const std::vector<double> row(64 * 256, 1.0);
      for (Index first = 0; first < 512; first += 64) array.write<double>({first, 0}, {64, 256}, row);
      writer.write_texts("/words", std::vector<std::string>(1000, "word"));
      writer.finish();
    } catch (const mrnn::FileError& error) {
      status = std::string(error.what()).find("File too large") != std::string::npos ? 3 : 1;
    }
    std::exit(status);  // with HDF5's own clean-up
  }
  close(channel[1]);
  std::string said;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = read(channel[0], part.data(), part.size())) > 0;) {
    said.append(part.data(), static_cast<std::size_t>(got));
  }
  close(channel[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return said + (WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status))
                                   : "signal " + std::to_string(WTERMSIG(status)));
}

}  // namespace

TEST_CASE("what is written to an HDF5 file is read back", "[hdf5]") {
  const test::TemporaryFolder folder;
  write_example(folder.path() / "x.h5");

  const Hdf5Reader reader(folder.path() / "x.h5");

  CHECK(reader.shape("a/b/doubles") == std::vector<Index>{2, 3});
  CHECK(reader.read_doubles("/a/b/doubles") == std::vector<double>{1, 2, 3, 4, 5, 6.5});
  CHECK(reader.read_doubles("a/floats") == std::vector<double>{0.5, -1.5});
  CHECK(reader.read_doubles("small") == std::vector<double>{-1, 0, 1});
  CHECK(reader.read_doubles("ids")[1] == 1099511627776.0);
  CHECK(reader.read_unsigned("ids")[1] == 1099511627776U);
  CHECK(reader.shape("single").empty());
  CHECK(reader.read_doubles("single") == std::vector<double>{2.25});
  CHECK(reader.read_doubles("none").empty());
  CHECK(reader.read_texts("words") == std::vector<std::string>{"left", "", "größer"});
  CHECK(reader.number_attribute("/", "version") == 1.0);
  CHECK(reader.text_attribute("a", "label") == "text");
  CHECK(reader.numbers_attribute("a", "bounds") == std::vector<double>{0, 10});
}

TEST_CASE("an HDF5 file tells what it holds", "[hdf5]") {
  const test::TemporaryFolder folder;
  write_example(folder.path() / "x.h5");

  const Hdf5Reader reader(folder.path() / "x.h5");

  CHECK(reader.members() == std::vector<std::string>{"a", "ids", "none", "single", "small", "words"});
  CHECK(reader.members("a") == std::vector<std::string>{"b", "floats"});
  CHECK(reader.members("nothing").empty());
  CHECK(reader.kind("a") == Hdf5Kind::group);
  CHECK(reader.kind("/") == Hdf5Kind::group);
  CHECK(reader.kind("small") == Hdf5Kind::numbers);
  CHECK(reader.kind("words") == Hdf5Kind::texts);
  CHECK(reader.kind("a/nothing/at/all") == Hdf5Kind::absent);
  CHECK_FALSE(reader.has_attribute("/", "label"));
  CHECK_FALSE(reader.has_attribute("nothing", "label"));
}

TEST_CASE("rows of an array are read without the rest", "[hdf5]") {
  const test::TemporaryFolder folder;
  write_example(folder.path() / "x.h5");
  const Hdf5Reader reader(folder.path() / "x.h5");

  std::vector<double> row(3);
  reader.read_rows("a/b/doubles", 1, 1, row);

  CHECK(row == std::vector<double>{4, 5, 6.5});
  CHECK(mistake([&] { reader.read_rows("a/b/doubles", 2, 1, row); }) ==
        (folder.path() / "x.h5").string() + ": a/b/doubles has no rows 2 to 2");
}

TEST_CASE("what cannot be opened as an HDF5 file is said in a sentence", "[hdf5]") {
  const test::TemporaryFolder folder;
  write_example(folder.path() / "x.h5");
  const std::string whole = bytes_of(folder.path() / "x.h5");
  const auto opening = [](const std::filesystem::path& file) { return mistake([&] { Hdf5Reader reader(file); }); };

  CHECK_THAT(opening(folder.path() / "missing.h5"), EndsWith("missing.h5: there is no such file"));
  CHECK_THAT(opening(folder.path()), EndsWith(": is a folder; an HDF5 file is needed"));
  CHECK_THAT(opening(folder.write("text.h5", "words")), EndsWith("text.h5: is not an HDF5 file"));
  CHECK_THAT(opening(folder.write("empty.h5", "")), EndsWith("empty.h5: is not an HDF5 file"));
  CHECK_THAT(opening(folder.write("cut.h5", whole.substr(0, whole.size() - 1))),
             EndsWith("cut.h5: is cut short: it ends before the end that its header states"));
  if (geteuid() != 0) {  // nothing is forbidden to root
    std::filesystem::permissions(folder.path() / "x.h5", std::filesystem::perms::none);
    CHECK_THAT(opening(folder.path() / "x.h5"), EndsWith("x.h5: cannot be read: permission denied"));
  }
}

TEST_CASE("a file cut at any length is refused", "[hdf5]") {
  const test::TemporaryFolder folder;
  write_example(folder.path() / "x.h5");
  const std::string whole = bytes_of(folder.path() / "x.h5");

  for (std::size_t length = 0; length < whole.size(); length += 97) {
    const auto file = folder.write("cut.h5", whole.substr(0, length));
    CHECK_THROWS_AS(Hdf5Reader(file), mrnn::FileError);
  }
}

TEST_CASE("an array that is not as needed is named with what it is", "[hdf5]") {
  const test::TemporaryFolder folder;
  write_example(folder.path() / "x.h5");
  const Hdf5Reader reader(folder.path() / "x.h5");
  const std::string file = (folder.path() / "x.h5").string() + ": ";

  CHECK(mistake([&] { reader.read_doubles("b"); }) == file + "b is missing");
  CHECK(mistake([&] { reader.read_doubles("a"); }) == file + "a is a group; an array is needed");
  CHECK(mistake([&] { reader.read_doubles("words"); }) == file + "words holds texts; numbers are needed");
  CHECK(mistake([&] { reader.read_texts("small"); }) == file + "small holds numbers; texts are needed");
  CHECK(mistake([&] { reader.text_attribute("a", "b"); }) == file + "attribute \"b\" of a is missing");
  CHECK(mistake([&] { reader.text_attribute("a", "axes"); }) ==
        file + "attribute \"axes\" of a holds 2 texts; one is needed");
  CHECK(mistake([&] { reader.number_attribute("a", "bounds"); }) ==
        file + "attribute \"bounds\" of a holds 2 numbers; one is needed");
}

TEST_CASE("whole numbers of 0 or more are read to the last digit, and others refused", "[hdf5]") {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "x.h5";
  Hdf5Writer writer(file);
  writer.write("/large", {1}, std::vector<std::uint64_t>{18446744073709551615U});
  writer.write("/signed", {2}, std::vector<std::int64_t>{0, 9223372036854775807});
  writer.write("/negative", {2}, std::vector<std::int64_t>{3, -1});
  writer.write("/half", {1}, std::vector<double>{1.0});
  writer.attribute("/", "seed", std::uint64_t{9007199254740993U});
  writer.attribute("/", "minus", std::int64_t{-1});
  writer.finish();
  const Hdf5Reader reader(file);

  CHECK(reader.read_unsigned("large") == std::vector<std::uint64_t>{18446744073709551615U});
  CHECK(reader.read_unsigned("signed") == std::vector<std::uint64_t>{0, 9223372036854775807U});
  CHECK(reader.unsigned_attribute("/", "seed") == 9007199254740993U);
  CHECK_THROWS_WITH(reader.read_unsigned("negative"), EndsWith("negative holds negative numbers; 0 or more is needed"));
  CHECK_THROWS_WITH(reader.unsigned_attribute("/", "minus"), EndsWith("holds negative numbers; 0 or more is needed"));
  CHECK_THROWS_WITH(reader.read_unsigned("half"), EndsWith("half does not hold whole numbers, which are needed"));
}

TEST_CASE("a file has its name only when it is finished", "[hdf5]") {
  const test::TemporaryFolder folder;
  const auto file = folder.write("x.h5", "older");

  {
    Hdf5Writer writer(file);
    writer.write("/a", {1}, std::vector<double>{1});
    CHECK(bytes_of(file) == "older");
  }

  CHECK(bytes_of(file) == "older");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"x.h5"});
  write_example(file);
  CHECK(Hdf5Reader(file).has("words"));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"x.h5"});
}

TEST_CASE("the same contents are the same bytes", "[hdf5]") {
  const test::TemporaryFolder folder;

  write_example(folder.path() / "x.h5");
  write_example(folder.path() / "y.h5");

  CHECK(bytes_of(folder.path() / "x.h5") == bytes_of(folder.path() / "y.h5"));
}

TEST_CASE("chunks that are not written take no room and read as zeros", "[hdf5]") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "x.h5";
  {
    Hdf5Writer writer(file);
    auto array = writer.create("/a", Element::float64, {{20000, 20000}, {500, 500}, {}});
    array.write<double>({19999, 0}, {1, 2}, std::vector<double>{3, 4});
    writer.finish();
  }

  std::vector<double> row(20000);
  Hdf5Reader(file).read_rows("a", 19999, 1, row);

  CHECK(row[0] == 3.0);
  CHECK(row[1] == 4.0);
  CHECK(row[2] == 0.0);
  CHECK(std::filesystem::file_size(file) < 3'000'000);
}

TEST_CASE("compressed arrays are smaller and the same", "[hdf5]") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "x.h5";
  const std::vector<std::uint8_t> ones(512 * 512, 1);
  {
    Hdf5Writer writer(file);
    auto array = writer.create("/a", Element::uint8, {{512, 512}, {256, 256}, ArrayLayout::Packing::compressed});
    array.write<std::uint8_t>({0, 0}, {512, 512}, ones);
    writer.finish();
  }

  CHECK(Hdf5Reader(file).read_doubles("a") == std::vector<double>(512 * 512, 1.0));
  CHECK(std::filesystem::file_size(file) < 50'000);
}

TEST_CASE("a folder that is not there or cannot be a file is an error before anything is written", "[hdf5]") {
  const test::TemporaryFolder folder;

  CHECK_THAT(mistake([&] { Hdf5Writer writer(folder.path() / "no" / "x.h5"); }),
             EndsWith("x.h5: cannot be written: No such file or directory"));
  CHECK_THAT(mistake([&] { Hdf5Writer writer(folder.path()); }),
             EndsWith(": is a folder; it cannot be written as a file"));
}

TEST_CASE("a name that is taken is an error", "[hdf5]") {
  const test::TemporaryFolder folder;
  Hdf5Writer writer(folder.path() / "x.h5");
  writer.write("/a", {1}, std::vector<double>{1});

  CHECK_THAT(mistake([&] { writer.write("/a", {1}, std::vector<double>{1}); }),
             ContainsSubstring("array /a cannot be made (HDF5: "));
  CHECK(writer.has("/a"));
  CHECK_FALSE(writer.has("/b/c"));
}

TEST_CASE("a disk that fills up is an error and leaves the older file", "[hdf5]") {
  const rlim_t limit = GENERATE(0, 1, 100, 5000, 40'000, 300'000, 1'000'000);
  CAPTURE(limit);
  const test::TemporaryFolder folder;
  const auto file = folder.write("x.h5", "older");

  const std::string outcome = write_with_limit(file, limit);

  CHECK(outcome == "status 3");
  CHECK(bytes_of(file) == "older");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"x.h5"});
}

TEST_CASE("a limit that is never reached is no error", "[hdf5]") {
  const test::TemporaryFolder folder;

  CHECK(write_with_limit(folder.path() / "x.h5", 10'000'000) == "status 0");
  CHECK(Hdf5Reader(folder.path() / "x.h5").shape("group/array") == std::vector<Index>{512, 256});
}
