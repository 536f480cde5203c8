#include "figures/figure_files.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "config/json_table.hpp"
#include "figures/figure_text.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format_version = 1;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

Json optional_number(const std::optional<double>& value) {
  return value ? number(*value) : Json("fitted");
}

Json write(const Axis& axis) {
  Json json{{"label", axis.label}, {"low", optional_number(axis.low)}, {"high", optional_number(axis.high)}};
  if (axis.log) json["log"] = true;
  for (const AxisName& name : axis.names) json["names"].push_back({number(name.position), name.words});
  return json;
}

Json write(const Series& series) {
  Json json{{"kind", static_cast<int>(series.kind)},
            {"label", series.label},
            {"colour", series.colour},
            {"dashed", series.dashed},
            {"open", series.open},
            {"width", number(series.width)},
            {"x", numbers(series.x)},
            {"y", numbers(series.y)},
            {"upper", numbers(series.upper)}};
  if (series.marker != Marker::disc) json["marker"] = static_cast<int>(series.marker);
  if (!series.low.empty()) json["error_low"] = numbers(series.low);
  if (!series.high.empty()) json["error_high"] = numbers(series.high);
  if (!series.values.empty()) json["values"] = numbers(series.values);
  if (series.heads != Series::Heads::none) json["heads"] = static_cast<int>(series.heads);
  return json;
}

Json write(const ColourScale& scale) {
  return {{"label", scale.label},
          {"diverging", scale.diverging},
          {"low", optional_number(scale.low)},
          {"high", optional_number(scale.high)},
          {"log", scale.log}};
}

Json write(const HeatMap& map) {
  Json rows = Json::array();
  for (Eigen::Index row = 0; row < map.values.rows(); ++row) {
    Json cells = Json::array();
    for (Eigen::Index column = 0; column < map.values.cols(); ++column)
      cells.push_back(number(map.values(row, column)));
    rows.push_back(std::move(cells));
  }
  Json json{{"label", map.label},
            {"diverging", map.diverging},
            {"x_low", number(map.x_low)},
            {"x_high", number(map.x_high)},
            {"y_low", number(map.y_low)},
            {"y_high", number(map.y_high)},
            {"low", optional_number(map.low)},
            {"high", optional_number(map.high)},
            {"values", std::move(rows)}};
  if (map.log) json["log"] = true;
  if (!map.contours.empty()) json["contours"] = numbers(map.contours);
  return json;
}

Json write(const Quiver& quiver) {
  return {{"x", numbers(quiver.x)}, {"y", numbers(quiver.y)}, {"u", numbers(quiver.u)}, {"v", numbers(quiver.v)}};
}

Json write(const Guide& guide) {
  Json json{{"kind", static_cast<int>(guide.kind)},
            {"position", number(guide.position)},
            {"stop", number(guide.stop)},
            {"label", guide.label}};
  if (guide.solid) json["solid"] = true;
  return json;
}

Json write(const Polygon& polygon) {
  return {{"x", numbers(polygon.x)},
          {"y", numbers(polygon.y)},
          {"fill", polygon.fill},
          {"border", polygon.border},
          {"tint", number(polygon.tint)}};
}

Json write(const Text& text) {
  return {{"x", number(text.x)},       {"y", number(text.y)},
          {"words", text.words},       {"align", static_cast<int>(text.align)},
          {"size", number(text.size)}, {"bold", text.bold},
          {"colour", text.colour}};
}

Json write(const Panel& panel);

template <class Item>
Json write(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(write(item));
  return list;
}

Json write(const Panel& panel) {
  Json json{{"title", panel.title},
            {"x", write(panel.x)},
            {"y", write(panel.y)},
            {"equal_aspect", panel.equal_aspect},
            {"axes", panel.axes},
            {"guides", write(panel.guides)},
            {"series", write(panel.series)},
            {"polygons", write(panel.polygons)},
            {"texts", write(panel.texts)}};
  if (panel.heat_map) json["heat_map"] = write(*panel.heat_map);
  if (panel.quiver) json["quiver"] = write(*panel.quiver);
  if (panel.colours) json["colours"] = write(*panel.colours);
  if (!panel.key_title.empty()) json["key_title"] = panel.key_title;
  return json;
}

double read_number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

double number_at(const Json& json, const char* key) {
  return read_number(json.at(key));
}

std::optional<double> optional_at(const Json& json, const char* key) {
  if (json.at(key).is_string()) return std::nullopt;
  return number_at(json, key);
}

/// Numbers that need not be there.
std::vector<double> numbers_at(const Json& json, const char* key) {
  std::vector<double> values;
  if (!json.contains(key)) return values;
  for (const Json& value : json.at(key)) values.push_back(read_number(value));
  return values;
}

/// An enumerator by its number, which must be below `count`; the first where it is missing.
template <class Enum>
Enum choice_at(const Json& json, const char* key, int count) {
  const int value = json.value(key, 0);
  if (value < 0 || value >= count) throw Error(std::string("unknown value of \"") + key + "\"");
  return static_cast<Enum>(value);
}

void read(const Json& json, Axis& axis) {
  axis = {json.at("label"), optional_at(json, "low"), optional_at(json, "high"), json.value("log", false)};
  if (!json.contains("names")) return;
  for (const Json& name : json.at("names")) axis.names.push_back({read_number(name.at(0)), name.at(1)});
}

