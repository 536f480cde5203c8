#include "dpca_figure.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <set>
#include <utility>

#include "mrnn/figure.hpp"
#include "variance_figure.hpp"

namespace dpca {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t shown_per_row = 3;
/// More conditions than this cannot be told apart by colour.
constexpr std::size_t most_conditions = 12;

std::string short_percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100.0 * share);
  return text;
}

mrnn::Panel time_panel(const TimeAxis& axis) {
  mrnn::Panel panel;
  panel.x.label = axis.label;
  panel.x.low = axis.time(0);
  panel.x.high = axis.time(axis.time.size() - 1);
  if (axis.mark_zero && *panel.x.low < 0.0) panel.guides.push_back({mrnn::Guide::Kind::vertical, 0.0, ""});
  return panel;
}

bool is_number(const std::string& text) {
  double value = 0.0;
  const char* end = text.data() + text.size();
  return std::from_chars(text.data(), end, value).ptr == end;
}

/// A condition that is drawn, a cell of the grid.
struct Drawn {
  Index cell = 0;
  int colour = 0;
  bool dashed = false;
};

/// The colours of those levels of a factor that are drawn: of numbers an ordered scale, of words one after the other.
std::vector<int> level_colours(const mrnn::Levels& factor, const std::vector<std::size_t>& levels) {
  mrnn::Conditions conditions;
  conditions.values = factor.values;
  if (std::ranges::all_of(factor.values, is_number)) {
    for (const std::string& value : factor.values) conditions.numbers.push_back(std::stod(value));
  }
  std::vector<int> colours;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    colours.push_back(conditions.numbers.empty() ? static_cast<int>(k) : mrnn::value_colour(conditions, levels[k]));
  }
  return colours;
}

/// All conditions, or some evenly spread ones. Of two factors, one with two levels, that one is told by dashes.
std::vector<Drawn> drawn_conditions(const Grid& grid) {
  const std::vector<Index> lengths = grid.lengths();
  const bool pairs = lengths.size() == 2 && (lengths[0] == 2 || lengths[1] == 2);
  std::vector<Drawn> drawn;
  if (lengths.size() != 1 && !pairs) {
    for (const std::size_t cell : mrnn::evenly_spread(static_cast<std::size_t>(grid.cells()), most_conditions)) {
      drawn.push_back({static_cast<Index>(cell), static_cast<int>(drawn.size()), false});
    }
    return drawn;
  }
  const std::size_t coloured = pairs && lengths[1] != 2 ? 1 : 0;
  const Index dashes = pairs ? 2 : 1;
  const mrnn::Levels& factor = grid.factors[coloured];
  const std::vector<std::size_t> levels =
      mrnn::evenly_spread(factor.values.size(), most_conditions / static_cast<std::size_t>(dashes));
  const std::vector<int> colours = level_colours(factor, levels);
  for (std::size_t k = 0; k < levels.size(); ++k) {
    const auto level = static_cast<Index>(levels[k]);
    for (Index dash = 0; dash < dashes; ++dash) {
      const Index cell = coloured == 1 ? dash * lengths[1] + level : level * dashes + dash;
      drawn.push_back({cell, colours[k], dash == 1});
    }
  }
  std::ranges::sort(drawn, {}, &Drawn::cell);
  return drawn;
}

/// `left`, or `left, motion` of several factors; a number has its factor's name.
std::string label_of(const Grid& grid, Index cell) {
  std::string label;
  const std::vector<Index> lengths = grid.lengths();
  for (std::size_t f = lengths.size(); f-- > 0; cell /= lengths[f]) {
    std::string level = grid.factors[f].values[static_cast<std::size_t>(cell % lengths[f])];
    if (is_number(level)) level = grid.factors[f].name + " " + level;
    label = label.empty() ? level : level + ", " + label;
  }
  return label;
}

/// A bar along the bottom where the component is significant.
void add_significant(const Outcome& outcome, std::size_t component, const TimeAxis& axis, double height,
                     mrnn::Panel& panel) {
  const Significance& test = *outcome.significance;
  const auto tested = std::ranges::find(test.components, static_cast<Index>(component));
  if (tested == test.components.end()) return;
  mrnn::Series bar;
  bar.colour = mrnn::black;
  bar.width = 4.0;
  for (Index t = 0; t < axis.time.size(); ++t) {
    const bool significant = test.significant(tested - test.components.begin(), t) > 0.0;
    bar.x.push_back(axis.time(t));
    bar.y.push_back(significant ? height : nan);
  }
  panel.series.push_back(std::move(bar));
}

mrnn::Panel component_panel(const Outcome& outcome, std::size_t component, const TimeAxis& axis, double reach,
                            bool labelled) {
  const auto row = static_cast<Index>(component);
  mrnn::Panel panel = time_panel(axis);
  panel.title = std::to_string(component + 1) + ": " + outcome.marginalisations[outcome.found.origin[component]].name +
                " (" + short_percent(outcome.explained.single(row)) + ")";
  panel.y = {"projection (a.u.)", -reach, reach};
  const Index steps = axis.time.size();
  for (const Drawn& condition : drawn_conditions(outcome.grid)) {
    mrnn::Series line;
    line.x = values(axis.time);
    line.y = values(outcome.projections.row(row).segment(condition.cell * steps, steps).transpose());
    line.colour = condition.colour;
    line.dashed = condition.dashed;
    line.width = 1.5;
    if (labelled) line.label = label_of(outcome.grid, condition.cell);
    panel.series.push_back(std::move(line));
  }
  if (outcome.significance) add_significant(outcome, component, axis, -0.95 * reach, panel);
  return panel;
}

