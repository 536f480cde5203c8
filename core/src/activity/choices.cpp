#include "mrnn/choices.hpp"

#include <algorithm>
#include <cmath>

namespace mrnn {
namespace {

/// Of answers in ascending order.
std::vector<Choices> by_value(const Answers& answers) {
  std::vector<Choices> all;
  if (answers.empty()) return all;
  // Values that differ by rounding, as those of 1.08 - 1 and 0.08, are one.
  const double apart = 1e-9 * (answers.back().first - answers.front().first);
  for (const auto& [variable, choice] : answers) {
    if (all.empty() || variable - all.back().variable > apart) all.push_back({variable, 0.0, 0.0});
    all.back().chosen += choice;
    all.back().trials += 1.0;
  }
  return all;
}

}  // namespace

std::vector<Choices> choices_by_value(Answers answers) {
  std::ranges::sort(answers);
  return by_value(answers);
}

std::vector<Choices> choices_in_parts(Answers answers, std::size_t most) {
  std::ranges::sort(answers);
  std::vector<Choices> all = by_value(answers);
  if (all.size() <= most) return all;
  std::vector<Choices> parts(most);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Choices& part = parts[i * most / answers.size()];
    part.variable += answers[i].first;
    part.chosen += answers[i].second;
    part.trials += 1.0;
  }
  for (Choices& part : parts) part.variable /= part.trials;
  return parts;
}

std::pair<double, double> wilson_interval(const Choices& choices) {
  constexpr double z = 1.959963984540054;
  const double n = choices.trials, p = choices.share();
  const double middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
  const double half = z / (1.0 + z * z / n) * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
  return {middle - half, middle + half};
}

}  // namespace mrnn
