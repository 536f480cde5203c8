#include "figures/figure_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "figures/figure_key.hpp"

namespace mrnn {
namespace {

// Sizes in pixels.
constexpr Lettering figure_letters{13.0, true}, panel_letters{11.0, true}, letter_letters{14.0, true};
constexpr Lettering axis_letters{11.0, false}, tick_letters{10.0, false}, guide_letters{9.0, false};
constexpr double outer = 10.0;       // free at the edges of the figure
constexpr double column_gap = 16.0;  // between panels side by side
constexpr double row_gap = 12.0;     // between panels one above the other
constexpr double tick_length = 4.0;
constexpr double tick_gap = 3.0;       // between tick and number
constexpr double tick_line = 12.0;     // a line of numbers or names at ticks
constexpr double label_height = 17.0;  // a line of an axis label
constexpr double title_height = 19.0;  // a line of a title
constexpr double guide_line = 12.0;    // a line of guide labels
constexpr double bar_gap = 10.0, colour_bar_width = 10.0;

/// What stands around the plot area of a panel.
struct Surround {
  double left = 0.0, right = 0.0, top = 0.0, bottom = 0.0;
};

/// A panel while it is being laid out.
struct Draft {
  const Panel* panel = nullptr;
  PanelLayout layout;
  std::vector<KeyEntry> key;
  std::vector<std::string> title;
  std::vector<int> guide_rows;  // of the labels above
  bool empty = false;
  bool x_beside = true, y_beside = true, colours_beside = true;  // are numbers and labels of its own
  Surround around;
};

double widest(const std::vector<std::string>& words, Lettering lettering) {
  double width = 0.0;
  for (const std::string& word : words) width = std::max(width, text_width(word, lettering));
  return width;
}

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
void join(std::vector<Draft>& drafts, AxisRange PanelLayout::*range, Has has) {
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
  if (figure.shared_colours) {
    join(drafts, &PanelLayout::colour, [](const Draft& draft) { return draft.layout.colours.has_value(); });
  }
  const auto wide = static_cast<std::size_t>(columns);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (figure.shared_x) drafts[i].x_beside = i + wide >= drafts.size();
    if (figure.shared_y) drafts[i].y_beside = i % wide == 0;
    drafts[i].colours_beside = !figure.shared_colours;
  }
  if (!figure.shared_colours) return;
  // The one colour bar stands beside the first row where that has colours.
  const auto coloured = [](const Draft& draft) { return draft.layout.colours.has_value(); };
  const auto row =
      std::ranges::subrange(drafts.rend() - static_cast<std::ptrdiff_t>(std::min(wide, drafts.size())), drafts.rend());
  if (const auto last = std::ranges::find_if(row, coloured); last != row.end()) {
    last->colours_beside = true;
  } else if (const auto first = std::ranges::find_if(drafts, coloured); first != drafts.end()) {
    first->colours_beside = true;
  }
}

/// Width and height of a plot area.
void choose_size(const Figure& figure, int columns, Draft& draft) {
  constexpr std::array<double, 4> widths{420.0, 290.0, 220.0, 170.0};
  Box& plot = draft.layout.plot;
  const auto which = static_cast<std::size_t>(std::min(columns, 4) - 1);
  plot.width = figure.panel_width > 0.0 ? figure.panel_width : widths[which];
  plot.height = figure.panel_height > 0.0 ? figure.panel_height : std::round(plot.width * (columns == 1 ? 0.62 : 0.72));
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

bool labelled_above(const Guide& guide) {
  return (guide.kind == Guide::Kind::vertical || guide.kind == Guide::Kind::epoch) && !guide.label.empty();
}

/// The x under the middle of a label above: of an epoch, the middle of what is shown of it.
double label_x(const Guide& guide, AxisRange x) {
  if (guide.kind == Guide::Kind::vertical) return guide.position;
  return 0.5 * (std::clamp(guide.position, x.low, x.high) + std::clamp(guide.stop, x.low, x.high));
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
  const int most = std::max(3, static_cast<int>(layout.plot.height / 28.0));
  layout.colour_ticks = layout.colours->log ? make_log_ticks(layout.colour, most) : make_ticks(layout.colour, most);
  layout.colour_bar = Box{around.right, 0.0, colour_bar_width, layout.plot.height};  // x from the plot's right edge
  around.right += bar_gap - 8.0 + colour_bar_width + tick_length + tick_gap +
                  widest(layout.colour_ticks.labels, tick_letters) +
                  (layout.colours->label.empty() ? 0.0 : label_height);
}

/// From data to the page.
double page_x(const PanelLayout& layout, double x) {
  return layout.plot.x + (x - layout.x.low) / layout.x.span() * layout.plot.width;
}
double page_y(const PanelLayout& layout, double y) {
  return layout.plot.bottom() - (y - layout.y.low) / layout.y.span() * layout.plot.height;
}

void place_x_texts(const Draft& draft, FigureLayout& figure) {
  const PanelLayout& layout = draft.layout;
  const Box& plot = layout.plot;
  const double below = plot.bottom() + tick_length + tick_gap + 5.0;
  for (std::size_t i = 0; i < layout.x_ticks.at.size(); ++i) {
    figure.texts.push_back({page_x(layout, layout.x_ticks.at[i]), layout.x_upright ? below - 5.0 : below,
                            layout.x_ticks.labels[i], layout.x_upright ? Text::Align::right : Text::Align::centre,
                            tick_letters, black, layout.x_upright});
  }
  const std::string label = fit_text(clean_text(draft.panel->x.label), plot.width + 40.0, axis_letters);
  const double line = layout.x_upright ? widest(layout.x_ticks.labels, tick_letters) - tick_line : 0.0;
  figure.texts.push_back({plot.x + 0.5 * plot.width, below + line + 5.0 + 0.6 * label_height, label,
                          Text::Align::centre, axis_letters, black, false});
}

void place_y_texts(const Draft& draft, FigureLayout& figure) {
  const PanelLayout& layout = draft.layout;
  const Box& plot = layout.plot;
  const double beside = plot.x - tick_length - tick_gap;
  for (std::size_t i = 0; i < layout.y_ticks.at.size(); ++i) {
    figure.texts.push_back({beside, page_y(layout, layout.y_ticks.at[i]), layout.y_ticks.labels[i], Text::Align::right,
                            tick_letters, black, false});
  }
  const std::string label = fit_text(clean_text(draft.panel->y.label), plot.height + 40.0, axis_letters);
  const double left = beside - widest(layout.y_ticks.labels, tick_letters) - 0.6 * label_height;
  figure.texts.push_back({left, plot.y + 0.5 * plot.height, label, Text::Align::centre, axis_letters, black, true});
}

void place_colour_bar(Draft& draft, FigureLayout& figure) {
  PanelLayout& layout = draft.layout;
  if (!layout.colour_bar) return;
  Box& bar = *layout.colour_bar;
  bar.x += layout.plot.right() + bar_gap - 8.0;
  bar.y = layout.plot.y;
  const double beside = bar.right() + tick_length + tick_gap;
  for (std::size_t i = 0; i < layout.colour_ticks.at.size(); ++i) {
    const double share = (layout.colour_ticks.at[i] - layout.colour.low) / layout.colour.span();
    figure.texts.push_back({beside, bar.bottom() - share * bar.height, layout.colour_ticks.labels[i], Text::Align::left,
                            tick_letters, black, false});
  }
  const double right = beside + widest(layout.colour_ticks.labels, tick_letters) + 0.55 * label_height;
  const std::string label = fit_text(clean_text(layout.colours->label), bar.height + 40.0, axis_letters);
  figure.texts.push_back({right, bar.y + 0.5 * bar.height, label, Text::Align::centre, axis_letters, black, true});
}

void place_guide_labels(const Draft& draft, FigureLayout& figure) {
  const PanelLayout& layout = draft.layout;
  std::size_t next = 0;
  for (const Guide& guide : draft.panel->guides) {
    const std::string label = clean_text(guide.label);
    if (label.empty()) continue;
    if (labelled_above(guide)) {
      const double y = layout.plot.y - 7.0 - draft.guide_rows[next++] * guide_line;
      figure.texts.push_back(
          {page_x(layout, label_x(guide, layout.x)), y, label, Text::Align::centre, guide_letters, grey, false});
    } else if (guide.kind == Guide::Kind::horizontal) {
      figure.texts.push_back({layout.plot.right() + 4.0, page_y(layout, guide.position), label, Text::Align::left,
                              guide_letters, grey, false});
    }
  }
}

void place_inner_texts(const Draft& draft, FigureLayout& figure) {
  const PanelLayout& layout = draft.layout;
  for (const Text& text : draft.panel->texts) {
    if (!drawable(text.x) || !drawable(text.y)) continue;
    figure.texts.push_back({page_x(layout, text.x), page_y(layout, text.y), clean_text(text.words), text.align,
                            Lettering{text.size, text.bold}, text.colour, false});
  }
  if (!draft.empty) return;
  figure.texts.push_back({layout.plot.x + 0.5 * layout.plot.width, layout.plot.y + 0.5 * layout.plot.height, "no data",
                          Text::Align::centre, axis_letters, grey, false});
}

/// A, B, ... Z, AA, AB, ...
std::string letter_of(std::size_t index) {
  const std::string last(1, static_cast<char>('A' + index % 26));
  return index < 26 ? last : letter_of(index / 26 - 1) + last;
}

/// Everything around one panel whose plot area has its place; `cell` is the top left corner.
void place_panel(Draft& draft, Box cell, const std::string& letter, FigureLayout& figure) {
  const Box& plot = draft.layout.plot;
  if (!letter.empty()) {
    figure.texts.push_back(
        {cell.x, cell.y + 0.5 * title_height, letter, Text::Align::left, letter_letters, black, false});
  }
  double y = cell.y;
  for (const std::string& line : draft.title) {
    figure.texts.push_back({plot.x, y + 0.5 * title_height, line, Text::Align::left, panel_letters, black, false});
    y += title_height;
  }
  // The key stands on the plot area, below it only the labels of guides.
  const double above =
      draft.around.top - static_cast<double>(std::max<std::size_t>(draft.title.size(), !letter.empty())) * title_height;
  place_key(draft.key, Box{plot.x, plot.y - above, plot.width, 0.0}, figure);
  if (draft.panel->axes && draft.x_beside) place_x_texts(draft, figure);
  if (draft.panel->axes && draft.y_beside) place_y_texts(draft, figure);
  place_colour_bar(draft, figure);
  place_guide_labels(draft, figure);
  place_inner_texts(draft, figure);
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

/// Title and shared key at the top; returns where the panels begin.
double place_head(const Figure& figure, bool shared_key, FigureLayout& layout) {
  double y = outer;
  const double width = layout.width - 2.0 * outer;
  for (const std::string& line : wrap_text(clean_text(figure.title), width, figure_letters, 2)) {
    layout.texts.push_back({outer, y + 0.5 * title_height, line, Text::Align::left, figure_letters, black, false});
    y += title_height;
  }
  if (y > outer) y += 4.0;
  if (shared_key) {
    const std::vector<KeyEntry> key = key_of(figure.panels.front());
    place_key(key, Box{outer, y, width, 0.0}, layout);
    y += key_rows(key, width) * key_line + 6.0;
  }
  return y;
}

}  // namespace

FigureLayout lay_out(const Figure& figure) {
  const std::vector<Panel> none(1);
  const std::vector<Panel>& panels = figure.panels.empty() ? none : figure.panels;
  const int columns = columns_of(figure);
  const bool shared_key = shares_key(figure);
  std::vector<Draft> drafts(panels.size());
  for (std::size_t i = 0; i < panels.size(); ++i) fit(panels[i], drafts[i]);
  share(figure, columns, drafts);
  for (Draft& draft : drafts) {
    choose_size(figure, columns, draft);
    choose_ticks(draft);
    measure(figure, shared_key, draft);
  }
  const Grid grid = measure_grid(drafts, columns);
  const bool letters = figure.letters && panels.size() > 1;
  FigureLayout layout;
  layout.width = std::ceil(2.0 * outer + total(grid.left, grid.width, grid.right) + column_gap * (columns - 1));
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
  for (Draft& draft : drafts) layout.panels.push_back(std::move(draft.layout));
  return layout;
}

}  // namespace mrnn
