#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/selection.hpp"

namespace mrnn::eigen {

/// A fixed set of threads that share out numbered pieces of work. The calling thread is one of them. The
/// only parallelism of the backend: what a piece calls must be single-threaded. Exported for tests.
class MRNN_EXPORT ThreadPool {
 public:
  /// Does piece `piece` on thread `thread` (0 is the caller; always below the number of pieces).
  using Work = std::function<void(std::size_t piece, std::size_t thread)>;

  /// @param threads  0: as many as this process may use
  /// @throws RunError where the system refuses that many
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const noexcept { return threads_.size() + 1; }

  /// Returns when all pieces are done. Every piece is attempted; the exception of the first one, in
  /// numerical order, is thrown again here.
  void run(std::size_t pieces, const Work& work);

  /// The same for pieces that take about a nanosecond for each of `elements`, all together: on this thread alone where
  /// waking the others takes as long.
  void run_light(std::size_t pieces, Index elements, const Work& work);

  /// What `threads` of SessionOptions comes to on this machine.
  static int resolve(int threads);

 private:
  void end();
  void serve(std::size_t thread);
  void take_pieces(std::size_t thread);
  void begin(std::size_t pieces, const Work& work);
  void run_here(std::size_t pieces, const Work& work);
  void rethrow_first() const;

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable started_, finished_;
  std::size_t round_ = 0, busy_ = 0;
  bool ending_ = false;
  const Work* work_ = nullptr;
  std::size_t pieces_ = 0;
  std::atomic<std::size_t> next_{0};
  std::vector<std::exception_ptr> failures_;
};

}  // namespace mrnn::eigen
