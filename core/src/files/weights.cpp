#include "mrnn/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "files/hdf5_file.hpp"
#include "files/results_network.hpp"
#include "files/weight_source.hpp"
#include "files/weights_matrix.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

/// Weights of another network must not slip in where the sizes happen to agree.
void check_names(const WeightSource& source, const std::string& kind, const std::vector<NamedRange>& parts) {
  const auto stored = source.texts(kind + "_name");
  if (!stored) return;
  std::vector<std::string> ours;
  for (const NamedRange& part : parts) ours.push_back(part.name);
  if (*stored != ours) {
    throw FileError(source.file(),
                    fmt::format("its {}s are {}; the network's are {}", kind, list_words(*stored), list_words(ours)));
  }
  const std::string units = "structure/" + kind + "_units";
  if (!source.has(units)) return;
  const std::vector<double> sizes = source.read(units, {std::ssize(parts)});
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (sizes[k] == static_cast<double>(parts[k].range.size)) continue;
    throw FileError(source.file(), fmt::format("its {} {} has {} units; the network's has {}", kind, ours[k], sizes[k],
                                               parts[k].range.size));
  }
}

void check_names(const WeightSource& source, const Network& network) {
  std::vector<NamedRange> regions;
  for (const RegionLayout& region : network.regions()) regions.push_back({region.name, region.range});
  check_names(source, "region", regions);
  check_names(source, "input", network.input_regions());
  std::vector<NamedRange> outputs;
  for (const OutputLayout& output : network.output_layouts()) outputs.push_back({output.name, output.range});
  if (!outputs.empty()) check_names(source, "output", outputs);
}

/// Reads a vector where the file has it; `name_of(k)` names element k.
template <class NameOf>
void read_vector(const WeightSource& source, const std::string& name, Eigen::VectorXd& vector, const NameOf& name_of) {
  if (!source.has(name)) return;
  const std::vector<double> values = source.read(name, {vector.size()});
  for (Index k = 0; k < vector.size(); ++k) {
    vector[k] = values[static_cast<std::size_t>(k)];
    if (std::isfinite(vector[k])) continue;
    throw FileError(source.file(), fmt::format("{}[{}] = {}: a finite number is needed", source.shown(name), name_of(k),
                                               number_words(vector[k])));
  }
}

/// Reads W_out into the readout blocks. Rows of identity readouts are given; they may only hold their ones.
class ReadoutLoader {
 public:
  ReadoutLoader(const WeightSource& source, const Network& network) : source_(source), network_(network) {}

  void load(std::vector<Eigen::MatrixXd>& readout) const {
    if (!source_.has("W_out") || network_.outputs() == 0) return;
    source_.check_shape("W_out", {network_.outputs(), network_.units()});
    for_each_strip(source_, "W_out", network_.outputs(), network_.units(),
                   [&](Index first, Index count, std::vector<double>& strip) {
                     for (Index row = first; row < first + count; ++row) {
                       double* values = strip.data() + (row - first) * network_.units();
                       take_identity(row, values);
                       take_blocks(row, values, readout);
                       refuse_rest(row, values);
                     }
                   });
  }

 private:
  void take_identity(Index row, double* values) const {
    for (const OutputLayout& output : network_.output_layouts()) {
      if (output.readout != Readout::identity || !output.range.contains(row)) continue;
      double& one = values[output.units.indices()[static_cast<std::size_t>(row - output.range.start)]];
      if (one == 1.0) one = 0.0;
    }
  }

  void take_blocks(Index row, double* values, std::vector<Eigen::MatrixXd>& readout) const {
    for (std::size_t k = 0; k < network_.readout_blocks().size(); ++k) {
      const Block& block = network_.readout_blocks()[k];
      if (!block.to.contains(row)) continue;
      const std::optional<Sign> sign = sign_of(block);
      for (Index column = block.from.start; column < block.from.end(); ++column) {
        const double weight = values[column];
        if (!std::isfinite(weight)) fail(row, column, weight, "a finite number is needed");
        if (sign && weight * static_cast<double>(*sign) < 0.0) {
          fail(row, column, weight, "the output's sign does not allow it");
        }
        readout[k](row - block.to.start, column - block.from.start) = sign ? std::abs(weight) : weight;
        values[column] = 0.0;
      }
    }
  }

