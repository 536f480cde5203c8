// What a program that trains by several processes begins with; by itself it is one of one.

#include <cstdio>

#include "mrnn/mpi_ranks.hpp"

int main() {
  const auto ranks = mrnn::mpi::open();
  std::printf("rank %d of %d\n", ranks->rank(), ranks->count());
  return ranks->count() == 1 ? 0 : 1;
}
