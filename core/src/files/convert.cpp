#include "files/convert.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "files/results_network.hpp"
#include "files/safetensors.hpp"
#include "files/stored_method.hpp"
#include "files/weight_source.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

const std::vector<std::string> vectors = {"W_out", "b_out", "bias", "x0", "tau"};
const std::vector<std::string> text_settings = {"dale", "dale_input", "dynamics", "activation"};
const std::vector<std::string> number_settings = {"dt", "tau", "bounds"};
const std::vector<std::string> part_kinds = {"region", "input", "output"};

/// The arrays of the recurrent (`rec`) or input (`inp`) weights.
struct MatrixNames {
  std::string weights, free, mask, sign;
  explicit MatrixNames(const std::string& suffix)
      : weights("W_" + suffix),
        free("free/W_" + suffix),
        mask("structure/mask_" + suffix),
        sign("structure/sign_" + suffix) {}
};

std::vector<Index> matrix_shape(const WeightSource& source, const std::string& name) {
  std::vector<Index> shape = source.shape(name);
  if (shape.size() != 2) {
    throw FileError(source.file(),
                    fmt::format("{} has shape {}; a matrix is needed", source.shown(name), shape_text(shape)));
  }
  return shape;
}

/// Weights of some network: W_rec square, and what else there is of as many units, channels and outputs.
void check_shapes(const WeightSource& source, const std::string& recurrent, const std::string& input) {
  if (!source.has(recurrent)) throw FileError(source.file(), fmt::format("{} is missing", source.shown(recurrent)));
  const std::vector<Index> square = matrix_shape(source, recurrent);
  const Index units = square[0];
  if (units == 0 || square[1] != units) {
    throw FileError(source.file(), fmt::format("{} has shape {}; as many rows as columns, one or more, are needed",
                                               source.shown(recurrent), shape_text(square)));
  }
  if (source.has(input)) source.check_shape(input, {units, matrix_shape(source, input)[1]});
  for (const std::string name : {"bias", "x0", "tau"}) {
    if (source.has(name)) source.check_shape(name, {units});
  }
  if (!source.has("W_out")) return;
  const Index outputs = matrix_shape(source, "W_out")[0];
  source.check_shape("W_out", {outputs, units});
  if (source.has("b_out")) source.check_shape("b_out", {outputs});
}

/// Numbers on their way from one file to the other. @param first  row of the array that they begin with
void check_finite(const WeightSource& source, const std::string& name, Index first, Index columns,
                  const std::vector<double>& values) {
  const auto found = std::ranges::find_if_not(values, [](double value) { return std::isfinite(value); });
  if (found == values.end()) return;
  const Index place = found - values.begin();
  const bool matrix = source.shape(name).size() == 2;
  throw FileError(source.file(),
                  fmt::format("{}[{}{}] = {}: a finite number is needed", source.shown(name), first + place / columns,
                              matrix ? fmt::format(", {}", place % columns) : "", number_words(*found)));
}

void go_on(const Progress& progress) {
  if (progress.interrupted()) throw Interrupted("interrupted; nothing was written");
}

Index element_count(const std::vector<Index>& shape) {
  Index elements = 1;
  for (const Index length : shape) elements *= length;
  return elements;
}

/// Several arrays of one shape read side by side; one that is absent is replaced by a value.
class StripReader {
 public:
  StripReader(const WeightSource& source, std::vector<Index> shape) : source_(source), shape_(std::move(shape)) {}
  std::vector<double> read(const std::string& name, Index first, Index count, double absent) const {
    std::vector<double> values(static_cast<std::size_t>(count * shape_[1]), absent);
    if (source_.has(name)) source_.read_rows(name, first, count, values);
    return values;
  }

 private:
  const WeightSource& source_;
  std::vector<Index> shape_;
};

// --- .h5 to .safetensors --------------------------------------------------------------------------------

/// Hands the tensors of a file over one after the other: first their plans, then their contents.
class TensorExport {
 public:
  TensorExport(const WeightSource& source, const Progress& progress) : source_(source), progress_(progress) {
    check_shapes(source, "W_rec", "W_inp");
    for (const std::string suffix : {"rec", "inp"}) plan_matrix(suffix);
    for (const std::string& name : vectors) {
      if (source_.has(name)) plan(name, name, Element::float64, source_.shape(name), {});
    }
  }

