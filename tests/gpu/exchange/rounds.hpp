// Many rounds of a barrier or an exchange in one kernel, seen from the host.

#pragma once

#include <functional>
#include <string>

#include "device.hpp"
#include "report.hpp"

namespace exchange {

/// Rounds that are timed, and those of a kernel that verifies the data of every round.
constexpr int timed_rounds = 10000;
constexpr int verified_rounds = 500;

/// Shared memory that leaves room for one block on a multiprocessor, as a kernel that keeps its weights there asks for.
constexpr std::size_t persistent_bytes = 200 * 1024;

/// Time from the end of the warm-up to the end of the last round, seen by one block.
struct Span {
  long long cycles;
  long long nanoseconds;
};

/// What every kernel of rounds gets. `spans` has one element per block; `wrong` counts received values that differ from
/// those sent.
struct Rounds {
  int warm_up;
  int timed;
  Span* spans;
  unsigned* wrong;
};

/// Runs kernels of rounds and reports the time of one round: the slowest block's, the median over launches.
class RoundsRunner {
 public:
  RoundsRunner(const Device& device, int blocks);

  /// `start` puts one launch on the stream, with whatever must be reset before it.
  void report(Report& report, const std::string& what, const std::string& setting,
              const std::function<void(const Rounds&)>& start, const std::string& note = {});
  /// Runs a kernel that verifies; throws when it found wrong values.
  void verify(const std::string& what, const std::function<void(const Rounds&)>& start);

 private:
  Span run(int timed, const std::function<void(const Rounds&)>& start);

  const Device& device_;
  Buffer<Span> spans_;
  Buffer<unsigned> wrong_;
};

}  // namespace exchange
