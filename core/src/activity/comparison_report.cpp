#include "mrnn/comparison_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "mrnn/linear_algebra.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

using Eigen::MatrixXd;

/// Numbers are written into the cells of a matrix of up to so many items.
constexpr std::size_t most_with_numbers = 8;

/// Items of one panel and what they are called there.
struct Shown {
  std::string title;
  std::vector<std::size_t> items;
  std::vector<std::string> labels;
};

/// Those that are compared with some other, rising.
std::vector<std::size_t> compared_items(const ComparedActivities& activities) {
  std::set<std::size_t> items;
  for (const auto& [i, j] : activities.pairs()) {
    items.insert(i);
    items.insert(j);
  }
  return {items.begin(), items.end()};
}

bool all_compared(const ComparedActivities& activities, const std::vector<std::size_t>& items) {
  return activities.pairs().size() == items.size() * (items.size() - 1) / 2;
}

/// All items, or where only namesakes are compared, those of each region.
std::vector<Shown> panels_of(const ComparedActivities& activities, const std::vector<std::size_t>& compared) {
  const std::vector<ComparedItem>& items = activities.items();
  std::vector<Shown> panels;
  if (all_compared(activities, compared)) {
    Shown& all = panels.emplace_back();
    for (const std::size_t k : compared) {
      all.items.push_back(k);
      all.labels.push_back(items[k].label);
    }
    return panels;
  }
  std::set<std::string> runs, simulations;
  for (const ComparedItem& item : items) {
    runs.insert(item.run);
    simulations.insert(item.simulation);
    if (item.number >= panels.size()) panels.push_back({item.part, {}, {}});
  }
  for (const std::size_t k : compared) {
    const ComparedItem& item = items[k];
    std::vector<std::string> words;
    if (runs.size() > 1) words.push_back(item.run);
    if (simulations.size() > 1) words.push_back(item.simulation);
    panels[item.number].items.push_back(k);
    panels[item.number].labels.push_back(join(words, ": "));
  }
  std::erase_if(panels, [](const Shown& shown) { return shown.items.empty(); });
  return panels;
}

/// Of the colours. Similarities are seen between 0 and 1, so that figures can be compared; distances have their own.
std::pair<double, double> range_of(const ComparisonMatrix& matrix) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  if (matrix.distances) {
    low = 0.0;
    high = 1.0;
  }
  for (const double value : matrix.values.reshaped()) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return {low, high};
}

/// Three digits of the largest.
int decimals_of(double largest) {
  return largest > 0.0 ? std::clamp(2 - static_cast<int>(std::floor(std::log10(largest))), 0, 9) : 0;
}

/// Matrices are read from the top: row 0 is drawn there.
Panel matrix_panel(const Shown& shown, const ComparisonMatrix& matrix, std::pair<double, double> range) {
  const auto count = std::ssize(shown.items);
  Panel panel;
  panel.title = shown.title;
  panel.equal_aspect = true;
  HeatMap map;
  map.values.resize(count, count);
  map.x_low = map.y_low = -0.5;
  map.x_high = map.y_high = static_cast<double>(count) - 0.5;
  map.label = matrix.label;
  std::tie(map.low, map.high) = range;
  const int decimals = decimals_of(std::max(std::abs(range.first), std::abs(range.second)));
  for (Index i = 0; i < count; ++i) {
    const double y = static_cast<double>(count - 1 - i);
    for (Index j = 0; j < count; ++j) {
      const double value = matrix.values(static_cast<Index>(shown.items[static_cast<std::size_t>(i)]),
                                         static_cast<Index>(shown.items[static_cast<std::size_t>(j)]));
      map.values(count - 1 - i, j) = value;
      if (shown.items.size() > most_with_numbers || !std::isfinite(value)) continue;
      const bool dark = value < 0.5 * (range.first + range.second);
      const std::string number = i == j ? fmt::format("{}", value) : fmt::format("{:.{}f}", value, decimals);
      panel.texts.push_back({static_cast<double>(j), y, number, Text::Align::centre, 9.0, false, dark ? white : black});
    }
    panel.x.names.push_back({static_cast<double>(i), shown.labels[static_cast<std::size_t>(i)]});
    panel.y.names.push_back({y, shown.labels[static_cast<std::size_t>(i)]});
  }
  panel.heat_map = std::move(map);
  return panel;
}

