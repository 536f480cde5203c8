#include "mrnn/mpi_ranks.hpp"

#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <numeric>

namespace mrnn::mpi {
namespace {

/// MPI counts in int; and what is under way at once takes memory twice.
constexpr std::size_t most_at_once = std::size_t{1} << 22;

// A call that fails ends the job, with MPI's own words: that is how MPI_COMM_WORLD starts, and there is no going on.
class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    int running = 0;
    MPI_Initialized(&running);
    if (running == 0) {
      int provided = 0;
      MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
      started_here_ = true;
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
  }

  /// Here the ranks wait for each other: launchers end a job as soon as one of its processes has ended badly, and the
  /// first may still be writing.
  ~MpiRanks() override {
    if (started_here_) MPI_Finalize();
  }
  MpiRanks(const MpiRanks&) = delete;
  MpiRanks& operator=(const MpiRanks&) = delete;

  int rank() const override { return rank_; }
  int count() const override { return count_; }

  void sum(std::span<double> values) override {
    for (std::size_t first = 0; first < values.size(); first += most_at_once) {
      sum_piece(values.subspan(first, std::min(most_at_once, values.size() - first)));
    }
  }

  std::vector<std::string> gather(const std::string& text) override {
    const int own = static_cast<int>(text.size());
    std::vector<int> sizes(static_cast<std::size_t>(count_)), places(sizes.size());
    MPI_Allgather(&own, 1, MPI_INT, sizes.data(), 1, MPI_INT, MPI_COMM_WORLD);
    std::exclusive_scan(sizes.begin(), sizes.end(), places.begin(), 0);
    std::string all(static_cast<std::size_t>(places.back() + sizes.back()), '\0');
    if (all.empty()) return std::vector<std::string>(sizes.size());  // all is well, as nearly always
    MPI_Allgatherv(text.data(), own, MPI_CHAR, all.data(), sizes.data(), places.data(), MPI_CHAR, MPI_COMM_WORLD);
    std::vector<std::string> texts;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      texts.push_back(all.substr(static_cast<std::size_t>(places[k]), static_cast<std::size_t>(sizes[k])));
    }
    return texts;
  }

  void abandon(int exit_status, const std::string& why) override {
    std::fprintf(stderr, "mrnn: rank %d: %s\n", rank_, why.c_str());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, exit_status);
  }

 private:
  /// Each rank adds up its part of the values of all, in their order, and hands out the sums. MPI_Allreduce may add in
  /// whatever order suits it.
  void sum_piece(std::span<double> values) {
    const auto ranks = static_cast<std::size_t>(count_);
    std::vector<int> sizes(ranks), places(ranks);
    for (std::size_t k = 0; k < ranks; ++k) {
      places[k] = static_cast<int>(values.size() * k / ranks);
      sizes[k] = static_cast<int>(values.size() * (k + 1) / ranks) - places[k];
    }
    const int own = sizes[static_cast<std::size_t>(rank_)];
    const std::vector<int> own_sizes(ranks, own);
    std::vector<int> own_places(ranks);
    for (std::size_t k = 0; k < ranks; ++k) own_places[k] = static_cast<int>(k) * own;
    received_.resize(ranks * static_cast<std::size_t>(own));
    MPI_Alltoallv(values.data(), sizes.data(), places.data(), MPI_DOUBLE, received_.data(), own_sizes.data(),
                  own_places.data(), MPI_DOUBLE, MPI_COMM_WORLD);
    for (std::size_t k = 1; k < ranks; ++k) {
      for (int i = 0; i < own; ++i)
        received_[static_cast<std::size_t>(i)] +=
            received_[k * static_cast<std::size_t>(own) + static_cast<std::size_t>(i)];
    }
    MPI_Allgatherv(received_.data(), own, MPI_DOUBLE, values.data(), sizes.data(), places.data(), MPI_DOUBLE,
                   MPI_COMM_WORLD);
  }

  int rank_ = 0, count_ = 1;
  bool started_here_ = false;
  std::vector<double> received_;
};

}  // namespace
}  // namespace mrnn::mpi

mrnn::Ranks* mrnn_mpi_open() {
  return new mrnn::mpi::MpiRanks();
}
