#include "figures/figure_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <sstream>

#include "catch.hpp"
#include "figures/figure_axes.hpp"
#include "figures/figure_files.hpp"
#include "figures/figure_scale.hpp"
#include "figures/gnuplot_script.hpp"
#include "figures/markers.hpp"
#include "figures/palette.hpp"
#include "line_figure.hpp"

using namespace mrnn;
using test::line_figure;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

}  // namespace

TEST_CASE("ticks stand at round numbers", "[figure]") {
  CHECK(make_ticks({0.0, 1.0}, 6).labels == std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(make_ticks({-250.0, 800.0}, 5).labels == std::vector<std::string>{"\u2212250", "0", "250", "500", "750"});
  CHECK(make_ticks({0.0, 3e-5}, 4).labels ==
        std::vector<std::string>{"0", "1\u00D710\u207B\u2075", "2\u00D710\u207B\u2075", "3\u00D710\u207B\u2075"});
  CHECK(make_ticks({-0.1, 0.1}, 3).at.size() == 3);
}

TEST_CASE("ticks of a logarithmic axis are powers of ten or round numbers between them", "[figure]") {
  using Labels = std::vector<std::string>;
  CHECK(make_log_ticks({-3.0, 1.0}, 8).labels == Labels{"0.001", "0.01", "0.1", "1", "10"});
  CHECK(make_log_ticks({-6.5, -3.5}, 8).labels == Labels{"10\u207B\u2076", "10\u207B\u2075", "10\u207B\u2074"});
  CHECK(make_log_ticks({-0.5, 0.8}, 8).labels == Labels{"0.5", "1", "2", "5"});
  CHECK(make_log_ticks({-30.0, 0.0}, 4).at == std::vector<double>{-24.0, -16.0, -8.0, 0.0});
  const Ticks narrow = make_log_ticks({std::log10(0.8), std::log10(0.9)}, 8);  // nothing round within
  REQUIRE(narrow.labels.size() >= 2);
  CHECK(narrow.labels[0] == "0.80");
  CHECK_THAT(narrow.at[0], WithinAbs(std::log10(0.8), 1e-12));
}

TEST_CASE("values on a logarithmic axis are drawn as exponents and those not positive left out", "[figure]") {
  Figure figure = line_figure({1.0, 2.0, 3.0}, {0.01, 0.0, 100.0});
  figure.panels[0].y.log = true;
  figure.panels[0].y.low = 0.001;
  figure.panels[0].guides = {{Guide::Kind::horizontal, 10.0, "stop"}, {Guide::Kind::vertical, 2.0, "here"}};

  const Panel panel = on_scale(figure).panels[0];

  CHECK(panel.series[0].x == figure.panels[0].series[0].x);
  CHECK(panel.series[0].y[0] == -2.0);
  CHECK(std::isnan(panel.series[0].y[1]));
  CHECK(panel.y.low == -3.0);
  CHECK(panel.guides[0].position == 1.0);
  CHECK(panel.guides[1].position == 2.0);
}

TEST_CASE("names beside an axis never cover each other", "[figure]") {
  const std::vector<AxisName> names{{2.0, "b"}, {1.95, "covered"}, {1.0, "a"}, {5.0, "outside"}};

  const Ticks ticks = named_ticks(names, {0.0, 4.0}, 100.0, std::vector(4, 12.0));

  CHECK(ticks.labels == std::vector<std::string>{"b", "a"});
  CHECK(ticks.at == std::vector<double>{2.0, 1.0});
}

TEST_CASE("names below an axis are turned where they do not fit side by side", "[figure]") {
  Figure figure = line_figure({0.0, 4.0}, {0.0, 1.0});
  figure.panels[0].x.names = {{1.0, "v1"}, {3.0, "m1"}};
  const FigureLayout short_names = lay_out(figure);
  figure.panels[0].x.names = {{1.0, "a rather long name of a region"}, {1.5, "and another one beside it"}};
  const FigureLayout long_names = lay_out(figure);

  CHECK_FALSE(short_names.panels[0].x_upright);
  CHECK(long_names.panels[0].x_upright);
  CHECK(long_names.panels[0].x_ticks.labels.size() == 2);
  CHECK(long_names.height > short_names.height + 50.0);
}

TEST_CASE("the label of an epoch stands above the middle of what is shown of it", "[figure]") {
  Figure figure = line_figure({0.0, 100.0}, {0.0, 1.0});
  figure.panels[0].guides = {{Guide::Kind::epoch, 50.0, "delay", 1000.0}};

  const FigureLayout layout = lay_out(figure);

  const auto label = std::ranges::find(layout.texts, "delay", &PlacedText::words);
  REQUIRE(label != layout.texts.end());
  const Box& plot = layout.panels[0].plot;
  CHECK_THAT(label->x, WithinAbs(plot.x + 0.75 * plot.width, 0.01));
  CHECK(label->y < plot.y);
}

TEST_CASE("ranges leave out what is not finite", "[figure]") {
  const Figure figure = line_figure({0.0, 1.0, 2.0, infinity}, {1.0, std::nan(""), 3.0, 9.0});

  const PanelRanges ranges = fit_ranges(figure.panels[0]);

  CHECK_FALSE(ranges.empty);
  CHECK(ranges.x.low == 0.0);
  CHECK(ranges.x.high == 2.0);
  CHECK_THAT(ranges.y.low, WithinRel(1.0 - 0.05 * 2.0, 1e-12));
  CHECK_THAT(ranges.y.high, WithinRel(3.0 + 0.05 * 2.0, 1e-12));
}

TEST_CASE("bars stand on zero, with room beside them and none below", "[figure]") {
  Figure figure = line_figure({1.0, 2.0, 3.0}, {4.0, 8.0, 2.0});
  Series& bars = figure.panels[0].series[0];
  bars.kind = Series::Kind::bars;
  bars.low = {3.0, 7.0, 1.0};
  bars.high = {5.0, 10.0, 3.0};

  const PanelRanges ranges = fit_ranges(figure.panels[0]);

  CHECK(ranges.y.low == 0.0);
  CHECK_THAT(ranges.y.high, WithinRel(10.0 + 0.05 * 10.0, 1e-12));  // the error bars are shown
  CHECK_THAT(ranges.x.low, WithinRel(0.6 - 0.05 * 2.8, 1e-12));     // each is 0.8 wide
  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);
  CHECK(script.find("\n0.6 0\n0.6 4\n1.4 4\n1.4 0\n0.6 0\n") != std::string::npos);
  bars.y[0] = -4.0;
  CHECK(fit_ranges(figure.panels[0]).y.low < -4.0);
}

