#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mrnn/selection.hpp"

namespace mrnn {

/// Stored weights, whatever the format of the file. Arrays go by the names they have under /network of a result
/// file: `W_rec`, `free/W_rec`, `structure/mask_rec`, ...
class WeightSource {
 public:
  virtual ~WeightSource();

  virtual const std::filesystem::path& file() const = 0;
  virtual bool has(const std::string& name) const = 0;
  /// The name this array has in the file, for messages.
  virtual std::string shown(const std::string& name) const = 0;
  virtual std::vector<Index> shape(const std::string& name) const = 0;
  virtual void read_rows(const std::string& name, Index first, Index count, std::span<double> out) const = 0;
  /// A list of names, such as `region_name`.
  virtual std::optional<std::vector<std::string>> texts(const std::string& name) const = 0;
  /// A setting of the network the weights come from, such as `dale`.
  virtual std::optional<std::string> setting(const std::string& name) const = 0;
  virtual std::optional<std::vector<double>> numbers(const std::string& name) const = 0;
  /// Arrays that nothing here asks for, by the names they have in the file; of formats in which others may lie.
  virtual std::vector<std::string> strangers() const { return {}; }
  /// Does the file hold effective weights (`W_rec`) beside or instead of the free parameters (`free/W_rec`)?
  virtual bool holds_effective() const = 0;

  /// @throws FileError where the array is not of that shape.
  void check_shape(const std::string& name, const std::vector<Index>& needed) const;
  /// A whole array of that shape.
  std::vector<double> read(const std::string& name, const std::vector<Index>& needed) const;
};

/// Opens a result, checkpoint or weight file, or a .safetensors file, by the ending of its name.
/// @throws FileError where it is none or was written by a newer version.
std::unique_ptr<WeightSource> open_weights(const std::filesystem::path& file);

/// Calls `visit(first, rows, values)` for one strip of rows after the other, so that a matrix of any size passes
/// through little memory.
template <class Visit>
void for_each_strip(const WeightSource& source, const std::string& name, Index rows, Index columns,
                    const Visit& visit) {
  constexpr Index elements_at_once = Index{1} << 21;  // 16 MiB
  const Index strip = std::clamp<Index>(elements_at_once / std::max<Index>(1, columns), 1, std::max<Index>(1, rows));
  std::vector<double> values;
  for (Index first = 0; first < rows && columns > 0; first += strip) {
    const Index count = std::min(strip, rows - first);
    values.resize(static_cast<std::size_t>(count * columns));
    source.read_rows(name, first, count, values);
    visit(first, count, values);
  }
}

/// `(3, 25, 70)`
std::string shape_text(const std::vector<Index>& shape);

}  // namespace mrnn
