#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/network_spec.hpp"
#include "mrnn/session.hpp"

namespace mrnn {

/// The words that stand for the values of an enumeration in files, in the order in which messages list them. Exists for
/// every enumeration of network_spec.hpp, and for how products are made.
template <class Enum>
const std::vector<std::pair<Enum, std::string>>& named_values();

template <>
MRNN_EXPORT const std::vector<std::pair<Dynamics, std::string>>& named_values<Dynamics>();
template <>
MRNN_EXPORT const std::vector<std::pair<Activation, std::string>>& named_values<Activation>();
template <>
MRNN_EXPORT const std::vector<std::pair<Dale, std::string>>& named_values<Dale>();
template <>
MRNN_EXPORT const std::vector<std::pair<Sign, std::string>>& named_values<Sign>();
template <>
MRNN_EXPORT const std::vector<std::pair<OutputActivation, std::string>>& named_values<OutputActivation>();
template <>
MRNN_EXPORT const std::vector<std::pair<Readout, std::string>>& named_values<Readout>();
template <>
MRNN_EXPORT const std::vector<std::pair<Initialiser::Distribution, std::string>>&
named_values<Initialiser::Distribution>();
template <>
MRNN_EXPORT const std::vector<std::pair<Products, std::string>>& named_values<Products>();

/// The word for a value, for instance "inhibitory".
template <class Enum>
const std::string& name_of(Enum value) {
  for (const auto& [known, name] : named_values<Enum>()) {
    if (known == value) return name;
  }
  static const std::string unknown = "unknown";
  return unknown;
}

/// A parameter of an initialiser: its key in files and its member.
struct InitialiserParameter {
  std::string_view key;
  double Initialiser::*value;
};

/// The parameters a distribution has; the others do not concern it.
MRNN_EXPORT std::span<const InitialiserParameter> parameters_of(Initialiser::Distribution distribution);

}  // namespace mrnn
