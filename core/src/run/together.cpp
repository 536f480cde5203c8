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

/// An error as the other ranks are told of it: a digit or more of exit status, a space, the text.
std::string message_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return fmt::format("{} {}", error.exit_status(), error.what());
  } catch (const std::bad_alloc&) {
    return fmt::format("{} out of memory", failed);
  } catch (const std::exception& error) {
    return fmt::format("{} {}", failed, error.what());
  }
}

[[noreturn]] void throw_message(const std::string& message, int rank) {
  const std::size_t space = message.find(' ');
  const int status = std::stoi(message.substr(0, space));
  const std::string text = fmt::format("rank {}: {}", rank, message.substr(space + 1));
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
  const auto rank = static_cast<int>(first - messages.begin());
  if (rank == ranks.rank()) std::rethrow_exception(failure);
  throw_message(*first, rank);
}

bool any(Ranks& ranks, bool here) {
  if (ranks.count() == 1) return here;
  const std::vector<std::string> all = ranks.gather(here ? "yes" : "");
  return std::ranges::any_of(all, [](const std::string& text) { return !text.empty(); });
}

void expect_same(Ranks& ranks, const std::string& what, const std::string& text) {
  if (ranks.count() == 1) return;
  const std::vector<std::string> all = ranks.gather(text);
  const auto other = std::ranges::find_if(all, [&](const std::string& one) { return one != all.front(); });
  if (other == all.end()) return;
  throw RunError(
      fmt::format("{} of rank {} is not that of rank 0; all ranks are to be the same program with the same "
                  "arguments, on processors of one type",
                  what, other - all.begin()));
}

}  // namespace mrnn
