// The limit that keeps a program from taking more memory than there is. Each case looks at a process of its own.

#include "run/memory_limit.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "catch.hpp"
#include "mrnn/memory_plan.hpp"

namespace {

/// What a child process answers, a small number.
int in_child(const std::function<int()>& question) {
  const pid_t child = fork();
  if (child == 0) _exit(question());
  int state = 0;
  waitpid(child, &state, 0);
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/// Allocates, and never touches, as many pieces as it gets, and says how many, at most so many, that was.
int pieces_to_be_had(std::size_t piece, int most) {
  for (int count = 0; count < most; ++count) {
    if (mmap(nullptr, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) return count;
  }
  return most;
}

}  // namespace

TEST_CASE("a limited process can allocate what is free and no more", "[memory_limit]") {
  constexpr int parts = 16, most = 250;
  const std::size_t piece = mrnn::free_host_memory() / parts;

  const int got = in_child([piece] {
    mrnn::limit_memory();
    return pieces_to_be_had(piece, most);
  });

  CHECK(got > parts / 2);
  CHECK(got < most);  // without a limit all of them would be had
}

TEST_CASE("a limit that is there already stays", "[memory_limit]") {
  const int same = in_child([] {
    const rlimit before{rlim_t{1} << 45, RLIM_INFINITY};
    if (setrlimit(RLIMIT_DATA, &before) != 0) return 0;
    mrnn::limit_memory();
    rlimit after = {};
    getrlimit(RLIMIT_DATA, &after);
    return after.rlim_cur == before.rlim_cur && after.rlim_max == before.rlim_max ? 1 : 2;
  });

  CHECK(same == 1);
}
