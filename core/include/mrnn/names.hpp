#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// Does `name` match [A-Za-z][A-Za-z0-9_]*, as names of regions, connections and simulations must?
MRNN_EXPORT bool is_name(std::string_view name) noexcept;

/// The candidate nearest to `name` in edit distance (case counts half); else the only one that it abbreviates (`std`
/// for `standard_deviation`) or that is a word of it (`rate` of `learning_rate`), or the other way round. "" when none
/// is.
MRNN_EXPORT std::string nearest(std::string_view name, std::span<const std::string> candidates);

/// One sentence for an unknown name, for instance:
/// `no region called "PMd"; available: PMD, M1. Did you mean "PMD"?`
MRNN_EXPORT std::string unknown_name(std::string_view kind, std::string_view name,
                                     std::span<const std::string> candidates);

/// "a, b, c"; empty when there are none.
MRNN_EXPORT std::string join(std::span<const std::string> words, std::string_view separator = ", ");

/// The same for a message that says what there is: `none` when there is nothing.
MRNN_EXPORT std::string list_words(std::span<const std::string> words, std::string_view separator = ", ");

/// A number in a message: `0.25`, `inf`, and `nan` whatever sign bit a NaN has.
MRNN_EXPORT std::string number_words(double value, int digits = 6);

}  // namespace mrnn
