#pragma once

#include <string>
#include <vector>

#include "mrnn/hdf5.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/trials.hpp"

namespace test {

/// Names of the golden files that have trials.
std::vector<std::string> golden_files_with_trials();

/// (trial, time, unit) of a file.
mrnn::Sequence read_sequence(const mrnn::Hdf5Reader& file, const std::string& name);

/// The transpose of a matrix, or of matrix `which` of a stack, of a file.
Eigen::MatrixXd read_transposed(const mrnn::Hdf5Reader& file, const std::string& name, mrnn::Index which = 0);

/// A golden file: a network imported from its description, with the file itself as weights and as trials. Every
/// bias is learnable, as for the gradients in the file.
struct Golden {
  explicit Golden(const std::string& name);

  mrnn::Hdf5Reader file;
  mrnn::Network network;
  mrnn::Parameters parameters;
  mrnn::Trials trials;
};

/// Compares numbers of the parameters' shape with those of a group of the file, where weights exist.
void check_group(const Golden& golden, const std::string& group, const mrnn::Parameters& actual, double tolerance);

}  // namespace test
