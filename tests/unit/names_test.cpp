#include "mrnn/names.hpp"

#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

namespace {

using Words = std::vector<std::string>;

TEST_CASE("a name begins with a letter and goes on with letters, digits and underscores", "[names]") {
  CHECK(mrnn::is_name("striatum"));
  CHECK(mrnn::is_name("M1"));
  CHECK(mrnn::is_name("alm_exc"));
  CHECK_FALSE(mrnn::is_name(""));
  CHECK_FALSE(mrnn::is_name("1st"));
  CHECK_FALSE(mrnn::is_name("_hidden"));
  CHECK_FALSE(mrnn::is_name("striatum.d1"));
  CHECK_FALSE(mrnn::is_name("two words"));
  CHECK_FALSE(mrnn::is_name("h\xC3\xB6rbar"));
}

TEST_CASE("the nearest name is the one with the fewest changes", "[names]") {
  const Words regions = {"striatum", "thalamus", "thal", "PMD"};

  CHECK(mrnn::nearest("striatm", regions) == "striatum");
  CHECK(mrnn::nearest("thla", regions) == "thal");
  CHECK(mrnn::nearest("PMd", regions) == "PMD");
  CHECK(mrnn::nearest("pmd", regions) == "PMD");
}

TEST_CASE("a letter in the other case counts half a change", "[names]") {
  CHECK(mrnn::nearest("Ab", Words{"Ac", "ab"}) == "ab");
}

TEST_CASE("an abbreviation, or a name with a word more or less, stands for the only one it can mean", "[names]") {
  const Words keys = {"distribution", "mean", "standard_deviation", "rate", "batch", "validation_trials", "units"};

  CHECK(mrnn::nearest("std", keys) == "standard_deviation");
  CHECK(mrnn::nearest("learning_rate", keys) == "rate");
  CHECK(mrnn::nearest("batch_size", keys) == "batch");
  CHECK(mrnn::nearest("trials", keys) == "validation_trials");
  CHECK(mrnn::nearest("n_units", keys) == "units");
  CHECK(mrnn::nearest("vt", Words{"validation_trials", "voltage"}).empty());  // either
  CHECK(mrnn::nearest("generate", keys).empty());                             // `rate` is no word of it
  CHECK(mrnn::nearest("s", keys).empty());
}

TEST_CASE("nothing is suggested for a name that is like none", "[names]") {
  CHECK(mrnn::nearest("cerebellum", Words{"striatum", "thal"}).empty());
  CHECK(mrnn::nearest("a", Words{"b"}).empty());
  CHECK(mrnn::nearest("", Words{"a", "b"}).empty());
  CHECK(mrnn::nearest("name", Words{}).empty());
  CHECK(mrnn::nearest(std::string(1'000'000, 'x'), Words{"name", std::string(1'000'000, 'x')}).empty());
}

TEST_CASE("an unknown name is reported with what there is and the nearest", "[names]") {
  CHECK(mrnn::unknown_name("region", "PMd", Words{"PMD", "M1"}) ==
        "no region called \"PMd\"; available: PMD, M1. Did you mean \"PMD\"?");
  CHECK(mrnn::unknown_name("task", "memory", Words{"pulses"}) == "no task called \"memory\"; available: pulses");
  CHECK(mrnn::unknown_name("task", "memory", Words{}) == "no task called \"memory\"; available: none");
}

TEST_CASE("words are joined, and no words are none only where they are listed", "[names]") {
  CHECK(mrnn::join(Words{"a", "b", "c"}) == "a, b, c");
  CHECK(mrnn::join(Words{"a", "b"}, " ") == "a b");
  CHECK(mrnn::join(Words{"", "b"}) == ", b");
  CHECK(mrnn::join(Words{}).empty());
  CHECK(mrnn::list_words(Words{"a", "b"}) == "a, b");
  CHECK(mrnn::list_words(Words{"a", "b"}, " ") == "a b");
  CHECK(mrnn::list_words(Words{}) == "none");
}

TEST_CASE("a number that is none has no sign in a message", "[names]") {
  const double none = std::numeric_limits<double>::quiet_NaN();
  CHECK(mrnn::number_words(none) == "nan");
  CHECK(mrnn::number_words(-none) == "nan");
  CHECK(mrnn::number_words(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(mrnn::number_words(1.0 / 3.0) == "0.333333");
  CHECK(mrnn::number_words(-1.0 / 3.0, 3) == "-0.333");
}

}  // namespace
