#include "files/stored_method.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "config/spec_names.hpp"
#include "mrnn/error.hpp"
#include "mrnn/formulas.hpp"

namespace mrnn {
namespace {

constexpr std::array<double, 2> usual_bounds{0.0, 10.0};  // of a configuration that has none

Dale dale_called(const std::string& word, const WeightSource& source) {
  for (const auto& [dale, name] : named_values<Dale>()) {
    if (name == word) return dale;
  }
  throw FileError(source.file(), fmt::format("dale is \"{}\"; accepted: none, clamp, abs, project", word));
}

}  // namespace

double StoredMethod::weight(double mask, double sign, double free) const {
  const auto [low, high] = bounds.value_or(usual_bounds);
  return formulas::effective_weight(dale, dale == Dale::none ? mask : mask * sign, free, low, high);
}

std::optional<StoredMethod> stored_method(const WeightSource& source, const std::string& suffix) {
  auto word = suffix == "inp" ? source.setting("dale_input") : std::nullopt;
  if (!word) word = source.setting("dale");
  if (!word) return std::nullopt;
  StoredMethod method{dale_called(*word, source)};
  if (method.dale != Dale::clamp && method.dale != Dale::project) return method;
  if (const auto bounds = source.numbers("bounds")) {
    if (bounds->size() != 2) throw FileError(source.file(), "bounds must be two numbers");
    method.bounds = {bounds->front(), bounds->back()};
  }
  return method;
}

}  // namespace mrnn