/// The items in the plane, coloured by region; a region's way through runs and simulations is a line.
/// @param places  [items x 2], of those that are shown
Panel draw_places(const ComparedActivities& activities, const std::vector<std::size_t>& shown, const Network& network,
                  const MatrixXd& places, const std::string& unit) {
  const std::vector<ComparedItem>& items = activities.items();
  const std::string words = unit.empty() ? "" : " (" + unit + ")";
  const bool parts = std::ranges::any_of(items, [](const ComparedItem& item) { return item.number > 0; });
  Panel panel;
  panel.title = "classical scaling";
  panel.x.label = "dimension 1" + words;
  panel.y.label = "dimension 2" + words;
  panel.equal_aspect = true;
  // A square, so that it stands well beside the matrix.
  const Eigen::RowVector2d low = places.colwise().minCoeff(), high = places.colwise().maxCoeff();
  const Eigen::RowVector2d middle = 0.5 * (low + high);
  const double reach = 0.55 * std::max((high - low).maxCoeff(), std::numeric_limits<double>::min());
  panel.x.low = middle(0) - reach;
  panel.x.high = middle(0) + reach;
  panel.y.low = middle(1) - reach;
  panel.y.high = middle(1) + reach;
  std::map<std::size_t, Series> ways;  // of regions, through runs and simulations
  for (std::size_t row = 0; row < shown.size(); ++row) {
    const std::size_t k = shown[row];
    const ComparedItem& item = items[k];
    const double x = places(static_cast<Index>(row), 0), y = places(static_cast<Index>(row), 1);
    Series point;
    point.kind = Series::Kind::scatter;
    point.x = {x};
    point.y = {y};
    point.width = 8.0;
    const int colour = region_colour(network, item.part);
    point.colour = !parts ? static_cast<int>(k) : colour == grey ? static_cast<int>(item.number) : colour;
    point.open = parts && item.source > 0;
    if (!parts || !ways.contains(item.number)) point.label = parts ? item.part : item.label;
    Series& way = ways[item.number];
    way.colour = point.colour;
    way.width = 1.0;
    way.x.push_back(x);
    way.y.push_back(y);
    panel.series.push_back(std::move(point));
  }
  for (auto& [part, way] : ways) {
    if (parts) panel.series.push_back(std::move(way));
  }
  return panel;
}

std::string describe_extremes(const ComparedActivities& activities, const ComparisonMatrix& matrix) {
  const bool similar = matrix.distances.has_value();
  const auto value = [&](const std::pair<std::size_t, std::size_t>& pair) {
    return matrix.values(static_cast<Index>(pair.first), static_cast<Index>(pair.second));
  };
  const auto describe = [&](const std::pair<std::size_t, std::size_t>& pair) {
    return fmt::format("{} and {} ({:.3g})", activities.items()[pair.first].label,
                       activities.items()[pair.second].label, value(pair));
  };
  const auto [least, most] = std::ranges::minmax_element(activities.pairs(), {}, value);
  const auto near = similar ? most : least, away = similar ? least : most;
  const std::string words = similar ? "most alike: " : "closest: ";
  if (activities.pairs().size() == 1) return matrix.label + " of " + describe(*near);
  return matrix.label + ", " + words + describe(*near) + (similar ? "; least alike: " : "; farthest: ") +
         describe(*away);
}

/// More than this share of the distances lost, and what lies close in the plane need not be alike.
constexpr double poor = 0.2;

/// How far distances in the plane are from those it shows: root mean square over pairs, of that of the distances.
std::string describe_misfit(const MatrixXd& distances, const MatrixXd& places) {
  double lost = 0.0, all = 0.0;
  for (Index i = 0; i < distances.rows(); ++i) {
    for (Index j = 0; j < i; ++j) {
      const double seen = (places.row(i) - places.row(j)).norm();
      lost += (seen - distances(i, j)) * (seen - distances(i, j));
      all += distances(i, j) * distances(i, j);
    }
  }
  const double share = all > 0.0 ? std::sqrt(lost / all) : 0.0;
  const double percent = 100.0 * share;
  std::string words = percent < 1.0 ? "; there they are as far apart as in the matrix, to within 1 %."
                                    : fmt::format(
                                          "; there their distances are off by {:.0f} % (root mean square, of "
                                          "that of the distances).",
                                          percent);
  if (share > poor) words += " That is much: points that lie close need not be alike; see the matrix.";
  return words;
}

}  // namespace

