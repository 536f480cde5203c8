#include "currents_figure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

namespace currents {
namespace {

/// More panels along a side cannot be read.
constexpr std::size_t most_along_side = 8;
/// More conditions cannot be told apart, or by colours of an ordered scale.
constexpr std::size_t most_conditions = 8, most_numbers_drawn = 24;
/// More columns are narrow: only the panels at the left and at the top have numbers and names.
constexpr std::size_t most_wide = 4;
constexpr double narrow_height = 100.0;  // pixels
/// A list of more panels is high: they are lower.
constexpr std::size_t most_high = 24;
constexpr double low_height = 76.0;  // pixels
/// Letters of a name that is broken at its underscores above a narrow panel.
constexpr std::size_t most_unbroken = 13;
/// Letters of each name in the title of a panel, or beside a narrow one.
constexpr std::size_t most_letters = 18;
/// More columns leave no room for numbers in the cells of the shares.
constexpr Index most_numbers = 12;
/// Two matrices of shares with more columns stand one below the other.
constexpr Index most_beside = 7;

/// A panel of the figure.
struct Pair {
  std::size_t target = 0, source = 0;
};

/// What is drawn: a matrix, targets by sources, or where most of it would be empty a list of the currents there are.
struct Shown {
  std::vector<Pair> pairs;
  std::size_t columns = 0;  ///< of the matrix; 0: a list
  bool complete = true;
  bool narrow() const noexcept { return columns > most_wide; }
};

Shown choose(const Found& found) {
  std::vector<std::size_t> sources;
  const std::size_t targets = std::min(found.targets.size(), most_along_side);
  Shown list, matrix;
  for (std::size_t b = 0; b < found.request.sources.size(); ++b) {
    bool reaches = false;
    for (std::size_t a = 0; a < targets; ++a) reaches = reaches || found.targets[a].from[b].power > 0.0;
    if (reaches) sources.push_back(b);
  }
  list.complete = matrix.complete = targets == found.targets.size() && sources.size() <= most_along_side;
  sources.resize(std::min(sources.size(), most_along_side));
  for (std::size_t a = 0; a < targets; ++a) {
    for (const std::size_t b : sources) {
      matrix.pairs.push_back({a, b});
      if (found.targets[a].from[b].power > 0.0) list.pairs.push_back({a, b});
    }
  }
  matrix.columns = sources.size();
  return 2 * list.pairs.size() >= matrix.pairs.size() ? matrix : list;
}

int colour_of(const Found& found, std::size_t source) {
  const Source& from = found.request.sources[source];
  if (from.kind == Source::Kind::bias || from.kind == Source::Kind::stimulus || from.name == "others") {
    return mrnn::grey;
  }
  return from.name == "all" ? mrnn::black : mrnn::region_colour(found.scope.context.network(), from.name);
}

mrnn::DrawnConditions drawn_conditions(const Found& found) {
  const mrnn::Conditions& conditions = found.scope.conditions;
  return {conditions, conditions.numbers.empty() ? most_conditions : most_numbers_drawn};
}

/// Several simulations of several conditions have a colour for each pair, since dashes tell components.
int condition_colour(const mrnn::DrawnConditions& drawn, const mrnn::Conditions& conditions, std::size_t condition) {
  if (conditions.list.back().simulation == 0) return drawn.style(condition).colour;
  return static_cast<int>(std::ranges::lower_bound(drawn.numbers(), condition) - drawn.numbers().begin());
}

/// Where a mean is shown: of few trials it would jump where a trial begins or ends. Of a condition that never has so
/// many, where all of its trials are there.
bool is_shown(const Found& found, Index condition, Index time) {
  const auto counts = found.targets.front().counts.row(condition);
  const double least = std::min(static_cast<double>(found.request.min_trials), counts.maxCoeff());
  return counts(time) >= std::max(1.0, least);
}

/// One line; with several conditions the colour tells which. Broken where there are too few trials.
mrnn::Series line(const Found& found, const Eigen::MatrixXd& values, std::size_t source, std::size_t condition) {
  mrnn::Series series;
  const mrnn::Conditions& conditions = found.scope.conditions;
  series.colour = conditions.list.size() == 1 ? colour_of(found, source)
                                              : condition_colour(drawn_conditions(found), conditions, condition);
  const auto row = static_cast<Index>(condition);
  for (Index k = 0; k < values.cols(); ++k) {
    series.x.push_back(static_cast<double>(found.scope.window.first + k) * found.dt);
    series.y.push_back(is_shown(found, row, k) ? values(row, k) : missing);
  }
  return series;
}

/// A name of few letters, with its end: names of regions often differ there.
std::string shortened(const std::string& name) {
  if (name.size() <= most_letters) return name;
  const auto inside = [&](std::size_t at) { return (static_cast<unsigned char>(name[at]) & 0xC0U) == 0x80U; };
  std::size_t begin = most_letters / 2, end = name.size() - most_letters / 2 + 1;
  while (inside(begin)) --begin;  // never within a character
  while (end < name.size() && inside(end)) ++end;
  return name.substr(0, begin) + "\u2026" + name.substr(end);
}

/// Adds the lines of one current to its panel.
using AddLines = std::function<void(const Current&, std::size_t source, std::size_t condition, mrnn::Panel&)>;

struct Labels {
  std::string time, values;
};

void say_instead(const std::string& words, mrnn::Panel& panel) {
  panel.axes = false;
  panel.texts.push_back({0.5, 0.5, words, mrnn::Text::Align::centre, 10.0, false, mrnn::grey});
}

/// `primary_ visual_ cortex`: titles are wrapped at blanks.
std::string broken(const std::string& name) {
  if (name.size() <= most_unbroken) return name;
  std::string words;
  for (std::size_t at = 0; at < name.size(); ++at) {
    words += name[at];
    if (name[at] == '_' && at + 1 < name.size()) words += ' ';
  }
  return words;
}

/// A line at 0 instead of words, so that every panel of a narrow matrix has its axes.
void draw_nothing(const Found& found, mrnn::Panel& panel) {
  mrnn::Series line;
  const double first = static_cast<double>(found.scope.window.first) * found.dt;
  line.x = {first, first + static_cast<double>(std::max<Index>(found.targets.front().counts.cols() - 1, 1)) * found.dt};
  line.y = {0.0, 0.0};
  line.colour = mrnn::light_grey;
  panel.series.push_back(std::move(line));
}

/// Sources above the columns of a narrow matrix, targets beside its rows; scales are those of a row.
void name_outer_panels(const Found& found, const Shown& shown, mrnn::Figure& figure) {
  for (std::size_t k = 0; k < figure.panels.size(); ++k) {
    const Pair& pair = shown.pairs[k];
    figure.panels[k].title = k < shown.columns ? broken(found.request.sources[pair.source].name) : "";
    figure.panels[k].y.label = "to " + shortened(found.request.targets[pair.target].name);
  }
  figure.panel_height = narrow_height;
  figure.letters = false;
  figure.shared_x = figure.rows_share_y = true;
}

bool has_values(const mrnn::Series& series) {
  return std::ranges::any_of(series.y, [](double y) { return std::isfinite(y); });
}

/// One key is enough: the first panel with lines names the conditions by its solid ones.
void name_conditions(const Found& found, mrnn::Figure& figure) {
  if (found.scope.conditions.list.size() == 1) return;
  const mrnn::DrawnConditions drawn = drawn_conditions(found);
  for (mrnn::Panel& panel : figure.panels) {
    std::size_t named = 0;
    for (mrnn::Series& series : panel.series) {
      if (series.dashed) continue;
      const std::string& name = found.scope.conditions.list[drawn.numbers()[named++]].name;
      if (has_values(series)) series.label = name;  // a catch trial has none in a window about its stimulus
    }
    if (named == 0) continue;
    panel.key_title = mrnn::key_title(found.scope.conditions);
    return;
  }
}

/// Words or a line where there is no current to show, time zero where there is.
void finish_panel(const Found& found, const Shown& shown, const Current& current, mrnn::Panel& panel) {
  if (panel.series.empty() && shown.narrow()) {
    draw_nothing(found, panel);
  } else if (panel.series.empty()) {
    say_instead(current.power > 0.0 ? "constant" : "no current", panel);
  } else if (found.scope.window.first < 0) {
    panel.guides.push_back({mrnn::Guide::Kind::vertical, 0.0, ""});
  }
}

mrnn::Figure draw_panels(const Found& found, const Shown& shown, const Labels& labels, const AddLines& add) {
  mrnn::Figure figure;
  figure.columns = static_cast<int>(shown.columns > 0 ? shown.columns : std::min<std::size_t>(4, shown.pairs.size()));
  const mrnn::DrawnConditions drawn = drawn_conditions(found);
  for (const Pair& pair : shown.pairs) {
    const Current& current = found.targets[pair.target].from[pair.source];
    mrnn::Panel panel;
    panel.title = shortened(found.request.sources[pair.source].name) + " to " +
                  shortened(found.request.targets[pair.target].name);
    panel.x.label = labels.time;
    panel.y.label = labels.values;
    for (const std::size_t c : drawn.numbers()) {
      if (current.power > 0.0) add(current, pair.source, c, panel);
    }
    figure.panels.push_back(std::move(panel));
  }
  name_conditions(found, figure);
  for (std::size_t k = 0; k < shown.pairs.size(); ++k) {
    const Pair& pair = shown.pairs[k];
    finish_panel(found, shown, found.targets[pair.target].from[pair.source], figure.panels[k]);
  }
  if (shown.narrow()) name_outer_panels(found, shown, figure);
  if (shown.columns == 0 && figure.panels.size() > most_high) figure.panel_height = low_height;
  if (shown.columns == 0) figure.shared_x = std::ranges::all_of(figure.panels, &mrnn::Panel::axes);
  return figure;
}

std::string left_out(const Found& found, const Shown& shown) {
  std::string words;
  if (!shown.complete) {
    words += " Only the first " + std::to_string(most_along_side) + " targets and sources are drawn.";
  }
  const Eigen::MatrixXd& counts = found.targets.front().counts;
  bool few = false;
  const mrnn::DrawnConditions drawn = drawn_conditions(found);
  for (const std::size_t number : drawn.numbers()) {
    const auto row = static_cast<Index>(number);
    for (Index k = 0; k < counts.cols(); ++k) few = few || (counts(row, k) >= 1.0 && !is_shown(found, row, k));
  }
  if (few) {
    words += " Means of fewer than " + std::to_string(found.request.min_trials) +
             " trials are left out where a condition has more at other times.";
  }
  words += drawn.left_out();
  const auto missing_current = [&](const Pair& pair) {
    return !(found.targets[pair.target].from[pair.source].power > 0.0);
  };
  if (shown.narrow() && std::ranges::any_of(shown.pairs, missing_current))
    words += " Pale grey: no current, or none that changes.";
  return words;
}

/// @param unit  of the values, where panels do not name them: `|C| (a.u.)`
std::string title_of(const std::string& what, const std::string& unit, const Shown& shown) {
  return what + (shown.narrow() ? ", " + unit + "," : "") +
         (shown.columns > 0 ? " by target (rows) and source (columns)" : " by target and source");
}

/// The panels of a target share their scale, so that sources can be compared.
void share_scales(const Shown& shown, mrnn::Figure& figure) {
  std::map<std::size_t, double> highest;
  for (std::size_t k = 0; k < shown.pairs.size(); ++k) {
    double& largest = highest[shown.pairs[k].target];
    for (const mrnn::Series& series : figure.panels[k].series) {
      for (const double value : series.y) largest = std::isfinite(value) ? std::max(largest, value) : largest;
    }
  }
  for (std::size_t k = 0; k < shown.pairs.size(); ++k) {
    if (!figure.panels[k].axes) continue;
    figure.panels[k].y.low = 0.0;
    figure.panels[k].y.high = 1.05 * highest[shown.pairs[k].target];
  }
}

mrnn::Figure draw_norms(const Found& found, const Shown& shown, const std::string& time_label) {
  mrnn::Figure figure =
      draw_panels(found, shown, {time_label, "|C| (a.u.)"},
                  [&](const Current& current, std::size_t source, std::size_t condition, mrnn::Panel& panel) {
                    panel.series.push_back(line(found, current.norm[0], source, condition));
                  });
  share_scales(shown, figure);
  figure.name = "currents";
  figure.title = title_of("Currents", "|C| (a.u.)", shown);
  figure.caption =
      "Length of the current over the units of the target, mean over trials. Panels of a target share their scale." +
      left_out(found, shown);
  return figure;
}

mrnn::Figure draw_components(const Found& found, const Shown& shown, const std::string& time_label) {
  constexpr std::size_t most_lines = 2;
  mrnn::Figure figure =
      draw_panels(found, shown, {time_label, "projection (a.u.)"},
                  [&](const Current& current, std::size_t source, std::size_t condition, mrnn::Panel& panel) {
                    for (std::size_t k = 0; k < std::min(most_lines, current.projections.size()); ++k) {
                      mrnn::Series series = line(found, current.projections[k], source, condition);
                      series.dashed = k == 1;
                      panel.series.push_back(std::move(series));
                    }
                  });
  figure.name = "current_components";
  figure.title = title_of("Leading components of the currents", "projection (a.u.)", shown);
  figure.caption =
      "Projection of each current, less its mean, on its first (solid) and second (dashed) principal "
      "component, mean over trials." +
      left_out(found, shown);
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

mrnn::Panel share_panel(const Found& found, const Eigen::MatrixXd& share) {
  mrnn::Panel panel;
  mrnn::HeatMap map;
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
  return panel;
}

mrnn::Figure draw_shares(const Found& found) {
  mrnn::Figure figure;
  figure.name = "current_shares";
  figure.title = "Where the current into each region comes from";
  figure.caption = "|C|^2 of each source as a share of its sum over sources, averaged over trials and time.";
  figure.panels.push_back(share_panel(found, shares(found, &Current::power)));
  if (!found.scope.compares()) return figure;
  figure.panels.push_back(share_panel(found, shares(found, &Current::condition_power)));
  figure.panels[0].title = "Whole current";
  figure.panels[1].title = "What differs between conditions";
  figure.caption +=
      " What differs between conditions: the same of the mean over the trials of each condition less the mean over "
      "conditions at that time.";
  figure.columns = std::ssize(found.request.sources) <= most_beside ? 2 : 1;
  figure.shared_y = figure.shared_colours = true;
  return figure;
}

}  // namespace

void draw(const Found& found, const std::string& time_label, mrnn::AnalysisResults& results) {
  const Shown shown = choose(found);
  results.figures.push_back(draw_norms(found, shown, time_label));
  results.figures.push_back(draw_components(found, shown, time_label));
  results.figures.push_back(draw_shares(found));
}

}  // namespace currents