/// Marginalisations in the order of their rows: time first, then the others in their own order.
std::vector<std::size_t> rows_of(const Outcome& outcome) {
  const Term time = Term{1} << outcome.grid.factors.size();
  std::vector<std::size_t> rows;
  for (std::size_t m = 0; m < outcome.marginalisations.size(); ++m) {
    if (std::ranges::find(outcome.found.origin, m) != outcome.found.origin.end()) rows.push_back(m);
  }
  rows = largest(outcome, std::move(rows));
  std::stable_partition(rows.begin(), rows.end(),
                        [&](std::size_t m) { return outcome.marginalisations[m].axes() == time; });
  return rows;
}

mrnn::Figure draw_components(const Outcome& outcome, const TimeAxis& axis) {
  mrnn::Figure figure;
  figure.name = "dpca";
  figure.title = "Demixed principal components";
  figure.caption =
      "Activity decoded by the first components of each marginalisation (a row each), averaged over trials; "
      "in brackets the share of the variance that the component explains.";
  if (outcome.significance) figure.caption += " Black bars: conditions are told apart better than in all shuffles.";
  const std::size_t drawn = drawn_conditions(outcome.grid).size();
  if (static_cast<Index>(drawn) < outcome.grid.cells()) {
    figure.caption += " Only " + std::to_string(drawn) + " of " + std::to_string(outcome.grid.cells()) +
                      " conditions are drawn, evenly spread.";
  }
  figure.columns = static_cast<int>(shown_per_row);
  figure.panel_height = 150.0;
  const std::vector<std::size_t> rows = rows_of(outcome);
  if (rows.size() < std::set<std::size_t>(outcome.found.origin.begin(), outcome.found.origin.end()).size()) {
    figure.caption += " Only the " + std::to_string(most_drawn) + " marginalisations with most variance are drawn.";
  }
  for (const std::size_t m : rows) {
    std::vector<std::size_t> components;
    double reach = 0.0;
    for (std::size_t k = 0; k < outcome.found.origin.size() && components.size() < shown_per_row; ++k) {
      if (outcome.found.origin[k] != m) continue;
      components.push_back(k);
      reach = std::max(reach, 1.1 * outcome.projections.row(static_cast<Index>(k)).cwiseAbs().maxCoeff());
    }
    for (const std::size_t k : components) {
      figure.panels.push_back(component_panel(outcome, k, axis, reach, figure.panels.empty()));
    }
    for (std::size_t k = components.size(); k < shown_per_row; ++k) {
      mrnn::Panel none;
      none.axes = false;
      none.texts.push_back({0.5, 0.5, "no other " + outcome.marginalisations[m].name + " component"});
      none.texts.back().colour = mrnn::grey;
      figure.panels.push_back(std::move(none));
    }
  }
  return figure;
}

mrnn::Figure draw_accuracies(const Outcome& outcome, const TimeAxis& axis) {
  const Significance& test = *outcome.significance;
  mrnn::Figure figure;
  figure.name = "accuracy";
  figure.title = "Conditions told apart by single components";
  figure.caption =
      "Share of held-out trials whose nearest class mean is that of their class, and the best of all "
      "shuffles. Dotted: chance.";
  figure.columns = static_cast<int>(shown_per_row);
  figure.panel_height = 130.0;
  for (std::size_t k = 0; k < test.components.size(); ++k) {
    const auto row = static_cast<Index>(k);
    const auto component = static_cast<std::size_t>(test.components[k]);
    mrnn::Panel panel = time_panel(axis);
    panel.title = std::to_string(component + 1) + ": " + outcome.marginalisations[outcome.found.origin[component]].name;
    panel.y = {"share recognised", 0.0, 1.02};
    panel.guides.push_back({mrnn::Guide::Kind::horizontal, test.chance(row), ""});
    mrnn::Series shuffled, truth;
    shuffled.label = "best of shuffles";
    shuffled.colour = mrnn::grey;
    truth.label = "trials";
    truth.colour = 0;
    shuffled.x = truth.x = values(axis.time);
    shuffled.y = values(test.shuffled.row(row).transpose());
    truth.y = values(test.accuracy.row(row).transpose());
    panel.series = {std::move(shuffled), std::move(truth)};
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace

void draw(const Outcome& outcome, const TimeAxis& axis, const std::string& suffix, mrnn::AnalysisResults& results) {
  std::vector<mrnn::Figure> figures{draw_components(outcome, axis), draw_variances(outcome)};
  if (outcome.significance && !outcome.significance->components.empty()) {
    figures.push_back(draw_accuracies(outcome, axis));
  }
  for (mrnn::Figure& figure : figures) {
    if (!suffix.empty()) {
      figure.name = figure.name == "dpca" ? suffix : figure.name + "_" + suffix;
      figure.title += ": " + suffix;
    }
    results.figures.push_back(std::move(figure));
  }
}

}  // namespace dpca
