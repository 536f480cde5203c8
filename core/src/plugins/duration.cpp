#include "mrnn/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace mrnn {
namespace {

void check_time(const ConfigNode& config, std::string_view key, double time) {
  if (time < 0.0) config.fail(key, fmt::format("is {} ms; a time of 0 ms or more is accepted", time));
}

Duration read_table(const ConfigNode& table) {
  if (table.has("choices")) {
    const std::vector<double> choices = table.numbers("choices");
    if (choices.empty()) table.fail("choices", "is an empty list; one time in ms or more is accepted");
    for (const double time : choices) check_time(table, "choices", time);
    table.finish();
    return Duration::one_of(choices);
  }
  const double mean = table.positive("mean"), low = table.number("low"), high = table.number("high");
  check_time(table, "low", low);
  if (high < low) table.fail("high", fmt::format("is {} ms, below low = {} ms", high, low));
  table.finish();
  return Duration::exponential(mean, low, high);
}

}  // namespace

Duration Duration::constant(double time) {
  Duration duration;
  duration.low_ = duration.high_ = time;
  return duration;
}

Duration Duration::uniform(double low, double high) {
  Duration duration;
  duration.kind_ = Kind::uniform;
  duration.low_ = low;
  duration.high_ = high;
  return duration;
}

Duration Duration::one_of(std::vector<double> choices) {
  assert(!choices.empty());
  Duration duration;
  duration.kind_ = Kind::choices;
  duration.low_ = *std::ranges::min_element(choices);
  duration.high_ = *std::ranges::max_element(choices);
  duration.choices_ = std::move(choices);
  return duration;
}

Duration Duration::exponential(double mean, double low, double high) {
  Duration duration;
  duration.kind_ = Kind::exponential;
  duration.mean_ = mean;
  duration.low_ = low;
  duration.high_ = high;
  return duration;
}

Duration Duration::read(const ConfigNode& config, std::string_view key, const Duration& fallback) {
  if (!config.has(key)) return fallback;
  if (config.kind(key) == ConfigKind::table) return read_table(config.table(key));
  const std::vector<double> times = config.numbers(key);
  if (times.empty() || times.size() > 2) {
    config.fail(key, fmt::format("is a list of {} times; one time in ms, two as [low, high], {{ choices = [...] }} or "
                                 "{{ mean = ..., low = ..., high = ... }} is accepted",
                                 times.size()));
  }
  for (const double time : times) check_time(config, key, time);
  if (times.back() < times.front()) {
    config.fail(key, fmt::format("is [{}, {}]; the lower time comes first", times.front(), times.back()));
  }
  return times.size() == 1 ? constant(times.front()) : uniform(times.front(), times.back());
}

double Duration::draw(RandomStream& random) const {
  const double share = random.uniform();
  switch (kind_) {
    case Kind::constant:
      return low_;
    case Kind::uniform:
      return low_ + share * (high_ - low_);
    case Kind::choices:
      return choices_[static_cast<std::size_t>(share * static_cast<double>(choices_.size()))];
    case Kind::exponential:
      // Inverse of the distribution function (1 - exp(-(t - low) / mean)) / (1 - exp(-(high - low) / mean)).
      return std::clamp(low_ - mean_ * std::log1p(share * std::expm1(-(high_ - low_) / mean_)), low_, high_);
  }
  return low_;
}

double Duration::shortest() const noexcept {
  return low_;
}

double Duration::longest() const noexcept {
  return high_;
}

void check_lasts_a_step(const ConfigNode& config, std::string_view key, const Duration& duration, double dt) {
  constexpr double rounding = 1e-9;  // 0.1 + 0.2 ms may not be too short for a step of 0.3 ms
  if (duration.shortest() >= dt * (1.0 - rounding)) return;
  config.fail(
      key, fmt::format("can last {} ms; one step of the network ({} ms) or more is accepted", duration.shortest(), dt));
}

std::string in_ms(double time) {
  return fmt::format("{} ms", time);
}

Index to_steps(double time, double dt) {
  constexpr double most = 1e12;
  return static_cast<Index>(std::llround(std::clamp(time / dt, -most, most)));
}

}  // namespace mrnn
