#include "figures/figure_key.hpp"

#include <algorithm>

namespace mrnn {
namespace {

constexpr Lettering key_letters{10.0, false};
constexpr double swatch_width = 18.0, swatch_gap = 5.0, entry_gap = 14.0;

KeyEntry entry_of(const Series& series) {
  KeyEntry entry{KeyEntry::Swatch::line, series.colour, clean_text(series.label), series.marker, series.open};
  switch (series.kind) {
    case Series::Kind::line:
      if (series.dashed) entry.swatch = KeyEntry::Swatch::dashed;
      break;
    case Series::Kind::scatter:
      entry.swatch = KeyEntry::Swatch::point;
      break;
    case Series::Kind::band:
      entry.swatch = KeyEntry::Swatch::band;
      break;
    case Series::Kind::bars:
      entry.swatch = KeyEntry::Swatch::bar;
      break;
  }
  return entry;
}

/// Between the begin of an entry and its words.
double indent(const KeyEntry& entry) {
  return entry.swatch == KeyEntry::Swatch::none ? 0.0 : swatch_width + swatch_gap;
}

double entry_width(const KeyEntry& entry) {
  return indent(entry) + text_width(entry.label, key_letters);
}

/// Calls place(entry, x, row) for each entry, x from 0; returns the number of rows. More than a row of
/// entries stand in columns, below their title.
template <class Place>
int flow(const std::vector<KeyEntry>& entries, double width, Place place) {
  const auto is_title = [](const KeyEntry& entry) { return entry.swatch == KeyEntry::Swatch::none; };
  double all = 0.0, widest = 0.0;
  for (const KeyEntry& entry : entries) {
    all += entry_width(entry) + entry_gap;
    if (!is_title(entry)) widest = std::max(widest, entry_width(entry) + entry_gap);
  }
  const bool one_row = all - entry_gap <= width;
  double x = 0.0;
  int row = 0;
  for (const KeyEntry& entry : entries) {
    if (x > 0.0 && !one_row && x + widest - entry_gap > width) {
      x = 0.0;
      ++row;
    }
    place(entry, x, row);
    if (is_title(entry) && !one_row) {
      ++row;
      continue;
    }
    x += one_row ? entry_width(entry) + entry_gap : widest;
  }
  return entries.empty() ? 0 : row + 1;
}

}  // namespace

std::vector<KeyEntry> key_of(const Panel& panel) {
  std::vector<KeyEntry> entries;
  const auto add = [&entries](KeyEntry entry) {
    const bool known = std::ranges::any_of(
        entries, [&](const KeyEntry& other) { return other.label == entry.label && other.colour == entry.colour; });
    if (!entry.label.empty() && !known) entries.push_back(std::move(entry));
  };
  for (const Series& series : panel.series) add(entry_of(series));
  for (const Guide& guide : panel.guides) {
    if (guide.kind == Guide::Kind::circle) add({KeyEntry::Swatch::line, grey, clean_text(guide.label)});
    if (guide.kind == Guide::Kind::span) add({KeyEntry::Swatch::band, grey, clean_text(guide.label)});
  }
  if (!entries.empty() && !panel.key_title.empty()) {
    entries.insert(entries.begin(), {KeyEntry::Swatch::none, black, clean_text(panel.key_title)});
  }
  return entries;
}

bool shares_key(const Figure& figure) {
  if (figure.panels.size() < 2) return false;
  const std::vector<KeyEntry> first = key_of(figure.panels.front());
  return !first.empty() && std::ranges::all_of(figure.panels, [&](const Panel& panel) {
    const std::vector<KeyEntry> key = key_of(panel);
    return key.empty() || key == first;
  });
}

int key_rows(const std::vector<KeyEntry>& entries, double width) {
  return flow(entries, width, [](const KeyEntry&, double, int) {});
}

void place_key(const std::vector<KeyEntry>& entries, Box area, FigureLayout& layout) {
  flow(entries, area.width, [&](const KeyEntry& entry, double x, int row) {
    const double middle = area.y + (row + 0.5) * key_line;
    if (entry.swatch != KeyEntry::Swatch::none) layout.swatches.push_back({area.x + x, middle, entry});
    const double free = std::max(area.width - x - indent(entry), 20.0);
    layout.texts.push_back({area.x + x + indent(entry), middle, fit_text(entry.label, free, key_letters),
                            Text::Align::left, key_letters, black, false});
  });
}

}  // namespace mrnn
