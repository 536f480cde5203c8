// Pieces of work on several threads.

#include "mrnn/parallel.hpp"

#include <atomic>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/error.hpp"

using mrnn::Index;

TEST_CASE("every piece is done once, on any number of threads", "[parallel]") {
  const int threads = GENERATE(0, 1, 2, 7);
  const Index count = GENERATE(0, 1, 5, 100);
  CAPTURE(threads, count);
  std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));

  mrnn::parallel_for(count, threads, [&](Index piece) { ++done[static_cast<std::size_t>(piece)]; });

  for (const std::atomic<int>& times : done) CHECK(times == 1);
}

TEST_CASE("of the exceptions of pieces, that of the lowest one arrives, and the others are done", "[parallel]") {
  const int threads = GENERATE(1, 3);
  std::atomic<int> done = 0;
  const auto work = [&](Index piece) {
    ++done;
    if (piece % 4 == 2) throw mrnn::RunError("piece " + std::to_string(piece));
  };

  CHECK_THROWS_WITH(mrnn::parallel_for(20, threads, work), "piece 2");
  CHECK(done == 20);
}
