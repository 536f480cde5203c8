#include "figures/gnuplot.hpp"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <thread>

#include "catch.hpp"
#include "figures/child_process.hpp"
#include "figures/figure_layout.hpp"
#include "figures/figure_scale.hpp"
#include "figures/figure_text.hpp"
#include "figures/gnuplot_script.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
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

TEST_CASE("letters without a font are question marks where gnuplot would draw boxes of any size", "[gnuplot]") {
  CHECK(plain_letters("left 5 \u00B5V, R\u00B2, \u03B1 \u2212 \u0416\u2026 \u2070") ==
        "left 5 \u00B5V, R\u00B2, \u03B1 \u2212 \u0416\u2026 \u2070");
  CHECK(plain_letters("\u65E5\u672C, \U0001F600, \u0378") == "??, ?, ?");
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].title = "\u65E5\u672C";

  const auto script = [&](Picture picture) { return gnuplot_script(figure, lay_out(figure), picture); };

  CHECK_THAT(script(Picture::svg), ContainsSubstring("'\u65E5\u672C'"));
  for (const Picture picture : {Picture::pdf, Picture::png}) {
    CHECK_THAT(script(picture), ContainsSubstring("'??'"));
    CHECK_THAT(script(picture), !ContainsSubstring("\u65E5"));
  }
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
  REQUIRE(rendered.warnings.size() == 3);
  CHECK(rendered.warnings[0] ==
        "lines.svg was not drawn: " + program.string() + " ended with status 3: line 1: bad terminal.");
}

TEST_CASE("a gnuplot that writes half a picture is a warning", "[gnuplot]") {
  const test::TemporaryFolder folder;
  const fs::path program = false_gnuplot(folder.path(), "echo '<svg>'\n");

  const Rendered rendered = Gnuplot(program).render(line_figure({0.0, 1.0}, {0.0, 1.0}), folder.path());

  CHECK(rendered.files.empty());
  REQUIRE(rendered.warnings.size() == 3);
  CHECK_THAT(rendered.warnings[0], ContainsSubstring("lines.svg") && ContainsSubstring("wrote no picture"));
  CHECK_THAT(rendered.warnings[1], ContainsSubstring("lines.pdf"));
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

TEST_CASE("a folder that cannot be written is an error", "[gnuplot]") {
  const test::TemporaryFolder folder;
  const fs::path program = false_gnuplot(folder.path(), "exit 0\n");

  CHECK_THROWS_AS(Gnuplot(program).render(line_figure({0.0}, {0.0}), folder.path() / "none"), FileError);
  CHECK_THROWS_WITH(Gnuplot(program).render(line_figure({0.0}, {0.0}), folder.path() / "none"),
                    ContainsSubstring("cannot be written"));
}

TEST_CASE("a guide that has no place on its axis is left out", "[gnuplot]") {
  Figure figure = line_figure({0.0, 1.0}, {1.0, 10.0});
  figure.panels[0].y.log = true;
  figure.panels[0].guides = {{Guide::Kind::horizontal, 0.0, "zero"},
                             {Guide::Kind::horizontal, 5.0, "five"},
                             {Guide::Kind::vertical, std::nan(""), "never"}};

  const Figure scaled = on_scale(figure);

  REQUIRE(scaled.panels[0].guides.size() == 1);
  CHECK(scaled.panels[0].guides[0].label == "five");
  CHECK_THAT(gnuplot_script(scaled, lay_out(scaled), Picture::svg), !ContainsSubstring("nan"));
}

TEST_CASE("figures are drawn as SVG, PDF and PNG, the same bytes each time", "[gnuplot]") {
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
  Panel& marks = figure.panels.emplace_back();
  for (int marker = 0; marker < 8; ++marker) {
    Series series{Series::Kind::scatter, "", {1.0 * marker, std::nan("")}, {1.0, infinity}, {}};
    series.marker = static_cast<Marker>(marker);
    series.values = {1.0 * marker, 2.0};
    series.low = {0.5, std::nan("")};
    series.high = {1.5, 2.0};
    marks.series.push_back(series);
    series.kind = Series::Kind::bars;
    marks.series.push_back(series);
  }

  const Rendered first = gnuplot.render(figure, folder.path());
  const std::vector<fs::path> files{folder.path() / "lines.svg", folder.path() / "lines.pdf",
                                    folder.path() / "lines.png"};
  REQUIRE(first.files == files);
  std::vector<std::string> bytes;
  for (const fs::path& file : files) bytes.push_back(bytes_of(file));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // PDF would tell the second it was made
  gnuplot.render(figure, folder.path());

  CHECK(first.warnings.empty());
  for (std::size_t i = 0; i < files.size(); ++i) CHECK(bytes_of(files[i]) == bytes[i]);
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 3);
}

