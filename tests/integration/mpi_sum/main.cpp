// Sums over the ranks of an MPI job, as mpirun starts it: in the order of the ranks, of any number of values.

#include <cstdio>
#include <vector>

#include "mrnn/mpi_ranks.hpp"

namespace {

/// Numbers whose sum depends on the order in which they are added: of three ranks 1, 1e16 and -1e16, or the like.
double value_of(int rank, std::size_t place) {
  const double large[] = {1.0, 1e16, -1e16};
  return large[(static_cast<std::size_t>(rank) + place) % 3] + static_cast<double>(place % 7);
}

bool is_right(mrnn::Ranks& ranks, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t k = 0; k < count; ++k) values[k] = value_of(ranks.rank(), k);
  ranks.sum(values);
  for (std::size_t k = 0; k < count; ++k) {
    double expected = value_of(0, k);
    for (int rank = 1; rank < ranks.count(); ++rank) expected += value_of(rank, k);
    if (values[k] == expected) continue;
    std::fprintf(stderr, "rank %d, value %zu of %zu: %g in place of %g\n", ranks.rank(), k, count, values[k], expected);
    return false;
  }
  return true;
}

}  // namespace

int main() {
  const auto ranks = mrnn::mpi::open();
  bool right = true;
  for (const std::size_t count : {0UL, 2UL, 7UL, (1UL << 22) + 5}) right = is_right(*ranks, count) && right;
  const std::string own = "rank " + std::to_string(ranks->rank());
  const std::vector<std::string> all = ranks->gather(ranks->rank() == 1 ? "" : own);
  for (int rank = 0; rank < ranks->count(); ++rank) {
    const std::string expected = rank == 1 ? "" : "rank " + std::to_string(rank);
    right = right && all[static_cast<std::size_t>(rank)] == expected;
  }
  if (ranks->rank() == 0) std::printf("%d ranks\n", ranks->count());
  return right ? 0 : 1;
}
