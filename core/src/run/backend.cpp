#include "mrnn/backend.hpp"

#include "mrnn/error.hpp"

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

void Backend::expect_available() const {
  if (const Availability here = availability(); !here.available) {
    throw RunError("backend \"" + name() + "\" is not available: " + here.reason);
  }
}

std::unique_ptr<Session> Backend::open(const Network& network, const SessionOptions& options) const {
  expect_available();
  if (options.threads < 0) throw ShapeError("threads is negative; 0 (all cores) or more is accepted");
  return do_open(network, options);
}

}  // namespace mrnn
