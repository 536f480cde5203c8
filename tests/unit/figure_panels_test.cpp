// How the panels of a figure stand on a page: what they share and say once, their width, gaps and letters.

#include <algorithm>

#include "catch.hpp"
#include "figures/figure_layout.hpp"
#include "line_figure.hpp"

using namespace mrnn;
using test::line_figure;

TEST_CASE("panels that share axes and colours have one range and say it once", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].x.label = "time (ms)";
  figure.panels[0].y.label = "activity (a.u.)";
  figure.panels[0].heat_map = HeatMap{Eigen::MatrixXd{{1.0, 2.0}}, 0.0, 1.0, 0.0, 1.0, "speed", false, {}, {}};
  figure.panels.resize(5, figure.panels[0]);
  figure.panels[3].series[0] = {Series::Kind::line, "rate", {0.0, 7.0}, {-3.0, 1.0}, {}};
  figure.panels[4].heat_map->values(0, 0) = 9.0;
  figure.columns = 3;
  figure.shared_x = figure.shared_y = figure.shared_colours = true;

  const FigureLayout layout = lay_out(figure);

  const auto said = [&](const char* words) { return std::ranges::count(layout.texts, words, &PlacedText::words); };
  CHECK(said("time (ms)") == 3);  // below the last panel of each column
  CHECK(said("activity (a.u.)") == 2);
  CHECK(said("speed") == 1);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(layout.panels[i].x.high == 7.0);
    CHECK(layout.panels[i].y.low == -3.0);
    CHECK(layout.panels[i].colour.high == 9.0);
    CHECK(layout.panels[i].colour_bar.has_value() == (i == 2));
  }
}

TEST_CASE("a label that all panels of the last row have no room for is said once, below the whole row", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].x.label = "time from the stimulus (ms)";
  figure.panels.resize(8, figure.panels[0]);
  figure.columns = 4;
  figure.panel_width = 60.0;
  figure.shared_x = true;
  const auto said = [](const FigureLayout& layout, const std::string& words) {
    return std::ranges::count(layout.texts, words, &PlacedText::words);
  };

  const FigureLayout narrow = lay_out(figure);

  REQUIRE(said(narrow, figure.panels[0].x.label) == 1);
  const auto label = std::ranges::find(narrow.texts, figure.panels[0].x.label, &PlacedText::words);
  CHECK_THAT(label->x, WithinAbs(0.5 * (narrow.panels[4].plot.x + narrow.panels[7].plot.right()), 1e-9));
  CHECK(label->y > narrow.panels[4].plot.bottom());

  figure.panel_width = 160.0;
  CHECK(said(lay_out(figure), figure.panels[0].x.label) == 4);
  figure.panel_width = 60.0;
  figure.panels.back().x.label = "frequency (Hz)";
  CHECK(said(lay_out(figure), "time from the stimulus (ms)") == 0);  // shortened, each below its own panel
}

TEST_CASE("panels of a row share their range where a figure says so, and only the first says it", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].y.label = "current";
  figure.panels.resize(4, figure.panels[0]);
  figure.panels[1].series[0].y = {0.0, 8.0};
  figure.columns = 2;
  figure.rows_share_y = true;

  const FigureLayout layout = lay_out(figure);

  CHECK(layout.panels[0].y.high == layout.panels[1].y.high);
  CHECK(layout.panels[1].y.high >= 8.0);
  CHECK(layout.panels[2].y.high == layout.panels[3].y.high);
  CHECK(layout.panels[3].y.high < 2.0);
  CHECK(std::ranges::count(layout.texts, "current", &PlacedText::words) == 2);
}

TEST_CASE("panels are narrower where a figure would not fit on a page", "[figure]") {
  constexpr double page = 778.0;  // 183 mm
  Figure figure = line_figure({0.0, 1.0}, {0.0, 123456.0});
  figure.panels[0].y.label = "rate (1/s)";
  figure.panels.resize(6, figure.panels[0]);
  figure.columns = 3;
  figure.panel_width = figure.panel_height = 280.0;

  const FigureLayout squares = lay_out(figure);
  figure.columns = 6;
  figure.panel_height = 150.0;
  const FigureLayout wide = lay_out(figure);
  figure.columns = 1;
  const FigureLayout narrow = lay_out(figure);
  for (Panel& panel : figure.panels) panel.axes = false;
  figure.columns = 6;
  const FigureLayout drawings = lay_out(figure);

  CHECK(squares.width <= page);
  CHECK(squares.panels[0].plot.width < 280.0);
  CHECK(squares.panels[0].plot.height == squares.panels[0].plot.width);  // what was square stays so
  CHECK(wide.panels[0].plot.width == 60.0);                              // narrower would show nothing
  CHECK(wide.panels[0].plot.height == 150.0);
  CHECK(narrow.panels[0].plot.width == 280.0);
  CHECK(drawings.panels[0].plot.width == 280.0);
}

TEST_CASE("panels of a grid keep clear of each other and of the edges", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1e-7});
  figure.panels[0].y.label = "activity (a.u.)";
  figure.panels.resize(5, figure.panels[0]);
  figure.columns = 3;

  const FigureLayout layout = lay_out(figure);

  for (std::size_t i = 0; i < layout.panels.size(); ++i) {
    const Box& plot = layout.panels[i].plot;
    CHECK(plot.x >= 0.0);
    CHECK(plot.right() <= layout.width);
    CHECK(plot.bottom() <= layout.height);
    if (i % 3 > 0) CHECK(layout.panels[i - 1].plot.right() < plot.x);
    if (i >= 3) CHECK(layout.panels[i - 3].plot.bottom() < plot.y);
  }
}

TEST_CASE("panels with the key of the first one, or none, share it", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels.resize(3, figure.panels[0]);
  figure.panels[1].series[0].label = "";
  const FigureLayout shared = lay_out(figure);
  figure.panels[2].series[0].label = "other";

  const FigureLayout own = lay_out(figure);

  CHECK(shared.swatches.size() == 1);
  CHECK(shared.swatches[0].y < shared.panels[0].plot.y);
  CHECK(own.swatches.size() == 2);
}

TEST_CASE("panels have letters when there are several", "[figure]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  const auto has = [](const FigureLayout& layout, const std::string& words) {
    return std::ranges::any_of(layout.texts, [&](const PlacedText& text) { return text.words == words; });
  };
  CHECK_FALSE(has(lay_out(figure), "A"));

  figure.panels.resize(28, figure.panels[0]);
  const FigureLayout layout = lay_out(figure);

  CHECK(has(layout, "A"));
  CHECK(has(layout, "AB"));
}
