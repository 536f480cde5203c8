// Runs the sections in a worker process, so that one that fails or hangs costs its own numbers and no others.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "device.hpp"
#include "report.hpp"

namespace exchange {

/// What is measured together, and how long it may take before it is given up.
struct Section {
  std::string name;
  int seconds = 10;
  std::function<void(const Device&, Report&)> measure;
};

/// Exit status of a worker, and of the program, that found no device.
constexpr int no_device = 77;

/// Measures all sections into the table. A worker runs them one after another; when it fails, traps or exceeds the time
/// of a section, it is ended and a new one goes on with the next section. Returns 0, 1 if any section failed, or
/// `no_device`. The calling process never touches the device.
int supervise(const std::vector<Section>& sections, Table& table);

}  // namespace exchange
