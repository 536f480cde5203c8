#include "train/checkpoint.hpp"

#include <fmt/format.h>

#include <span>

#include "files/hdf5_file.hpp"
#include "files/results_network.hpp"
#include "files/results_training.hpp"
#include "files/seal.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/runtime.hpp"
#include "train/parameter_arrays.hpp"

namespace mrnn {
namespace {

/// Walks over a state in one order, for writing and for reading.
template <class State, class Visitor>
void visit_state(State& state, Visitor& visitor) {
  visitor.number("iteration", state.iteration);
  visitor.number("last_loss", state.last_loss);
  visitor.number("best_iteration", state.best_iteration);
  visitor.number("best_loss", state.best_loss);
  visitor.number("best_performance", state.best_performance);
  visitor.number("stage", state.stage);
  visitor.number("better_since", state.better_since);
  visitor.number("rate_factor", state.rate_factor);
  visitor.number("plateau_loss", state.plateau_loss);
  visitor.number("plateau_since", state.plateau_since);
  visitor.parameters("initial", state.initial);
  visitor.parameters("current", state.current);
  if (state.best_iteration > 0) visitor.parameters("best", state.best);
  visitor.parameters("optimiser_first", state.optimiser.first);
  visitor.parameters("optimiser_second", state.optimiser.second);
  visitor.history(state.history);
}

std::span<const double> values_of(const Eigen::Ref<const Eigen::MatrixXd>& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}

std::string path_of(const std::string& group, const std::string& array) {
  return fmt::format("/checkpoint/{}/{}", group, array);
}

/// Matrices are stored as they lie in memory: shape [from, to].
template <class Array>
std::vector<Index> stored_shape(const Array& array) {
  if constexpr (Array::ColsAtCompileTime == 1) return {array.size()};
  return {array.cols(), array.rows()};
}

class StateWriter {
 public:
  explicit StateWriter(Hdf5Writer& writer) : writer_(writer) {}

  template <class Number>
  void number(const std::string& name, Number value) {
    writer_.attribute("/checkpoint", name, value);
  }
  void parameters(const std::string& name, const Parameters& parameters) {
    visit_arrays(parameters, [&](const std::string& array_name, const auto& array) {
      writer_.write(path_of(name, array_name), stored_shape(array), values_of(array));
    });
  }
  void history(const TrainingHistory& history) { write_history(writer_, "/checkpoint/history", history); }

 private:
  Hdf5Writer& writer_;
};

class StateReader {
 public:
  StateReader(const Hdf5Reader& reader, const Network& network) : reader_(reader), network_(network) {}

  template <class Number>
  void number(const std::string& name, Number& value) {
    value = static_cast<Number>(reader_.number_attribute("/checkpoint", name));
  }
  void parameters(const std::string& name, Parameters& parameters) {
    parameters = zero_parameters(network_);
    visit_arrays(parameters, [&](const std::string& array_name, auto& array) {
      const std::string path = path_of(name, array_name);
      if (reader_.shape(path) != stored_shape(array)) {
        throw FileError(reader_.file(), path + " has another shape; the checkpoint is of another network");
      }
      const std::vector<double> values = reader_.read_doubles(path);
      std::copy(values.begin(), values.end(), array.data());
    });
  }
  void history(TrainingHistory& history) { history = read_history(reader_, "checkpoint/history"); }

 private:
  const Hdf5Reader& reader_;
  const Network& network_;
};

/// Texts by key as two lists.
void write_values(Hdf5Writer& writer, const std::string& name, const CheckpointOrigin::Values& texts) {
  std::vector<std::string> keys, values;
  for (const auto& [key, value] : texts) {
    keys.push_back(key);
    values.push_back(value);
  }
  writer.write_texts("/checkpoint/" + name + "_keys", keys);
  writer.write_texts("/checkpoint/" + name + "_values", values);
}

CheckpointOrigin::Values read_values(const Hdf5Reader& reader, const std::string& name) {
  const std::vector<std::string> keys = reader.read_texts("checkpoint/" + name + "_keys");
  const std::vector<std::string> values = reader.read_texts("checkpoint/" + name + "_values");
  if (keys.size() != values.size()) {
    throw FileError(reader.file(), "is damaged: its list of " + name + " has keys without values");
  }
  CheckpointOrigin::Values texts;
  for (std::size_t k = 0; k < keys.size(); ++k) texts.emplace_back(keys[k], values[k]);
  return texts;
}

/// Opens a file that must be a checkpoint of ours.
Hdf5Reader open_checkpoint(const std::filesystem::path& file) {
  Hdf5Reader reader(file);
  if (reader.kind("checkpoint") != Hdf5Kind::group || !reader.has_attribute("/", "format_version")) {
    throw FileError(file, "is not a checkpoint of a training run: it has no group /checkpoint");
  }
  if (!has_seal(file)) throw FileError(file, "is damaged: the checksum that ends a checkpoint is missing");
  const double version = reader.number_attribute("/", "format_version");
  if (!(version <= static_cast<double>(file_format_version))) {
    throw FileError(file,
                    fmt::format("has format version {}; this program reads up to {}", version, file_format_version));
  }
  return reader;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& file, const Network& network, const TrainingState& state,
                      const CheckpointOrigin& origin) {
  Hdf5Writer writer(file);
  writer.attribute("/", "format_version", file_format_version);
  writer.attribute("/", "mrnn_version", version());
  write_network_group(writer, network, state.current);
  writer.group("/checkpoint");
  writer.attribute("/checkpoint", "backend", origin.backend);
  writer.attribute("/checkpoint", "precision", origin.precision);
  writer.attribute("/checkpoint", "products", origin.products);
  writer.attribute("/checkpoint", "ranks", std::int64_t{origin.ranks});
  writer.attribute("/checkpoint", "stopped_by", state.stopped_by);
  write_values(writer, "config", origin.config);
  write_values(writer, "network", origin.network);
  write_values(writer, "file", origin.files);
  StateWriter states(writer);
  visit_state(state, states);
  writer.finish_sealed();
}

CheckpointOrigin read_checkpoint_origin(const std::filesystem::path& file) {
  const Hdf5Reader reader = open_checkpoint(file);
  CheckpointOrigin origin;
  origin.backend = reader.text_attribute("/checkpoint", "backend");
  origin.precision = reader.text_attribute("/checkpoint", "precision");
  // Earlier versions had no others.
  if (reader.has_attribute("/checkpoint", "products"))
    origin.products = reader.text_attribute("/checkpoint", "products");
  if (reader.has_attribute("/checkpoint", "ranks")) {
    origin.ranks = static_cast<int>(reader.number_attribute("/checkpoint", "ranks"));
  }
  origin.iteration = static_cast<std::int64_t>(reader.number_attribute("/checkpoint", "iteration"));
  origin.stopped_by = reader.text_attribute("/checkpoint", "stopped_by");
  origin.config = read_values(reader, "config");
  if (reader.has("checkpoint/network_keys")) {
    origin.network = read_values(reader, "network");
    origin.files = read_values(reader, "file");
  }
  return origin;
}

TrainingState read_checkpoint_state(const std::filesystem::path& file, const Network& network) {
  const Hdf5Reader reader = open_checkpoint(file);
  TrainingState state;
  StateReader states(reader, network);
  visit_state(state, states);
  state.stopped_by = reader.text_attribute("/checkpoint", "stopped_by");
  return state;
}

}  // namespace mrnn
