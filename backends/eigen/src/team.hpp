#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <type_traits>

#include "mrnn/export.hpp"
#include "mrnn/network_spec.hpp"

namespace mrnn::eigen {

/// Threads that run the steps of one slice together, where there are fewer slices than threads: what is to be done is
/// divided into as many parts as there are members, the same ones at every step, so that the weights of a member stay
/// in the cache of its core. Members wait for each other without sleeping. Exported for tests.
class MRNN_EXPORT Team {
 public:
  explicit Team(Index members) noexcept : members_(members) {}

  Index members() const noexcept { return members_; }

  /// Called by the leader, member 0: every member does part(member); returns when all are done.
  /// @throws what a part has thrown, of several one
  template <class Part>
  void run(const Part& part) {
    if (members_ == 1) {
      part(Index{0});
      return;
    }
    start([](const void* what, Index member) { (*static_cast<const Part*>(what))(member); }, &part);
    finish();
  }

  /// Called before the members meet, while there are none.
  void begin() noexcept { round_ = 0; }
  /// Called by every other member once; returns after the leader has called end().
  void serve(Index member);
  void end();

 private:
  using Call = void (*)(const void* part, Index member);

  void start(Call call, const void* part);
  void finish();
  void attempt(Index member);

  Index members_;
  Call call_ = nullptr;  ///< null: the end
  const void* part_ = nullptr;
  std::exception_ptr failure_;
  std::atomic<bool> failing_ = false;  ///< someone is writing `failure_`, or has
  alignas(64) std::atomic<std::uint64_t> round_ = 0;
  alignas(64) std::atomic<Index> busy_ = 0;
};

}  // namespace mrnn::eigen
