#pragma once

#include "catch.hpp"
#include "config/spec_names.hpp"
#include "mrnn/network_spec.hpp"

namespace test {

inline void check_same(const std::optional<mrnn::Initialiser>& a, const std::optional<mrnn::Initialiser>& b) {
  REQUIRE(a.has_value() == b.has_value());
  if (!a) return;
  REQUIRE(a->distribution == b->distribution);
  for (const auto& [key, value] : mrnn::parameters_of(a->distribution)) {
    CAPTURE(std::string(key));
    CHECK((*a).*value == (*b).*value);
  }
}

inline void check_same(const mrnn::Region& a, const mrnn::Region& b) {
  CAPTURE(a.name);
  CHECK(a.name == b.name);
  CHECK(a.units == b.units);
  REQUIRE(a.cell_types.size() == b.cell_types.size());
  for (std::size_t k = 0; k < a.cell_types.size(); ++k) {
    CHECK(a.cell_types[k].name == b.cell_types[k].name);
    CHECK(a.cell_types[k].fraction == b.cell_types[k].fraction);
    CHECK(a.cell_types[k].sign == b.cell_types[k].sign);
  }
  CHECK(a.sign == b.sign);
  CHECK(a.activation == b.activation);
  CHECK(a.noise == b.noise);
  CHECK(a.tau == b.tau);
  CHECK(a.base_firing == b.base_firing);
  CHECK(a.initial_state == b.initial_state);
  CHECK(a.learnable_bias == b.learnable_bias);
  CHECK(a.learnable_initial_state == b.learnable_initial_state);
  CHECK(a.learnable_tau == b.learnable_tau);
  CHECK(a.parent == b.parent);
}

inline void check_same(const mrnn::Connection& a, const mrnn::Connection& b) {
  CAPTURE(a.from, a.to);
  CHECK(a.from == b.from);
  CHECK(a.to == b.to);
  CHECK(a.sign == b.sign);
  CHECK(a.sparsity == b.sparsity);
  CHECK(a.autapses == b.autapses);
  CHECK(a.trainable == b.trainable);
  check_same(a.init, b.init);
}

/// Every field of two descriptions is the same; the parameters of initialisers as far as their distribution has them.
inline void check_same(const mrnn::NetworkSpec& a, const mrnn::NetworkSpec& b) {
  CHECK(a.dynamics == b.dynamics);
  CHECK(a.activation == b.activation);
  CHECK(a.dt == b.dt);
  CHECK(a.tau == b.tau);
  CHECK(a.noise_recurrent == b.noise_recurrent);
  CHECK(a.noise_input == b.noise_input);
  CHECK(a.dale == b.dale);
  CHECK(a.dale_input == b.dale_input);
  CHECK(a.bounds == b.bounds);
  CHECK(a.spectral_radius == b.spectral_radius);
  REQUIRE(a.regions.size() == b.regions.size());
  REQUIRE(a.inputs.size() == b.inputs.size());
  REQUIRE(a.connections.size() == b.connections.size());
  REQUIRE(a.outputs.size() == b.outputs.size());
  for (std::size_t k = 0; k < a.regions.size(); ++k) check_same(a.regions[k], b.regions[k]);
  for (std::size_t k = 0; k < a.inputs.size(); ++k) {
    CHECK(a.inputs[k].name == b.inputs[k].name);
    CHECK(a.inputs[k].units == b.inputs[k].units);
    CHECK(a.inputs[k].sign == b.inputs[k].sign);
  }
  for (std::size_t k = 0; k < a.connections.size(); ++k) check_same(a.connections[k], b.connections[k]);
  for (std::size_t k = 0; k < a.outputs.size(); ++k) {
    CHECK(a.outputs[k].name == b.outputs[k].name);
    CHECK(a.outputs[k].units == b.outputs[k].units);
    CHECK(a.outputs[k].from == b.outputs[k].from);
    CHECK(a.outputs[k].activation == b.outputs[k].activation);
    CHECK(a.outputs[k].sign == b.outputs[k].sign);
    CHECK(a.outputs[k].readout == b.outputs[k].readout);
    CHECK(a.outputs[k].trainable == b.outputs[k].trainable);
  }
}

}  // namespace test
