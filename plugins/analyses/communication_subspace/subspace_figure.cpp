#include <algorithm>
#include <cmath>
#include <iomanip>
#include <map>
#include <sstream>
#include <utility>

#include "subspace_report.hpp"

namespace communication_subspace {
namespace {

using mrnn::Index;

constexpr double panel_size = 280.0, mark_size = 9.0;  // pixels
constexpr double beside = 0.08;                        // of points, in units of their axis
/// Performance has at least so much room on its axis, and so large a share of it is left free beside points.
constexpr double least_range = 0.1, margin = 0.04;
constexpr int most_columns = 3;
/// More panels with names below them are lower.
constexpr std::size_t most_high = 6;
constexpr double low_height = 120.0;  // pixels
/// Bands of more targets would hide each other and the curves.
constexpr std::size_t most_bands = 5;
/// Ranks that are drawn at least, and beyond the largest optimum.
constexpr Index least_ranks = 8, further_ranks = 4;
/// In a table of more rows the numbers would not be readable; below this share of the range colours are dark.
constexpr std::size_t most_numbers = 8;
constexpr double dark = 0.6;

void lay_out(std::size_t panels, mrnn::Figure& figure) {
  figure.columns = std::min(most_columns, static_cast<int>(panels));
  figure.panel_width = figure.panel_height = panel_size;
}

mrnn::Series scatter(int colour, double size) {
  mrnn::Series points;
  points.kind = mrnn::Series::Kind::scatter;
  points.colour = colour;
  points.width = size;
  return points;
}

/// Ranks on the axis: enough for every optimum, not all of many units.
Index shown_ranks(const Report& report) {
  Index shown = least_ranks, most = 0;
  for (const PairResult& pair : report.pairs) {
    for (const Draw& draw : pair.draws) shown = std::max(shown, draw.curve.best + further_ranks);
    most = std::max(most, pair.performance().size() - 1);
  }
  return std::min(shown, most);
}

/// Curve with its band, a ring at the optimum, a disc for the full regression beyond the last rank.
void add_curve(const mrnn::Network& network, const PairResult& pair, Index ranks, mrnn::Panel& panel) {
  const Eigen::VectorXd performance = pair.performance(), sem = pair.sem();
  const int colour = mrnn::region_colour(network, pair.target);
  mrnn::Series line, band, ring = scatter(colour, mark_size), full = scatter(colour, mark_size);
  band.kind = mrnn::Series::Kind::band;
  line.colour = band.colour = colour;
  line.dashed = pair.within();
  for (Index m = 0; m <= std::min(ranks, performance.size() - 1); ++m) {
    line.x.push_back(static_cast<double>(m));
    line.y.push_back(performance(m));
    band.x.push_back(static_cast<double>(m));
    band.y.push_back(performance(m) - sem(m));
    band.upper.push_back(performance(m) + sem(m));
  }
  ring.open = true;
  ring.x = {pair.mean(&Draw::optimum)};
  ring.y = {pair.mean(&Draw::performance)};
  full.x = {static_cast<double>(ranks + 1)};
  full.y = {pair.mean(&Draw::full_performance)};
  full.label = "to " + pair.target;  // the same in all panels, so that they have one key
  for (mrnn::Series* series : {&band, &line, &ring, &full}) panel.series.push_back(std::move(*series));
}

/// Whole numbers without decimals, others with two.
std::string cell_label(double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(value == std::round(value) ? 0 : 2) << value;
  return text.str();
}

mrnn::Panel table_panel(const Report& report, const std::string& title, const Eigen::MatrixXd& values) {
  const auto columns = static_cast<double>(report.targets.size()), rows = static_cast<double>(report.sources.size());
  mrnn::Panel panel;
  panel.title = title;
  panel.x = {"target", 0.0, columns, false, {}};
  panel.y = {"source", 0.0, rows, false, {}};
  for (std::size_t t = 0; t < report.targets.size(); ++t) {
    panel.x.names.push_back({static_cast<double>(t) + 0.5, report.targets[t]});
  }
  for (std::size_t s = 0; s < report.sources.size(); ++s) {
    panel.y.names.push_back({rows - static_cast<double>(s) - 0.5, report.sources[s]});
  }
  double largest = 0.0;
  for (const double value : values.reshaped()) largest = std::isfinite(value) ? std::max(largest, value) : largest;
  mrnn::HeatMap map;
  map.values = values.colwise().reverse();  // the first source at the top
  map.x_high = columns;
  map.y_high = rows;
  map.label = title;
  map.low = 0.0;
  map.high = largest > 0.0 ? largest : 1.0;
  for (Index s = 0; s < values.rows() && report.sources.size() <= most_numbers; ++s) {
    for (Index t = 0; t < values.cols(); ++t) {
      mrnn::Text text{static_cast<double>(t) + 0.5, rows - static_cast<double>(s) - 0.5, cell_label(values(s, t))};
      text.colour = values(s, t) < dark * *map.high ? mrnn::white : mrnn::black;
      panel.texts.push_back(std::move(text));
    }
  }
  panel.heat_map = std::move(map);
  return panel;
}

/// Pairs of one source.
std::vector<const PairResult*> pairs_of(const Report& report, const std::string& source) {
  std::vector<const PairResult*> pairs;
  for (const PairResult& pair : report.pairs) {
    if (pair.source == source) pairs.push_back(&pair);
  }
  return pairs;
}

/// From the lowest to the highest performance, 0 among them, with room for the points at both ends.
void set_range(const std::vector<const mrnn::Series*>& points, mrnn::Panel& panel) {
  double low = 0.0, high = least_range;
  for (const mrnn::Guide& guide : panel.guides) {
    low = std::min(low, guide.position);
    high = std::max(high, guide.position);
  }
  for (const mrnn::Series* series : points) {
    for (const double value : series->y) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  panel.y.low = low - margin * (high - low);
  panel.y.high = high + margin * (high - low);
}

mrnn::Panel removal_panel(const Report& report, const std::string& source) {
  mrnn::Panel panel;
  panel.title = "within " + source;
  panel.x.label = "dimensions taken out: those for";
  panel.y.label = "predictive performance";
  mrnn::Series left = scatter(mrnn::black, mark_size), random = scatter(mrnn::grey, mark_size);
  left.label = "without predictive dimensions";
  random.label = "without random dimensions";
  random.open = true;
  for (const PairResult* pair : pairs_of(report, source)) {
    if (pair->within()) {
      const double whole = pair->mean(&Draw::full_performance);
      panel.guides.push_back({mrnn::Guide::Kind::horizontal, whole, ""});
    }
    if (!pair->draws.front().removal) continue;
    const auto place = static_cast<double>(panel.x.names.size());
    panel.x.names.push_back({place, pair->target});
    left.x.push_back(place - beside);
    random.x.push_back(place + beside);
    left.y.push_back(pair->mean([](const Draw& draw) { return draw.removal->within; }));
    random.y.push_back(pair->mean([](const Draw& draw) { return draw.removal->within_random; }));
  }
  set_range({&left, &random}, panel);
  panel.x.low = -0.5;
  panel.x.high = static_cast<double>(panel.x.names.size()) - 0.5;
  panel.series = {std::move(random), std::move(left)};
  return panel;
}

/// Points at one place are drawn around it, in rows of three.
void set_apart(double distance, std::vector<mrnn::Series>& points) {
  std::map<std::pair<double, double>, std::vector<mrnn::Series*>> places;
  for (mrnn::Series& point : points) places[{point.x.front(), point.y.front()}].push_back(&point);
  for (const auto& [place, there] : places) {
    const std::size_t count = there.size(), wide = std::min<std::size_t>(count, 3), rows = (count + 2) / 3;
    for (std::size_t k = 0; k < count; ++k) {
      there[k]->x.front() += distance * (static_cast<double>(k % 3) - 0.5 * static_cast<double>(wide - 1));
      there[k]->y.front() -= distance * (static_cast<double>(k / 3) - 0.5 * static_cast<double>(rows - 1));
    }
  }
}

}  // namespace

mrnn::Figure draw_performance(const mrnn::Network& network, const Report& report) {
  mrnn::Figure figure;
  figure.name = "performance";
  figure.title = "Communication subspaces";
  const bool banded = report.targets.size() <= most_bands;
  const auto is_band = [](const mrnn::Series& series) { return series.kind == mrnn::Series::Kind::band; };
  figure.caption =
      std::string("Cross-validated performance (1 - normalised squared error) of reduced-rank regression") +
      (banded ? "; bands: one SEM over folds" : "") +
      ". Rings: optimal number of dimensions; discs: full regression. Dashed: to the other half of the source.";
  lay_out(report.sources.size(), figure);
  const Index ranks = shown_ranks(report);
  for (const std::string& source : report.sources) {
    mrnn::Panel panel;
    panel.title = "from " + source;
    panel.x = {"predictive dimensions", -0.3, static_cast<double>(ranks) + 1.4};
    panel.y.label = "predictive performance";
    for (Index m = 0; m <= ranks; m += ranks > 10 ? 5 : ranks > 5 ? 2 : 1) {
      panel.x.names.push_back({static_cast<double>(m), std::to_string(m)});
    }
    panel.x.names.push_back({static_cast<double>(ranks + 1), "full"});
    for (const PairResult* pair : pairs_of(report, source)) add_curve(network, *pair, ranks, panel);
    if (!banded) std::erase_if(panel.series, is_band);
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

mrnn::Figure draw_table(const Report& report) {
  mrnn::Figure figure;
  figure.name = "dimensions";
  figure.title = "Predictive dimensions and performance";
  figure.caption = "Of each source and target; on the diagonal, from one half of a region to the other.";
  Eigen::MatrixXd dimensions = Eigen::MatrixXd::Constant(std::ssize(report.sources), std::ssize(report.targets), NAN);
  Eigen::MatrixXd performance = dimensions;
  Index k = 0;
  for (const PairResult& pair : report.pairs) {  // every source with every target
    const Index row = k / dimensions.cols(), column = k % dimensions.cols();
    dimensions(row, column) = pair.mean(&Draw::optimum);
    performance(row, column) = pair.mean(&Draw::performance);
    ++k;
  }
  figure.panels.push_back(table_panel(report, "predictive dimensions", dimensions));
  figure.panels.push_back(table_panel(report, "performance", performance));
  lay_out(2, figure);
  figure.shared_y = true;
  return figure;
}

mrnn::Figure draw_removal(const Report& report) {
  mrnn::Figure figure;
  figure.name = "private_dimensions";
  figure.title = "Prediction within a region without dimensions that others read";
  figure.caption = "Line: with all dimensions of the source.";
  for (const std::string& source : report.sources) {
    mrnn::Panel panel = removal_panel(report, source);
    if (!panel.x.names.empty()) figure.panels.push_back(std::move(panel));
  }
  lay_out(figure.panels.size(), figure);
  if (figure.panels.size() > most_high) figure.panel_height = low_height;
  return figure;
}

mrnn::Figure draw_factor_regression(const Report& report) {
  mrnn::Figure figure;
  figure.name = "factor_regression";
  figure.title = "Regression on factors of the source";
  figure.caption =
      "Solid: reduced-rank regression; dashed: regression on the leading dimensions of the source's shared variance.";
  for (const PairResult& pair : report.pairs) {
    const Eigen::VectorXd factors = pair.factor_performance(), ranks = pair.performance();
    if (factors.size() == 0) continue;
    mrnn::Panel panel;
    panel.title = pair.within() ? "within " + pair.source : pair.source + " to " + pair.target;
    panel.x.label = "dimensions";
    panel.y.label = "predictive performance";
    for (const Eigen::VectorXd* values : {&ranks, &factors}) {
      mrnn::Series line;
      line.dashed = values == &factors;
      line.label = line.dashed ? "factors" : "predictive dimensions";
      line.colour = line.dashed ? mrnn::grey : mrnn::black;
      for (Index m = 0; m < std::min(values->size(), factors.size()); ++m) {
        line.x.push_back(static_cast<double>(m));
        line.y.push_back((*values)(m));
      }
      panel.series.push_back(std::move(line));
    }
    for (Index m = 0; m<factors.size(); m += factors.size()> 8 ? 5 : 1) {
      panel.x.names.push_back({static_cast<double>(m), std::to_string(m)});
    }
    figure.panels.push_back(std::move(panel));
  }
  lay_out(figure.panels.size(), figure);
  return figure;
}

mrnn::Figure draw_factors(const mrnn::Network& network, const Report& report) {
  mrnn::Figure figure;
  figure.name = "factors";
  figure.title = "Predictive dimensions and factors of the target";
  figure.caption =
      "Rings: to the other half of the source. Line: as many dimensions as factors. Points at one place stand around "
      "it.";
  mrnn::Panel panel;
  panel.x.label = "factors of the target (95 % of shared variance)";
  panel.y.label = "predictive dimensions";
  panel.equal_aspect = true;
  double most = 1.0;
  for (const PairResult& pair : report.pairs) {
    mrnn::Series point = scatter(mrnn::region_colour(network, pair.target), mark_size);
    point.open = pair.within();
    point.x = {pair.mean(&Draw::factors)};
    point.y = {pair.mean(&Draw::optimum)};
    point.label = (pair.within() ? "within " : "to ") + pair.target;
    most = std::max({most, point.x.front(), point.y.front()});
    panel.series.push_back(std::move(point));
  }
  constexpr double apart = 0.03;  // of the width of the panel
  set_apart(apart * (most + 1.0), panel.series);
  mrnn::Series equal;
  equal.x = equal.y = {0.0, most + 1.0};
  equal.colour = mrnn::grey;
  equal.dashed = true;
  panel.series.insert(panel.series.begin(), std::move(equal));
  panel.x.low = panel.y.low = 0.0;
  panel.x.high = panel.y.high = most + 1.0;
  figure.panels.push_back(std::move(panel));
  lay_out(1, figure);
  return figure;
}

}  // namespace communication_subspace
