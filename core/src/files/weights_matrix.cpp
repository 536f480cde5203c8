#include "files/weights_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/spec_names.hpp"
#include "mrnn/error.hpp"
#include "mrnn/formulas.hpp"
#include "mrnn/names.hpp"
#include "network/stuck_weights.hpp"

namespace mrnn {
namespace {

std::string place_in(const std::vector<NamedRange>& ranges, Index index) {
  for (const NamedRange& part : ranges) {
    if (part.range.contains(index)) return fmt::format("{} {}", part.name, index - part.range.start);
  }
  return fmt::format("{}", index);
}

/// The sign of what each unit or channel sends, as its cell type, region or input has it.
std::vector<std::int8_t> signs_of_sources(const Network& network, bool recurrent) {
  std::vector<std::int8_t> signs;
  const auto add = [&](Index units, Sign sign) {
    signs.insert(signs.end(), static_cast<std::size_t>(units), static_cast<std::int8_t>(sign));
  };
  if (!recurrent) {
    for (const InputRegion& input : network.spec().inputs) add(input.units, input.sign);
    return signs;
  }
  for (std::size_t r = 0; r < network.regions().size(); ++r) {
    const Region& region = network.spec().regions[r];
    if (region.cell_types.empty()) add(region.units, region.sign);
    for (std::size_t k = 0; k < region.cell_types.size(); ++k) {
      add(network.regions()[r].cell_types[k].range.size, region.cell_types[k].sign.value_or(region.sign));
    }
  }
  return signs;
}

/// Calls `visit(block, piece, row, column)`, relative to the block, for every weight a connection may have.
template <class Visit>
void for_each_weight(const std::vector<Block>& blocks, const Visit& visit) {
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (const Piece& piece : blocks[k].pieces) {
      const Index first_row = piece.to.start - blocks[k].to.start;
      const Index first_column = piece.from.start - blocks[k].from.start;
      for (Index row = first_row; row < first_row + piece.to.size; ++row) {
        for (Index column = first_column; column < first_column + piece.from.size; ++column) {
          visit(k, piece, row, column);
        }
      }
    }
  }
}

}  // namespace

std::string unit_name(const Network& network, Index unit) {
  std::vector<NamedRange> parts;
  for (const RegionLayout& region : network.regions()) {
    parts.insert(parts.end(), region.cell_types.begin(), region.cell_types.end());
    parts.push_back({region.name, region.range});
  }
  return place_in(parts, unit);
}

std::string input_name(const Network& network, Index channel) {
  return place_in(network.input_regions(), channel);
}

std::string output_name(const Network& network, Index channel) {
  std::vector<NamedRange> parts;
  for (const OutputLayout& output : network.output_layouts()) parts.push_back({output.name, output.range});
  return place_in(parts, channel);
}

MatrixLoader::MatrixLoader(const WeightSource& source, const Network& network, Kind kind)
    : source_(source),
      network_(network),
      blocks_(kind == Kind::recurrent ? network.recurrent_blocks() : network.input_blocks()),
      kind_(kind),
      dale_(kind == Kind::recurrent ? network.dale() : network.dale_input()),
      rows_(network.units()),
      columns_(kind == Kind::recurrent ? network.units() : network.inputs()),
      source_signs_(signs_of_sources(network, kind == Kind::recurrent)) {
  const std::string suffix = kind == Kind::recurrent ? "rec" : "inp";
  weights_ = "W_" + suffix;
  free_ = "free/W_" + suffix;
  mask_ = "structure/mask_" + suffix;
  sign_ = "structure/sign_" + suffix;
}

bool MatrixLoader::present() const {
  return source_.has(source_.holds_effective() ? weights_ : free_);
}

void MatrixLoader::fail(const std::string& array, Index row, Index column, double value,
                        const std::string& problem) const {
  throw FileError(source_.file(),
                  fmt::format("{}[{}, {}] = {}: {}", source_.shown(array), unit_name(network_, row),
                              kind_ == Kind::recurrent ? unit_name(network_, column) : input_name(network_, column),
                              number_words(value, 9), problem));
}

