#include "config/spec_names.hpp"

#include <array>

namespace mrnn {

template <class Enum>
using Names = std::vector<std::pair<Enum, std::string>>;

template <>
const Names<Dynamics>& named_values<Dynamics>() {
  static const Names<Dynamics> names = {
      {Dynamics::leaky, "leaky"}, {Dynamics::elman, "elman"}, {Dynamics::rate, "rate"}};
  return names;
}

template <>
const Names<Activation>& named_values<Activation>() {
  static const Names<Activation> names = {{Activation::relu, "relu"},       {Activation::tanh, "tanh"},
                                          {Activation::sigmoid, "sigmoid"}, {Activation::softplus, "softplus"},
                                          {Activation::linear, "linear"},   {Activation::retanh, "retanh"}};
  return names;
}

template <>
const Names<Dale>& named_values<Dale>() {
  static const Names<Dale> names = {
      {Dale::none, "none"}, {Dale::clamp, "clamp"}, {Dale::abs, "abs"}, {Dale::project, "project"}};
  return names;
}

template <>
const Names<Sign>& named_values<Sign>() {
  static const Names<Sign> names = {{Sign::excitatory, "excitatory"}, {Sign::inhibitory, "inhibitory"}};
  return names;
}

template <>
const Names<OutputActivation>& named_values<OutputActivation>() {
  static const Names<OutputActivation> names = {{OutputActivation::linear, "linear"},
                                                {OutputActivation::sigmoid, "sigmoid"},
                                                {OutputActivation::softmax, "softmax"}};
  return names;
}

template <>
const Names<Readout>& named_values<Readout>() {
  static const Names<Readout> names = {{Readout::weights, "weights"}, {Readout::identity, "identity"}};
  return names;
}

template <>
const Names<Products>& named_values<Products>() {
  static const Names<Products> names = {
      {Products::ieee, "ieee"}, {Products::bf16x3, "bf16x3"}, {Products::tf32, "tf32"}};
  return names;
}

template <>
const Names<Initialiser::Distribution>& named_values<Initialiser::Distribution>() {
  using Distribution = Initialiser::Distribution;
  static const Names<Distribution> names = {
      {Distribution::uniform, "uniform"},
      {Distribution::normal, "normal"},
      {Distribution::gamma, "gamma"},
      {Distribution::constant, "constant"},
      {Distribution::xavier_normal, "xavier_normal"},
      {Distribution::orthogonal, "orthogonal"},
      {Distribution::identity_scaled, "identity_scaled"},
      {Distribution::balanced, "balanced"},
  };
  return names;
}

std::span<const InitialiserParameter> parameters_of(Initialiser::Distribution distribution) {
  using Distribution = Initialiser::Distribution;
  static constexpr std::array<InitialiserParameter, 2> range = {
      {{"low", &Initialiser::low}, {"high", &Initialiser::high}}};
  static constexpr std::array<InitialiserParameter, 2> normal = {
      {{"mean", &Initialiser::mean}, {"standard_deviation", &Initialiser::standard_deviation}}};
  static constexpr std::array<InitialiserParameter, 2> gamma = {
      {{"shape", &Initialiser::shape}, {"scale", &Initialiser::scale}}};
  static constexpr std::array<InitialiserParameter, 1> value = {{{"value", &Initialiser::value}}};
  static constexpr std::array<InitialiserParameter, 2> diagonal = {
      {{"value", &Initialiser::value}, {"fraction", &Initialiser::fraction}}};
  static constexpr std::array<InitialiserParameter, 1> gain = {{{"gain", &Initialiser::gain}}};
  switch (distribution) {
    case Distribution::uniform:
      return range;
    case Distribution::normal:
      return normal;
    case Distribution::gamma:
    case Distribution::balanced:
      return gamma;
    case Distribution::constant:
      return value;
    case Distribution::identity_scaled:
      return diagonal;
    case Distribution::xavier_normal:
    case Distribution::orthogonal:
      return gain;
  }
  return {};
}

}  // namespace mrnn
