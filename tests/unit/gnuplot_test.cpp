#include "figures/gnuplot.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "catch.hpp"
#include "figures/child_process.hpp"
#include "figures/figure_axes.hpp"
#include "figures/figure_layout.hpp"
#include "figures/figure_scale.hpp"
#include "figures/gnuplot_script.hpp"
#include "figures/palette.hpp"
#include "files/text_file.hpp"
#include "temporary_folder.hpp"

using namespace mrnn;
namespace fs = std::filesystem;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Figure line_figure(std::vector<double> x, std::vector<double> y) {
  Figure figure;
  figure.name = "lines";
  figure.panels.resize(1);
  figure.panels[0].series = {{Series::Kind::line, "rate", std::move(x), std::move(y), {}}};
  return figure;
}

/// Every kind of element, with text that would be harmful if anything took it for a command.
Figure hostile_figure(const fs::path& target) {
  const std::string text = "it's `touch " + target.string() + "` \"$(touch " + target.string() +
                           ")\" \\ \n'; system 'touch " + target.string() + "' #<script>&{/=50 x}%s\x01\xff";
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.title = text;
  Panel& panel = figure.panels[0];
  panel.title = panel.x.label = panel.y.label = panel.series[0].label = text;
  panel.guides = {{Guide::Kind::horizontal, 0.5, text}, {Guide::Kind::vertical, 0.5, text}};
  panel.heat_map = HeatMap{Eigen::MatrixXd::Ones(2, 2), 0.0, 1.0, 0.0, 1.0, text, false, {}, {}};
  panel.texts = {{0.5, 0.5, text}};
  panel.x.names = panel.y.names = {{0.5, text}};
  return figure;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

/// An executable file called gnuplot.
fs::path false_gnuplot(const fs::path& folder, const std::string& script) {
  const fs::path program = folder / "gnuplot";
  write_text_file(program, "#!/bin/sh\n" + script);
  fs::permissions(program, fs::perms::owner_all);
  return program;
}

}  // namespace

TEST_CASE("text reaches gnuplot on one line within single quotes", "[gnuplot]") {
  CHECK(quoted("it's") == "'it''s'");
  CHECK(quoted("a\nb\\") == "'a b\\'");
  CHECK(quoted("\xff\x01") == "'? '");
}

TEST_CASE("every command with a figure's text keeps it within quotes", "[gnuplot]") {
  const Figure figure = hostile_figure("/nowhere");

  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);

  // With all quoted strings taken out, nothing of the text is left.
  std::string bare;
  bool inside = false;
  for (const char letter : script) {
    if (letter == '\'') inside = !inside;
    if (!inside) bare += letter;
  }
  CHECK_FALSE(inside);
  CHECK(bare.find('`') == std::string::npos);
  CHECK(bare.find('"') == std::string::npos);
  CHECK(bare.find("touch") == std::string::npos);
}

