#include "train/loss_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

LossKind read_kind(const ConfigNode& table, std::string_view key) {
  const std::vector<std::string> names{"mse", "cross_entropy"};
  return table.choice(key, names, "mse") == "mse" ? LossKind::mse : LossKind::cross_entropy;
}

/// Fails for the first key of the table that is none of `names`.
void check_names(const ConfigNode& table, const std::string& kind, const std::vector<std::string>& names) {
  for (const std::string& key : table.keys()) {
    if (std::ranges::find(names, key) == names.end()) table.fail(key, unknown_name(kind, key, names));
  }
}

OutputLoss read_output(const ConfigNode& table, const std::string& output) {
  if (table.kind(output) != ConfigKind::table) return {read_kind(table, output), 1.0};
  const ConfigNode inner = table.table(output);
  const OutputLoss loss{read_kind(inner, "name"), inner.at_least_zero("weight", 1.0)};
  inner.finish();
  return loss;
}

std::vector<OutputLoss> read_outputs(const ConfigNode& train, const Network& network) {
  const auto& outputs = network.output_layouts();
  if (train.kind("loss") != ConfigKind::table) {
    return std::vector<OutputLoss>(outputs.size(), {read_kind(train, "loss"), 1.0});
  }
  const ConfigNode table = train.table("loss");
  std::vector<std::string> names;
  for (const OutputLayout& output : outputs) names.push_back(output.name);
  check_names(table, "output", names);
  std::vector<OutputLoss> losses;
  for (const std::string& name : names) {
    if (!table.has(name)) {
      train.fail("loss", fmt::format("says nothing of output \"{}\"; each output needs a loss, such as {} = \"mse\"; a "
                                     "weight of 0 leaves it out",
                                     name, name));
    }
    losses.push_back(read_output(table, name));
  }
  return losses;
}

/// Fills the distances of the wiring penalty.
class DistanceReader {
 public:
  DistanceReader(const ConfigNode& wiring, const Network& network) : wiring_(wiring), network_(network) {
    for (const RegionLayout& region : network.regions()) names_.push_back(region.name);
  }

  Eigen::MatrixXd read() {
    const Index regions = std::ssize(names_);
    distances_ = Eigen::MatrixXd::Constant(regions, regions, absent);
    const ConfigNode table = wiring_.table("distances");
    check_names(table, "region", names_);
    for (const std::string& from : table.keys()) {
      const ConfigNode row = table.table(from);
      check_names(row, "region", names_);
      for (const std::string& to : row.keys()) distances_(index(to), index(from)) = row.at_least_zero(to, 0.0);
    }
    complete();
    check_connected();
    return distances_.cwiseMax(0.0);
  }

 private:
  static constexpr double absent = -1.0;

  Index index(const std::string& name) const { return std::ranges::find(names_, name) - names_.begin(); }

  void complete() {
    for (Index to = 0; to < distances_.rows(); ++to) {
      if (distances_(to, to) == absent) distances_(to, to) = 0.0;
      for (Index from = 0; from < distances_.cols(); ++from) {
        if (distances_(to, from) == absent) distances_(to, from) = distances_(from, to);
      }
    }
  }

  Index region_of(Index unit) const {
    const auto& regions = network_.regions();
    return std::ranges::find_if(regions, [unit](const auto& region) { return region.range.contains(unit); }) -
           regions.begin();
  }

  /// Every pair of regions with a connection between them needs a distance.
  void check_connected() const {
    std::vector<std::string> missing;
    for (const Block& block : network_.recurrent_blocks()) {
      for (const Piece& piece : block.pieces) {
        const Index to = region_of(piece.to.start), from = region_of(piece.from.start);
        if (distances_(to, from) != absent) continue;
        const std::string pair = names_[static_cast<std::size_t>(from)] + " - " + names_[static_cast<std::size_t>(to)];
        if (std::ranges::find(missing, pair) == missing.end()) missing.push_back(pair);
      }
    }
    if (missing.empty()) return;
    wiring_.fail("distances", fmt::format("lacks the distance between regions that are connected: {}", join(missing)));
  }

  const ConfigNode& wiring_;
  const Network& network_;
  std::vector<std::string> names_;
  Eigen::MatrixXd distances_;  ///< [to x from]
};

Penalties read_penalties(const ConfigNode& table, const Network& network) {
  Penalties penalties;
  penalties.l1_weights = table.at_least_zero("l1_weights", 0.0);
  penalties.l2_weights = table.at_least_zero("l2_weights", 0.0);
  penalties.l1_rates = table.at_least_zero("l1_rates", 0.0);
  penalties.l2_rates = table.at_least_zero("l2_rates", 0.0);
  penalties.vanishing_gradient = table.at_least_zero("vanishing_gradient", 0.0);
  if (const auto target = table.find_table("rate_target")) {
    penalties.rate_target = target->positive("weight");
    penalties.rate = target->number("rate");
    target->finish();
  }
  if (const auto wiring = table.find_table("wiring")) {
    penalties.wiring = wiring->positive("weight");
    penalties.distances = DistanceReader(*wiring, network).read();
    wiring->finish();
  }
  table.finish();
  return penalties;
}

}  // namespace

Loss read_loss(const ConfigNode& train, const Network& network) {
  Loss loss;
  loss.outputs = read_outputs(train, network);
  if (const auto penalties = train.find_table("penalties")) loss.penalties = read_penalties(*penalties, network);
  try {
    check_loss(network, loss);
  } catch (const ShapeError& error) {
    train.fail("loss", error.what());
  }
  return loss;
}

}  // namespace mrnn
