#include "figures/figure_files.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "temporary_folder.hpp"

using namespace mrnn;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A figure with one of everything.
Figure everything() {
  Figure figure{"all", "Title, \"quoted\"", "A caption.", 2, {}, 300.0, 200.0};
  Panel panel;
  panel.title = "striatum.d1";
  panel.x = {"time (ms)", 0.0, {}};
  panel.y = {"activity", {}, 2.5, true, {{1.0, "low"}, {2.0, "high"}}};
  panel.heat_map = HeatMap{Eigen::MatrixXd{{1.0, 2.0}, {3.0, 4.0}}, 0.0, 2.0, 10.0, 30.0, "speed", true, {}, 5.0};
  panel.quiver = Quiver{{1.0}, {2.0}, {3.0}, {4.0}};
  panel.guides = {{Guide::Kind::circle, 1.0, "unit circle"},
                  {Guide::Kind::span, 1.0, "off", 2.0},
                  {Guide::Kind::epoch, 1.0, "delay", 3.0}};
  Series band{Series::Kind::band, "a, b", {0.0, 1.0}, {0.5, 1.5}, {1.0, 2.0}, 3, true, true, 2.0};
  Series points{Series::Kind::scatter, "points", {0.5}, {1.5}, {}, 2};
  points.marker = Marker::diamond;
  points.low = {1.0};
  points.high = {2.0};
  points.values = {7.0};
  Series bars{Series::Kind::bars, "bars", {0.5}, {1.5}, {}, 2};
  Series arrow{Series::Kind::line, "path", {0.5, 1.0}, {1.5, 2.0}, {}, 2};
  arrow.heads = Series::Heads::end;
  panel.series = {band, points, bars, arrow};
  panel.heat_map->log = true;
  panel.heat_map->contours = {2.5};
  panel.guides[0].solid = true;
  panel.colours = ColourScale{"time (ms)", true, 1.0, {}, true};
  figure.shared_x = figure.shared_colours = figure.rows_share_y = true;
  figure.letters = false;
  figure.frame_seconds = 0.5;
  panel.polygons = {{{0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}, 2, grey, 0.5}};
  panel.texts = {{1.0, 2.0, "here", Text::Align::right, 8.0, true, 4}};
  panel.equal_aspect = true;
  panel.axes = false;
  figure.panels = {panel};
  return figure;
}

std::string problem_of(const std::string& json) {
  try {
    figure_from_json(json);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a figure read back from JSON is the same figure", "[figure]") {
  const Figure figure = everything();

  const Figure again = figure_from_json(to_json(figure));

  CHECK(to_json(again) == to_json(figure));
  CHECK(to_csv(again) == to_csv(figure));
  const Panel& panel = again.panels.at(0);
  CHECK(again.title == figure.title);
  CHECK(again.panel_width == 300.0);
  CHECK(panel.x.low == 0.0);
  CHECK_FALSE(panel.x.high.has_value());
  CHECK(panel.heat_map->values == figure.panels[0].heat_map->values);
  CHECK(panel.heat_map->high == 5.0);
  CHECK(panel.guides.at(1).kind == Guide::Kind::span);
  CHECK(panel.guides.at(1).stop == 2.0);
  CHECK(panel.guides.at(2).kind == Guide::Kind::epoch);
  CHECK(panel.y.log);
  CHECK_FALSE(panel.x.log);
  CHECK(panel.y.names.at(1).position == 2.0);
  CHECK(panel.y.names.at(1).words == "high");
  CHECK(panel.series.at(0).upper == std::vector<double>{1.0, 2.0});
  CHECK(panel.series.at(0).colour == 3);
  CHECK(panel.polygons.at(0).border == grey);
  CHECK(panel.texts.at(0).align == Text::Align::right);
  CHECK_FALSE(panel.axes);
  const Series& points = panel.series.at(1);
  CHECK(points.marker == Marker::diamond);
  CHECK(points.low == std::vector<double>{1.0});
  CHECK(points.high == std::vector<double>{2.0});
  CHECK(points.values == std::vector<double>{7.0});
  CHECK(panel.series.at(2).kind == Series::Kind::bars);
  CHECK(panel.series.at(3).heads == Series::Heads::end);
  CHECK(panel.heat_map->log);
  CHECK(panel.heat_map->contours == std::vector<double>{2.5});
  CHECK(panel.guides.at(0).solid);
  CHECK(panel.colours->label == "time (ms)");
  CHECK(panel.colours->low == 1.0);
  CHECK(panel.colours->log);
  CHECK((again.shared_x && !again.shared_y && again.shared_colours && again.rows_share_y && !again.letters));
  CHECK(again.frame_seconds == 0.5);
}

TEST_CASE("a figure written before there were bars, markers and shared axes is read", "[figure]") {
  const std::string early = R"({"format_version": 1, "name": "early", "title": "", "caption": "", "columns": 1,
    "panel_width": 0.0, "panel_height": 0.0, "panels": [{"title": "", "equal_aspect": false, "axes": true,
    "x": {"label": "", "low": "fitted", "high": "fitted"}, "y": {"label": "", "low": "fitted", "high": "fitted"},
    "guides": [{"kind": 0, "position": 1.0, "stop": 0.0, "label": ""}], "polygons": [], "texts": [],
    "series": [{"kind": 1, "label": "", "colour": 3, "dashed": false, "open": true, "width": 0.0, "x": [1.0],
    "y": [2.0], "upper": []}]}]})";

  const Figure figure = figure_from_json(early);

  CHECK(figure.panels.at(0).series.at(0).marker == Marker::disc);
  CHECK(figure.panels.at(0).series.at(0).open);
  CHECK(figure.letters);
  CHECK_FALSE(figure.shared_x);
}

