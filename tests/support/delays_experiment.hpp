#pragma once

#include <string>

namespace test {

/// A network of two regions, five units in all, that fits tasks of delayed discrimination; without a task.
inline std::string delays_network() {
  return R"([experiment]
name = "delays"
seed = 5
output = "run"

[backend]
threads = 1

[network]
dt = 10.0
tau = 40.0
activation = "tanh"
noise = { recurrent = 0.1, input = 0.05 }

[[region]]
name = "cortex"
units = 3

[[region]]
name = "thalamus"
units = 2

[[input]]
name = "frequency"
units = 2

[[connection]]
from = "frequency"
to = "thalamus"

[[connection]]
from = "thalamus"
to = "cortex"

[[connection]]
from = "cortex"
to = "thalamus"

[[output]]
name = "choice"
units = 2

)";
}

}  // namespace test