TEST_CASE("an animation is one SVG that shows each frame for its time", "[gnuplot]") {
  const Gnuplot gnuplot;
  if (!gnuplot.available()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  const test::TemporaryFolder folder;
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels.resize(4, figure.panels[0]);
  for (std::size_t i = 0; i < 4; ++i) figure.panels[i].title = "frame " + std::to_string(i);
  figure.panels[2].series[0].y = {0.0, 123456.0};  // wider numbers
  figure.frame_seconds = 0.25;

  const Rendered rendered = gnuplot.render(figure, folder.path());

  CHECK(rendered.warnings.empty());
  REQUIRE(rendered.files == std::vector<fs::path>{folder.path() / "lines.svg"});
  const std::string svg = bytes_of(rendered.files[0]);
  CHECK_THAT(svg, ContainsSubstring("values='visible;hidden' keyTimes='0;0.250000'") &&
                      ContainsSubstring("dur='1s' values='hidden;visible;hidden' keyTimes='0;0.500000;0.750000'") &&
                      ContainsSubstring("values='hidden;visible' keyTimes='0;0.750000'"));
  for (const char* title : {"frame 0", "frame 1", "frame 2", "frame 3"}) CHECK(svg.find(title) != std::string::npos);
  CHECK(svg.find("<defs>") == svg.rfind("<defs>"));
  CHECK(svg.find("</svg>") == svg.rfind("</svg>"));
}

TEST_CASE("frames of an animation have one size, and their panels one place", "[gnuplot]") {
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels.resize(3, figure.panels[0]);
  figure.panels[1].series[0].y = {0.0, 123456.0};
  figure.panels[2].title = "with a title";
  figure.frame_seconds = 1.0;
  figure.shared_x = true;

  const std::vector<FigureLayout> pages = lay_out_frames(figure);

  REQUIRE(pages.size() == 3);
  for (const FigureLayout& page : pages) {
    CHECK(page.width == pages[0].width);
    CHECK(page.height == pages[0].height);
    REQUIRE(page.panels.size() == 1);
    CHECK(page.panels[0].plot.x == pages[0].panels[0].plot.x);
    CHECK(page.panels[0].plot.y == pages[0].panels[0].plot.y);
    CHECK_FALSE(page.panels[0].x_ticks.labels.empty());
  }
}

TEST_CASE("PNG has 300 dots per inch at the size PDF is printed", "[gnuplot]") {
  const Gnuplot gnuplot;
  if (!gnuplot.available()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  const test::TemporaryFolder folder;
  const Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  gnuplot.render(figure, folder.path());
  const FigureLayout layout = lay_out(figure);

  const std::string png = bytes_of(folder.path() / "lines.png");

  const auto number = [&](std::size_t at) {
    long value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = 256 * value + static_cast<unsigned char>(png.at(i));
    return value;
  };
  CHECK_THAT(static_cast<double>(number(16)) / 300.0, WithinAbs(layout.width / 108.0, 0.01));  // inches
  // ISO 15948: the part pHYs, pixels per metre; its check sum as Python's zlib.crc32 of the 13 bytes.
  CHECK(png.substr(37, 4) == "pHYs");
  CHECK(number(41) == 11811);
  CHECK(number(45) == 11811);
  CHECK(number(50) == 0x78A53F76);
  const std::string pdf = bytes_of(folder.path() / "lines.pdf");
  const std::size_t box = pdf.find("/MediaBox [ 0 0 ");
  REQUIRE(box != std::string::npos);
  CHECK_THAT(std::stod(pdf.substr(box + 16)), WithinAbs(layout.width * 2.0 / 3.0, 0.5));  // points
}

TEST_CASE("a heat map of a single column or row is at least two cells wide and high to gnuplot", "[gnuplot]") {
  Figure figure;
  figure.panels.resize(1);
  const auto script = [&](const Eigen::MatrixXd& values) {
    figure.panels[0].heat_map = HeatMap{values, 0.0, 1.0, 0.0, 1.0, "", false, {}, {}};
    return gnuplot_script(figure, lay_out(figure), Picture::png);
  };

  CHECK_THAT(script(Eigen::Vector2d(1.0, 2.0)), ContainsSubstring("\n1 1 \n1 1 \n2 2 \n2 2 \n") &&
                                                    ContainsSubstring("(0.25+$1*0.5):(0.125+$2*0.25):3 with image"));
  CHECK_THAT(script(Eigen::RowVector2d(1.0, 2.0)), ContainsSubstring("\n1 1 2 2 \n1 1 2 2 \n"));
  CHECK_THAT(script(Eigen::Matrix2d::Identity()), ContainsSubstring("\n1 0 \n0 1 \n"));
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

TEST_CASE("a figure whose PDF and PNG lack letters is drawn with a warning", "[gnuplot]") {
  const Gnuplot gnuplot;
  if (!gnuplot.available()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  const test::TemporaryFolder folder;
  Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
  figure.panels[0].title = "\u65E5\u672C";

  const Rendered rendered = gnuplot.render(figure, folder.path());

  CHECK(rendered.files.size() == 3);
  REQUIRE(rendered.warnings.size() == 1);
  CHECK(rendered.warnings[0] ==
        "Figure lines: lines.pdf and lines.png have \"?\" for letters that are neither Latin, Greek nor Cyrillic; "
        "lines.svg has them.");
}

TEST_CASE("lines of more than eight colours are told apart by their strokes too", "[gnuplot]") {
  const auto dashes = [](int colour, bool dashed) {
    Figure figure = line_figure({0.0, 1.0}, {0.0, 1.0});
    figure.panels[0].series[0].colour = colour;
    figure.panels[0].series[0].dashed = dashed;
    const std::string script = gnuplot_script(figure, lay_out(figure), Picture::svg);
    const std::size_t begin = script.find("with lines lw 1.5 dt ") + 21;
    return script.substr(begin, script.find(" lc", begin) - begin);
  };

  for (const int whole : {0, 7, black, ordered_colour(0.5), 24}) CHECK(dashes(whole, false) == "solid");
  CHECK(dashes(8, false) == "(10,4,2.4,4)");
  CHECK(dashes(15, false) == dashes(8, false));
  CHECK(dashes(16, false) == "(2.4,3.6)");
  CHECK(dashes(0, true) == "(9,7)");
  CHECK(dashes(8, true) == dashes(0, true));
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

  const std::size_t first = script.find("in the cell");
  CHECK(first > script.rfind("unset label"));
  CHECK(script.find("in the cell", first + 1) != std::string::npos);
}
