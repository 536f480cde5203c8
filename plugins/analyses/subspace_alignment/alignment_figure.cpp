#include "alignment_figure.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <utility>

namespace subspace_alignment {
namespace {

using mrnn::Index;

constexpr double panel_size = 260.0, point_size = 9.0;  // pixels
constexpr int most_columns = 3;
/// Of more sets than this the numbers in the cells would not be readable.
constexpr std::size_t most_numbers = 8;
/// More pairs than this cannot be told apart by colour.
constexpr std::size_t most_pairs = 8;
/// Below this the colours are dark and their numbers white.
constexpr double dark = 0.6;

std::string two_digits(double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << value;
  return text.str();
}

void lay_out(std::size_t panels, mrnn::Figure& figure) {
  figure.columns = std::min(most_columns, static_cast<int>(panels));
  figure.panel_width = figure.panel_height = panel_size;
}

/// Sets along an axis; on the vertical one the first is at the top.
std::vector<mrnn::AxisName> names_of(const std::vector<std::string>& sets, bool from_top) {
  std::vector<mrnn::AxisName> names;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const std::size_t place = from_top ? sets.size() - 1 - s : s;
    names.push_back({static_cast<double>(place) + 0.5, sets[s]});
  }
  return names;
}

mrnn::Panel index_panel(const Comparison& comparison) {
  const Index count = comparison.alignment.index.rows();
  const auto edge = static_cast<double>(count);
  mrnn::Panel panel;
  panel.title = comparison.name;
  panel.equal_aspect = true;
  panel.x = {"activity", 0.0, edge, false, names_of(comparison.sets, false)};
  panel.y = {"subspace", 0.0, edge, false, names_of(comparison.sets, true)};
  mrnn::HeatMap map;
  map.values = comparison.alignment.index.colwise().reverse();
  map.x_high = map.y_high = edge;
  map.label = "alignment index";
  map.low = 0.0;
  map.high = 1.0;
  panel.heat_map = std::move(map);
  for (Index a = 0; a < count && comparison.sets.size() <= most_numbers; ++a) {
    for (Index b = 0; b < count; ++b) {
      const double value = comparison.alignment.index(a, b);
      mrnn::Text text{static_cast<double>(b) + 0.5, edge - static_cast<double>(a) - 0.5, two_digits(value)};
      text.colour = value < dark ? mrnn::white : mrnn::black;
      panel.texts.push_back(std::move(text));
    }
  }
  return panel;
}

mrnn::Series angle_line(const std::vector<double>& angles) {
  mrnn::Series line;
  for (std::size_t i = 0; i < angles.size(); ++i) {
    line.x.push_back(static_cast<double>(i + 1));
    line.y.push_back(angles[i]);
  }
  if (angles.size() == 1) line.kind = mrnn::Series::Kind::scatter;
  return line;
}

mrnn::Panel angle_panel(const Comparison& comparison) {
  const std::vector<Eigen::MatrixXd>& angles = comparison.alignment.angles;
  mrnn::Panel panel;
  panel.title = comparison.name;
  panel.x = {"principal angle", 0.5, static_cast<double>(angles.size()) + 0.5};
  for (std::size_t i = 1; i <= angles.size(); ++i) {
    if (angles.size() <= 10 || i == 1 || i % 5 == 0) panel.x.names.push_back({double(i), std::to_string(i)});
  }
  panel.y = {"angle (degrees)", 0.0, 95.0};
  mrnn::Series chance = angle_line({comparison.chance.angles.begin(), comparison.chance.angles.end()});
  chance.colour = mrnn::grey;
  chance.dashed = true;
  chance.label = "random subspaces";
  panel.series.push_back(std::move(chance));
  int colour = 0;
  for (std::size_t a = 0; a < comparison.sets.size(); ++a) {
    for (std::size_t b = a + 1; b < comparison.sets.size(); ++b, ++colour) {
      if (colour >= static_cast<int>(most_pairs)) return panel;
      std::vector<double> of_pair;
      for (const Eigen::MatrixXd& angle : angles) {
        of_pair.push_back(angle(static_cast<Index>(a), static_cast<Index>(b)));
      }
      mrnn::Series line = angle_line(of_pair);
      line.colour = colour;
      line.label = comparison.sets[a] + ", " + comparison.sets[b];
      panel.series.push_back(std::move(line));
    }
  }
  return panel;
}

}  // namespace

mrnn::Figure draw_indices(const std::vector<Comparison>& comparisons) {
  mrnn::Figure figure;
  figure.name = "alignment";
  figure.title = "Alignment of subspaces";
  figure.caption =
      "Variance of each column's activity in the leading components of each row's, as a share of the most that so "
      "many dimensions can hold: 1 where both fill the same subspace.";
  lay_out(comparisons.size(), figure);
  figure.shared_colours = true;
  for (const Comparison& comparison : comparisons) figure.panels.push_back(index_panel(comparison));
  return figure;
}

mrnn::Figure draw_angles(const std::vector<Comparison>& comparisons) {
  mrnn::Figure figure;
  figure.name = "angles";
  figure.title = "Principal angles between subspaces";
  figure.caption = "Dashed: mean of random subspaces of the space that the activity fills.";
  lay_out(comparisons.size(), figure);
  for (const Comparison& comparison : comparisons) {
    const std::size_t pairs = comparison.sets.size() * (comparison.sets.size() - 1) / 2;
    if (pairs > most_pairs && figure.panels.empty()) {
      figure.caption +=
          " Of " + std::to_string(pairs) + " pairs the first " + std::to_string(most_pairs) + " are drawn.";
    }
    figure.panels.push_back(angle_panel(comparison));
    if (figure.panels.size() == 1) continue;
    for (mrnn::Series& series : figure.panels.back().series) series.label.clear();  // one key is enough
  }
  return figure;
}

mrnn::Figure draw_pathways(const mrnn::Network& network, const std::vector<PathwayResult>& pathways) {
  mrnn::Figure figure;
  figure.name = "potent_space";
  figure.title = "Activity in the potent space of pathways";
  figure.caption =
      "Share of the variance of the source within the row space of the weights; the rest is in their null "
      "space. Line: of activity spread evenly over all directions.";
  lay_out(pathways.size(), figure);
  for (const PathwayResult& result : pathways) {
    const auto units = static_cast<double>(result.pathway.source.units.size());
    mrnn::Panel panel;
    panel.title = result.pathway.title;
    panel.x = {"", 0.0, static_cast<double>(result.sets.size()), false, names_of(result.sets, false)};
    panel.y = {"share in the potent space (%)", 0.0, 105.0};
    panel.guides.push_back(
        {mrnn::Guide::Kind::horizontal, 100.0 * static_cast<double>(result.power.axes.cols()) / units, ""});
    mrnn::Series points;
    points.kind = mrnn::Series::Kind::scatter;
    points.colour = mrnn::region_colour(network, result.pathway.source.name);
    points.width = point_size;
    for (Index s = 0; s < result.power.share.size(); ++s) {
      if (!std::isfinite(result.power.share(s))) continue;  // constant
      points.x.push_back(static_cast<double>(s) + 0.5);
      points.y.push_back(100.0 * result.power.share(s));
    }
    panel.series.push_back(std::move(points));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace subspace_alignment
