#include "figures/figure_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "figures/figure_draft.hpp"
#include "figures/figure_key.hpp"

namespace mrnn {
namespace {

int columns_of(const Figure& figure) {
  const auto count = static_cast<int>(std::max<std::size_t>(figure.panels.size(), 1));
  const int chosen = count <= 4 ? (count + 1) / 2 : 3;
  return std::clamp(figure.columns > 0 ? figure.columns : chosen, 1, count);
}

/// Ranges of a panel for itself.
void fit(const Panel& panel, Draft& draft) {
  draft.panel = &panel;
  const PanelRanges ranges = fit_ranges(panel);
  draft.empty = ranges.empty;
  draft.layout.x = ranges.x;
  draft.layout.y = ranges.y;
  draft.layout.colours = colour_scale(panel);
  if (draft.layout.colours) draft.layout.colour = colour_range(panel, *draft.layout.colours);
}

/// One range for all panels that have one.
template <class Has>
void join(std::span<Draft> drafts, AxisRange PanelLayout::*range, Has has) {
  std::optional<AxisRange> joined;
  for (const Draft& draft : drafts) {
    if (!has(draft)) continue;
    const AxisRange& own = draft.layout.*range;
    joined = joined ? AxisRange{std::min(joined->low, own.low), std::max(joined->high, own.high)} : own;
  }
  for (Draft& draft : drafts) {
    if (joined) draft.layout.*range = *joined;
  }
}

/// What panels share, and which of them say it.
void share(const Figure& figure, int columns, std::vector<Draft>& drafts) {
  const auto filled = [](const Draft& draft) { return !draft.empty; };
  if (figure.shared_x) join(drafts, &PanelLayout::x, filled);
  if (figure.shared_y) join(drafts, &PanelLayout::y, filled);
  const auto wide = static_cast<std::size_t>(columns);
  for (std::size_t first = 0; figure.rows_share_y && first < drafts.size(); first += wide) {
    join(std::span(drafts).subspan(first, std::min(wide, drafts.size() - first)), &PanelLayout::y, filled);
  }
  if (figure.shared_colours) {
    join(drafts, &PanelLayout::colour, [](const Draft& draft) { return draft.layout.colours.has_value(); });
  }
  if (figure.frame_seconds > 0.0) return;  // each frame says all
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (figure.shared_x) drafts[i].x_beside = i + wide >= drafts.size();
    if (figure.shared_y || figure.rows_share_y) drafts[i].y_beside = i % wide == 0;
    drafts[i].colours_beside = !figure.shared_colours;
  }
  if (!figure.shared_colours) return;
  // The one colour bar stands beside the first row where that has colours.
  const auto coloured = [](const Draft& draft) { return draft.layout.colours.has_value(); };
  const auto row = drafts.rend() - static_cast<std::ptrdiff_t>(std::min(wide, drafts.size()));
  if (const auto last = std::find_if(row, drafts.rend(), coloured); last != drafts.rend()) {
    last->colours_beside = true;
  } else if (const auto first = std::ranges::find_if(drafts, coloured); first != drafts.end()) {
    first->colours_beside = true;
  }
}

/// A wider figure does not fit on a page: 183 mm in print.
constexpr double page_width = 778.0;
/// Narrower than this no plot area is made for a page.
constexpr double least_width = 60.0;

/// Width and height of a plot area. @param narrower  share of the width that it would have by itself
void choose_size(const Figure& figure, int columns, double narrower, Draft& draft) {
  constexpr std::array<double, 4> widths{400.0, 270.0, 186.0, 136.0};  // of 183 mm in print
  Box& plot = draft.layout.plot;
  const auto which = static_cast<std::size_t>(std::min(columns, 4) - 1);
  const double wish = figure.panel_width > 0.0 ? figure.panel_width : widths[which];
  plot.width = std::max(narrower * wish, std::min(wish, least_width));
  const bool square = figure.panel_width > 0.0 && figure.panel_width == figure.panel_height;
  plot.height = square                      ? plot.width
                : figure.panel_height > 0.0 ? figure.panel_height
                                            : std::round(plot.width * (columns == 1 ? 0.62 : 0.72));
  if (!draft.panel->equal_aspect) return;
  AxisRange& x = draft.layout.x;
  AxisRange& y = draft.layout.y;
  const auto widen = [](AxisRange& range, double span) {
    const double middle = 0.5 * (range.low + range.high);
    range = {middle - 0.5 * span, middle + 0.5 * span};
  };
  // Very flat or tall data get more room instead of a sliver.
  widen(y, std::max(y.span(), 0.35 * x.span()));
  widen(x, std::max(x.span(), y.span() / 1.4));
  const double highest = figure.panel_height > 0.0 ? figure.panel_height : 1.2 * plot.width;
  plot.height = plot.width * y.span() / x.span();
  if (plot.height > highest) {
    plot.width *= highest / plot.height;
    plot.height = highest;
  }
}

Ticks ticks_of(const Axis& axis, AxisRange range, int most) {
  return axis.log ? make_log_ticks(range, most) : make_ticks(range, most);
}

/// Names below the x axis: side by side where all of them fit, else upright.
void choose_x_names(const std::vector<AxisName>& names, PanelLayout& layout) {
  std::vector<double> widths;
  for (const AxisName& name : names) widths.push_back(text_width(name.words, tick_letters) + 8.0);
  layout.x_ticks = named_ticks(names, layout.x, layout.plot.width, widths);
  layout.x_upright = layout.x_ticks.at.size() < names.size();
  if (!layout.x_upright) return;
  layout.x_ticks = named_ticks(names, layout.x, layout.plot.width, std::vector<double>(names.size(), tick_line));
}

void choose_ticks(Draft& draft) {
  PanelLayout& layout = draft.layout;
  const Axis& x = draft.panel->x;
  const Axis& y = draft.panel->y;
  if (!draft.panel->axes || draft.empty) return;
  layout.y_ticks = y.names.empty()
                       ? ticks_of(y, layout.y, std::max(3, static_cast<int>(layout.plot.height / 28.0)))
                       : named_ticks(y.names, layout.y, layout.plot.height, std::vector(y.names.size(), tick_line));
  if (!x.names.empty()) return choose_x_names(x.names, layout);
  // Fewer where the numbers are wide.
  for (int most = std::max(3, static_cast<int>(layout.plot.width / 44.0)); most >= 2; --most) {
    layout.x_ticks = ticks_of(x, layout.x, most);
    const auto count = static_cast<double>(std::max<std::size_t>(layout.x_ticks.at.size(), 1));
    if ((widest(layout.x_ticks.labels, tick_letters) + 10.0) * count <= layout.plot.width * (1.0 + 1.0 / count)) break;
  }
  if (!draft.panel->equal_aspect || !y.names.empty()) return;
  const double step = std::max(layout.x_ticks.step, layout.y_ticks.step);
  layout.x_ticks = ticks_every(step, layout.x);
  layout.y_ticks = ticks_every(step, layout.y);
}

/// Rows for the labels above, so that none covers another.
void stack_guides(Draft& draft) {
  std::vector<double> ends;  // of each row
  const PanelLayout& layout = draft.layout;
  for (const Guide& guide : draft.panel->guides) {
    if (!labelled_above(guide)) continue;
    const double width = text_width(clean_text(guide.label), guide_letters) + 6.0;
    const double begin = (label_x(guide, layout.x) - layout.x.low) / layout.x.span() * layout.plot.width - 0.5 * width;
    std::size_t row = 0;
    while (row < ends.size() && ends[row] > begin) ++row;
    if (row == ends.size()) ends.push_back(0.0);
    ends[row] = begin + width;
    draft.guide_rows.push_back(static_cast<int>(row));
  }
}

double horizontal_guide_width(const Panel& panel) {
  double width = 0.0;
  for (const Guide& guide : panel.guides) {
    if (guide.kind == Guide::Kind::horizontal) {
      width = std::max(width, text_width(clean_text(guide.label), guide_letters));
    }
  }
  return width > 0.0 ? width + 6.0 : 0.0;
}

/// More say nothing about colours, which cannot be told apart so finely.
constexpr int most_colour_ticks = 10;

void measure(const Figure& figure, bool shared_key, Draft& draft) {
  const Panel& panel = *draft.panel;
  PanelLayout& layout = draft.layout;
  const bool letters = figure.letters && figure.panels.size() > 1;
  draft.title = wrap_text(clean_text(panel.title), layout.plot.width + 10.0, panel_letters, 2);
  if (!shared_key) draft.key = key_of(panel);
  stack_guides(draft);
  Surround& around = draft.around;
  const double guides = draft.guide_rows.empty() ? 0.0 : 1.0 + std::ranges::max(draft.guide_rows);
  around.top = std::max<double>(static_cast<double>(draft.title.size()) * title_height, letters ? title_height : 0.0) +
               key_rows(draft.key, layout.plot.width) * key_line + guides * guide_line + (panel.axes ? 5.0 : 0.0);
  if (panel.axes) {
    around.left = around.bottom = tick_length;
    around.right = 8.0;
  }
  if (panel.axes && draft.y_beside) {
    around.left +=
        widest(layout.y_ticks.labels, tick_letters) + tick_gap + (panel.y.label.empty() ? 0.0 : label_height + 2.0);
  }
  if (panel.axes && draft.x_beside) {
    const double names = layout.x_upright ? widest(layout.x_ticks.labels, tick_letters) : tick_line;
    around.bottom += tick_gap + names + (panel.x.label.empty() ? 0.0 : label_height);
  }
  if (letters) around.left = std::max(around.left, 20.0);
  around.right = std::max(around.right, horizontal_guide_width(panel));
  if (!layout.colours || !draft.colours_beside) return;
  const int most = std::clamp(static_cast<int>(layout.plot.height / 28.0), 3, most_colour_ticks);
  layout.colour_ticks = layout.colours->log ? make_log_ticks(layout.colour, most) : make_ticks(layout.colour, most);
  layout.colour_bar = Box{around.right, 0.0, colour_bar_width, layout.plot.height};  // x from the plot's right edge
  around.right += bar_gap - 8.0 + colour_bar_width + tick_length + tick_gap +
                  widest(layout.colour_ticks.labels, tick_letters) +
                  (layout.colours->label.empty() ? 0.0 : label_height);
}

/// A, B, ... Z, AA, AB, ...
std::string letter_of(std::size_t index) {
  const std::string last(1, static_cast<char>('A' + index % 26));
  return index < 26 ? last : letter_of(index / 26 - 1) + last;
}

/// Places of the grid lines: where each column and row of cells begins.
struct Grid {
  std::vector<double> left, width, right;   // per column: surround, widest plot, surround
  std::vector<double> top, height, bottom;  // per row
};

Grid measure_grid(const std::vector<Draft>& drafts, int columns) {
  const auto wide = static_cast<std::size_t>(columns);
  const std::size_t rows = (drafts.size() + wide - 1) / wide;
  Grid grid;
  for (auto* sizes : {&grid.left, &grid.width, &grid.right}) sizes->assign(wide, 0.0);
  for (auto* sizes : {&grid.top, &grid.height, &grid.bottom}) sizes->assign(rows, 0.0);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const auto grow = [](double& size, double needed) { size = std::max(size, needed); };
    grow(grid.left[i % wide], drafts[i].around.left);
    grow(grid.width[i % wide], drafts[i].layout.plot.width);
    grow(grid.right[i % wide], drafts[i].around.right);
    grow(grid.top[i / wide], drafts[i].around.top);
    grow(grid.height[i / wide], drafts[i].layout.plot.height);
    grow(grid.bottom[i / wide], drafts[i].around.bottom);
  }
  return grid;
}

