#include "report/report.hpp"

#include <cmath>
#include <filesystem>

#include "catch.hpp"
#include "figures/figure_files.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "report/report_json.hpp"
#include "report/report_page.hpp"
#include "temporary_folder.hpp"

using namespace mrnn;
namespace fs = std::filesystem;

namespace {

Figure small_figure(const std::string& name) {
  Figure figure;
  figure.name = name;
  figure.caption = "A caption of " + name + ".";
  figure.panels.resize(1);
  figure.panels[0].series = {{Series::Kind::line, "control", {0.0, 1.0}, {0.0, 1.0}, {}}};
  return figure;
}

ReportContent small_content() {
  ReportContent content;
  content.title = "loop";
  content.backend = "eigen";
  content.precision = "float32";
  content.products = "bf16x3";
  content.device = "2 cores";
  content.threads = 2;
  content.seed = 18446744073709551615U;
  content.seconds = 75.0;
  content.version = "0.1.0";
  content.command = "mrnn run loop.toml --set simulation.control.trials=5";
  content.config = "[experiment]\nname = \"loop\"\n";
  content.overrides = {"simulation.control.trials=5"};
  content.plugins = {"pulses 1.0", "flow_field 1.1"};
  content.created = "2024-05-06T07:08:09Z";
  content.units = 1350;
  content.weights = 17500;
  content.dt = 10.0;
  content.dynamics = "leaky";
  content.dale = "clamp";
  content.regions = {{"striatum", "basal_ganglia", 100, "d1 (50), d2 (50)", "inhibitory", "relu", 100.0, 0.5}};
  content.connections = {{"striatum.d1", "snr", "inhibitory", 2500, 0.75}};
  content.output_table = {{"choice", 2, "striatum", "softmax", "weights"}};
  content.network_figure = "network-diagram";
  content.simulations = {{"control", 100, 200, true, {}, {{"striatum", 0.125}}, "share of correct choices 84.7 %"},
                         {"off", 100, 200, false, {"silence"}, {{"striatum", std::nan("")}}, ""}};
  content.training = ReportTraining{{{"iterations", "40 of 2,000"}}, {"training"}};
  content.analyses = {{"spectrum", "eigen_spectrum", {"control"}, {"largest modulus 0.98"}, {"spectrum_plane"}, ""},
                      {"flow", "flow_field", {"off"}, {}, {}, "the plane has no extent"}};
  content.arrays = {{"/simulations/control/h", {100, 200, 1350}, "a.u.", "activity"}};
  content.warnings = {"source a.3 keeps no target"};
  return content;
}

std::vector<Figure> small_figures() {
  return {small_figure("network-diagram"), small_figure("training"), small_figure("spectrum_plane")};
}

const Gnuplot no_gnuplot(std::nullopt);

std::string page_of(const ReportContent& content) {
  const test::TemporaryFolder folder;
  return report_page(content, small_figures(), folder.path());
}

}  // namespace

TEST_CASE("the report says what was run and what came of it", "[report]") {
  const std::string page = page_of(small_content());

  for (const char* words : {"<h1>loop</h1>",
                            "1,350 units in 1 region with 17,500 weights",
                            "leaky dynamics in steps of 10 ms",
                            "Dale&apos;s law by clamp",
                            "control (100 trials of 200 steps)",
                            "eigen backend (2 cores) in float32 with bf16x3 products, 2 threads",
                            "seed 18446744073709551615",
                            "it took 1 min 15 s",
                            "d1 (50), d2 (50)",
                            "basal_ganglia",
                            "2,500",
                            "softmax",
                            "largest modulus 0.98",
                            "A caption of spectrum_plane.",
                            "<a href=\"#training\">",
                            "<a href=\"#figure-spectrum_plane\">Fig. 3 spectrum_plane</a>",
                            "<b>Figure 3.</b> A caption of spectrum_plane.",
                            "<a href=\"#analysis-flow\">flow</a> failed: the plane has no extent",
                            "<td>plugins</td><td>pulses 1.0, flow_field 1.1</td>",
                            "<td>run</td><td>2024-05-06T07:08:09Z</td>",
                            "40 of 2,000",
                            "A caption of training.",
                            "This analysis failed: the plane has no extent",
                            "100 \u00D7 200 \u00D7 1350",
                            "mrnn run loop.toml --set simulation.control.trials=5",
                            "0.125",
                            "not finite",
                            "<th>performance</th>",
                            "<td>share of correct choices 84.7 %</td>",
                            "source a.3 keeps no target",
                            "name = &quot;loop&quot;\n",
                            "simulations/control/h"}) {
    CAPTURE(words);
    CHECK(page.find(words) != std::string::npos);
  }
}

