#include "figures/figure_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <optional>

#include "files/text_file.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;

/// A field of a table: quoted where it must be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"') result += '"';
    result += letter;
  }
  return result + "\"";
}

/// Writes the rows; columns after the label in the order x, y, upper, u, v, value.
class Table {
 public:
  Table() : text_("panel,element,label,x,y,upper,u,v,value\n") {}

  void begin(std::size_t panel, std::string_view element, const std::string& label) {
    head_ = fmt::format("{},{},{}", panel + 1, element, field(label));
  }
  void row(std::initializer_list<std::optional<double>> numbers) {
    text_ += head_;
    for (const std::optional<double>& number : numbers) {
      text_ += ',';
      if (number) fmt::format_to(std::back_inserter(text_), "{}", *number);
    }
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_, head_;
};

void add(const Series& series, std::size_t panel, Table& table) {
  const bool band = series.kind == Series::Kind::band;
  const char* names[] = {"line", "scatter", "band"};
  table.begin(panel, names[static_cast<int>(series.kind)], series.label);
  std::size_t count = std::min(series.x.size(), series.y.size());
  if (band) count = std::min(count, series.upper.size());
  for (std::size_t i = 0; i < count; ++i) {
    table.row({series.x[i], series.y[i], band ? std::optional(series.upper[i]) : std::nullopt, {}, {}, {}});
  }
}

void add(const HeatMap& map, std::size_t panel, Table& table) {
  table.begin(panel, "heat_map", map.label);
  const double width = (map.x_high - map.x_low) / static_cast<double>(map.values.cols());
  const double height = (map.y_high - map.y_low) / static_cast<double>(map.values.rows());
  for (Eigen::Index row = 0; row < map.values.rows(); ++row) {
    for (Eigen::Index column = 0; column < map.values.cols(); ++column) {
      table.row({map.x_low + (static_cast<double>(column) + 0.5) * width,
                 map.y_low + (static_cast<double>(row) + 0.5) * height,
                 {},
                 {},
                 {},
                 map.values(row, column)});
    }
  }
}

void add(const Quiver& quiver, std::size_t panel, Table& table) {
  table.begin(panel, "quiver", "");
  const std::size_t count = std::min({quiver.x.size(), quiver.y.size(), quiver.u.size(), quiver.v.size()});
  for (std::size_t i = 0; i < count; ++i) {
    table.row({quiver.x[i], quiver.y[i], {}, quiver.u[i], quiver.v[i], {}});
  }
}

void add(const Guide& guide, std::size_t panel, Table& table) {
  const char* names[] = {"horizontal", "vertical", "circle", "span", "epoch"};
  table.begin(panel, names[static_cast<int>(guide.kind)], guide.label);
  const std::optional<double> none;
  switch (guide.kind) {
    case Guide::Kind::horizontal:
      return table.row({none, guide.position, none, none, none, none});
    case Guide::Kind::vertical:
      return table.row({guide.position, none, none, none, none, none});
    case Guide::Kind::circle:
      return table.row({none, none, none, none, none, guide.position});
    case Guide::Kind::span:
    case Guide::Kind::epoch:
      table.row({guide.position, none, none, none, none, none});
      return table.row({guide.stop, none, none, none, none, none});
  }
}

}  // namespace

std::string file_stem(std::string_view name) {
  std::string stem(name.substr(0, 120));
  for (char& letter : stem) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' || letter == '.';
    if (!plain) letter = '_';
  }
  if (stem.empty()) return "figure";
  if (stem.front() == '.') stem.front() = '_';
  if (stem == "report") return "report_";  // report.json is the report's
  return stem;
}

std::string to_csv(const Figure& figure) {
  Table table;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    if (panel.heat_map) add(*panel.heat_map, i, table);
    if (panel.quiver) add(*panel.quiver, i, table);
    for (const Guide& guide : panel.guides) add(guide, i, table);
    for (const Series& series : panel.series) add(series, i, table);
  }
  return table.take();
}

void write_figure(const Figure& figure, const fs::path& folder) {
  const std::string stem = file_stem(figure.name);
  write_text_file(folder / (stem + ".json"), to_json(figure));
  write_text_file(folder / (stem + ".csv"), to_csv(figure));
}

Figure read_figure(std::string_view name, const fs::path& folder) {
  const fs::path file = folder / (file_stem(name) + ".json");
  const std::string text = read_text_file(file);
  try {
    return figure_from_json(text);
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    throw FileError(file, error.what());
  }
}

}  // namespace mrnn
