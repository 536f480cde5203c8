#include "psth_figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mrnn/names.hpp"

namespace psth {
namespace {

using mrnn::Index;

/// More conditions than this cannot be told apart by colour, or by colours of an ordered scale.
constexpr std::size_t most_conditions = 12, most_numbers = 24;
constexpr std::ptrdiff_t most_borders = 6;  // in a panel
/// On a page: rows, panels where the renderer chooses the columns, and columns of simulations.
constexpr std::size_t most_rows = 5, most_panels = 15, most_columns = 4;
constexpr double narrow_width = 136.0, narrow_height = 98.0;  // pixels, of panels of simulations on several pages
constexpr double room = 0.05;  ///< share of a common range of y left free above and below
constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// Draws one panel after another.
class Panels {
 public:
  explicit Panels(const Drawing& drawing)
      : drawing_(drawing),
        split_(drawing.simulations.size() > 2 && drawing.conditions.values.size() > 1),
        drawn_(drawing.conditions, most_lines(drawing)) {
    switch (drawing.populations.quantity) {
      case mrnn::Quantity::h:
        quantity_ = "activity h";
        break;
      case mrnn::Quantity::x:
        quantity_ = "pre-activation x";
        break;
      case mrnn::Quantity::y:
        quantity_ = "output y";
        break;
    }
  }

  std::vector<mrnn::Figure> draw() {
    std::vector<mrnn::Figure> figures;
    const std::size_t parts = split_ ? drawing_.simulations.size() : 1;
    for (const Part& populations : pages_of_populations()) {
      for (std::size_t first = 0; first < parts; first += most_columns) {
        figures.push_back(page(populations, {first, std::min(first + most_columns, parts)}));
      }
    }
    if (split_) share_y(figures);
    for (std::size_t k = 0; k < figures.size(); ++k) {
      const std::string number = std::to_string(k + 1);
      if (k > 0) figures[k].name += "_" + number;
      if (figures.size() > 1) figures[k].title += " (" + number + " of " + std::to_string(figures.size()) + ")";
      figures[k].caption = caption();
    }
    return figures;
  }

 private:
  /// From the first up to, but not including, the last.
  struct Part {
    std::size_t first = 0, last = 0;
  };
  /// The panel of a population in a simulation.
  struct Place {
    std::size_t figure = 0, panel = 0, population = 0;
  };

  /// Populations that stand on one page: a region is not torn from its cell types, unless they fill a page.
  std::vector<Part> pages_of_populations() const {
    const std::vector<mrnn::Population>& list = drawing_.populations.list;
    const std::size_t most = split_ ? most_rows : most_panels;
    const auto region_of = [&](std::size_t p) { return list[p].name.substr(0, list[p].name.find('.')); };
    std::vector<Part> pages{{0, 0}};
    for (std::size_t first = 0; first < list.size();) {
      std::size_t last = first + 1;
      while (last < list.size() && last - first < most && region_of(last) == region_of(first)) ++last;
      if (last - pages.back().first > most) pages.push_back({first, first});
      pages.back().last = last;
      first = last;
    }
    return pages;
  }

  mrnn::Figure page(Part populations, Part simulations) {
    mrnn::Figure figure;
    figure.name = "psth";
    // Channels of an output mean different things, so that they are never averaged.
    const bool channels = drawing_.populations.quantity == mrnn::Quantity::y;
    figure.title = "Mean " + quantity_ + (channels ? " over trials, channel by channel" : " over units and trials");
    figure.columns = split_ ? static_cast<int>(simulations.last - simulations.first) : 0;
    if (split_ && drawing_.simulations.size() > most_columns) {  // all pages alike, the last may have fewer columns
      figure.panel_width = narrow_width;
      figure.panel_height = narrow_height;
    }
    figure.shared_x = true;
    named_.clear();
    for (std::size_t p = populations.first; p < populations.last; ++p) {
      for (std::size_t s = simulations.first; s < simulations.last; ++s) {
        places_.push_back({pages_, figure.panels.size(), p});
        figure.panels.push_back(panel(p, s));
      }
    }
    ++pages_;
    return figure;
  }

  const mrnn::Conditions& conditions() const { return drawing_.conditions; }

  /// Simulations have panels of their own, or dashes; several of a single condition share the colours.
  static std::size_t most_lines(const Drawing& drawing) {
    const std::size_t most = drawing.conditions.numbers.empty() ? most_conditions : most_numbers;
    return drawing.conditions.values.size() > 1 ? most * drawing.simulations.size() : most;
  }

  mrnn::Panel panel(std::size_t population, std::size_t simulation) {
    mrnn::Panel made;
    made.title = drawing_.populations.list[population].name;
    if (split_) made.title += ": " + drawing_.simulations[simulation];
    made.x.label = drawing_.time_label;
    made.y.label = quantity_ + " (a.u.)";
    add_guides(simulation, made);
    for (const std::size_t c : drawn_.numbers()) {
      if (split_ && conditions().list[c].simulation != simulation) continue;
      add_condition(drawing_.averages[population], c, made);
    }
    const bool keyed = std::ranges::any_of(made.series, [](const mrnn::Series& s) { return !s.label.empty(); });
    if (keyed) made.key_title = mrnn::key_title(conditions());
    return made;
  }

