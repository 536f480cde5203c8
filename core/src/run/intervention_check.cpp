#include "run/intervention_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

void expect_length(Index actual, Index needed, const char* what) {
  if (actual != needed) throw ShapeError(fmt::format("{} is {}; {} is needed", what, actual, needed));
}

void expect_finite(bool finite, const char* what) {
  if (!finite) throw ShapeError(fmt::format("{} is not a finite number", what));
}

void check_what(const Drive& drive, const Network& network, Index steps) {
  expect_within(drive.units, network.units(), "a drive");
  expect_length(drive.strength.size(), drive.units.size(), "number of strengths of a drive");
  expect_length(drive.course.size(), steps, "length of the course of a drive");
  expect_finite(drive.strength.allFinite() && drive.course.allFinite(), "the strength of a drive");
}

void check_what(const Clamp& clamp, const Network& network, Index /*steps*/) {
  expect_within(clamp.units, network.units(), "a clamp");
  expect_finite(std::isfinite(clamp.value), "the value of a clamp");
}

void check_what(const ScaleWeights& scale, const Network& network, Index /*steps*/) {
  const bool recurrent = scale.source == ScaleWeights::Source::recurrent;
  expect_within(scale.to, network.units(), "a weight scaling");
  expect_within(scale.from, recurrent ? network.units() : network.inputs(), "a weight scaling");
  expect_finite(std::isfinite(scale.factor), "the factor of a weight scaling");
}

void check_what(const ExtraNoise& noise, const Network& network, Index /*steps*/) {
  expect_within(noise.units, network.units(), "extra noise");
  expect_finite(std::isfinite(noise.sigma), "the sigma of extra noise");
  if (noise.sigma < 0.0) throw ShapeError("extra noise has a negative sigma");
}

void check(const Intervention& intervention, const Network& network, const Trials& trials) {
  const StepRange steps = intervention.steps;
  if (steps.first < 0 || steps.last > trials.steps || steps.size() < 0) {
    throw ShapeError(
        fmt::format("an intervention covers steps {} to {} of a run of {}", steps.first, steps.last, trials.steps));
  }
  if (!std::ranges::is_sorted(intervention.trials)) throw ShapeError("an intervention's trials are not ascending");
  for (const Index trial : intervention.trials) {
    if (trial >= 0 && trial < trials.count) continue;
    throw ShapeError(fmt::format("an intervention names trial {} of {}", trial, trials.count));
  }
  std::visit([&](const auto& what) { check_what(what, network, steps.size()); }, intervention.what);
}

}  // namespace

void expect_within(const Selection& units, Index limit, const std::string& name) {
  for (const UnitRange& range : units.ranges()) {
    if (range.size < 0) throw ShapeError(fmt::format("{} names {} units", name, range.size));
    if (range.start >= 0 && range.size <= limit && range.start <= limit - range.size) continue;
    const Index outside = range.start < 0 || range.start >= limit ? range.start : range.start + (range.size - 1);
    throw ShapeError(fmt::format("{} names unit {} of {}", name, outside, limit));
  }
}

void check_intervention(const Intervention& intervention, const Network& network, const Trials& trials) {
  if (intervention.manipulation.empty()) return check(intervention, network, trials);
  try {
    check(intervention, network, trials);
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("manipulation \"{}\": {}", intervention.manipulation, error.what()));
  }
}

}  // namespace mrnn
