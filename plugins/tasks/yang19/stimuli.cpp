#include "stimuli.hpp"

#include <numbers>

#include "mrnn/rings.hpp"

namespace yang19 {
namespace {

using mrnn::RandomStream;
using std::numbers::pi;

/// Strengths of the two stimuli on a ring.
struct Pair {
  double one = 0.0, other = 0.0;
};

double random_direction(RandomStream& random) {
  return random.uniform(0.0, 2.0 * pi);
}

double random_sign(RandomStream& random) {
  return random.below(2) == 0 ? -1.0 : 1.0;
}

Pair draw_pair(const std::vector<double>& coherences, std::optional<mrnn::Index> level, RandomStream& random) {
  const auto number = level ? static_cast<std::uint64_t>(*level) : random.below(2 * coherences.size());
  const double mean = random.uniform(0.8, 1.2), magnitude = coherences[number / 2];
  const double coherence = number % 2 == 0 ? -magnitude : magnitude;
  return {mean + coherence, mean - coherence};
}

/// A strength divided between the rings.
std::array<double, 2> divide(double strength, RandomStream& random) {
  const double difference = strength * random.uniform(0.2, 0.8) * random_sign(random);
  return {strength + 0.5 * difference, strength - 0.5 * difference};
}

Stimuli draw_one(const Rule& rule, RandomStream& random) {
  Stimuli drawn;
  Stimulus& stimulus = drawn.shown[0];
  stimulus.location = random_direction(random);
  stimulus.strengths[random.below(2)] = 1.0;
  drawn.response = rule.logic == Logic::towards ? stimulus.location : mrnn::wrap_direction(stimulus.location + pi);
  return drawn;
}

Stimuli draw_comparison(const Rule& rule, const std::vector<double>& coherences, std::optional<mrnn::Index> level,
                        RandomStream& random) {
  Stimuli drawn;
  Stimulus &one = drawn.shown[0], &other = drawn.shown[1];
  one.location = random_direction(random);
  other.location = mrnn::wrap_direction(one.location + random.uniform(0.5 * pi, 1.5 * pi));
  const Pair counted = draw_pair(coherences, level, random);
  if (rule.logic == Logic::summed) {
    one.strengths = divide(counted.one, random);
    other.strengths = divide(counted.other, random);
  } else {
    one.strengths[rule.ring] = counted.one;
    other.strengths[rule.ring] = counted.other;
  }
  if (rule.logic == Logic::attended) {
    const Pair ignored = draw_pair(coherences, std::nullopt, random);
    one.strengths[1 - rule.ring] = ignored.one;
    other.strengths[1 - rule.ring] = ignored.other;
  }
  drawn.coherence = 0.5 * (counted.one - counted.other);
  drawn.response = counted.one > counted.other ? one.location : other.location;
  return drawn;
}

/// Two locations, one after the other; returns whether they match.
bool draw_locations(Matching matching, RandomStream& random, std::array<Stimulus, 2>& shown) {
  if (matching == Matching::same_half) {
    for (Stimulus& stimulus : shown) stimulus.location = (0.1 + 0.2 * static_cast<double>(random.below(10))) * pi;
    return (shown[0].location < pi) == (shown[1].location < pi);
  }
  const bool match = random.below(2) == 0;
  shown[0].location = random_direction(random);
  const double away = random.uniform(pi / 9.0, 17.0 * pi / 9.0);
  shown[1].location = match ? shown[0].location : mrnn::wrap_direction(shown[0].location + away);
  return match;
}

Stimuli draw_match(const Rule& rule, Matching matching, RandomStream& random) {
  Stimuli drawn;
  const bool match = draw_locations(matching, random, drawn.shown);
  for (Stimulus& stimulus : drawn.shown) stimulus.strengths[random.below(2)] = 1.0;
  drawn.match = match ? 1.0 : 0.0;
  if (match == (rule.logic == Logic::match)) drawn.response = drawn.shown[1].location;
  return drawn;
}

}  // namespace

Stimuli draw_stimuli(const Rule& rule, const Family& family, std::optional<mrnn::Index> level, RandomStream& random) {
  switch (rule.logic) {
    case Logic::towards:
    case Logic::away:
      return draw_one(rule, random);
    case Logic::stronger:
    case Logic::attended:
    case Logic::summed:
      return draw_comparison(rule, family.coherences, level, random);
    case Logic::match:
    case Logic::nonmatch:
      return draw_match(rule, family.matching, random);
  }
  return {};
}

}  // namespace yang19