TEST_CASE("bars of several series are as wide as the smallest distance between any of them allows", "[figure]") {
  Panel panel;
  panel.series = {{Series::Kind::bars, "a", {0.8, 1.8}, {1.0, 2.0}, {}}, {Series::Kind::bars, "b", {1.2}, {1.0}, {}}};
  CHECK_THAT(bar_width(panel.series[0], panel), WithinRel(0.8 * 0.4, 1e-12));
  CHECK_THAT(bar_width(panel.series[1], panel), WithinRel(0.8 * 0.4, 1e-12));

  panel.series[0].width = 0.5;
  CHECK(bar_width(panel.series[0], panel) == 0.5);
  panel.series = {{Series::Kind::bars, "one", {3.0}, {1.0}, {}}};
  CHECK_THAT(bar_width(panel.series[0], panel), WithinRel(0.8, 1e-12));
}

TEST_CASE("series with values are coloured by them, on the panel's scale and with its colour bar", "[figure]") {
  Figure figure = line_figure({0.0, 1.0, 2.0}, {0.0, 1.0, 4.0});
  CHECK_FALSE(lay_out(figure).panels[0].colour_bar.has_value());
  figure.panels[0].series[0].values = {1.0, 10.0, 1000.0};
  figure.panels[0].colours = ColourScale{"time (ms)", false, {}, {}, true};

  const Figure drawn = on_scale(figure);
  const FigureLayout layout = lay_out(drawn);

  REQUIRE(layout.panels[0].colour_bar);
  CHECK(layout.panels[0].colour.low == 0.0);
  CHECK(layout.panels[0].colour.high == 3.0);
  CHECK(layout.panels[0].colour_ticks.labels == std::vector<std::string>{"1", "10", "100", "1000"});
  CHECK(std::ranges::find(layout.texts, "time (ms)", &PlacedText::words) != layout.texts.end());
  CHECK(gnuplot_script(drawn, layout, Picture::svg).find("2 4 3\n") != std::string::npos);
}

TEST_CASE("contours run where the heat map has their value", "[figure]") {
  Figure figure = line_figure({}, {});
  // Cells 1 wide: their middles at 0.5 and 1.5; the value is 4 x, so that it is 3 at x = 0.75.
  figure.panels[0].heat_map = HeatMap{Eigen::MatrixXd{{2.0, 6.0}, {2.0, 6.0}}, 0.0, 2.0, 0.0, 2.0, "", false, {}, {}};
  figure.panels[0].heat_map->contours = {3.0, 100.0};

  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);

  CHECK(script.find("0.75 0.5\n0.75 1.5\n") != std::string::npos);
}

