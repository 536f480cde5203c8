#pragma once

#include <string>

namespace test {

/// Learns one step of a sine wave with two regions of six units: an iteration takes a millisecond.
inline std::string training_experiment() {
  return R"([experiment]
name = "tiny"
seed = 3
output = "run"

[backend]
precision = "float32"
threads = 1

[network]
dt = 20.0
tau = 60.0
activation = "tanh"
noise = { recurrent = 0.05, input = 0.01 }
dale = "project"

[[region]]
name = "a"
units = 4
learnable_bias = true
learnable_tau = true
cell_types = [{ name = "exc", fraction = 0.75 }, { name = "inh", fraction = 0.25, sign = "inhibitory" }]

[[region]]
name = "b"
units = 2
learnable_initial_state = true

[[input]]
name = "amplitude"
units = 1

[[connection]]
from = "amplitude"
to = "a"

[[connection]]
from = "a"
to = "a"
sparsity = 0.25

[[connection]]
from = "a.exc"
to = "b"

[[connection]]
from = "b"
to = "a"
trainable = false

[[output]]
name = "wave"
units = 1

[task]
plugin = "sine_wave"
duration = 400.0

[train]
iterations = 60
batch = 4
optimiser = { name = "adam", rate = 0.01, clip_norm = 1.0 }
schedule = { name = "plateau", patience = 150, warmup = 5, floor = 0.1 }
penalties = { l2_weights = 1e-4, l2_rates = 1e-3 }
log_every = 4
validate_every = 10
validation_trials = 8
checkpoint_every = 3
)";
}

}  // namespace test
