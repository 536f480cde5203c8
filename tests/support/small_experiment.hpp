#pragma once

#include <stdexcept>
#include <string>

namespace test {

/// A whole experiment of two regions and seven units that runs in no time.
inline std::string small_experiment() {
  return R"([experiment]
name = "small"
seed = 3
output = "run"

[network]
dt = 10.0
tau = 100.0
activation = "tanh"
dale = "clamp"
noise = { recurrent = 0.1, input = 0.05 }

[[region]]
name = "sensory"
units = 4
cell_types = [{ name = "exc", fraction = 0.75 }, { name = "inh", fraction = 0.25, sign = "inhibitory" }]

[[region]]
name = "motor"
units = 3

[[input]]
name = "cue"
units = 2

[[connection]]
from = "cue"
to = "sensory"

[[connection]]
from = "sensory.exc"
to = "motor"
sparsity = 0.25

[[connection]]
from = "motor"
to = "sensory"

[[output]]
name = "choice"
units = 1

[task]
plugin = "pulses"
duration = 200.0
conditions = ["left", "right"]

[[task.pulse]]
input = "cue"
channels = 0
onset = 50.0
duration = 50.0
conditions = ["left"]

[[manipulation]]
name = "silence_motor"
plugin = "silence"
regions = ["motor"]
start = 100.0

[[simulation]]
name = "control"
trials = 4

[[simulation]]
name = "silenced"
trials = 4
manipulations = ["silence_motor"]

[[analysis]]
plugin = "psth"
simulation = ["control", "silenced"]
)";
}

/// The same text with one part replaced by another, which must be there.
inline std::string with(std::string text, const std::string& part, const std::string& replacement) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) throw std::logic_error("no \"" + part + "\" in the configuration of the test");
  return text.replace(at, part.size(), replacement);
}

}  // namespace test