void read(const Json& json, Series& series) {
  series.kind = choice_at<Series::Kind>(json, "kind", 4);
  series.label = json.at("label");
  series.colour = json.at("colour");
  series.dashed = json.at("dashed");
  series.open = json.at("open");
  series.width = number_at(json, "width");
  series.x = numbers_at(json, "x");
  series.y = numbers_at(json, "y");
  series.upper = numbers_at(json, "upper");
  series.marker = choice_at<Marker>(json, "marker", 8);
  series.low = numbers_at(json, "error_low");
  series.high = numbers_at(json, "error_high");
  series.values = numbers_at(json, "values");
  series.heads = choice_at<Series::Heads>(json, "heads", 3);
}

void read(const Json& json, ColourScale& scale) {
  scale = {json.at("label"), json.at("diverging"), optional_at(json, "low"), optional_at(json, "high"), json.at("log")};
}

void read(const Json& json, HeatMap& map) {
  map.label = json.at("label");
  map.diverging = json.at("diverging");
  map.x_low = number_at(json, "x_low");
  map.x_high = number_at(json, "x_high");
  map.y_low = number_at(json, "y_low");
  map.y_high = number_at(json, "y_high");
  map.low = optional_at(json, "low");
  map.high = optional_at(json, "high");
  map.log = json.value("log", false);
  map.contours = numbers_at(json, "contours");
  const Json& rows = json.at("values");
  const std::size_t columns = rows.empty() ? 0 : rows.at(0).size();
  map.values.resize(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(columns));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].size() != columns) throw Error("the rows of a heat map differ in length");
    for (std::size_t column = 0; column < columns; ++column) {
      map.values(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)) = read_number(rows[row][column]);
    }
  }
}

void read(const Json& json, Quiver& quiver) {
  quiver = {numbers_at(json, "x"), numbers_at(json, "y"), numbers_at(json, "u"), numbers_at(json, "v")};
}

void read(const Json& json, Guide& guide) {
  guide = {choice_at<Guide::Kind>(json, "kind", 5), number_at(json, "position"), json.at("label"),
           number_at(json, "stop"), json.value("solid", false)};
}

void read(const Json& json, Polygon& polygon) {
  polygon = {numbers_at(json, "x"), numbers_at(json, "y"), json.at("fill"), json.at("border"), number_at(json, "tint")};
}

void read(const Json& json, Text& text) {
  text = {number_at(json, "x"),    number_at(json, "y"), json.at("words"), choice_at<Text::Align>(json, "align", 3),
          number_at(json, "size"), json.at("bold"),      json.at("colour")};
}

void read(const Json& json, Panel& panel);

template <class Item>
void read(const Json& json, std::vector<Item>& items) {
  items.clear();
  for (const Json& element : json) read(element, items.emplace_back());
}

void read(const Json& json, Panel& panel) {
  panel.title = json.at("title");
  read(json.at("x"), panel.x);
  read(json.at("y"), panel.y);
  panel.equal_aspect = json.at("equal_aspect");
  panel.axes = json.at("axes");
  read(json.at("guides"), panel.guides);
  read(json.at("series"), panel.series);
  read(json.at("polygons"), panel.polygons);
  read(json.at("texts"), panel.texts);
  if (json.contains("heat_map")) read(json.at("heat_map"), panel.heat_map.emplace());
  if (json.contains("quiver")) read(json.at("quiver"), panel.quiver.emplace());
  if (json.contains("colours")) read(json.at("colours"), panel.colours.emplace());
  panel.key_title = json.value("key_title", std::string());
}

}  // namespace

std::string to_json(const Figure& figure) {
  const Json json{{"format_version", format_version},
                  {"name", figure.name},
                  {"title", figure.title},
                  {"caption", figure.caption},
                  {"columns", figure.columns},
                  {"panel_width", number(figure.panel_width)},
                  {"panel_height", number(figure.panel_height)},
                  {"shared", {figure.shared_x, figure.shared_y, figure.shared_colours}},
                  {"rows_share_y", figure.rows_share_y},
                  {"letters", figure.letters},
                  {"frame_seconds", number(figure.frame_seconds)},
                  {"panels", write(figure.panels)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Figure figure_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format_version").get<int>() > format_version) {
      throw Error("this figure was written by a later version of mrnn");
    }
    Figure figure;
    figure.name = json.at("name");
    figure.title = json.at("title");
    figure.caption = json.at("caption");
    figure.columns = json.at("columns");
    figure.panel_width = number_at(json, "panel_width");
    figure.panel_height = number_at(json, "panel_height");
    if (json.contains("shared")) {
      const Json& shared = json.at("shared");
      figure.shared_x = shared.at(0);
      figure.shared_y = shared.at(1);
      figure.shared_colours = shared.at(2);
    }
    figure.rows_share_y = json.value("rows_share_y", false);
    figure.letters = json.value("letters", true);
    figure.frame_seconds = json.value("frame_seconds", 0.0);
    read(json.at("panels"), figure.panels);
    return figure;
  } catch (const Json::exception& error) {
    throw Error("not the description of a figure: " + clean_text(json_problem(error)));
  }
}

}  // namespace mrnn