void MatrixLoader::fail(const std::string& array, std::size_t block, Index row, Index column, double value,
                        const std::string& problem) const {
  fail(array, blocks_[block].to.start + row, blocks_[block].from.start + column, value, problem);
}

/// Reads a stored matrix once: `inside(block, row, column, value)` for each element of a block, relative to it;
/// `outside(row, column, value)` for what is not zero elsewhere.
template <class Inside, class Outside>
void MatrixLoader::visit(const std::string& name, const Inside& inside, const Outside& outside) const {
  for_each_strip(source_, name, rows_, columns_, [&](Index first, Index count, std::vector<double>& strip) {
    for (Index row = first; row < first + count; ++row) {
      double* values = strip.data() + (row - first) * columns_;
      for (std::size_t k = 0; k < blocks_.size(); ++k) {
        if (!blocks_[k].to.contains(row)) continue;
        for (Index column = blocks_[k].from.start; column < blocks_[k].from.end(); ++column) {
          inside(k, row - blocks_[k].to.start, column - blocks_[k].from.start, values[column]);
          values[column] = 0.0;
        }
      }
      for (Index column = 0; column < columns_; ++column) {
        if (values[column] != 0.0) outside(row, column, values[column]);
      }
    }
  });
}

void MatrixLoader::check_shapes() const {
  for (const std::string& name : {weights_, free_, mask_, sign_}) {
    if (source_.has(name)) source_.check_shape(name, {rows_, columns_});
  }
}

void MatrixLoader::read_patterns() {
  for (const Block& block : blocks_) patterns_.push_back(block.pattern);
  if (!source_.has(mask_)) return;
  visit(
      mask_,
      [&](std::size_t k, Index row, Index column, double value) {
        if (value != 0.0 && value != 1.0) fail(mask_, k, row, column, value, "a mask holds 0 and 1 only");
        patterns_[k](row, column) = static_cast<std::int8_t>(value);
      },
      [&](Index row, Index column, double value) {
        fail(mask_, row, column, value, "the network has no connection there");
      });
  for_each_weight(blocks_, [&](std::size_t k, const Piece& piece, Index row, Index column) {
    std::int8_t& pattern = patterns_[k](row, column);
    if (pattern == 0) return;
    const Connection& connection = network_.spec().connections[piece.connection];
    const Index source = blocks_[k].from.start + column;
    if (kind_ == Kind::recurrent && !connection.autapses && blocks_[k].to.start + row == source) {
      fail(mask_, k, row, column, 1.0, "connection " + piece.name + " has no autapses");
    }
    pattern =
        connection.sign ? static_cast<std::int8_t>(*connection.sign) : source_signs_[static_cast<std::size_t>(source)];
  });
}

void MatrixLoader::sparse_patterns_from(const Values& values) {
  for_each_weight(blocks_, [&](std::size_t k, const Piece& piece, Index row, Index column) {
    const Connection& connection = network_.spec().connections[piece.connection];
    if (connection.sparsity == 0.0) return;
    const Index source = blocks_[k].from.start + column;
    const bool self = kind_ == Kind::recurrent && blocks_[k].to.start + row == source;
    const bool exists = values[k](row, column) != 0.0 && (connection.autapses || !self);
    const std::int8_t sign =
        connection.sign ? static_cast<std::int8_t>(*connection.sign) : source_signs_[static_cast<std::size_t>(source)];
    patterns_[k](row, column) = exists ? sign : std::int8_t{0};
  });
}

void MatrixLoader::check_stored_signs() const {
  if (dale_ == Dale::none || !source_.has(sign_)) return;
  visit(
      sign_,
      [&](std::size_t k, Index row, Index column, double value) {
        const int sign = patterns_[k](row, column);
        if (sign == 0 || value == 0.0 || value == sign) return;
        fail(sign_, k, row, column, value,
             fmt::format("the network has an {} source there", sign > 0 ? "excitatory" : "inhibitory"));
      },
      [](Index, Index, double) {});
}