TEST_CASE("a report of a run without plugins names none", "[report]") {
  ReportContent content = small_content();
  content.plugins.clear();

  CHECK(page_of(content).find("<td>plugins</td>") == std::string::npos);
}

TEST_CASE("a report of simulations whose performance is not known has no column for it", "[report]") {
  ReportContent content = small_content();
  content.simulations[0].performance.clear();

  CHECK(page_of(content).find("<th>performance</th>") == std::string::npos);
}

TEST_CASE("the report needs nothing from elsewhere", "[report]") {
  const std::string page = page_of(small_content());

  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("<link") == std::string::npos);
  CHECK(page.find("{{") == std::string::npos);
  CHECK_THAT(page, ContainsSubstring("name=\"viewport\""));
}

TEST_CASE("names in the report cannot become part of the page", "[report]") {
  const std::string evil = "<script>alert('x')</script>{{title}}\"\xff";
  ReportContent content = small_content();
  content.title = content.config = content.command = content.device = evil;
  content.regions[0].name = content.connections[0].from = content.simulations[0].name = evil;
  content.training->facts[0].name = content.training->facts[0].value = evil;
  content.analyses[0].name = content.analyses[0].summary[0] = content.analyses[1].failure = evil;
  content.arrays[0].path = "/simulations/" + evil + "/h";
  content.warnings = content.overrides = {evil};

  const std::string page = page_of(content);

  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find('\xff') == std::string::npos);
  CHECK(page.find("id=\"analysis-&lt;script&gt;") != std::string::npos);
}

TEST_CASE("a report without simulations, analyses and connections is a page", "[report]") {
  ReportContent content;
  content.network_figure = "";

  const std::string page = page_of(content);

  CHECK_THAT(page, ContainsSubstring("mrnn run") && ContainsSubstring("None were run."));
  CHECK(page.find("<h3>Connections") == std::string::npos);
  CHECK(page.find("Mean activity") == std::string::npos);
  CHECK(page.find("Training") == std::string::npos);
}

TEST_CASE("pictures are within the page", "[report]") {
  const test::TemporaryFolder folder;
  write_text_file(folder.path() / "spectrum_plane.svg", "<svg width=\"432\"/>");
  write_text_file(folder.path() / "spectrum_plane.pdf", "pdf");
  write_text_file(folder.path() / "spectrum_plane.png", "png");

  const std::string page = report_page(small_content(), small_figures(), folder.path());

  CHECK_THAT(page, ContainsSubstring("src=\"data:image/svg+xml;base64,PHN2ZyB3aWR0aD0iNDMyIi8+\""));
  CHECK_THAT(page, ContainsSubstring("--wide:432\""));
  CHECK_THAT(page, ContainsSubstring("/spectrum_plane.pdf\">PDF"));
  CHECK_THAT(page, ContainsSubstring("/spectrum_plane.png\">PNG"));
  CHECK_THAT(page, ContainsSubstring("/spectrum_plane.csv\">CSV"));
  // The diagram has no picture, only its data.
  CHECK_THAT(page, ContainsSubstring("This figure was not drawn."));
}

TEST_CASE("an animation is folded in the page and has no PDF", "[report]") {
  const test::TemporaryFolder folder;
  write_text_file(folder.path() / "spectrum_plane.svg", "<svg/>");
  std::vector<Figure> figures = small_figures();
  figures[2].frame_seconds = 0.5;
  figures[2].title = "Step by step";

  const std::string page = report_page(small_content(), figures, folder.path());

  CHECK_THAT(page, ContainsSubstring("<summary>Show the animation: Step by step</summary>"));
  CHECK(page.find(">PDF<") == std::string::npos);
}

