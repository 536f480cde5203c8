#include "mrnn/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace mrnn {
namespace {

/// The pieces of one call, handed out in order.
class Pieces {
 public:
  Pieces(Index count, const std::function<void(Index)>& work) : count_(count), work_(work) {}

  void take() {
    for (Index piece = next_++; piece < count_; piece = next_++) {
      try {
        work_(piece);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (piece < failed_) failure_ = std::current_exception();
        failed_ = std::min(failed_, piece);
      }
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  Index count_;
  const std::function<void(Index)>& work_;
  std::atomic<Index> next_{0};
  std::mutex mutex_;
  Index failed_ = std::numeric_limits<Index>::max();
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(Index count, int threads, const std::function<void(Index)>& work) {
  const Index cores = threads > 0 ? threads : usable_cores();
  Pieces pieces(count, work);
  const Index wanted = std::max<Index>(0, std::min(cores, count) - 1);
  std::vector<std::thread> others;
  others.reserve(static_cast<std::size_t>(wanted));
  try {
    for (Index k = 0; k < wanted; ++k) others.emplace_back([&pieces] { pieces.take(); });
  } catch (const std::system_error&) {  // The system allows no more threads: those there are do the work.
  }
  pieces.take();
  for (std::thread& thread : others) thread.join();
  pieces.rethrow();
}

}  // namespace mrnn