MatrixLoader::Values MatrixLoader::read_values(const std::string& name, bool outside_matters) const {
  Values values;
  for (const Block& block : blocks_) values.emplace_back(block.to.size, block.from.size);
  visit(
      name, [&](std::size_t k, Index row, Index column, double value) { values[k](row, column) = value; },
      [&](Index row, Index column, double value) {
        if (outside_matters) fail(name, row, column, value, "the network has no connection there");
      });
  return values;
}

void MatrixLoader::check_effective(const Values& weights) const {
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    for (Index row = 0; row < weights[k].rows(); ++row) {
      for (Index column = 0; column < weights[k].cols(); ++column) {
        check_effective(k, row, column, weights[k](row, column));
      }
    }
  }
}

void MatrixLoader::check_effective(std::size_t block, Index row, Index column, double weight) const {
  const int sign = patterns_[block](row, column);
  if (!std::isfinite(weight)) fail(weights_, block, row, column, weight, "a finite number is needed");
  if (sign == 0) {
    if (weight != 0.0) fail(weights_, block, row, column, weight, "there is no connection between these units");
    return;
  }
  if (dale_ == Dale::none) return;
  if (weight * sign < 0.0) {
    fail(weights_, block, row, column, weight,
         fmt::format("the source is {}, so under dale = \"{}\" its weights are not {}",
                     sign > 0 ? "excitatory" : "inhibitory", name_of(dale_), sign > 0 ? "negative" : "positive"));
  }
  const double low = network_.lower_bound();
  const double high = network_.upper_bound();
  const double size = std::abs(weight);
  if (bounded() && (size < low * (1.0 - stored_rounding) || size > high * (1.0 + stored_rounding))) {
    fail(weights_, block, row, column, weight, fmt::format("its size is outside the bounds [{:g}, {:g}]", low, high));
  }
}

MatrixLoader::Values MatrixLoader::free_of(const Values& weights) const {
  Values free = weights;
  if (dale_ == Dale::none) return free;
  for (Eigen::MatrixXd& values : free) values = values.cwiseAbs();
  return free;
}

void MatrixLoader::check_free(const Values& free, const Values* weights) const {
  const double low = network_.lower_bound();
  const double high = network_.upper_bound();
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    for (Index row = 0; row < free[k].rows(); ++row) {
      for (Index column = 0; column < free[k].cols(); ++column) {
        const double value = free[k](row, column);
        const double pattern = patterns_[k](row, column);
        if (pattern == 0.0) {
          // Where a mask is stored, what lies off it means nothing.
          if (value != 0.0 && !source_.has(mask_) && weights == nullptr) {
            fail(free_, k, row, column, value, "there is no connection between these units");
          }
          continue;
        }
        if (!std::isfinite(value)) fail(free_, k, row, column, value, "a finite number is needed");
        if (dale_ == Dale::project &&
            (value < low * (1.0 - stored_rounding) || value > high * (1.0 + stored_rounding))) {
          fail(free_, k, row, column, value, fmt::format("is outside the bounds [{:g}, {:g}]", low, high));
        }
        if (weights == nullptr) continue;
        const double weight = formulas::effective_weight(dale_, pattern, value, low, high);
        const double stored = (*weights)[k](row, column);
        if (std::abs(weight - stored) > stored_rounding * std::max(std::abs(weight), std::abs(stored))) {
          fail(free_, k, row, column, value,
               fmt::format("gives the weight {:.9g}, but {} holds {:.9g}", weight, source_.shown(weights_), stored));
        }
      }
    }
  }
}

bool MatrixLoader::is_ours(const StoredMethod& method) const {
  if (method.dale != dale_) return false;
  return !method.bounds || *method.bounds == std::array{network_.lower_bound(), network_.upper_bound()};
}

