#pragma once

#include <limits>

#include "files/hdf5_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/network_config.hpp"
#include "mrnn/weights.hpp"
#include "temporary_folder.hpp"

/// A small network, and weight files that fit it.
namespace test {

using mrnn::Dale;
using mrnn::Hdf5Reader;
using mrnn::Hdf5Writer;
using mrnn::Index;
using mrnn::LoadedWeights;
using Numbers = std::vector<double>;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Units: a 0, 1 (excitatory), b.p 0 and b.q 0 (inhibitory). Connections: a -> b, b.q -> a, cue -> b.
inline mrnn::NetworkSpec example(Dale dale = Dale::clamp) {
  mrnn::NetworkSpec spec;
  spec.dale = dale;
  spec.regions = {{"a", 2}, {"b", 2, {{"p", 0.5, {}}, {"q", 0.5, {}}}, mrnn::Sign::inhibitory}};
  spec.inputs = {{"cue", 1}};
  spec.connections = {{"a", "b"}, {"b.q", "a"}, {"cue", "b"}};
  spec.outputs = {{"choice", 1, {"b"}}};
  return spec;
}

/// Weights that fit the example, row by row.
inline Numbers fitting() {
  return {0, 0, 0, -0.4, 0, 0, 0, -0.8, 0.1, 0.2, 0, 0, 0.3, 0.5, 0, 0};
}

/// The arrays of a weight file; those that are empty are left out.
struct Stored {
  Numbers weights = fitting();
  Numbers free, mask, sign, bias, tau, initial_state;
  Numbers inputs = {0, 0, 0.1, 0.2}, readout = {0, 0, 0.3, 0.4};
  std::string dale;
  std::vector<std::string> regions;
};

inline std::filesystem::path write(const test::TemporaryFolder& folder, const Stored& stored) {
  Hdf5Writer writer(folder.path() / "w.h5");
  writer.group("/network");
  const auto matrix = [&](const std::string& name, Index rows, const Numbers& values) {
    if (!values.empty()) writer.write("/network/" + name, {rows, std::ssize(values) / rows}, values);
  };
  matrix("W_rec", 4, stored.weights);
  matrix("free/W_rec", 4, stored.free);
  matrix("structure/mask_rec", 4, stored.mask);
  matrix("structure/sign_rec", 4, stored.sign);
  matrix("W_inp", 4, stored.inputs);
  matrix("W_out", 1, stored.readout);
  const auto vector = [&](const std::string& name, const Numbers& values) {
    if (!values.empty()) writer.write("/network/" + name, {std::ssize(values)}, values);
  };
  vector("bias", stored.bias);
  vector("tau", stored.tau);
  vector("x0", stored.initial_state);
  if (!stored.dale.empty()) writer.attribute("/network", "dale", stored.dale);
  if (!stored.regions.empty()) writer.write_texts("/network/structure/region_name", stored.regions);
  writer.finish();
  return folder.path() / "w.h5";
}

inline LoadedWeights load(const std::filesystem::path& file, const mrnn::NetworkSpec& spec) {
  const mrnn::Network network = mrnn::build_network(spec, 1);
  return mrnn::load_weights(file, network, mrnn::initial_parameters(network, 1));
}

inline LoadedWeights load(const Stored& stored, const mrnn::NetworkSpec& spec = example()) {
  const test::TemporaryFolder folder;
  return load(write(folder, stored), spec);
}

/// What is wrong, without the name of the file.
inline std::string mistake(const Stored& stored, const mrnn::NetworkSpec& spec = example()) {
  try {
    load(stored, spec);
  } catch (const mrnn::FileError& error) {
    return std::string(error.what()).substr(error.path().string().size() + 2);
  }
  return "no error";
}

inline Numbers row_major(const Eigen::MatrixXd& matrix) {
  Numbers values;
  for (Index i = 0; i < matrix.rows(); ++i) {
    for (Index j = 0; j < matrix.cols(); ++j) values.push_back(matrix(i, j) + 0.0);  // -0 becomes 0
  }
  return values;
}

inline Eigen::MatrixXd effective(const LoadedWeights& loaded) {
  const auto weights = mrnn::effective_weights(loaded.network, loaded.parameters);
  return mrnn::dense(loaded.network.recurrent_blocks(), weights.recurrent, loaded.network.units(),
                     loaded.network.units());
}

inline Eigen::MatrixXd free_values(const LoadedWeights& loaded) {
  return mrnn::dense(loaded.network.recurrent_blocks(), loaded.parameters.recurrent, loaded.network.units(),
                     loaded.network.units());
}

inline Eigen::MatrixXd patterns(const LoadedWeights& loaded) {
  std::vector<Eigen::MatrixXd> values;
  for (const auto& block : loaded.network.recurrent_blocks()) values.push_back(block.pattern.cast<double>());
  return mrnn::dense(loaded.network.recurrent_blocks(), values, loaded.network.units(), loaded.network.units());
}

inline Stored with_weight(Index row, Index column, double value) {
  Stored stored;
  stored.weights[static_cast<std::size_t>(4 * row + column)] = value;
  return stored;
}

}  // namespace test