  void add_guides(std::size_t simulation, mrnn::Panel& made) {
    using Kind = mrnn::Guide::Kind;
    const auto ms = [&](Index step) { return static_cast<double>(step) * drawing_.dt; };
    const Landmarks& landmarks = drawing_.landmarks;
    for (const EpochMark& epoch : landmarks.epochs) {
      made.guides.push_back({Kind::epoch, ms(epoch.steps.first), epoch.name, ms(epoch.steps.last)});
    }
    for (const auto& [step, simulations] : landmarks.borders) {
      if (split_ && !simulations.contains(simulation)) continue;
      if (std::ranges::count(made.guides, true, &mrnn::Guide::solid) == most_borders) {
        some_borders_ = true;
        break;
      }
      made.guides.push_back({Kind::vertical, ms(step), "", 0.0, true});
    }
    if (drawing_.zero) made.guides.push_back({Kind::vertical, 0.0, ""});
  }

  /// One key is enough: what has been named once has no label again.
  std::string label_of(std::size_t number) {
    if (conditions().list.size() < 2) return "";
    const mrnn::Condition& condition = conditions().list[number];
    const std::string label = split_ ? conditions().values[condition.value] : condition.name;
    if (std::ranges::find(named_, label) != named_.end()) return "";
    return named_.emplace_back(label);
  }

  void add_condition(const Average& average, std::size_t number, mrnn::Panel& made) {
    const auto row = static_cast<Index>(number);
    mrnn::ConditionStyle style = drawn_.style(number);
    if (split_) style = {drawn_.colour(conditions().list[number].value), false};
    mrnn::Series line, band;
    band.kind = mrnn::Series::Kind::band;
    line.colour = band.colour = style.colour;
    line.dashed = style.dashed;
    // A condition of few trials is shown where all of them are there.
    const double least = std::min(static_cast<double>(drawing_.min_trials), average.counts.row(row).maxCoeff());
    for (Index t = 0; t < drawing_.time.size(); ++t) {
      const double count = average.counts(row, t), mean = average.mean(row, t), sem = average.sem(row, t);
      const bool shown = count >= std::max(1.0, least) && std::isfinite(mean);
      left_out_ = left_out_ || (count >= 1.0 && !shown);
      add_point(shown, {drawing_.time(t), mean, mean}, line);
      add_point(shown && count >= 2.0, {drawing_.time(t), mean - sem, mean + sem}, band);
    }
    if (line.x.empty()) return;
    line.label = label_of(number);
    line.upper.clear();
    if (!band.x.empty()) made.series.push_back(std::move(band));
    made.series.push_back(std::move(line));
  }

  struct Point {
    double x = 0.0, y = 0.0, upper = 0.0;
  };

  /// Leaves one point without value where some are missing between others, so that the line is broken there.
  static void add_point(bool shown, Point point, mrnn::Series& series) {
    if (!shown && (series.y.empty() || std::isnan(series.y.back()))) return;
    series.x.push_back(point.x);
    series.y.push_back(shown ? point.y : no_value);
    series.upper.push_back(shown ? point.upper : no_value);
  }

  /// One range of y for the panels of a population.
  void share_y(std::vector<mrnn::Figure>& figures) const {
    std::vector<Extent> extents(drawing_.populations.list.size());
    for (const Place& place : places_) extents[place.population].add(figures[place.figure].panels[place.panel]);
    for (const Place& place : places_) {
      const auto [low, high] = extents[place.population];
      if (!(low < high)) continue;
      mrnn::Axis& y = figures[place.figure].panels[place.panel].y;
      y.low = low - room * (high - low);
      y.high = high + room * (high - low);
    }
  }

  /// Of all that panels show along y.
  struct Extent {
    double low = std::numeric_limits<double>::infinity(), high = -low;

    void add(const mrnn::Panel& panel) {
      for (const mrnn::Series& series : panel.series) {
        for (const auto* values : {&series.y, &series.upper}) {
          for (const double value : *values) {
            if (!std::isfinite(value)) continue;
            low = std::min(low, value);
            high = std::max(high, value);
          }
        }
      }
    }
  };

  std::string caption() const {
    const Landmarks& landmarks = drawing_.landmarks;
    std::string text = "Bands: standard error of the mean over trials.";
    if (left_out_) {
      text += " Means of fewer than " + std::to_string(drawing_.min_trials) +
              " trials are left out where a condition has more at other times.";
    }
    std::vector<std::string> dashed;
    if (!landmarks.epochs.empty()) dashed.emplace_back("borders of the epochs named above");
    if (drawing_.zero) dashed.emplace_back("time zero");
    if (!dashed.empty()) text += " Dashed lines from top to bottom: " + mrnn::join(dashed, "; ") + ".";
    if (!landmarks.borders.empty()) {
      text += " Solid lines from top to bottom: " + mrnn::join(landmarks.manipulations, " or ") + " begins or ends";
      text += some_borders_ ? ", the first " + std::to_string(most_borders) + " times of a panel." : ".";
    }
    return text + drawn_.left_out();
  }

  const Drawing& drawing_;
  bool split_;  ///< a panel per simulation
  mrnn::DrawnConditions drawn_;
  bool some_borders_ = false;  ///< not all, of some panel
  bool left_out_ = false;      ///< means of few trials
  std::string quantity_;
  std::vector<std::string> named_;  ///< in the key of the page
  std::vector<Place> places_;
  std::size_t pages_ = 0;  ///< so far
};

}  // namespace

std::vector<mrnn::Figure> draw(const Drawing& drawing) {
  return Panels(drawing).draw();
}

}  // namespace psth