MatrixXd no_comparisons(const ComparedActivities& activities, double with_itself) {
  const auto count = std::ssize(activities.items());
  MatrixXd values = MatrixXd::Constant(count, count, std::numeric_limits<double>::quiet_NaN());
  for (Index k = 0; k < count; ++k) {
    if (!activities.is_left_out(static_cast<std::size_t>(k))) values(k, k) = with_itself;
  }
  return values;
}

void add_items(const ComparedActivities& activities, AnalysisResults& results) {
  NamedTexts labels{"item", {}, "what is compared", "item"}, runs{"item_run", {}, "run of each item", "item"};
  NamedTexts simulations{"item_simulation", {}, "simulation of each item", "item"};
  NamedTexts parts{"item_part", {}, "region or output of each item", "item"};
  for (const ComparedItem& item : activities.items()) {
    labels.values.push_back(item.label);
    runs.values.push_back(item.run);
    simulations.values.push_back(item.simulation);
    parts.values.push_back(item.part);
  }
  for (NamedTexts* texts : {&labels, &runs, &simulations, &parts}) results.texts.push_back(std::move(*texts));
}

MatrixXd classical_scaling(const Eigen::Ref<const MatrixXd>& distances, Index dimensions) {
  const Index count = distances.rows();
  MatrixXd products = -0.5 * distances.array().square().matrix();
  products.colwise() -= products.rowwise().mean().eval();
  products.rowwise() -= products.colwise().mean().eval();
  const SymmetricEigen eigen = symmetric_eigen(products);
  MatrixXd places = MatrixXd::Zero(count, dimensions);
  for (Index k = 0; k < std::min(dimensions, count); ++k) {
    if (!(eigen.values(k) > 0.0)) break;
    places.col(k) = std::sqrt(eigen.values(k)) * eigen.vectors.col(k);
    Index largest = 0;
    places.col(k).cwiseAbs().maxCoeff(&largest);
    if (places(largest, k) < 0.0) places.col(k) *= -1.0;
  }
  return places;
}

void add_comparison(const ComparedActivities& activities, const Network& network, const ComparisonMatrix& matrix,
                    Figure figure, AnalysisResults& results) {
  figure.columns = 0;
  const auto range = range_of(matrix);
  const std::vector<std::size_t> compared = compared_items(activities);
  for (const Shown& shown : panels_of(activities, compared)) {
    figure.panels.push_back(matrix_panel(shown, matrix, range));
  }
  figure.shared_colours = figure.panels.size() > 1;
  if (compared.size() > 2 && all_compared(activities, compared)) {
    const MatrixXd distances = (matrix.distances ? *matrix.distances : matrix.values)(compared, compared);
    const MatrixXd places = classical_scaling(distances, 2);
    MatrixXd of_items = MatrixXd::Constant(matrix.values.rows(), 2, std::numeric_limits<double>::quiet_NaN());
    of_items(compared, Eigen::all) = places;
    results.add("places", of_items, {"item", "dimension"}, matrix.unit.empty() ? "1" : matrix.unit,
                "classical scaling of the distances to a plane; NaN of an item that is not compared");
    figure.panels.push_back(draw_places(activities, compared, network, places, matrix.unit));
    figure.caption += " Right: the items as points of a plane (classical scaling)" + describe_misfit(distances, places);
    if (activities.items().back().source > 0 && activities.items().back().number > 0) {
      figure.caption +=
          " Discs: " + activities.items().front().label.substr(0, activities.items().front().label.rfind(": ")) +
          "; rings: the others in order.";
    }
    figure.columns = 2;
  }
  results.figures.push_back(std::move(figure));
  results.summary.push_back(describe_extremes(activities, matrix));
  results.summary.insert(results.summary.end(), activities.remarks().begin(), activities.remarks().end());
}

}  // namespace mrnn