double total(const std::vector<double>& first, const std::vector<double>& second, const std::vector<double>& third) {
  double sum = 0.0;
  for (std::size_t i = 0; i < first.size(); ++i) sum += first[i] + second[i] + third[i];
  return sum;
}

double page_width_of(const Grid& grid, int columns) {
  return std::ceil(2.0 * outer + total(grid.left, grid.width, grid.right) + column_gap * (columns - 1));
}

/// Panels measured, without a place.
std::vector<Draft> measure_all(const Figure& figure, const std::vector<Panel>& panels, int columns, bool shared_key,
                               double narrower = 1.0) {
  std::vector<Draft> drafts(panels.size());
  for (std::size_t i = 0; i < panels.size(); ++i) fit(panels[i], drafts[i]);
  share(figure, columns, drafts);
  for (Draft& draft : drafts) {
    choose_size(figure, columns, narrower, draft);
    choose_ticks(draft);
    measure(figure, shared_key, draft);
  }
  return drafts;
}

/// The same, on a page where the figure fits on one. Drawings keep their size, since words and boxes belong together.
std::vector<Draft> measure_for_page(const Figure& figure, const std::vector<Panel>& panels, int columns,
                                    bool shared_key) {
  std::vector<Draft> drafts = measure_all(figure, panels, columns, shared_key);
  if (std::ranges::none_of(panels, &Panel::axes)) return drafts;
  constexpr int most_attempts = 3;  // numbers beside narrower plots may need a little more room
  double narrower = 1.0;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const Grid grid = measure_grid(drafts, columns);
    const double over = page_width_of(grid, columns) - page_width;
    const double plots = std::accumulate(grid.width.begin(), grid.width.end(), 0.0);
    if (over <= 0.0) break;
    narrower *= std::max(1.0 - over / plots, 0.0);
    drafts = measure_all(figure, panels, columns, shared_key, narrower);
  }
  return drafts;
}

