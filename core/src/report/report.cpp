#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "figures/figure_files.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/parallel.hpp"
#include "report/report_json.hpp"
#include "report/report_page.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> figure_names(const ReportContent& content) {
  std::vector<std::string> names;
  if (!content.network_figure.empty()) names.push_back(content.network_figure);
  if (content.training) {
    names.insert(names.end(), content.training->figures.begin(), content.training->figures.end());
  }
  for (const ReportAnalysis& analysis : content.analyses) {
    names.insert(names.end(), analysis.figures.begin(), analysis.figures.end());
  }
  return names;
}

ReportContent read_content(const fs::path& file) {
  const std::string text = read_text_file(file);
  try {
    return report_from_json(text);
  } catch (const Error& error) {
    throw FileError(file, error.what());
  }
}

void remove_figure(const std::string& name, const std::vector<const char*>& endings, const fs::path& folder) {
  for (const char* ending : endings) {
    std::error_code ignored;
    fs::remove(folder / (file_stem(name) + ending), ignored);
  }
}

/// Removes the figures of an earlier run in the same folder, as far as its report names them.
void remove_earlier(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / "report.json", ignored)) return;
  try {
    for (const std::string& name : figure_names(read_content(folder / "report.json"))) {
      remove_figure(name, {".svg", ".pdf", ".png", ".csv", ".json"}, folder);
    }
  } catch (const Error&) {
    // A report that cannot be read names no figures; it is replaced.
  }
}

/// What came of drawing some figures.
struct Drawing {
  std::vector<std::string> warnings;
  std::size_t missing = 0;  ///< figures that were not drawn because the user asked to stop
};

Drawing draw(const std::vector<Figure>& figures, const fs::path& run, const Gnuplot& gnuplot,
             const Progress& progress) {
  Drawing drawing;
  if (figures.empty()) return drawing;
  if (!gnuplot.available()) {
    drawing.warnings.push_back(
        "gnuplot was not found, so no figures were drawn; install it (Debian, Ubuntu: apt-get install "
        "gnuplot-nox) and run: mrnn report " +
        run.string());
    return drawing;
  }
  const Index all = std::ssize(figures), at_once = 4 * usable_cores();
  for (Index first = 0; first < all; first += at_once) {
    const Index count = std::min(at_once, all - first);
    std::vector<Rendered> rendered(static_cast<std::size_t>(count));
    const bool asked = progress.interrupted();
    parallel_for(count, 0, [&](Index k) {
      const Figure& figure = figures[static_cast<std::size_t>(first + k)];
      remove_figure(figure.name, {".svg", ".pdf", ".png"}, run / "figures");
      if (!asked) rendered[static_cast<std::size_t>(k)] = gnuplot.render(figure, run / "figures");
    });
    for (const Rendered& one : rendered) {
      // Ctrl-C reaches gnuplot too, so that figures at hand may have failed for that.
      if (progress.interrupted() && (one.files.empty() || !one.warnings.empty())) {
        ++drawing.missing;
      } else {
        drawing.warnings.insert(drawing.warnings.end(), one.warnings.begin(), one.warnings.end());
      }
    }
  }
  return drawing;
}

}  // namespace

void write_report(const ReportContent& content, const std::vector<Figure>& figures, const fs::path& folder) {
  write_text_file(folder / "report.html", report_page(content, figures, folder / "figures"));
}

std::vector<std::string> write_report_files(const ReportContent& content, const std::vector<Figure>& figures,
                                            const fs::path& folder, const Gnuplot& gnuplot, const Progress& progress) {
  const fs::path figures_folder = folder / "figures";
  std::error_code error;
  fs::create_directories(figures_folder, error);
  if (error) throw FileError(figures_folder, "cannot be made: " + error.message());
  remove_earlier(figures_folder);
  std::vector<std::string> warnings;
  std::vector<Figure> kept;
  std::set<std::string> stems;
  for (const Figure& figure : figures) {
    if (!stems.insert(file_stem(figure.name)).second) {
      warnings.push_back("Two figures are called " + file_stem(figure.name) + "; only the first was kept.");
      continue;
    }
    write_figure(figure, figures_folder);
    kept.push_back(figure);
  }
  write_text_file(figures_folder / "report.json", report_to_json(content));
  const Drawing drawing = draw(kept, folder, gnuplot, progress);
  warnings.insert(warnings.end(), drawing.warnings.begin(), drawing.warnings.end());
  write_report(content, kept, folder);
  if (drawing.missing == 0) return warnings;
  throw Interrupted(fmt::format(
      "interrupted while figures were drawn; results and report are in {}, without {} of the {} figures, which mrnn "
      "report {} draws",
      folder.string(), drawing.missing, kept.size(), folder.string()));
}

std::vector<std::string> rebuild_report(const fs::path& folder, const Gnuplot& gnuplot) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    const std::string what = fs::exists(folder, ignored) ? "is no folder" : "there is no such folder";
    throw FileError(folder, what + "; mrnn report needs the output folder of a finished run");
  }
  const fs::path figures_folder = folder / "figures";
  if (!fs::exists(figures_folder / "report.json", ignored)) {
    throw FileError(figures_folder / "report.json",
                    "is missing; mrnn report needs the output folder of a finished run");
  }
  const ReportContent content = read_content(figures_folder / "report.json");
  std::vector<Figure> figures;
  std::set<std::string> stems;
  for (const std::string& name : figure_names(content)) {
    if (stems.insert(file_stem(name)).second) figures.push_back(read_figure(name, figures_folder));
  }
  const Drawing drawing = draw(figures, folder, gnuplot, Progress());
  write_report(content, figures, folder);
  return drawing.warnings;
}

}  // namespace mrnn
