#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/training_parts.hpp"

namespace mrnn {
namespace {

constexpr Index most_cells = 250;       // along a side
constexpr double panel_side = 290.0;    // pixels
constexpr double smallest_part = 12.0;  // pixels a name needs

/// W_rec put together to at most most_cells x most_cells means, the first row at the top as in a printed matrix.
Eigen::MatrixXd cells_of(const Network& network, const std::vector<Eigen::MatrixXd>& weights) {
  const Index units = network.units(), cells = std::min(units, most_cells);
  const auto cell = [&](Index unit) { return unit * cells / units; };
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(cells, cells);
  for (std::size_t b = 0; b < weights.size(); ++b) {
    const Block& block = network.recurrent_blocks()[b];
    for (Index from = 0; from < block.from.size; ++from) {
      for (Index to = 0; to < block.to.size; ++to) {
        sums(cells - 1 - cell(block.to.start + to), cell(block.from.start + from)) += weights[b](to, from);
      }
    }
  }
  Eigen::VectorXd sizes = Eigen::VectorXd::Zero(cells);
  for (Index unit = 0; unit < units; ++unit) sizes(cell(unit)) += 1.0;
  return sums.cwiseQuotient(sizes.reverse() * sizes.transpose());
}

/// The 99th percentile of the sizes of what is not zero, so that a few large weights do not leave the rest pale.
double colour_limit(const std::vector<Eigen::MatrixXd>& panels) {
  std::vector<double> sizes;
  for (const Eigen::MatrixXd& cells : panels) {
    for (const double value : cells.reshaped()) {
      if (value != 0.0 && std::isfinite(value)) sizes.push_back(std::abs(value));
    }
  }
  if (sizes.empty()) return 1.0;
  const auto place = sizes.begin() + static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(sizes.size() - 1));
  std::ranges::nth_element(sizes, place);
  return *place;
}

/// The cell types of all regions where there is room for the name of each, else the regions: some of each would look as
/// if only some regions had cell types.
std::vector<NamedRange> parts_of(const Network& network) {
  const double pixels = panel_side / static_cast<double>(network.units());
  const auto has_room = [&](const NamedRange& type) {
    return static_cast<double>(type.range.size) * pixels >= smallest_part;
  };
  const bool room = std::ranges::all_of(
      network.regions(), [&](const RegionLayout& region) { return std::ranges::all_of(region.cell_types, has_room); });
  std::vector<NamedRange> parts;
  for (const RegionLayout& region : network.regions()) {
    if (room && !region.cell_types.empty()) {
      parts.insert(parts.end(), region.cell_types.begin(), region.cell_types.end());
    } else {
      parts.push_back({region.name, region.range});
    }
  }
  return parts;
}

Panel matrix_panel(const Network& network, const std::string& title, const Eigen::MatrixXd& cells, double limit) {
  const auto units = static_cast<double>(network.units());
  Panel panel;
  panel.title = title;
  panel.equal_aspect = true;
  panel.x.label = "from";
  panel.y.label = "to";
  for (const NamedRange& part : parts_of(network)) {
    const double start = static_cast<double>(part.range.start), size = static_cast<double>(part.range.size);
    panel.x.names.push_back({start + 0.5 * size, part.name});
    panel.y.names.insert(panel.y.names.begin(), {units - start - 0.5 * size, part.name});
    if (part.range.start == 0) continue;
    panel.guides.push_back({Guide::Kind::vertical, start, "", 0.0, true});
    panel.guides.push_back({Guide::Kind::horizontal, units - start, "", 0.0, true});
  }
  HeatMap map{cells, 0.0, units, 0.0, units, "weight (a.u.)", true, -limit, limit};
  panel.heat_map = std::move(map);
  return panel;
}

Eigen::MatrixXd effective_cells(const Network& network, const Parameters& parameters) {
  return cells_of(network, effective_weights(network, parameters).recurrent);
}

}  // namespace

std::optional<Figure> training_weights(const Network& network, const Parameters& before, const Parameters& after) {
  if (network.recurrent_blocks().empty()) return std::nullopt;
  const std::vector<Eigen::MatrixXd> cells{effective_cells(network, before), effective_cells(network, after)};
  const double limit = colour_limit(cells);
  const double largest = std::max(cells[0].cwiseAbs().maxCoeff(), cells[1].cwiseAbs().maxCoeff());
  Figure figure;
  figure.name = "training_weights";
  figure.title = "Recurrent weights";
  figure.columns = 2;
  figure.panel_width = panel_side;
  figure.panel_height = panel_side;
  figure.shared_y = figure.shared_colours = true;
  figure.panels = {matrix_panel(network, "Before training", cells[0], limit),
                   matrix_panel(network, "After training", cells[1], limit)};
  figure.caption = "Effective weights W, in columns those that a unit sends. Red: excitatory, blue: inhibitory.";
  if (network.units() > most_cells) {
    figure.caption += fmt::format(" Each cell is the mean of about {0} x {0} weights, absent ones counted as 0.",
                                  (network.units() + most_cells - 1) / most_cells);
  }
  if (largest > limit) figure.caption += fmt::format(" Colours end at {:.2g}; the largest is {:.2g}.", limit, largest);
  return figure;
}

}  // namespace mrnn