TEST_CASE("the two pieces of a contour through a saddle do not cross", "[figure]") {
  const bool high_middle = GENERATE(false, true);
  Figure figure = line_figure({}, {});
  const double middle = high_middle ? 3.0 : 1.0;
  figure.panels[0].heat_map =
      HeatMap{Eigen::MatrixXd{{middle, -1.0}, {-1.0, middle}}, -0.5, 1.5, -0.5, 1.5, "", false, {}, {}};
  figure.panels[0].heat_map->values(0, 1) = figure.panels[0].heat_map->values(1, 0) = high_middle ? -1.0 : -3.0;
  figure.panels[0].heat_map->contours = {0.0};

  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);

  // High in the middle: low corners are cut off, at the lower right and the upper left; else the high ones.
  if (high_middle) {
    CHECK(script.find("0.75 0\n1 0.25\n\n0.25 1\n0 0.75\n") != std::string::npos);
  } else {
    CHECK(script.find("0 0.25\n0.25 0\n\n1 0.75\n0.75 1\n") != std::string::npos);
  }
}

TEST_CASE("arrow heads point along the line, in the middle or at the end of each of its pieces", "[figure]") {
  Figure figure = line_figure({0.0, 1.0, 2.0, std::nan(""), 4.0, 5.0}, {0.0, 0.0, 0.0, 0.0, 1.0, 1.0});
  Panel& panel = figure.panels[0];
  const FigureLayout layout = lay_out(figure);
  const double pixel = layout.panels[0].x.span() / layout.panels[0].plot.width;
  const auto script = [&](Series::Heads heads) {
    panel.series[0].heads = heads;
    return gnuplot_script(figure, layout, Picture::svg);
  };
  const auto tip = [&](double x, double y) {
    std::ostringstream row;
    row.precision(7);
    row << '\n' << x + 2.5 * pixel << ' ' << y << '\n';
    return row.str();
  };

  CHECK(script(Series::Heads::none).find("filledcurves") == std::string::npos);
  CHECK_THAT(script(Series::Heads::end), ContainsSubstring(tip(2.0, 0.0)) && ContainsSubstring(tip(5.0, 1.0)));
  CHECK_THAT(script(Series::Heads::middle), ContainsSubstring(tip(1.0, 0.0)) && ContainsSubstring(tip(5.0, 1.0)));
}

TEST_CASE("markers have the area of a disc, or are strokes through the point", "[figure]") {
  for (const Marker marker : {Marker::square, Marker::triangle, Marker::down_triangle, Marker::diamond}) {
    const std::vector<Outline> pieces = marker_outline(marker, 2.0);
    REQUIRE(pieces.size() == 1);
    double area = 0.0;
    for (std::size_t i = 0; i + 1 < pieces[0].size(); ++i) {
      area += 0.5 * (pieces[0][i].first * pieces[0][i + 1].second - pieces[0][i + 1].first * pieces[0][i].second);
    }
    CHECK_THAT(area, WithinRel(std::numbers::pi, 1e-12));
    CHECK(pieces[0].front() == pieces[0].back());
  }
  CHECK(marker_outline(Marker::triangle, 2.0)[0][0].second > 1.0);  // its tip above
  CHECK(marker_outline(Marker::down_triangle, 2.0)[0][0].second < -1.0);
  CHECK(marker_outline(Marker::plus, 2.0).size() == 2);
  CHECK(marker_outline(Marker::star, 2.0).size() == 4);
}

TEST_CASE("a high colour bar has a few numbers only", "[figure]") {
  Figure figure;
  figure.name = "map";
  figure.panels.resize(1);
  figure.panels[0].heat_map = HeatMap{Eigen::MatrixXd{{0.0, 1.0}}, 0.0, 1.0, 0.0, 1.0, "share", false, {}, {}};
  figure.panel_height = 900.0;

  CHECK(lay_out(figure).panels[0].colour_ticks.at.size() <= 11);
}

TEST_CASE("limits asked for are kept, senseless ones replaced", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].x = {"", -3.0, 4.0};
  figure.panels[0].y = {"", 5.0, -infinity};

  const PanelRanges ranges = fit_ranges(figure.panels[0]);

  CHECK(ranges.x.low == -3.0);
  CHECK(ranges.x.high == 4.0);
  CHECK(ranges.y.span() > 0.0);
}

TEST_CASE("with equal aspect a unit of x is as long as one of y", "[figure]") {
  const auto [width, height] = GENERATE(table<double, double>({{2.0, 1.0}, {1.0, 2.0}, {1.0, 500.0}, {500.0, 1.0}}));
  CAPTURE(width, height);
  Figure figure = line_figure({0.0, width}, {0.0, height});
  figure.panels[0].equal_aspect = true;

  const PanelLayout panel = lay_out(figure).panels.at(0);

  CHECK_THAT(panel.plot.width / panel.x.span(), WithinRel(panel.plot.height / panel.y.span(), 1e-9));
}