  void write(const std::filesystem::path& out) const {
    std::vector<SafetensorsWriter::Plan> plans;
    for (const Job& job : jobs_) plans.push_back(job.plan);
    SafetensorsWriter writer(out, plans, metadata());
    for (const Job& job : jobs_) {
      const std::vector<Index>& shape = job.plan.shape;
      const Index rows = shape.empty() ? 1 : shape[0];
      const Index columns = rows == 0 ? 0 : element_count(shape) / rows;
      for_each_strip(source_, job.array, rows, columns, [&](Index first, Index, std::vector<double>& values) {
        go_on(progress_);
        check_finite(source_, job.array, first, columns, values);
        if (job.change) std::ranges::transform(values, values.begin(), job.change);
        writer.append(job.plan.element, values);
      });
    }
    writer.finish();
  }

 private:
  using Change = std::function<double(double)>;
  struct Job {
    SafetensorsWriter::Plan plan;
    std::string array;
    Change change;
  };

  void plan(const std::string& tensor, const std::string& array, Element element, std::vector<Index> shape,
            Change change) {
    jobs_.push_back({{tensor, element, std::move(shape)}, array, std::move(change)});
  }

  void plan_matrix(const std::string& suffix) {
    const MatrixNames names(suffix);
    if (!source_.has(names.weights)) return;
    const std::vector<Index> shape = matrix_shape(source_, names.weights);
    for (const std::string& name : {names.free, names.mask, names.sign}) {
      if (source_.has(name)) source_.check_shape(name, shape);
    }
    const StoredMethod method = stored_method(source_, suffix).value_or(StoredMethod{});
    const bool constrained = method.dale != Dale::none;
    if (!source_.has(names.free)) {
      plan(names.weights, names.weights, Element::float64, shape,
           constrained ? Change([](double weight) { return std::abs(weight); }) : nullptr);
    } else if (method.dale == Dale::clamp) {
      // mRNNTorch takes absolute values: of one below the bounds that would be another weight.
      plan(names.weights, names.free, Element::float64, shape,
           [method](double free) { return method.weight(1.0, 1.0, free); });
    } else {
      plan(names.weights, names.free, Element::float64, shape, {});
    }
    if (source_.has(names.mask)) plan(names.weights + "_mask", names.mask, Element::float32, shape, {});
    if (source_.has(names.sign)) {
      plan(names.weights + "_sign_matrix", names.sign, Element::float32, shape, {});
    } else if (constrained) {
      plan(names.weights + "_sign_matrix", names.weights, Element::float32, shape,
           [](double weight) { return static_cast<double>((weight > 0.0) - (weight < 0.0)); });
    }
  }

  std::map<std::string, std::string> metadata() const {
    std::map<std::string, std::string> all{{"mrnn_format_version", std::to_string(file_format_version)}};
    for (const std::string& name : text_settings) {
      if (const auto text = source_.setting(name)) all[name] = *text;
    }
    for (const std::string& name : number_settings) {
      if (const auto numbers = source_.numbers(name)) all[name] = fmt::format("{}", fmt::join(*numbers, ","));
    }
    for (const std::string& kind : part_kinds) {
      if (const auto names = source_.texts(kind + "_name")) all[kind + "_name"] = join(*names, ",");
    }
    return all;
  }

  const WeightSource& source_;
  const Progress& progress_;
  std::vector<Job> jobs_;
};

// --- .safetensors to .h5 --------------------------------------------------------------------------------

class TensorImport {
 public:
  TensorImport(const WeightSource& source, const std::filesystem::path& out, const Progress& progress)
      : source_(source), progress_(progress), writer_(out) {
    check_shapes(source, MatrixNames("rec").free, MatrixNames("inp").free);
  }

  void write() {
    writer_.attribute("/", "format_version", file_format_version);
    writer_.group("/network");
    for (const std::string suffix : {"rec", "inp"}) {
      if (source_.has(MatrixNames(suffix).free)) write_matrix(suffix);
    }
    for (const std::string& name : vectors) {
      if (!source_.has(name)) continue;
      const std::vector<Index> shape = source_.shape(name);
      const std::vector<double> values = source_.read(name, shape);
      check_finite(source_, name, 0, shape.size() == 2 ? shape[1] : 1, values);
      writer_.write("/network/" + name, shape, values);
    }
    write_settings();
    writer_.finish_sealed();
  }