/// One label of x under a whole row, where each panel of it would have the same one and has no room for it. Returns
/// the row; empty where each has its own.
std::span<Draft> row_with_one_label(const Figure& figure, int columns, std::vector<Draft>& drafts) {
  const auto wide = static_cast<std::size_t>(columns);
  if (!figure.shared_x || wide < 2 || drafts.size() % wide != 0) return {};
  const std::span<Draft> row = std::span(drafts).last(wide);
  const std::string& label = row.front().panel->x.label;
  const auto says_it = [&](const Draft& draft) { return draft.panel->axes && draft.panel->x.label == label; };
  const auto has_room = [&](const Draft& draft) {
    return text_width(clean_text(label), axis_letters) <= draft.layout.plot.width + column_gap;
  };
  if (!std::ranges::all_of(row, says_it) || std::ranges::all_of(row, has_room)) return {};
  for (Draft& draft : row) draft.x_named = false;
  return row;
}

}  // namespace

FigureLayout lay_out(const Figure& figure) {
  const std::vector<Panel> none(1);
  const std::vector<Panel>& panels = figure.panels.empty() ? none : figure.panels;
  const int columns = columns_of(figure);
  const bool shared_key = shares_key(figure);
  std::vector<Draft> drafts = measure_for_page(figure, panels, columns, shared_key);
  const std::span<Draft> named_once = row_with_one_label(figure, columns, drafts);
  const Grid grid = measure_grid(drafts, columns);
  const bool letters = figure.letters && panels.size() > 1;
  FigureLayout layout;
  layout.width = page_width_of(grid, columns);
  double y = place_head(figure, shared_key, layout);
  const auto wide = static_cast<std::size_t>(columns);
  for (std::size_t row = 0; row < grid.top.size(); ++row) {
    double x = outer;
    for (std::size_t column = 0; column < wide && row * wide + column < drafts.size(); ++column) {
      const std::size_t i = row * wide + column;
      Draft& draft = drafts[i];
      draft.layout.plot.x = x + grid.left[column];
      draft.layout.plot.y = y + grid.top[row];
      place_panel(draft, Box{x, y, 0.0, 0.0}, letters ? letter_of(i) : "", layout);
      x += grid.left[column] + grid.width[column] + grid.right[column] + column_gap;
    }
    y += grid.top[row] + grid.height[row] + grid.bottom[row] + row_gap;
  }
  layout.height = std::ceil(y - row_gap + outer);
  if (!named_once.empty()) {
    const double first = named_once.front().layout.plot.x, last = named_once.back().layout.plot.right();
    place_x_label(named_once.front(), 0.5 * (first + last), last - first, layout);
  }
  for (Draft& draft : drafts) layout.panels.push_back(std::move(draft.layout));
  return layout;
}

