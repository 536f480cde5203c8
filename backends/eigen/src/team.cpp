#include "team.hpp"

#include <thread>
#include <utility>

namespace mrnn::eigen {
namespace {

/// Looks before a waiting thread lets others run on its core: a step of a small network takes about as long.
constexpr int looks = 4000;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

template <class Condition>
void wait_until(const Condition& condition) {
  for (int look = 0; !condition(); ++look) {
    if (look < looks) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace

void Team::start(Call call, const void* part) {
  call_ = call;
  part_ = part;
  busy_.store(members_ - 1, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  attempt(0);
}

void Team::finish() {
  wait_until([this] { return busy_.load(std::memory_order_acquire) == 0; });
  if (!failing_.exchange(false)) return;
  std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Team::attempt(Index member) {
  try {
    call_(part_, member);
  } catch (...) {
    if (!failing_.exchange(true)) failure_ = std::current_exception();
  }
}

void Team::serve(Index member) {
  for (std::uint64_t seen = 0;;) {
    wait_until([&] { return round_.load(std::memory_order_acquire) != seen; });
    ++seen;
    if (call_ == nullptr) return;
    attempt(member);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

void Team::end() {
  call_ = nullptr;
  round_.fetch_add(1, std::memory_order_release);
}

}  // namespace mrnn::eigen
