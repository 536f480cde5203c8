#include "figures/figure_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

using Number = std::optional<double>;

/// What a row may say beside its place; nothing: an empty field.
struct Row {
  Number x = {}, y = {}, upper = {}, u = {}, v = {}, value = {}, error_low = {}, error_high = {};
  std::string words = {};
};

/// A row per point.
class Table {
 public:
  Table() : text_("panel,element,label,x,y,upper,u,v,value,error_low,error_high,words\n") {}

  void begin(std::size_t panel, std::string_view element, const std::string& label) {
    head_ = fmt::format("{},{},{}", panel + 1, element, field(label));
  }
  void row(const Row& row) {
    text_ += head_;
    for (const Number& number : {row.x, row.y, row.upper, row.u, row.v, row.value, row.error_low, row.error_high}) {
      text_ += ',';
      if (number) fmt::format_to(std::back_inserter(text_), "{}", *number);
    }
    text_ += ',' + field(row.words) + '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_, head_;
};

void add(const Series& series, std::size_t panel, Table& table) {
  const char* names[] = {"line", "scatter", "band", "bars"};
  table.begin(panel, names[static_cast<int>(series.kind)], series.label);
  std::size_t count = std::min(series.x.size(), series.y.size());
  if (series.kind == Series::Kind::band) count = std::min(count, series.upper.size());
  const auto at = [](const std::vector<double>& values, std::size_t i) {
    return i < values.size() ? Number(values[i]) : Number();
  };
  for (std::size_t i = 0; i < count; ++i) {
    table.row({series.x[i],
               series.y[i],
               at(series.upper, i),
               {},
               {},
               at(series.values, i),
               at(series.low, i),
               at(series.high, i)});
  }
}

void add(const HeatMap& map, std::size_t panel, Table& table) {
  table.begin(panel, "heat_map", map.label);
  const double width = (map.x_high - map.x_low) / static_cast<double>(map.values.cols());
  const double height = (map.y_high - map.y_low) / static_cast<double>(map.values.rows());
  for (Eigen::Index row = 0; row < map.values.rows(); ++row) {
    for (Eigen::Index column = 0; column < map.values.cols(); ++column) {
      Row cell;
      cell.x = map.x_low + (static_cast<double>(column) + 0.5) * width;
      cell.y = map.y_low + (static_cast<double>(row) + 0.5) * height;
      cell.value = map.values(row, column);
      table.row(cell);
    }
  }
}

void add(const Quiver& quiver, std::size_t panel, Table& table) {
  table.begin(panel, "quiver", "");
  const std::size_t count = std::min({quiver.x.size(), quiver.y.size(), quiver.u.size(), quiver.v.size()});
  for (std::size_t i = 0; i < count; ++i) {
    table.row({quiver.x[i], quiver.y[i], {}, quiver.u[i], quiver.v[i]});
  }
}

void add(const Guide& guide, std::size_t panel, Table& table) {
  const char* names[] = {"horizontal", "vertical", "circle", "span", "epoch"};
  table.begin(panel, names[static_cast<int>(guide.kind)], guide.label);
  Row row;
  switch (guide.kind) {
    case Guide::Kind::horizontal:
      row.y = guide.position;
      break;
    case Guide::Kind::circle:
      row.value = guide.position;
      break;
    case Guide::Kind::vertical:
      row.x = guide.position;
      break;
    case Guide::Kind::span:
    case Guide::Kind::epoch:
      row.x = guide.position;
      table.row(row);
      row.x = guide.stop;
      break;
  }
  table.row(row);
}

void add(const Polygon& polygon, std::size_t number, std::size_t panel, Table& table) {
  table.begin(panel, "polygon", std::to_string(number));
  for (std::size_t i = 0; i < std::min(polygon.x.size(), polygon.y.size()); ++i) {
    table.row({polygon.x[i], polygon.y[i]});
  }
}

void add(const Text& text, std::size_t panel, Table& table) {
  table.begin(panel, "text", "");
  Row row{text.x, text.y};
  row.words = text.words;
  table.row(row);
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
    for (std::size_t k = 0; k < panel.polygons.size(); ++k) add(panel.polygons[k], k + 1, i, table);
    for (const Text& text : panel.texts) add(text, i, table);
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
