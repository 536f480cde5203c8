#include "currents_figure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

namespace currents {
namespace {

/// More panels along a side cannot be read.
constexpr std::size_t most_along_side = 8;
/// More conditions cannot be told apart.
constexpr std::size_t most_conditions = 8;
/// More columns leave no room for numbers in the cells of the shares.
constexpr Index most_numbers = 12;

/// Which rows and columns of the matrix of panels are drawn.
struct Shown {
  std::vector<std::size_t> targets, sources;
};

Shown choose(const Found& found) {
  Shown shown;
  for (std::size_t a = 0; a < std::min(found.targets.size(), most_along_side); ++a) shown.targets.push_back(a);
  for (std::size_t b = 0; b < found.request.sources.size() && shown.sources.size() < most_along_side; ++b) {
    const bool reaches =
        std::ranges::any_of(shown.targets, [&](std::size_t a) { return found.targets[a].from[b].power > 0.0; });
    if (reaches) shown.sources.push_back(b);
  }
  return shown;
}

int colour_of(const Found& found, std::size_t source) {
  const Source& from = found.request.sources[source];
  if (from.kind == Source::Kind::bias || from.kind == Source::Kind::stimulus || from.name == "others") {
    return mrnn::grey;
  }
  return from.name == "all" ? mrnn::black : mrnn::region_colour(found.scope.context.network(), from.name);
}

/// One line; with several conditions the colour tells which.
mrnn::Series line(const Found& found, const Eigen::MatrixXd& values, std::size_t source, std::size_t condition) {
  mrnn::Series series;
  const bool single = found.scope.conditions.list.size() == 1;
  series.colour = single ? colour_of(found, source) : static_cast<int>(condition);
  for (Index k = 0; k < values.cols(); ++k) {
    series.x.push_back(static_cast<double>(found.scope.window.first + k) * found.dt);
    series.y.push_back(values(static_cast<Index>(condition), k));
  }
  return series;
}

/// Adds the lines of one current to its panel.
using AddLines = std::function<void(const Current&, std::size_t source, std::size_t condition, mrnn::Panel&)>;

mrnn::Figure matrix_of_panels(const Found& found, const std::string& time_label, const std::string& y_label,
                              const AddLines& add) {
  const Shown shown = choose(found);
  mrnn::Figure figure;
  figure.columns = static_cast<int>(std::max<std::size_t>(1, shown.sources.size()));
  const std::size_t conditions = std::min(found.scope.conditions.list.size(), most_conditions);
  for (const std::size_t a : shown.targets) {
    for (const std::size_t b : shown.sources) {
      const Current& current = found.targets[a].from[b];
      mrnn::Panel panel;
      panel.title = found.request.sources[b].name + " to " + found.request.targets[a].name;
      if (a == shown.targets.back()) panel.x.label = time_label;
      if (b == shown.sources.front()) panel.y.label = y_label;
      for (std::size_t c = 0; c < conditions && current.power > 0.0; ++c) add(current, b, c, panel);
      if (current.power == 0.0) {
        panel.axes = false;
        panel.texts.push_back({0.5, 0.5, "no current", mrnn::Text::Align::centre, 10.0, false, mrnn::grey});
      } else if (found.scope.window.first < 0) {
        panel.guides.push_back({mrnn::Guide::Kind::vertical, 0.0, ""});
      }
      figure.panels.push_back(std::move(panel));
    }
  }
  return figure;
}

/// One key is enough: the first panel with lines names the conditions, which take `step` lines each.
void name_conditions(const Found& found, std::size_t step, mrnn::Figure& figure) {
  if (found.scope.conditions.list.size() == 1) return;
  for (mrnn::Panel& panel : figure.panels) {
    if (panel.series.empty()) continue;
    for (std::size_t k = 0; k * step < panel.series.size(); ++k) {
      panel.series[k * step].label = found.scope.conditions.list[k].name;
    }
    return;
  }
}

std::string left_out(const Found& found) {
  const Shown shown = choose(found);
  std::string words;
  if (shown.targets.size() < found.targets.size()) {
    words += " Only the first " + std::to_string(shown.targets.size()) + " targets are drawn.";
  }
  if (shown.sources.size() == most_along_side) {
    words += " At most " + std::to_string(most_along_side) + " sources are drawn.";
  }
  if (found.scope.conditions.list.size() > most_conditions) {
    words += " Only the first " + std::to_string(most_conditions) + " conditions are drawn.";
  }
  return words;
}

/// The panels of a row share their scale, so that sources can be compared.
void share_scales(mrnn::Figure& figure) {
  const auto columns = static_cast<std::size_t>(figure.columns);
  for (std::size_t first = 0; first < figure.panels.size(); first += columns) {
    double highest = 0.0;
    for (std::size_t k = first; k < first + columns; ++k) {
      for (const mrnn::Series& series : figure.panels[k].series) {
        for (const double value : series.y) highest = std::isfinite(value) ? std::max(highest, value) : highest;
      }
    }
    for (std::size_t k = first; k < first + columns && highest > 0.0; ++k) {
      if (!figure.panels[k].axes) continue;
      figure.panels[k].y.low = 0.0;
      figure.panels[k].y.high = 1.05 * highest;
    }
  }
}

mrnn::Figure draw_norms(const Found& found, const std::string& time_label) {
  mrnn::Figure figure =
      matrix_of_panels(found, time_label, "|C| (a.u.)",
                       [&](const Current& current, std::size_t source, std::size_t condition, mrnn::Panel& panel) {
                         panel.series.push_back(line(found, current.norm[0], source, condition));
                       });
  share_scales(figure);
  name_conditions(found, 1, figure);
  figure.name = "currents";
  figure.title = "Currents by target (rows) and source (columns)";
  figure.caption =
      "Length of the current over the units of the target, mean over trials. Panels of a row share their "
      "scale." +
      left_out(found);
  return figure;
}

mrnn::Figure draw_components(const Found& found, const std::string& time_label) {
  mrnn::Figure figure =
      matrix_of_panels(found, time_label, "projection (a.u.)",
                       [&](const Current& current, std::size_t source, std::size_t condition, mrnn::Panel& panel) {
                         for (std::size_t k = 0; k < std::min<std::size_t>(2, current.projections.size()); ++k) {
                           mrnn::Series series = line(found, current.projections[k], source, condition);
                           series.dashed = k == 1;
                           panel.series.push_back(std::move(series));
                         }
                       });
  const auto lines = static_cast<std::size_t>(std::min<Index>(2, found.request.components));
  name_conditions(found, lines, figure);
  figure.name = "current_components";
  figure.title = "Leading components of the currents by target (rows) and source (columns)";
  figure.caption =
      "Projection of each current, less its mean, on its first (solid) and second (dashed) principal "
      "component, mean over trials." +
      left_out(found);
  return figure;
}

/// Per cent, in the cells; white on the dark ones.
void write_numbers(const Eigen::MatrixXd& share, mrnn::Panel& panel) {
  for (Index a = 0; a < share.rows(); ++a) {
    for (Index b = 0; b < share.cols(); ++b) {
      if (share(a, b) == 0.0) continue;
      const long percent = std::lround(100.0 * share(a, b));
      mrnn::Text text;
      text.x = static_cast<double>(b) + 0.5;
      text.y = static_cast<double>(share.rows() - a) - 0.5;
      text.words = percent == 0 ? "< 1 %" : std::to_string(percent) + " %";
      text.colour = share(a, b) < 0.6 ? mrnn::white : mrnn::black;
      panel.texts.push_back(std::move(text));
    }
  }
}

mrnn::Figure draw_shares(const Found& found) {
  mrnn::Figure figure;
  figure.name = "current_shares";
  figure.title = "Where the current into each region comes from";
  figure.caption = "|C|^2 of each source as a share of its sum over sources, averaged over trials and time.";
  mrnn::Panel panel;
  mrnn::HeatMap map;
  const Eigen::MatrixXd share = shares(found);
  map.values = share.colwise().reverse();  // the first target on top
  map.x_high = static_cast<double>(share.cols());
  map.y_high = static_cast<double>(share.rows());
  map.label = "share";
  map.low = 0.0;
  map.high = 1.0;
  for (Index b = 0; b < share.cols(); ++b) {
    panel.x.names.push_back({static_cast<double>(b) + 0.5, found.request.sources[static_cast<std::size_t>(b)].name});
  }
  for (Index a = 0; a < share.rows(); ++a) {
    panel.y.names.push_back(
        {map.y_high - static_cast<double>(a) - 0.5, found.request.targets[static_cast<std::size_t>(a)].name});
  }
  if (share.cols() <= most_numbers) write_numbers(share, panel);
  panel.x.label = "source";
  panel.y.label = "target";
  panel.heat_map = std::move(map);
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace

void draw(const Found& found, const std::string& time_label, mrnn::AnalysisResults& results) {
  results.figures.push_back(draw_norms(found, time_label));
  results.figures.push_back(draw_components(found, time_label));
  results.figures.push_back(draw_shares(found));
}

}  // namespace currents