 private:
  /// What the file says, or what the weights themselves allow to say.
  StoredMethod method(const std::string& suffix, const MatrixNames& names, const std::vector<Index>& shape) const {
    if (const auto stored = stored_method(source_, suffix)) return *stored;
    if (!source_.has(names.sign)) return {};
    for_each_strip(source_, names.free, shape[0], shape[1], [&](Index, Index, const std::vector<double>& values) {
      if (std::ranges::none_of(values, [](double value) { return value < 0.0; })) return;
      throw FileError(source_.file(),
                      fmt::format("{} has negative values, and the file does not say whether Dale's law applies to "
                                  "them; name this file as network.weights of a configuration instead, which says",
                                  source_.shown(names.free)));
    });
    return {Dale::abs};
  }

  void write_matrix(const std::string& suffix) {
    const MatrixNames names(suffix);
    const std::vector<Index> shape = matrix_shape(source_, names.free);
    for (const std::string& name : {names.mask, names.sign}) {
      if (source_.has(name)) source_.check_shape(name, shape);
    }
    const StoredMethod stored = method(suffix, names, shape);
    Hdf5Array weights = writer_.create("/network/" + names.weights, Element::float64, {shape, {}, {}});
    Hdf5Array free = writer_.create("/network/" + names.free, Element::float64, {shape, {}, {}});
    copy(names.mask, shape, Element::uint8);
    copy(names.sign, shape, Element::int8);
    const StripReader strips(source_, shape);
    for_each_strip(source_, names.free, shape[0], shape[1], [&](Index first, Index count, std::vector<double>& values) {
      go_on(progress_);
      const std::vector<double> mask = strips.read(names.mask, first, count, 1.0);
      const std::vector<double> sign = strips.read(names.sign, first, count, 1.0);
      for (std::size_t k = 0; k < values.size(); ++k) values[k] = mask[k] == 0.0 ? 0.0 : values[k];
      check_finite(source_, names.free, first, shape[1], values);
      free.write<double>({first, 0}, {count, shape[1]}, values);
      for (std::size_t k = 0; k < values.size(); ++k) values[k] = stored.weight(mask[k], sign[k], values[k]);
      weights.write<double>({first, 0}, {count, shape[1]}, values);
    });
  }

  /// Copies a mask or signs, where the file has them, as small whole numbers.
  void copy(const std::string& name, const std::vector<Index>& shape, Element element) {
    if (!source_.has(name)) return;
    Hdf5Array array = writer_.create("/network/" + name, element, {shape, {}, {}});
    for_each_strip(source_, name, shape[0], shape[1], [&](Index first, Index count, std::vector<double>& values) {
      for (const double value : values) {
        if (value == 0.0 || value == 1.0 || (value == -1.0 && element == Element::int8)) continue;
        throw FileError(source_.file(), fmt::format("{} holds {:g}; accepted: 0, 1{}", source_.shown(name), value,
                                                    element == Element::int8 ? ", -1" : ""));
      }
      const std::vector<std::int8_t> small(values.begin(), values.end());
      array.write<std::int8_t>({first, 0}, {count, shape[1]}, small);
    });
  }

  void write_settings() {
    for (const std::string& name : text_settings) {
      if (const auto text = source_.setting(name)) writer_.attribute("/network", name, *text);
    }
    for (const std::string& name : number_settings) {
      const auto numbers = source_.numbers(name);
      if (!numbers) continue;
      if (numbers->size() == 1) {
        writer_.attribute("/network", name, numbers->front());
      } else {
        writer_.attribute("/network", name, *numbers);
      }
    }
    for (const std::string& kind : part_kinds) {
      if (const auto names = source_.texts(kind + "_name")) {
        writer_.write_texts("/network/structure/" + kind + "_name", *names);
      }
    }
  }

  const WeightSource& source_;
  const Progress& progress_;
  Hdf5Writer writer_;
};

bool is_hdf5(const std::filesystem::path& file) {
  return file.extension() == ".h5" || file.extension() == ".hdf5";
}

bool is_safetensors(const std::filesystem::path& file) {
  return file.extension() == ".safetensors";
}

}  // namespace

bool are_weights(const std::filesystem::path& in, const std::filesystem::path& out) {
  return (is_hdf5(in) && is_safetensors(out)) || (is_safetensors(in) && is_hdf5(out));
}

void convert_weights(const std::filesystem::path& in, const std::filesystem::path& out, const Progress& progress) {
  if (!are_weights(in, out)) {
    throw ConfigError("", "",
                      fmt::format("cannot convert {} to {}; weights are converted from .h5 to .safetensors or back",
                                  in.string(), out.string()));
  }
  if (is_safetensors(out)) {
    TensorExport(*open_weights(in), progress).write(out);
  } else {
    TensorImport(*open_weights(in), out, progress).write();
  }
}

}  // namespace mrnn
