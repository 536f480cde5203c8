#include "rank_threads.hpp"

#include <barrier>
#include <exception>
#include <stdexcept>
#include <thread>

namespace test {
namespace {

/// Where the ranks put what they have for each other.
struct Board {
  explicit Board(int count) : said(static_cast<std::size_t>(count)), values(said.size()), meeting(count) {}

  std::vector<std::string> said;
  std::vector<std::vector<double>> values;
  std::barrier<> meeting;
};

class RankThread final : public mrnn::Ranks {
 public:
  RankThread(int rank, Board& board) : rank_(static_cast<std::size_t>(rank)), board_(board) {}

  int rank() const override { return static_cast<int>(rank_); }
  int count() const override { return static_cast<int>(board_.said.size()); }

  void sum(std::span<double> values) override {
    board_.values[rank_].assign(values.begin(), values.end());
    for (const std::string& said : exchange("sum " + std::to_string(values.size()))) {
      if (said != board_.said[rank_]) throw std::logic_error("the ranks call different functions");
    }
    for (std::size_t k = 0; k < values.size(); ++k) {
      values[k] = 0.0;
      for (const std::vector<double>& of_rank : board_.values) values[k] += of_rank[k];
    }
    board_.meeting.arrive_and_wait();
  }

  std::vector<std::string> gather(const std::string& text) override {
    std::vector<std::string> texts;
    for (const std::string& said : exchange("says " + text)) {
      if (!said.starts_with("says ")) throw std::logic_error("the ranks call different functions");
      texts.push_back(said.substr(5));
    }
    board_.meeting.arrive_and_wait();
    return texts;
  }

 private:
  const std::vector<std::string>& exchange(const std::string& text) {
    board_.said[rank_] = text;
    board_.meeting.arrive_and_wait();
    return board_.said;
  }

  std::size_t rank_;
  Board& board_;
};

std::string words_of(const std::exception_ptr& failure) {
  if (!failure) return "";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

std::vector<std::string> run_ranks(int count, const std::function<void(mrnn::Ranks&)>& work) {
  Board board(count);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        RankThread ranks(rank, board);
        work(ranks);
      } catch (...) {
        failures[static_cast<std::size_t>(rank)] = std::current_exception();
      }
      board.meeting.arrive_and_drop();  // so that the others do not wait for one that has gone
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> words;
  for (const std::exception_ptr& failure : failures) words.push_back(words_of(failure));
  return words;
}

}  // namespace test
