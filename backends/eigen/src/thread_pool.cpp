#include "thread_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "library_product.hpp"
#include "mrnn/error.hpp"
#include "mrnn/parallel.hpp"

namespace mrnn::eigen {

int ThreadPool::resolve(int threads) {
  if (threads > 0) return threads;
  return usable_cores();
}

ThreadPool::ThreadPool(int threads) {
  const int others = resolve(threads) - 1;
  try {
    threads_.reserve(static_cast<std::size_t>(others));
    for (int k = 0; k < others; ++k) threads_.emplace_back([this, k] { serve(static_cast<std::size_t>(k) + 1); });
  } catch (const std::system_error& error) {
    const std::size_t started = size();
    end();
    throw RunError(fmt::format("the system allows {} threads, and not the {} asked for ({}); ask for fewer", started,
                               others + 1, error.code().message()));
  }
}

ThreadPool::~ThreadPool() {
  end();
}

void ThreadPool::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  started_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::begin(std::size_t pieces, const Work& work) {
  work_ = &work;
  pieces_ = pieces;
  next_ = 0;
  failures_.assign(pieces, nullptr);
}

void ThreadPool::rethrow_first() const {
  const auto failure = std::ranges::find_if(failures_, [](const auto& one) { return one != nullptr; });
  if (failure != failures_.end()) std::rethrow_exception(*failure);
}

void ThreadPool::run(std::size_t pieces, const Work& work) {
  if (pieces <= 1) return run_here(pieces, work);
  {
    const std::lock_guard lock(mutex_);
    begin(pieces, work);
    busy_ = threads_.size();
    ++round_;
  }
  started_.notify_all();
  take_pieces(0);
  {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [this] { return busy_ == 0; });
  }
  rethrow_first();
}

void ThreadPool::run_light(std::size_t pieces, Index elements, const Work& work) {
  constexpr Index worth_waking = Index{1} << 15;
  if (elements >= worth_waking) return run(pieces, work);
  run_here(pieces, work);
}

void ThreadPool::run_here(std::size_t pieces, const Work& work) {
  begin(pieces, work);
  take_pieces(0);
  rethrow_first();
}

void ThreadPool::serve(std::size_t thread) {
  std::size_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      started_.wait(lock, [&] { return ending_ || round_ != seen; });
      if (ending_) return;
      seen = round_;
    }
    take_pieces(thread);
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) finished_.notify_one();
  }
}

void ThreadPool::take_pieces(std::size_t thread) {
  if (thread >= pieces_) return;  // so that no piece is done on a thread beyond their number
  const SingleThreadedLibrary alone;
  for (std::size_t piece = next_++; piece < pieces_; piece = next_++) {
    try {
      (*work_)(piece, thread);
    } catch (...) {
      failures_[piece] = std::current_exception();
    }
  }
}

}  // namespace mrnn::eigen
