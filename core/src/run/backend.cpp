#include "mrnn/backend.hpp"

#include "mrnn/error.hpp"

namespace mrnn {

Backend::~Backend() = default;

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