TEST_CASE("numbers that are not finite pass through JSON as NaN", "[figure]") {
  Figure figure;
  figure.panels.resize(1);
  figure.panels[0].series = {{Series::Kind::line, "", {0.0, 1.0, 2.0}, {1.0, std::nan(""), infinity}, {}}};

  const Figure again = figure_from_json(to_json(figure));

  const std::vector<double>& y = again.panels.at(0).series.at(0).y;
  CHECK(y.at(0) == 1.0);
  CHECK(std::isnan(y.at(1)));
  CHECK(std::isnan(y.at(2)));
}

TEST_CASE("text that is not UTF-8 does not spoil the JSON of a figure", "[figure]") {
  Figure figure;
  figure.title = "broken \xff\xfe byte";

  CHECK_THAT(figure_from_json(to_json(figure)).title, StartsWith("broken "));
}

TEST_CASE("the table of a figure has a row for every point", "[figure]") {
  Figure figure;
  figure.panels.resize(1);
  figure.panels[0].series = {{Series::Kind::line, "con,trol", {0.0, 0.5}, {1.0, 2.0}, {}}};
  figure.panels[0].heat_map = HeatMap{Eigen::MatrixXd{{7.0, 8.0}}, 0.0, 2.0, 0.0, 1.0, "", false, {}, {}};

  CHECK(to_csv(figure) ==
        "panel,element,label,x,y,upper,u,v,value,error_low,error_high,words\n"
        "1,heat_map,,0.5,0.5,,,,7,,,\n"
        "1,heat_map,,1.5,0.5,,,,8,,,\n"
        "1,line,\"con,trol\",0,1,,,,,,,\n"
        "1,line,\"con,trol\",0.5,2,,,,,,,\n");
}

TEST_CASE("bars with their errors, outlines and words are in the table of a figure", "[figure]") {
  Figure figure;
  figure.panels.resize(1);
  Series bars{Series::Kind::bars, "control", {1.0, 2.0}, {0.5, 0.75}, {}};
  bars.low = {0.25, 0.5};
  bars.high = {1.0, 1.25};
  figure.panels[0].series = {bars};
  figure.panels[0].polygons = {{{0.0, 1.0}, {2.0, 3.0}}};
  figure.panels[0].texts = {{4.0, 5.0, "p < 0.05, both"}};

  CHECK(to_csv(figure) ==
        "panel,element,label,x,y,upper,u,v,value,error_low,error_high,words\n"
        "1,bars,control,1,0.5,,,,,0.25,1,\n"
        "1,bars,control,2,0.75,,,,,0.5,1.25,\n"
        "1,polygon,1,0,2,,,,,,,\n"
        "1,polygon,1,1,3,,,,,,,\n"
        "1,text,,4,5,,,,,,,\"p < 0.05, both\"\n");
}

TEST_CASE("a figure's name cannot lead out of its folder", "[figure]") {
  CHECK(file_stem("flow_field.2") == "flow_field.2");
  CHECK(file_stem("../../etc/passwd") == "_._.._etc_passwd");
  CHECK(file_stem("a b/c") == "a_b_c");
  CHECK(file_stem("") == "figure");
  CHECK(file_stem("report") == "report_");
  CHECK(file_stem(std::string(1000, 'x')).size() == 120);
}

TEST_CASE("figures are read back from their folder", "[figure]") {
  const test::TemporaryFolder folder;
  write_figure(everything(), folder.path());

  const Figure again = read_figure("all", folder.path());

  CHECK(to_json(again) == to_json(everything()));
  CHECK(std::filesystem::exists(folder.path() / "all.csv"));
}

TEST_CASE("a broken description of a figure is an error with the file's name", "[figure]") {
  const test::TemporaryFolder folder;
  write_text_file(folder.path() / "bad.json", "{\"format_version\": 1, \"name\":");

  CHECK_THROWS_AS(read_figure("missing", folder.path()), FileError);
  CHECK_THROWS_WITH(read_figure("bad", folder.path()),
                    ContainsSubstring("bad.json") && ContainsSubstring("not the description of a figure"));
}

TEST_CASE("each defect of a figure's JSON is an error and not a crash", "[figure]") {
  CHECK(problem_of("[]") == "not the description of a figure: a value is of another type than is needed there");
  CHECK(problem_of("{}") == "not the description of a figure: key 'format_version' not found");
  CHECK_THAT(problem_of("{"), StartsWith("not the description of a figure: no JSON: "));
  CHECK_THAT(problem_of("{\"format_version\": 99}"), ContainsSubstring("later version"));
  std::string text = to_json(everything());
  const auto replaced = [&](const std::string& what, const std::string& by) {
    std::string changed = text;
    REQUIRE(changed.find(what) != std::string::npos);
    return changed.replace(changed.find(what), what.size(), by);
  };

  CHECK_THAT(problem_of(replaced("\"kind\":2", "\"kind\":9")), ContainsSubstring("unknown value of \"kind\""));
  CHECK_THAT(problem_of(replaced("[1.0,2.0],[3.0,4.0]", "[1.0,2.0],[3.0]")), ContainsSubstring("differ in length"));
  CHECK_THAT(problem_of(replaced("\"dashed\":true", "\"dashed\":\"yes\"")), StartsWith("not the description"));
}