TEST_CASE("a panel without data says so", "[figure]") {
  Figure figure = line_figure({std::nan("")}, {1.0});

  const FigureLayout layout = lay_out(figure);

  CHECK(std::ranges::any_of(layout.texts, [](const PlacedText& text) { return text.words == "no data"; }));
}

TEST_CASE("long lines are thinned out but keep their peaks", "[figure]") {
  std::vector<double> x(1000000), y(1000000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  y[123457] = 5.0;
  const Figure figure = line_figure(x, y);

  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);

  CHECK(count(script, "\n") < 10000);
  CHECK(script.find("123457 5\n") != std::string::npos);
}

TEST_CASE("a long path through the plane keeps its shape and its breaks", "[figure]") {
  std::vector<double> x, y;
  for (int i = 0; i < 50000; ++i) {  // twice round a circle, broken between
    const double angle = 4.0 * std::numbers::pi * i / 50000.0;
    x.push_back(i == 25000 ? std::nan("") : std::cos(angle));
    y.push_back(std::sin(angle));
  }
  const Figure figure = line_figure(x, y);

  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);

  const std::size_t begin = script.find("$d0 << END_OF_DATA\n") + 19;
  std::istringstream rows(script.substr(begin, script.find("END_OF_DATA", begin) - begin));
  int points = 0, breaks = 0;
  Eigen::Vector2d last = Eigen::Vector2d::Constant(2.0);
  for (std::string row; std::getline(rows, row);) {
    if (row.empty()) {
      ++breaks;
      last.setConstant(2.0);
      continue;
    }
    std::istringstream numbers(row);
    Eigen::Vector2d point;
    numbers >> point(0) >> point(1);
    CHECK_THAT(point.norm(), WithinRel(1.0, 1e-6));
    if (last(0) < 2.0) CHECK((point - last).norm() < 0.02);  // neighbours stay neighbours
    last = point;
    ++points;
  }
  CHECK(breaks == 1);
  CHECK(points < 10000);
}

TEST_CASE("a region keeps a colour whatever its index", "[figure]") {
  CHECK(hex(palette_colour(0)) == "#0072b2");
  CHECK(hex(palette_colour(1)) == "#d55e00");
  CHECK(palette_colour(24) == palette_colour(0));
  CHECK_FALSE(palette_colour(8) == palette_colour(0));
  CHECK(hex(palette_colour(white), 0.5) == "#80ffffff");
}

TEST_CASE("colours of ordered scales are colours of the palette", "[figure]") {
  CHECK(hex(palette_colour(ordered_colour(0.0))) == "#440154");  // viridis
  CHECK(hex(palette_colour(ordered_colour(1.0))) == "#7ad151");
  CHECK(hex(palette_colour(ordered_colour(0.5))) == "#2a788e");
  CHECK(ordered_colour(7.0) == ordered_colour(1.0));
  CHECK(hex(palette_colour(centred_colour(-1.0))) == "#053061");
  CHECK(palette_colour(centred_colour(0.0)) == palette_colour(grey));
  CHECK(hex(palette_colour(centred_colour(1.0))) == "#67001f");
}

TEST_CASE("the title of a key stands before its entries, without a sign", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].series[0].label = "-8";
  figure.panels[0].key_title = "coherence:";
  const auto place = [](const FigureLayout& layout, const std::string& words) {
    const auto text = std::ranges::find(layout.texts, words, &PlacedText::words);
    REQUIRE(text != layout.texts.end());
    return text->x;
  };

  const FigureLayout layout = lay_out(figure);

  REQUIRE(layout.swatches.size() == 1);
  CHECK(place(layout, "coherence:") < layout.swatches[0].x);
  CHECK(layout.swatches[0].x < place(layout, "-8"));
  CHECK(to_json(figure_from_json(to_json(figure))) == to_json(figure));
  CHECK(figure_from_json(to_json(figure)).panels[0].key_title == "coherence:");
  for (int value = -7; value < 20; ++value) {
    figure.panels[0].series.push_back(figure.panels[0].series[0]);
    figure.panels[0].series.back().label = std::to_string(value);
  }
  const FigureLayout columns = lay_out(figure);
  CHECK(place(columns, "coherence:") == columns.swatches[0].x);  // a row of its own above the columns
  CHECK(columns.swatches[1].x - columns.swatches[0].x < 60.0);
  figure.panels[0].series.resize(1);
  figure.panels[0].series[0].label = "";
  const FigureLayout bare = lay_out(figure);
  CHECK(bare.swatches.empty());
  CHECK(std::ranges::find(bare.texts, "coherence:", &PlacedText::words) == bare.texts.end());
}