TEST_CASE("ticks stand at round numbers", "[gnuplot]") {
  CHECK(make_ticks({0.0, 1.0}, 6).labels == std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(make_ticks({-250.0, 800.0}, 5).labels == std::vector<std::string>{"\u2212250", "0", "250", "500", "750"});
  CHECK(make_ticks({0.0, 3e-5}, 4).labels ==
        std::vector<std::string>{"0", "1\u00D710\u207B\u2075", "2\u00D710\u207B\u2075", "3\u00D710\u207B\u2075"});
  CHECK(make_ticks({-0.1, 0.1}, 3).at.size() == 3);
}

TEST_CASE("ticks of a logarithmic axis are powers of ten or round numbers between them", "[gnuplot]") {
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

TEST_CASE("values on a logarithmic axis are drawn as exponents and those not positive left out", "[gnuplot]") {
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

TEST_CASE("names beside an axis never cover each other", "[gnuplot]") {
  const std::vector<AxisName> names{{2.0, "b"}, {1.95, "covered"}, {1.0, "a"}, {5.0, "outside"}};

  const Ticks ticks = named_ticks(names, {0.0, 4.0}, 100.0, std::vector(4, 12.0));

  CHECK(ticks.labels == std::vector<std::string>{"b", "a"});
  CHECK(ticks.at == std::vector<double>{2.0, 1.0});
}

TEST_CASE("names below an axis are turned where they do not fit side by side", "[gnuplot]") {
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

TEST_CASE("the label of an epoch stands above the middle of what is shown of it", "[gnuplot]") {
  Figure figure = line_figure({0.0, 100.0}, {0.0, 1.0});
  figure.panels[0].guides = {{Guide::Kind::epoch, 50.0, "delay", 1000.0}};

  const FigureLayout layout = lay_out(figure);

  const auto label = std::ranges::find(layout.texts, "delay", &PlacedText::words);
  REQUIRE(label != layout.texts.end());
  const Box& plot = layout.panels[0].plot;
  CHECK_THAT(label->x, WithinAbs(plot.x + 0.75 * plot.width, 0.01));
  CHECK(label->y < plot.y);
}

TEST_CASE("ranges leave out what is not finite", "[gnuplot]") {
  const Figure figure = line_figure({0.0, 1.0, 2.0, infinity}, {1.0, std::nan(""), 3.0, 9.0});

  const PanelRanges ranges = fit_ranges(figure.panels[0]);

  CHECK_FALSE(ranges.empty);
  CHECK(ranges.x.low == 0.0);
  CHECK(ranges.x.high == 2.0);
  CHECK_THAT(ranges.y.low, WithinRel(1.0 - 0.05 * 2.0, 1e-12));
  CHECK_THAT(ranges.y.high, WithinRel(3.0 + 0.05 * 2.0, 1e-12));
}

TEST_CASE("limits asked for are kept, senseless ones replaced", "[gnuplot]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].x = {"", -3.0, 4.0};
  figure.panels[0].y = {"", 5.0, -infinity};

  const PanelRanges ranges = fit_ranges(figure.panels[0]);

  CHECK(ranges.x.low == -3.0);
  CHECK(ranges.x.high == 4.0);
  CHECK(ranges.y.span() > 0.0);
}

TEST_CASE("with equal aspect a unit of x is as long as one of y", "[gnuplot]") {
  const auto [width, height] = GENERATE(table<double, double>({{2.0, 1.0}, {1.0, 2.0}, {1.0, 500.0}, {500.0, 1.0}}));
  CAPTURE(width, height);
  Figure figure = line_figure({0.0, width}, {0.0, height});
  figure.panels[0].equal_aspect = true;

  const PanelLayout panel = lay_out(figure).panels.at(0);

  CHECK_THAT(panel.plot.width / panel.x.span(), WithinRel(panel.plot.height / panel.y.span(), 1e-9));
}

TEST_CASE("panels of a grid keep clear of each other and of the edges", "[gnuplot]") {
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

TEST_CASE("panels with the key of the first one, or none, share it", "[gnuplot]") {
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

TEST_CASE("panels have letters when there are several", "[gnuplot]") {
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

TEST_CASE("words within a panel are drawn after every heat map, so that none covers them", "[gnuplot]") {
  Figure figure = line_figure({}, {});
  figure.panels.resize(2);
  for (Panel& panel : figure.panels) {
    panel.series.clear();
    panel.heat_map = HeatMap{Eigen::MatrixXd::Ones(2, 2), 0.0, 1.0, 0.0, 1.0, "", false, {}, {}};
    panel.texts = {{0.5, 0.5, "in the cell"}};
  }

  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);

  CHECK(count(script, "in the cell") == 2);
  CHECK(script.find("in the cell") > script.rfind("unset label"));
}

TEST_CASE("a panel without data says so", "[gnuplot]") {
  Figure figure = line_figure({std::nan("")}, {1.0});

  const FigureLayout layout = lay_out(figure);

  CHECK(std::ranges::any_of(layout.texts, [](const PlacedText& text) { return text.words == "no data"; }));
}

TEST_CASE("long lines are thinned out but keep their peaks", "[gnuplot]") {
  std::vector<double> x(1000000), y(1000000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  y[123457] = 5.0;
  const Figure figure = line_figure(x, y);

  const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);

  CHECK(count(script, "\n") < 10000);
  CHECK(script.find("123457 5\n") != std::string::npos);
}

TEST_CASE("a region keeps a colour whatever its index", "[gnuplot]") {
  CHECK(hex(palette_colour(0)) == "#0072b2");
  CHECK(hex(palette_colour(1)) == "#d55e00");
  CHECK(palette_colour(24) == palette_colour(0));
  CHECK_FALSE(palette_colour(8) == palette_colour(0));
  CHECK(hex(palette_colour(white), 0.5) == "#80ffffff");
}

TEST_CASE("without gnuplot there is a warning and no picture", "[gnuplot]") {
  const test::TemporaryFolder folder;

  const Rendered rendered = Gnuplot(std::nullopt).render(line_figure({0.0, 1.0}, {0.0, 1.0}), folder.path());

  CHECK(rendered.files.empty());
  CHECK(rendered.warnings == std::vector<std::string>{"Figure lines was not drawn: gnuplot was not found."});
}

TEST_CASE("gnuplot is looked for in the folders of the path, in order", "[gnuplot]") {
  const test::TemporaryFolder folder;
  const fs::path first = folder.path() / "first", second = folder.path() / "second";
  fs::create_directories(first);
  fs::create_directories(second);
  write_text_file(first / "gnuplot", "not executable");
  const fs::path program = false_gnuplot(second, "exit 0\n");

  CHECK(find_gnuplot(first.string() + "::" + second.string()) == program);
  CHECK_FALSE(find_gnuplot(first.string()).has_value());
}

TEST_CASE("a gnuplot that fails is a warning with its words", "[gnuplot]") {
  const test::TemporaryFolder folder;
  const fs::path program = false_gnuplot(folder.path(), "echo 'line 1: bad terminal' >&2\nexit 3\n");

  const Rendered rendered = Gnuplot(program).render(line_figure({0.0, 1.0}, {0.0, 1.0}), folder.path());

  CHECK(rendered.files.empty());
  REQUIRE(rendered.warnings.size() == 2);
  CHECK(rendered.warnings[0] ==
        "lines.svg was not drawn: " + program.string() + " ended with status 3: line 1: bad terminal.");
}

TEST_CASE("a gnuplot that writes half a picture is a warning", "[gnuplot]") {
  const test::TemporaryFolder folder;
  const fs::path program = false_gnuplot(folder.path(), "echo '<svg>'\n");

  const Rendered rendered = Gnuplot(program).render(line_figure({0.0, 1.0}, {0.0, 1.0}), folder.path());

  CHECK(rendered.files.empty());
  REQUIRE(rendered.warnings.size() == 2);
  CHECK_THAT(rendered.warnings[0], ContainsSubstring("wrote no picture"));
}

TEST_CASE("a program that does not end is stopped", "[gnuplot]") {
  const test::TemporaryFolder folder;
  write_text_file(folder.path() / "in", "");
  const Streams streams{folder.path() / "in", folder.path() / "out", folder.path() / "error"};

  const Ending ending = run_program("/bin/sleep", {"1000"}, streams, std::chrono::milliseconds(50));

  CHECK_FALSE(ending.ended_well);
  CHECK(ending.how == "was stopped after 0.05 s");
  CHECK_THAT(run_program(folder.path() / "none", {}, streams, std::chrono::seconds(1)).how,
             StartsWith("could not be started"));
}

TEST_CASE("a folder that is not there is a warning", "[gnuplot]") {
  const test::TemporaryFolder folder;
  const fs::path program = false_gnuplot(folder.path(), "exit 0\n");

  const Rendered rendered = Gnuplot(program).render(line_figure({0.0}, {0.0}), folder.path() / "none");

  REQUIRE(rendered.warnings.size() == 1);
  CHECK_THAT(rendered.warnings[0], ContainsSubstring("cannot be written"));
}

TEST_CASE("figures are drawn as SVG and PNG, the same bytes each time", "[gnuplot]") {
  const Gnuplot gnuplot;
  if (!gnuplot.available()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  const test::TemporaryFolder folder;
  Figure figure = line_figure({0.0, 1.0, 2.0, 3.0}, {0.0, infinity, std::nan(""), 1.0});
  figure.panels[0].heat_map =
      HeatMap{Eigen::MatrixXd{{1.0, std::nan("")}, {infinity, 2.0}}, 0.0, 3.0, 0.0, 1.0, "speed", false, {}, {}};
  figure.panels[0].quiver = Quiver{{0.5, 1.5, 2.5}, {0.2, 0.4, 0.6}, {1.0, std::nan(""), 0.0}, {1.0, 1.0, 0.0}};
  figure.panels.emplace_back();

  const Rendered first = gnuplot.render(figure, folder.path());
  const std::string svg = bytes_of(folder.path() / "lines.svg"), png = bytes_of(folder.path() / "lines.png");
  gnuplot.render(figure, folder.path());

  CHECK(first.warnings.empty());
  CHECK(first.files == std::vector<fs::path>{folder.path() / "lines.svg", folder.path() / "lines.png"});
  CHECK(svg == bytes_of(folder.path() / "lines.svg"));
  CHECK(png == bytes_of(folder.path() / "lines.png"));
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 2);
}

TEST_CASE("hostile text is drawn letter by letter and never run", "[gnuplot]") {
  const Gnuplot gnuplot;
  if (!gnuplot.available()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  const test::TemporaryFolder folder;
  const fs::path target = folder.path() / "pwned";

  const Rendered rendered = gnuplot.render(hostile_figure(target), folder.path());

  CHECK(rendered.warnings.empty());
  CHECK_FALSE(fs::exists(target));
  const std::string svg = bytes_of(folder.path() / "lines.svg");
  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg.find("it's `touch") != std::string::npos);
}