TEST_CASE("the content of a report read back is the same", "[report]") {
  ReportContent content = small_content();
  content.regions[0].tau = {20.0, 63.25};

  const ReportContent again = report_from_json(report_to_json(content));

  CHECK(report_to_json(again) == report_to_json(content));
  CHECK(again.regions.at(0).tau == ReportRange(20.0, 63.25));
  CHECK(again.regions.at(0).base_firing == 0.5);
  CHECK(again.seed == content.seed);
  CHECK(again.plugins == content.plugins);
  CHECK(again.products == "bf16x3");
  CHECK(again.training->facts.at(0).value == "40 of 2,000");
  CHECK(again.training->figures.at(0) == "training");
  CHECK(again.simulations.at(0).activity.at(0).mean == 0.125);
  CHECK(std::isnan(again.simulations.at(1).activity.at(0).mean));
  CHECK(again.arrays.at(0).shape == std::vector<Index>{100, 200, 1350});
}

TEST_CASE("a report is made again from its folder alone", "[report]") {
  const test::TemporaryFolder folder;
  write_report_files(small_content(), small_figures(), folder.path(), no_gnuplot);
  const std::string page = read_text_file(folder.path() / "report.html");
  fs::remove(folder.path() / "report.html");

  rebuild_report(folder.path(), no_gnuplot);

  CHECK(read_text_file(folder.path() / "report.html") == page);
}

TEST_CASE("without gnuplot the report says what to install and where the data are", "[report]") {
  const test::TemporaryFolder folder;

  const auto warnings = write_report_files(small_content(), small_figures(), folder.path(), no_gnuplot);

  CHECK(warnings == std::vector<std::string>{
                        "gnuplot was not found, so no figures were drawn; install it (Debian, Ubuntu: apt-get install "
                        "gnuplot-nox) and run: mrnn report " +
                        folder.path().string()});
  CHECK(fs::exists(folder.path() / "figures" / "spectrum_plane.csv"));
  CHECK_THAT(read_text_file(folder.path() / "report.html"), ContainsSubstring("This figure was not drawn."));
}

TEST_CASE("figures of an earlier run in the folder do not stay", "[report]") {
  const test::TemporaryFolder folder;
  write_report_files(small_content(), small_figures(), folder.path(), no_gnuplot);
  write_text_file(folder.path() / "figures" / "spectrum_plane.png", "old");
  ReportContent content = small_content();
  content.analyses.clear();
  content.training.reset();

  write_report_files(content, {small_figure("network-diagram")}, folder.path(), no_gnuplot);

  CHECK_FALSE(fs::exists(folder.path() / "figures" / "spectrum_plane.json"));
  CHECK_FALSE(fs::exists(folder.path() / "figures" / "spectrum_plane.png"));
  CHECK_FALSE(fs::exists(folder.path() / "figures" / "training.json"));
  CHECK(fs::exists(folder.path() / "figures" / "network-diagram.json"));
}

TEST_CASE("of two figures with one name the first is kept, with a warning", "[report]") {
  const test::TemporaryFolder folder;
  Figure second = small_figure("spectrum_plane");
  second.caption = "Another.";

  const auto warnings =
      write_report_files(small_content(), {small_figure("network-diagram"), small_figure("spectrum_plane"), second},
                         folder.path(), no_gnuplot);

  CHECK(warnings.at(0) == "Two figures are called spectrum_plane; only the first was kept.");
  CHECK(read_figure("spectrum_plane", folder.path() / "figures").caption == "A caption of spectrum_plane.");
}

TEST_CASE("figures that the user has no patience for are left out, and the report is there", "[report]") {
  struct Stopped final : Progress {
    bool interrupted() const override { return true; }
  };
  const test::TemporaryFolder folder;
  const fs::path program = folder.write("gnuplot", "#!/bin/sh\nexit 0\n"), run = folder.path() / "run";

  CHECK_THROWS_WITH(write_report_files(small_content(), small_figures(), run, Gnuplot(program), Stopped()),
                    "interrupted while figures were drawn; results and report are in " + run.string() +
                        ", without 3 of the 3 figures, which mrnn report " + run.string() + " draws");

  CHECK_THAT(read_text_file(run / "report.html"), ContainsSubstring("This figure was not drawn."));
  CHECK_NOTHROW(rebuild_report(run, no_gnuplot));
}

