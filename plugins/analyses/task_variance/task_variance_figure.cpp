#include "task_variance_figure.hpp"

#include <algorithm>
#include <utility>

namespace task_variance {
namespace {

constexpr double row_height = 17.0;  // pixels

mrnn::Panel silhouette_panel(const Table& table) {
  mrnn::Panel panel;
  panel.title = "Choice of the number of clusters";
  panel.x.label = "clusters";
  panel.y.label = "mean silhouette";
  mrnn::Series line, chosen;
  for (std::size_t k = 0; k < table.counts.size(); ++k) {
    line.x.push_back(static_cast<double>(table.counts[k]));
    line.y.push_back(table.silhouettes(static_cast<Index>(k)));
  }
  chosen.kind = mrnn::Series::Kind::scatter;
  chosen.colour = 1;
  chosen.width = 8.0;
  chosen.x = {line.x[table.chosen]};
  chosen.y = {line.y[table.chosen]};
  panel.series = {std::move(line), std::move(chosen)};
  return panel;
}

/// Where the units of each region are: bars side by side in each cluster.
mrnn::Panel region_panel(const Table& table, const mrnn::Network& network) {
  constexpr double gap = 0.2;
  mrnn::Panel panel;
  panel.title = "Clusters by region";
  panel.x = {"cluster", 0.4, static_cast<double>(table.clusters()) + 0.6};
  panel.y = {"share of active units (%)", 0.0, std::nullopt};
  const double width = (1.0 - gap) / static_cast<double>(table.populations.size());
  for (std::size_t p = 0; p < table.populations.size(); ++p) {
    const int colour = mrnn::region_colour(network, table.populations[p].name);
    mrnn::Series swatch;
    swatch.kind = mrnn::Series::Kind::scatter;
    swatch.label = table.populations[p].name;
    swatch.colour = colour;
    panel.series.push_back(std::move(swatch));
    for (Index cluster = 0; cluster < table.clusters(); ++cluster) {
      const double share = 100.0 * table.share(cluster, p);
      if (share == 0.0) continue;
      const double low = static_cast<double>(cluster) + 0.5 + 0.5 * gap + static_cast<double>(p) * width;
      const double high = low + width;
      panel.polygons.push_back({{low, high, high, low}, {0.0, 0.0, share, share}, colour, colour});
    }
  }
  for (Index cluster = 0; cluster < table.clusters(); ++cluster) {
    panel.x.names.push_back({static_cast<double>(cluster) + 1.0, std::to_string(cluster + 1)});
  }
  return panel;
}

/// A number above each cluster, and white lines between them.
void add_borders(const Table& table, mrnn::Panel& panel) {
  const auto columns = static_cast<double>(table.columns.size());
  double first = 0.0;
  for (Index cluster = 0; cluster < table.clusters(); ++cluster) {
    const double last = first + static_cast<double>(table.size(cluster));
    panel.guides.push_back({mrnn::Guide::Kind::epoch, first, std::to_string(cluster + 1), last});
    if (cluster > 0) {
      mrnn::Series border;
      border.x = {first, first};
      border.y = {0.0, columns};
      border.colour = mrnn::white;
      border.width = 0.8;
      panel.series.push_back(std::move(border));
    }
    first = last;
  }
}

}  // namespace

mrnn::Figure draw_table(const Table& table) {
  const auto columns = static_cast<Index>(table.columns.size());
  const auto units = static_cast<Index>(table.active.size());
  mrnn::HeatMap map;
  map.values.resize(columns, units);
  for (Index unit = 0; unit < units; ++unit) {
    // The first task stands at the top.
    map.values.col(unit) = table.normalised.row(table.order[static_cast<std::size_t>(unit)]).reverse().transpose();
  }
  map.x_high = static_cast<double>(units);
  map.y_high = static_cast<double>(columns);
  map.low = 0.0;
  map.high = 1.0;
  map.label = "normalised variance";
  mrnn::Panel panel;
  panel.heat_map = std::move(map);
  panel.x.label = table.labels.empty() ? "active unit" : "active unit, by cluster";
  for (Index k = 0; k < columns; ++k) {
    panel.y.names.push_back({static_cast<double>(columns - k) - 0.5, table.columns[static_cast<std::size_t>(k)]});
  }
  add_borders(table, panel);
  mrnn::Figure figure;
  figure.name = "task_variance";
  figure.title = "Task variance of active units";
  figure.caption = "Variance over stimuli, averaged over time, as a share of each unit's largest.";
  if (!table.labels.empty()) figure.caption += " Numbers above: clusters (K-means), between white lines.";
  figure.panel_width = 560.0;
  figure.panel_height = std::clamp(row_height * static_cast<double>(columns), 100.0, 620.0);
  figure.panels.push_back(std::move(panel));
  return figure;
}

mrnn::Figure draw_clusters(const Table& table, const mrnn::Network& network) {
  mrnn::Figure figure;
  figure.name = "clusters";
  figure.title = "Clusters of units";
  figure.panels.push_back(silhouette_panel(table));
  if (table.populations.size() > 1) figure.panels.push_back(region_panel(table, network));
  figure.columns = static_cast<int>(figure.panels.size());
  return figure;
}

}  // namespace task_variance
