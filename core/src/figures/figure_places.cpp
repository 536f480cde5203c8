#include <algorithm>

#include "figures/figure_draft.hpp"
#include "figures/figure_key.hpp"

namespace mrnn {
namespace {

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
  if (draft.x_named) place_x_label(draft, plot.x + 0.5 * plot.width, plot.width + 40.0, figure);
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

}  // namespace

double widest(const std::vector<std::string>& words, Lettering lettering) {
  double width = 0.0;
  for (const std::string& word : words) width = std::max(width, text_width(word, lettering));
  return width;
}

void place_x_label(const Draft& draft, double middle, double room, FigureLayout& figure) {
  const PanelLayout& layout = draft.layout;
  const double below = layout.plot.bottom() + tick_length + tick_gap + 10.0;
  const double line = layout.x_upright ? widest(layout.x_ticks.labels, tick_letters) - tick_line : 0.0;
  figure.texts.push_back({middle, below + line + 0.6 * label_height,
                          fit_text(clean_text(draft.panel->x.label), room, axis_letters), Text::Align::centre,
                          axis_letters, black, false});
}

bool labelled_above(const Guide& guide) {
  return (guide.kind == Guide::Kind::vertical || guide.kind == Guide::Kind::epoch) && !guide.label.empty();
}

double label_x(const Guide& guide, AxisRange x) {
  if (guide.kind == Guide::Kind::vertical) return guide.position;
  return 0.5 * (std::clamp(guide.position, x.low, x.high) + std::clamp(guide.stop, x.low, x.high));
}

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

}  // namespace mrnn