TEST_CASE("a folder that is no finished run is an error that says so", "[report]") {
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("file", "");
  CHECK_THROWS_WITH(rebuild_report(file, no_gnuplot),
                    file.string() + ": is no folder; mrnn report needs the output folder of a finished run");
  const fs::path run = folder.path() / "run";
  CHECK_THROWS_AS(rebuild_report(run, no_gnuplot), FileError);
  CHECK_THROWS_WITH(rebuild_report(run, no_gnuplot), ContainsSubstring("there is no such folder"));

  fs::create_directories(run);
  CHECK_THROWS_WITH(
      rebuild_report(run, no_gnuplot),
      ContainsSubstring("report.json: is missing; mrnn report needs the output folder of a finished run"));

  write_report_files(small_content(), small_figures(), run, no_gnuplot);
  fs::remove(run / "figures" / "spectrum_plane.json");
  CHECK_THROWS_WITH(rebuild_report(run, no_gnuplot), ContainsSubstring("spectrum_plane.json"));

  write_text_file(run / "figures" / "report.json", "{\"format_version\": 1");
  CHECK_THROWS_WITH(rebuild_report(run, no_gnuplot), ContainsSubstring("not the content of a report: no JSON: "));
  write_text_file(run / "figures" / "report.json", "{\"format_version\": 1}");
  CHECK_THROWS_WITH(rebuild_report(run, no_gnuplot), ContainsSubstring("not the content of a report: key 'title' not"));
}

TEST_CASE("a report that cannot be written is an error", "[report]") {
  const test::TemporaryFolder folder;
  write_text_file(folder.path() / "file", "");

  CHECK_THROWS_AS(write_report_files(small_content(), {}, folder.path() / "file", no_gnuplot), FileError);
  CHECK_THROWS_AS(write_report(small_content(), {}, folder.path() / "none"), FileError);
}

TEST_CASE("the report describes the network as built", "[report]") {
  NetworkSpec spec;
  spec.dale = Dale::clamp;
  spec.dale_input = Dale::none;
  Region a{"a", 10, {{"p", 0.7, {}}, {"q", 0.3, Sign::inhibitory}}};
  a.tau = 50.0;
  spec.regions = {a, {"b", 4}};
  spec.inputs = {{"cue", 2}};
  spec.connections = {{"cue", "a"}, {"a", "b"}, {"b", "a"}, {"b", "b"}};
  spec.connections[2].sparsity = 0.5;
  spec.connections[3].sparsity = 1.0;  // no weights
  spec.connections[2].sign = Sign::inhibitory;
  spec.outputs = {{"choice", 2, {"a.p", "b"}}, {"all", 1}};
  ReportContent content;

  describe_network(build_network(spec, 0), content);

  CHECK(content.units == 14);
  CHECK(content.weights == 20 + 40 + 4 * 5);
  CHECK(content.regions.at(0).cell_types == "p (7), q (3)");
  CHECK(content.regions.at(0).sign == "mixed");
  CHECK(content.regions.at(0).tau == 50.0);
  CHECK(content.regions.at(1).tau == 100.0);
  CHECK(content.regions.at(1).sign == "inhibitory");  // as its connection says, against the region's own sign
  CHECK(content.connections.at(0).sign == "not fixed");
  CHECK(content.connections.at(1).sign == "mixed");
  CHECK(content.connections.at(2).sign == "inhibitory");
  CHECK(content.connections.at(2).weights == 20);
  CHECK(content.connections.at(2).density == 0.5);
  CHECK(content.connections.at(3).sign == "none");
  CHECK(content.output_table.at(0).from == "a.p, b");
  CHECK(content.output_table.at(1).from == "all regions");
}

TEST_CASE("the report describes what the units run with", "[report]") {
  NetworkSpec spec;
  spec.regions = {{"a", 3}, {"b", 2}};
  const Network network = build_network(spec, 0);
  Parameters parameters = initial_parameters(network, 0);
  parameters.tau << 20.0, 50.0, 63.21987, 30.0, 30.0;
  parameters.bias << 0.0, 0.0, 0.0, -1.0, 0.5;
  ReportContent content;

  describe_network(network, content);
  describe_units(network, parameters, content);

  CHECK(words_of(content.regions.at(0).tau) == "20 to 63.22");
  CHECK(words_of(content.regions.at(1).tau) == "30");
  CHECK(content.regions.at(0).base_firing == 0.0);
  CHECK(words_of(content.regions.at(1).base_firing) == "-1 to 0.5");
}