std::vector<FigureLayout> lay_out_frames(const Figure& figure) {
  Figure plain = figure;
  plain.letters = false;
  const bool shared_key = shares_key(plain);
  std::vector<Draft> drafts = measure_all(plain, plain.panels, 1, shared_key);
  Surround around;
  double width = 0.0, height = 0.0;
  for (Draft& draft : drafts) {
    around.left = std::max(around.left, draft.around.left);
    around.right = std::max(around.right, draft.around.right);
    around.top = std::max(around.top, draft.around.top);
    around.bottom = std::max(around.bottom, draft.around.bottom);
    width = std::max(width, draft.layout.plot.width);
    height = std::max(height, draft.layout.plot.height);
  }
  std::vector<FigureLayout> pages;
  for (Draft& draft : drafts) {
    FigureLayout& page = pages.emplace_back();
    page.width = std::ceil(2.0 * outer + around.left + width + around.right);
    const double y = place_head(plain, shared_key, page);
    page.height = std::ceil(y + around.top + height + around.bottom + outer);
    draft.layout.plot.x = outer + around.left;
    draft.layout.plot.y = y + around.top;
    place_panel(draft, Box{outer, y, 0.0, 0.0}, "", page);
    page.panels.push_back(std::move(draft.layout));
  }
  return pages;
}

}  // namespace mrnn