MatrixLoader::Values MatrixLoader::weights_of(const Values& free, const StoredMethod& method) const {
  const bool masked = source_.has(mask_), has_signs = source_.has(sign_);
  const Values signs = has_signs ? read_values(sign_, false) : Values{};
  Values weights = free;
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    for (Index row = 0; row < free[k].rows(); ++row) {
      for (Index column = 0; column < free[k].cols(); ++column) {
        const double pattern = patterns_[k](row, column);
        double sign = has_signs ? signs[k](row, column) : 0.0;
        if (sign != 0.0 && std::abs(sign) != 1.0) fail(sign_, k, row, column, sign, "a sign is 1 or -1");
        if (sign == 0.0) sign = pattern < 0.0 ? -1.0 : 1.0;
        weights[k](row, column) = method.weight(masked && pattern == 0.0 ? 0.0 : 1.0, sign, free[k](row, column));
      }
    }
  }
  return weights;
}

void MatrixLoader::warn_of_stuck(const Values& free, std::vector<std::string>& warnings) const {
  StuckWeights stuck(network_, dale_);
  for (std::size_t k = 0; k < blocks_.size(); ++k) stuck.add(blocks_[k], patterns_[k], free[k]);
  const std::string words = stuck.words(weights_);
  if (!words.empty()) warnings.push_back(fmt::format("{}: {}", source_.file().string(), words));
}

void MatrixLoader::warn_of_empty(std::vector<std::string>& warnings) const {
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    for (const Piece& piece : blocks_[k].pieces) {
      const auto part = [&](const PatternMatrix& all) {
        return all.block(piece.to.start - blocks_[k].to.start, piece.from.start - blocks_[k].from.start, piece.to.size,
                         piece.from.size);
      };
      if ((part(patterns_[k]).array() == 0).all() && !(part(blocks_[k].pattern).array() == 0).all()) {
        warnings.push_back(
            fmt::format("{}: connection {} has no weights in this file", source_.file().string(), piece.name));
      }
    }
  }
}

MatrixLoader::Values MatrixLoader::free_beside_weights(const std::optional<StoredMethod>& method,
                                                       std::vector<std::string>& warnings) {
  const Values weights = read_values(weights_, true);
  if (!source_.has(mask_)) sparse_patterns_from(weights);
  check_stored_signs();
  check_effective(weights);
  if (method && is_ours(*method)) {
    Values free = read_values(free_, false);
    check_free(free, &weights);
    return free;
  }
  Values free = free_of(weights);
  warn_of_stuck(free, warnings);
  return free;
}

MatrixLoader::Values MatrixLoader::free_alone(const std::optional<StoredMethod>& method,
                                              std::vector<std::string>& warnings) {
  const bool masked = source_.has(mask_);
  Values free = read_values(free_, !masked);
  if (!masked) sparse_patterns_from(free);
  check_stored_signs();
  if (method && !is_ours(*method)) {
    const Values weights = weights_of(free, *method);
    check_effective(weights);
    free = free_of(weights);
  } else {
    check_free(free, nullptr);
  }
  warn_of_stuck(free, warnings);
  return free;
}

LoadedMatrix MatrixLoader::load(std::vector<std::string>& warnings) {
  check_shapes();
  read_patterns();
  const std::optional<StoredMethod> method =
      source_.has(free_) ? stored_method(source_, kind_ == Kind::recurrent ? "rec" : "inp") : std::nullopt;
  Values free = source_.holds_effective() ? free_beside_weights(method, warnings) : free_alone(method, warnings);
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    free[k] = (patterns_[k].array() != 0).select(free[k], 0.0);
    if (dale_ == Dale::project) {
      free[k] = (patterns_[k].array() != 0)
                    .select(free[k].cwiseMax(network_.lower_bound()).cwiseMin(network_.upper_bound()), 0.0);
    }
  }
  warn_of_empty(warnings);
  return {std::move(patterns_), std::move(free)};
}

}  // namespace mrnn