  void refuse_rest(Index row, const double* values) const {
    for (Index column = 0; column < network_.units(); ++column) {
      if (values[column] != 0.0) fail(row, column, values[column], "the output does not read this unit in this way");
    }
  }

  std::optional<Sign> sign_of(const Block& block) const {
    for (std::size_t k = 0; k < network_.output_layouts().size(); ++k) {
      if (network_.output_layouts()[k].range == block.to) return network_.spec().outputs[k].sign;
    }
    return std::nullopt;
  }

  [[noreturn]] void fail(Index row, Index column, double value, const std::string& problem) const {
    throw FileError(source_.file(),
                    fmt::format("{}[{}, {}] = {}: {}", source_.shown("W_out"), output_name(network_, row),
                                unit_name(network_, column), number_words(value, 9), problem));
  }

  const WeightSource& source_;
  const Network& network_;
};

void check_tau(const WeightSource& source, const Network& network, const Eigen::VectorXd& tau) {
  if (network.spec().dynamics == Dynamics::elman) return;  // they use none
  for (Index unit = 0; unit < tau.size(); ++unit) {
    if (tau[unit] >= network.spec().dt * (1.0 - stored_rounding)) continue;
    throw FileError(source.file(),
                    fmt::format("{}[{}] = {:g}: a time constant must not be shorter than dt, which is {:g} ms",
                                source.shown("tau"), unit_name(network, unit), tau[unit], network.spec().dt));
  }
}

/// What the file does not say, or says in vain, without being wrong.
void warn_of_absent(const WeightSource& source, const Network& network, std::vector<std::string>& warnings) {
  const auto warn = [&](const std::string& text) { warnings.push_back(source.file().string() + ": " + text); };
  if (!network.readout_blocks().empty() && !source.has("W_out")) {
    warn("has no " + source.shown("W_out") + ", so the weights of the outputs are freshly drawn");
  }
  if (network.inputs() > 0 && !source.has("W_inp") && !source.has("free/W_inp")) {
    warn("has no " + source.shown("W_inp") + ", so the weights of the inputs are freshly drawn");
  }
  const std::vector<std::string> strangers = source.strangers();
  if (strangers.empty()) return;
  warn("of no use here: " + list_words(strangers) +
       "; W_rec, W_inp, W_out, b_out, bias, x0, tau, masks and signs are read");
}

}  // namespace

LoadedWeights load_weights(const std::filesystem::path& file, const Network& network, const Parameters& fresh) {
  check_shapes(network, fresh);
  const std::unique_ptr<WeightSource> source = open_weights(file);
  check_names(*source, network);
  MatrixLoader recurrent(*source, network, MatrixLoader::Kind::recurrent);
  MatrixLoader input(*source, network, MatrixLoader::Kind::input);
  if (!recurrent.present()) throw FileError(file, "network/W_rec is missing");

  LoadedWeights loaded{network, fresh, input.present(), {}};
  Parameters& parameters = loaded.parameters;
  LoadedMatrix matrix = recurrent.load(loaded.warnings);
  parameters.recurrent = std::move(matrix.free);
  LoadedMatrix inputs;
  if (loaded.has_input) {
    inputs = input.load(loaded.warnings);
    parameters.input = std::move(inputs.free);
  } else {
    for (const Block& block : network.input_blocks()) inputs.patterns.push_back(block.pattern);
  }
  loaded.network = replace_patterns(network, std::move(matrix.patterns), std::move(inputs.patterns));

  ReadoutLoader(*source, network).load(parameters.readout);
  const auto unit = [&](Index k) { return unit_name(network, k); };
  if (network.outputs() > 0) {
    read_vector(*source, "b_out", parameters.readout_bias, [&](Index k) { return output_name(network, k); });
  }
  read_vector(*source, "bias", parameters.bias, unit);
  read_vector(*source, "x0", parameters.initial_state, unit);
  read_vector(*source, "tau", parameters.tau, unit);
  check_tau(*source, network, parameters.tau);
  warn_of_absent(*source, network, loaded.warnings);
  return loaded;
}

void save_weights(const std::filesystem::path& file, const Network& network, const Parameters& parameters) {
  Hdf5Writer writer(file);
  writer.attribute("/", "format_version", file_format_version);
  write_network_group(writer, network, parameters);
  writer.finish_sealed();
}

}  // namespace mrnn
