// What ranks say to each other so that none of them is left waiting.

#include "mrnn/ranks.hpp"

#include <new>
#include <stdexcept>

#include "catch.hpp"
#include "mrnn/error.hpp"
#include "rank_threads.hpp"
#include "run/together.hpp"

using namespace mrnn;

namespace {

using Texts = std::vector<std::string>;

/// Remembers why it was left.
class Leavable final : public Ranks {
 public:
  void abandon(int exit_status, const std::string& text) override { why = std::to_string(exit_status) + ": " + text; }

  std::string why;
};

/// The exit status of what some work throws; 0 where it throws nothing of ours.
template <class Work>
int status_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.exit_status();
  }
  return 0;
}

}  // namespace

TEST_CASE("a process alone is rank 0 of 1, and its sums are its own", "[ranks]") {
  Ranks alone;
  std::vector<double> values{1.5, -2.0};

  alone.sum(values);

  CHECK(alone.rank() == 0);
  CHECK(alone.count() == 1);
  CHECK(values == std::vector<double>{1.5, -2.0});
  CHECK(alone.gather("here") == Texts{"here"});
  CHECK_THROWS_AS(together(alone, [] { throw std::out_of_range("as it was"); }), std::out_of_range);
}

TEST_CASE("where some ranks fail, all throw what the first of them threw", "[ranks]") {
  std::vector<int> statuses(3);
  const Texts thrown = test::run_ranks(3, [&](Ranks& ranks) {
    const auto work = [&] {
      if (ranks.rank() == 1) throw FileError("trials.h5", "cannot be read");
      if (ranks.rank() == 2) throw RunError("too late");
    };
    statuses[static_cast<std::size_t>(ranks.rank())] = status_of([&] { together(ranks, work); });
    together(ranks, work);
  });

  CHECK(thrown ==
        Texts{"rank 1: trials.h5: cannot be read", "trials.h5: cannot be read", "rank 1: trials.h5: cannot be read"});
  CHECK(statuses == std::vector<int>{3, 3, 3});
}

TEST_CASE("what is no error of ours is told to the other ranks too", "[ranks]") {
  const bool memory = GENERATE(false, true);
  const Texts thrown = test::run_ranks(2, [&](Ranks& ranks) {
    together(ranks, [&] {
      if (ranks.rank() == 0) return;
      if (memory) throw std::bad_alloc();
      throw std::runtime_error("odd");
    });
  });

  const std::string out_of_memory = "out of memory; fewer trials, fewer steps or a smaller record need less";
  CHECK(thrown.front() == "rank 1: " + (memory ? out_of_memory : "odd"));
}

TEST_CASE("work that goes well on all ranks throws nothing", "[ranks]") {
  const Texts thrown = test::run_ranks(3, [](Ranks& ranks) { together(ranks, [] {}); });

  CHECK(thrown == Texts(3));
}

TEST_CASE("what holds on any rank holds for all", "[ranks]") {
  const int holds_on = GENERATE(-1, 0, 2);
  const bool expected = holds_on >= 0;
  const Texts thrown = test::run_ranks(3, [&](Ranks& ranks) {
    if (any(ranks, ranks.rank() == holds_on) != expected) throw std::logic_error("another answer");
  });

  CHECK(thrown == Texts(3));
}

TEST_CASE("what only one rank knows of ends all of them", "[ranks]") {
  Leavable ranks;
  const bool told = GENERATE(false, true);
  const auto work = [&] {
    if (told) ranks.agree();
    throw FileError("trials.h5", "cannot be read");
  };

  CHECK_THROWS_AS(jointly(ranks, work), FileError);

  CHECK(ranks.why == (told ? "" : "3: trials.h5: cannot be read"));
}

TEST_CASE("ranks that differ are named", "[ranks]") {
  const Texts thrown = test::run_ranks(3, [](Ranks& ranks) {
    expect_same(ranks, "the configuration", "seed = 1");
    expect_same(ranks, "the configuration", ranks.rank() == 1 ? "seed = 2" : "seed = 1");
  });

  for (const std::string& text : thrown) {
    CHECK(text ==
          "the configuration of rank 1 is not that of rank 0; all ranks are to be the same program with the same "
          "arguments and files, on processors of one type");
  }
}
