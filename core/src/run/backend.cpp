#include "mrnn/backend.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/spec_names.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {

BatchShape shape_of(const Trials& trials) {
  return {trials.count,
          trials.steps,
          !trials.stimulus.empty(),
          !trials.targets.empty(),
          !trials.mask.empty(),
          trials.initial_state.size() > 0};
}

Backend::~Backend() = default;

std::optional<std::size_t> Backend::free_memory() const {
  return std::nullopt;
}

std::string Backend::method(const Network& /*network*/, const SessionOptions& /*options*/,
                            const BatchShape& /*batch*/) const {
  return "";
}

std::vector<Products> Backend::products() const {
  return {Products::ieee};
}

std::string Backend::products_problem(const SessionOptions& options) const {
  if (options.products == Products::ieee) return "";
  const std::vector<Products> own = products();
  if (std::ranges::find(own, options.products) == own.end()) {
    std::vector<std::string> names;
    for (const Products one : own) names.push_back(fmt::format("\"{}\"", name_of(one)));
    return fmt::format(
        "is \"{}\"; the backend \"{}\" has {} only (\"bf16x3\" and \"tf32\" are modes of the backend \"cuda\")",
        name_of(options.products), name(), list_words(names));
  }
  if (options.precision == Precision::float32) return "";
  return fmt::format("is \"{}\", which is for precision = \"float32\"; float64 has \"ieee\" only",
                     name_of(options.products));
}

void Backend::expect_available() const {
  if (const Availability here = availability(); !here.available) {
    throw RunError("backend \"" + name() + "\" is not available: " + here.reason);
  }
}

std::unique_ptr<Session> Backend::open(const Network& network, const SessionOptions& options) const {
  expect_available();
  if (options.threads < 0) throw ShapeError("threads is negative; 0 (all cores) or more is accepted");
  if (const std::string problem = products_problem(options); !problem.empty()) {
    throw ConfigError("", "products", problem);
  }
  auto session = do_open(network, options);
  if (session == nullptr) throw RunError("backend \"" + name() + "\" opened no session");
  return session;
}

}  // namespace mrnn
