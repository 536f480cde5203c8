#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/trials.hpp"

namespace mrnn::dataset {

/// An array of the file, one row per trial: (trial, time, unit) or (trial, unit) with one step.
struct Rows {
  Index steps = 0, units = 0;
  std::vector<double> values;

  bool empty() const { return values.empty(); }
  const double* at(Index row, Index step) const { return values.data() + (row * steps + step) * units; }
};

/// What a file holds, in file order, checked against the network.
struct Contents {
  Index trials = 0, steps = 0;
  Rows inputs, targets, mask, stimulus, initial_state;
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::vector<std::string>> texts;
  std::vector<Epoch>
      epochs;  ///< pairs of numbers `epoch_<name>_first`, `epoch_<name>_last`, which are not in `numbers`
};

/// Reads a group of a file, or the file itself where `group` is empty. @throws FileError.
Contents read_contents(const std::filesystem::path& file, const std::string& group, const Network& network);

}  // namespace mrnn::dataset
