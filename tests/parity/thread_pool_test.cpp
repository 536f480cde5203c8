// The threads of the Eigen backend: who does which piece, what becomes of exceptions, and that a pool goes on working.

#include "thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "mrnn/parallel.hpp"

using mrnn::Index;
using mrnn::eigen::ThreadPool;

namespace {

using Pieces = std::vector<std::size_t>;

constexpr Index few_elements = (Index{1} << 15) - 1;  // the most that wake no other thread

enum class Call { run, run_light_much, run_light_little };

void make(Call call, ThreadPool& pool, std::size_t pieces, const ThreadPool::Work& work) {
  switch (call) {
    case Call::run:
      return pool.run(pieces, work);
    case Call::run_light_much:
      return pool.run_light(pieces, few_elements + 1, work);
    case Call::run_light_little:
      return pool.run_light(pieces, few_elements, work);
  }
}

/// How often each piece is done.
std::vector<int> times_done(Call call, ThreadPool& pool, std::size_t pieces) {
  std::vector<std::atomic<int>> done(pieces);
  make(call, pool, pieces, [&](std::size_t piece, std::size_t /*thread*/) { ++done[piece]; });
  return {done.begin(), done.end()};
}

/// Where pieces wait until so many are under way at the same time; an exception where they are not.
class Meeting {
 public:
  explicit Meeting(std::size_t expected) : expected_(expected) {}

  void wait() {
    using std::chrono::steady_clock;
    ++arrived_;
    const auto end = steady_clock::now() + std::chrono::seconds(20);
    while (arrived_ < expected_ && steady_clock::now() < end) std::this_thread::yield();
    if (arrived_ < expected_) throw std::runtime_error("one piece waits in vain for the others");
  }

 private:
  std::size_t expected_;
  std::atomic<std::size_t> arrived_ = 0;
};

/// The threads that do the pieces, all at the same time.
std::multiset<std::size_t> threads_at_once(Call call, ThreadPool& pool, std::size_t pieces) {
  Pieces threads(pieces);
  Meeting meeting(pieces);
  make(call, pool, pieces, [&](std::size_t piece, std::size_t thread) {
    threads[piece] = thread;
    meeting.wait();
  });
  return {threads.begin(), threads.end()};
}

}  // namespace

TEST_CASE("a pool has as many threads as it is asked for, or as the machine offers", "[threads]") {
  CHECK(ThreadPool(1).size() == 1);
  CHECK(ThreadPool(3).size() == 3);
  CHECK(ThreadPool(0).size() == static_cast<std::size_t>(mrnn::usable_cores()));
}

TEST_CASE("a pool does every piece once, round after round", "[threads]") {
  const auto call = GENERATE(Call::run, Call::run_light_much, Call::run_light_little);
  const int threads = GENERATE(1, 2, 5);
  const std::size_t pieces = GENERATE(0U, 1U, 3U, 64U);
  CAPTURE(static_cast<int>(call), threads, pieces);
  ThreadPool pool(threads);

  for (int round = 0; round < 50; ++round) CHECK(times_done(call, pool, pieces) == std::vector<int>(pieces, 1));
}

TEST_CASE("a pool does pieces side by side, on threads below their number", "[threads]") {
  const auto call = GENERATE(Call::run, Call::run_light_much);
  const int threads = GENERATE(3, 8);
  CAPTURE(static_cast<int>(call), threads);
  ThreadPool pool(threads);

  for (int round = 0; round < 20; ++round) {
    CHECK(threads_at_once(call, pool, 3) == std::multiset<std::size_t>{0, 1, 2});
  }
}

TEST_CASE("little work stays on the calling thread", "[threads]") {
  const auto here = std::this_thread::get_id();
  ThreadPool pool(3);
  Pieces order;
  bool stays = true;
  const auto work = [&](std::size_t piece, std::size_t thread) {
    stays = stays && thread == 0 && std::this_thread::get_id() == here;
    if (stays) order.push_back(piece);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // for which another thread would have come
  };

  SECTION("where there are few elements") {
    pool.run_light(4, few_elements, work);
    CHECK(order == Pieces{0, 1, 2, 3});
  }
  SECTION("where there is one piece") {
    pool.run(1, work);
    pool.run_light(1, 100 * few_elements, work);
    CHECK(order == Pieces{0, 0});
  }
  CHECK(stays);
}

TEST_CASE("of the exceptions of a pool's pieces, that of the first arrives; all are done, and the pool goes on",
          "[threads]") {
  const auto call = GENERATE(Call::run, Call::run_light_much, Call::run_light_little);
  const int threads = GENERATE(1, 3);
  CAPTURE(static_cast<int>(call), threads);
  ThreadPool pool(threads);

  for (int round = 0; round < 20; ++round) {
    std::atomic<int> done = 0;
    const auto work = [&](std::size_t piece, std::size_t /*thread*/) {
      ++done;
      if (piece % 4 == 2) throw std::runtime_error("piece " + std::to_string(piece));
    };
    CHECK_THROWS_WITH(make(call, pool, 20, work), "piece 2");
    CHECK(done == 20);
    CHECK(times_done(call, pool, 20) == std::vector<int>(20, 1));
  }
}

TEST_CASE("what another thread of a pool throws reaches the caller, and that thread goes on", "[threads]") {
  ThreadPool pool(2);
  Meeting meeting(2);
  const auto work = [&](std::size_t /*piece*/, std::size_t thread) {
    meeting.wait();
    if (thread == 1) throw std::runtime_error("not here");
  };

  CHECK_THROWS_WITH(pool.run(2, work), "not here");
  CHECK(threads_at_once(Call::run, pool, 2) == std::multiset<std::size_t>{0, 1});
}

TEST_CASE("a pool can be used from any thread, and a piece can use a pool of its own", "[threads]") {
  ThreadPool pool(3);
  std::vector<int> done(5);
  const auto work = [&](std::size_t piece, std::size_t /*thread*/) {
    ThreadPool own(2);
    const std::vector<int> times = times_done(Call::run, own, 10 * piece);
    done[piece] += std::accumulate(times.begin(), times.end(), 0);
  };

  pool.run(done.size(), work);
  std::thread other([&] { pool.run(done.size(), work); });
  other.join();

  CHECK(done == std::vector<int>{0, 20, 40, 60, 80});
}
