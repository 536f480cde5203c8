#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>

#include "mrnn/parameters.hpp"

namespace mrnn {

/// Walks over the arrays of parameters in one order: `visit(name, matrix or vector)`, the blocks of a kind numbered,
/// `recurrent_0`.
template <class Values, class Visit>
void visit_arrays(Values& parameters, const Visit& visit) {
  const auto visit_blocks = [&](const char* kind, auto& blocks) {
    for (std::size_t k = 0; k < blocks.size(); ++k) visit(fmt::format("{}_{}", kind, k), blocks[k]);
  };
  visit_blocks("recurrent", parameters.recurrent);
  visit_blocks("input", parameters.input);
  visit_blocks("readout", parameters.readout);
  visit("bias", parameters.bias);
  visit("readout_bias", parameters.readout_bias);
  visit("initial_state", parameters.initial_state);
  visit("tau", parameters.tau);
}

}  // namespace mrnn
