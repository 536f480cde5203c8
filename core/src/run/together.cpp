#include "run/together.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <vector>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// What another rank threw.
class RankError final : public Error {
 public:
  RankError(int exit_status, const std::string& text) : Error(text), exit_status_(exit_status) {}
  int exit_status() const noexcept override { return exit_status_; }

 private:
  int exit_status_;
};

constexpr int failed = 4;

/// What was thrown, in words, and the exit status that goes with it.
struct Failure {
  int exit_status = failed;
  std::string text;
};

Failure failure_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return {error.exit_status(), error.what()};
  } catch (const std::bad_alloc&) {
    return {failed, "out of memory; fewer trials, fewer steps or a smaller record need less"};
  } catch (const std::exception& error) {
    return {failed, error.what()};
  } catch (...) {
    return {failed, "something was thrown that is no exception"};
  }
}

/// As the other ranks are told of it: exit status, a space, the text.
std::string message_of(const std::exception_ptr& thrown) {
  const Failure failure = failure_of(thrown);
  return fmt::format("{} {}", failure.exit_status, failure.text);
}

/// @param rank  that said so
[[noreturn]] void throw_message(const std::string& message, int rank, const Ranks& ranks) {
  const std::size_t space = message.find(' ');
  const int status = std::stoi(message.substr(0, space));
  const std::string from = rank == ranks.rank() ? "" : fmt::format("rank {}: ", rank);
  const std::string text = from + message.substr(space + 1);
  if (status == failed) throw RunError(text);
  throw RankError(status, text);
}

}  // namespace

void together(Ranks& ranks, const std::function<void()>& work) {
  if (ranks.count() == 1) return work();
  std::exception_ptr failure;
  try {
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  const std::vector<std::string> messages = ranks.gather(failure ? message_of(failure) : "");
  const auto first = std::ranges::find_if(messages, [](const std::string& message) { return !message.empty(); });
  if (first == messages.end()) return;
  ranks.agree();
  throw_message(*first, static_cast<int>(first - messages.begin()), ranks);
}

void jointly(Ranks& ranks, const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    if (!ranks.agreed()) {
      const Failure failure = failure_of(std::current_exception());
      ranks.abandon(failure.exit_status, failure.text);
    }
    throw;
  }
}

bool any(Ranks& ranks, bool here) {
  if (ranks.count() == 1) return here;
  const std::vector<std::string> all = ranks.gather(here ? "yes" : "");
  const bool found = std::ranges::any_of(all, [](const std::string& text) { return !text.empty(); });
  if (found) ranks.agree();
  return found;
}

Ranks& or_alone(Ranks* ranks) {
  static Ranks alone;
  return ranks != nullptr ? *ranks : alone;
}

void expect_same(Ranks& ranks, const std::string& what, const std::string& text) {
  const std::vector<std::string> all = ranks.gather(text);
  const auto other = std::ranges::find_if(all, [&](const std::string& one) { return one != all.front(); });
  if (other == all.end()) return;
  ranks.agree();
  throw RunError(
      fmt::format("{} of rank {} is not that of rank 0; all ranks are to be the same program with the same "
                  "arguments and files, on processors of one type",
                  what, other - all.begin()));
}

}  // namespace mrnn
