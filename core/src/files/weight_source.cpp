#include "files/weight_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "files/results_network.hpp"
#include "files/safetensors.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

class Hdf5Weights final : public WeightSource {
 public:
  explicit Hdf5Weights(const std::filesystem::path& file) : reader_(file) {
    check_format_version(reader_);
    if (reader_.kind("/network") != Hdf5Kind::group) {
      throw FileError(file, "has no group /network, so it holds no weights");
    }
  }

  const std::filesystem::path& file() const override { return reader_.file(); }
  bool has(const std::string& name) const override { return reader_.has("network/" + name); }
  std::string shown(const std::string& name) const override { return name; }
  std::vector<Index> shape(const std::string& name) const override { return reader_.shape("network/" + name); }
  void read_rows(const std::string& name, Index first, Index count, std::span<double> out) const override {
    reader_.read_rows("network/" + name, first, count, out);
  }
  std::optional<std::vector<std::string>> texts(const std::string& name) const override {
    const std::string array = "network/structure/" + name;
    if (!reader_.has(array)) return std::nullopt;
    return reader_.read_texts(array);
  }
  std::optional<std::string> setting(const std::string& name) const override {
    const std::optional<std::string> object = object_with(name);
    if (!object) return std::nullopt;
    return reader_.text_attribute(*object, name);
  }
  std::optional<std::vector<double>> numbers(const std::string& name) const override {
    const std::optional<std::string> object = object_with(name);
    if (!object) return std::nullopt;
    return reader_.numbers_attribute(*object, name);
  }
  bool holds_effective() const override { return true; }

 private:
  /// Settings stand at the group; some files have them at the root.
  std::optional<std::string> object_with(const std::string& attribute) const {
    for (const char* object : {"/network", "/"}) {
      if (reader_.has_attribute(object, attribute)) return object;
    }
    return std::nullopt;
  }

  Hdf5Reader reader_;
};

/// What an array of /network is called among the parameters of mRNNTorch, or of a model around it.
const std::map<std::string, std::string> tensor_names = {
    {"free/W_rec", "W_rec"},
    {"free/W_inp", "W_inp"},
    {"structure/mask_rec", "W_rec_mask"},
    {"structure/mask_inp", "W_inp_mask"},
    {"structure/sign_rec", "W_rec_sign_matrix"},
    {"structure/sign_inp", "W_inp_sign_matrix"},
    {"W_out", "W_out"},
    {"b_out", "b_out"},
    {"bias", "bias"},
    {"x0", "x0"},
    {"tau", "tau"},
};

/// Weights saved from PyTorch under the names of mRNNTorch; `W_rec` there is the free parameter. Each name may have a
/// prefix (`rnn.W_rec`), as parameters within a larger model do.
class SafetensorsWeights final : public WeightSource {
 public:
  explicit SafetensorsWeights(const std::filesystem::path& file) : reader_(file), strangers_(reader_.names()) {
    const std::string prefix = prefix_of_weights();
    for (const auto& [array, tensor] : tensor_names) {
      // What the model around an mRNN has, such as a readout, may have no prefix.
      for (const std::string& name : {prefix + tensor, tensor}) {
        if (!reader_.has(name) || found_.contains(array)) continue;
        found_[array] = name;
        std::erase(strangers_, name);
      }
    }
  }

  const std::filesystem::path& file() const override { return reader_.file(); }
  bool has(const std::string& name) const override { return found_.contains(name); }
  std::string shown(const std::string& name) const override {
    if (const auto found = found_.find(name); found != found_.end()) return found->second;
    const auto known = tensor_names.find(name);
    return known == tensor_names.end() ? name : known->second;
  }
  std::vector<Index> shape(const std::string& name) const override { return reader_.shape(shown(name)); }
  void read_rows(const std::string& name, Index first, Index count, std::span<double> out) const override {
    reader_.read_rows(shown(name), first, count, out);
  }
  std::optional<std::vector<std::string>> texts(const std::string& name) const override {
    const auto found = reader_.metadata().find(name);
    if (found == reader_.metadata().end()) return std::nullopt;
    std::vector<std::string> words;
    std::istringstream stream(found->second);
    for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
    return words;
  }
  std::optional<std::string> setting(const std::string& name) const override {
    const auto found = reader_.metadata().find(name);
    if (found == reader_.metadata().end()) return std::nullopt;
    return found->second;
  }
  std::optional<std::vector<double>> numbers(const std::string& name) const override {
    const auto words = texts(name);
    if (!words) return std::nullopt;
    std::vector<double> values;
    for (const std::string& word : *words) {
      double value = 0.0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || end != word.data() + word.size()) {
        throw FileError(file(), fmt::format("metadata \"{}\" holds \"{}\"; numbers are needed", name, word));
      }
      values.push_back(value);
    }
    return values;
  }
  std::vector<std::string> strangers() const override { return strangers_; }
  bool holds_effective() const override { return false; }

 private:
  std::string prefix_of_weights() const {
    const std::string weights = "W_rec";
    std::vector<std::string> found;
    for (const std::string& name : reader_.names()) {
      if (name == weights || name.ends_with("." + weights)) found.push_back(name);
    }
    if (found.size() == 1) return found.front().substr(0, found.front().size() - weights.size());
    if (found.size() > 1) {
      throw FileError(file(), fmt::format("has more than one tensor W_rec: {}", fmt::join(found, ", ")));
    }
    throw FileError(file(), fmt::format("has no tensor W_rec, but {}; early versions of mRNNTorch have one tensor for "
                                        "each connection, of which gen_w() makes W_rec",
                                        list_words(reader_.names())));
  }

  SafetensorsReader reader_;
  std::map<std::string, std::string> found_;  ///< names of tensors by those of /network
  std::vector<std::string> strangers_;
};

}  // namespace

WeightSource::~WeightSource() = default;

std::string shape_text(const std::vector<Index>& shape) {
  return fmt::format("({})", fmt::join(shape, ", "));
}

void WeightSource::check_shape(const std::string& name, const std::vector<Index>& needed) const {
  const std::vector<Index> stored = shape(name);
  if (stored == needed) return;
  throw FileError(file(), fmt::format("{} has shape {}; the network needs {}", shown(name), shape_text(stored),
                                      shape_text(needed)));
}

std::vector<double> WeightSource::read(const std::string& name, const std::vector<Index>& needed) const {
  check_shape(name, needed);
  std::size_t elements = 1;
  for (const Index length : needed) elements *= static_cast<std::size_t>(length);
  std::vector<double> values(elements);
  if (elements > 0) read_rows(name, 0, needed.empty() ? 1 : needed.front(), values);
  return values;
}

std::unique_ptr<WeightSource> open_weights(const std::filesystem::path& file) {
  if (file.extension() == ".pth" || file.extension() == ".pt") {
    throw FileError(file,
                    "is PyTorch's own format; safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\") "
                    "writes one that is read here");
  }
  if (file.extension() == ".safetensors") return std::make_unique<SafetensorsWeights>(file);
  return std::make_unique<Hdf5Weights>(file);
}

}  // namespace mrnn
