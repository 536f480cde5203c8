#include "rounds.hpp"

#include <algorithm>

namespace exchange {

namespace {

constexpr int warm_up_rounds = 64;
constexpr int launches = 5;

}  // namespace

RoundsRunner::RoundsRunner(const Device& device, int blocks)
    : device_(device), spans_(static_cast<std::size_t>(blocks)), wrong_(1) {}

void RoundsRunner::report(Report& report, const std::string& what, const std::string& setting,
                          const std::function<void(const Rounds&)>& start, const std::string& note) {
  std::vector<double> nanoseconds, cycles;
  for (int launch = 0; launch <= launches; ++launch) {
    const Span span = run(timed_rounds, start);
    if (launch == 0) continue;
    nanoseconds.push_back(static_cast<double>(span.nanoseconds) / timed_rounds);
    cycles.push_back(static_cast<double>(span.cycles) / timed_rounds);
  }
  report.measured(what, setting, summarise(nanoseconds), "ns/round", {summarise(cycles).median, "cycles/round"}, note);
}

void RoundsRunner::verify(const std::string& what, const std::function<void(const Rounds&)>& start) {
  try {
    run(verified_rounds, start);
  } catch (const std::exception& problem) {
    throw std::runtime_error(what + ": " + problem.what());
  }
}

Span RoundsRunner::run(int timed, const std::function<void(const Rounds&)>& start) {
  spans_.clear(device_.stream);
  wrong_.clear(device_.stream);
  start({warm_up_rounds, timed, spans_.data(), wrong_.data()});
  const std::vector<Span> spans = spans_.read(spans_.size());
  const unsigned wrong = wrong_.read(1).front();
  if (wrong > 0) throw std::runtime_error(std::to_string(wrong) + " exchanged values are wrong");
  Span slowest{0, 0};
  for (const Span& span : spans) {
    slowest.cycles = std::max(slowest.cycles, span.cycles);
    slowest.nanoseconds = std::max(slowest.nanoseconds, span.nanoseconds);
  }
  if (slowest.cycles <= 0) throw std::runtime_error("no block measured a time");
  return slowest;
}

}  // namespace exchange
