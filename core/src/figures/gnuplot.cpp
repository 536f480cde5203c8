#include "figures/gnuplot.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "figures/child_process.hpp"
#include "figures/figure_files.hpp"
#include "figures/figure_layout.hpp"
#include "figures/figure_scale.hpp"
#include "figures/figure_text.hpp"
#include "figures/gnuplot_script.hpp"
#include "figures/picture_files.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;

/// A folder for the files of one drawing, removed with all that is in it.
class WorkFolder {
 public:
  /// @throws FileError where none can be made.
  explicit WorkFolder(const fs::path& parent) {
    std::string name = (parent / ".drawing.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw FileError(parent, "cannot be written: " + std::generic_category().message(errno));
    }
    path_ = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

std::string read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The first line gnuplot wrote that says something, without its echo of the command.
std::string first_complaint(const std::string& error) {
  std::istringstream lines(error);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of(" \t^");
    if (begin != std::string::npos) return clean_text(fit_text(line.substr(begin), 2000.0, {}));
  }
  return "";
}

/// What came of one run of gnuplot.
struct Drawn {
  std::string picture;
  std::string problem;  ///< why there is none
};

/// One gnuplot and where it works.
class Draughtsman {
 public:
  Draughtsman(fs::path program, std::chrono::seconds limit, fs::path folder)
      : program_(std::move(program)), limit_(limit), folder_(std::move(folder)) {}

  /// What it writes to its standard output.
  Drawn run(const std::string& commands) const {
    // The script is a named file: gnuplot reads standard input a byte at a time.
    const fs::path script = fs::absolute(folder_ / "script");
    write_text_file(script, commands);
    const Streams streams{"/dev/null", folder_ / "picture", folder_ / "errors"};
    const Ending end = run_program(program_, {"-d", script.string()}, streams, limit_);
    if (end.ended_well) return {read_all(streams.out), ""};
    const std::string complaint = first_complaint(read_all(streams.error));
    return {"", program_.string() + " " + end.how + (complaint.empty() ? "" : ": " + complaint)};
  }

  Drawn draw(const Figure& figure, const FigureLayout& layout, Picture kind) const {
    Drawn drawn = run(gnuplot_script(figure, layout, kind));
    return checked(std::move(drawn), kind, figure);
  }

  /// An animation: all frames by one run.
  Drawn draw_frames(const Figure& figure) const {
    const std::vector<FigureLayout> pages = lay_out_frames(figure);
    std::vector<std::string> files, frames;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      files.push_back(fs::absolute(folder_ / ("frame" + std::to_string(i))).string());
    }
    Drawn drawn = run(gnuplot_frames(figure, pages, files));
    for (const std::string& file : files) {
      if (!drawn.problem.empty()) return drawn;
      drawn.picture = read_all(file);
      drawn = checked(std::move(drawn), Picture::svg, figure);
      frames.push_back(std::move(drawn.picture));
    }
    drawn.picture = animated_svg(frames, figure.frame_seconds);
    return drawn;
  }

 private:
  Drawn checked(Drawn drawn, Picture kind, const Figure& figure) const {
    if (!drawn.problem.empty()) return drawn;
    if (!is_whole(drawn.picture, kind)) return {"", program_.string() + " wrote no picture"};
    return {finished(std::move(drawn.picture), kind, figure), ""};
  }

  fs::path program_;
  std::chrono::seconds limit_;
  fs::path folder_;
};

/// What to say where PDF and PNG show other letters than SVG; else nothing.
std::string letters_replaced(const Figure& figure, const FigureLayout& layout) {
  const bool same = std::ranges::all_of(layout.texts, [](const PlacedText& text) {
    const std::string words = clean_text(text.words);
    return plain_letters(words) == words;
  });
  if (same) return "";
  return fmt::format(
      "Figure {0}: {0}.pdf and {0}.png have \"?\" for letters that are neither Latin, Greek nor Cyrillic; {0}.svg has "
      "them.",
      file_stem(figure.name));
}

}  // namespace

std::optional<fs::path> find_gnuplot(const std::string& search_path) {
  std::istringstream folders(search_path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty()) continue;
    const fs::path program = fs::path(folder) / "gnuplot";
    std::error_code ignored;
    if (fs::is_regular_file(program, ignored) && access(program.c_str(), X_OK) == 0) return program;
  }
  return std::nullopt;
}

Gnuplot::Gnuplot() : Gnuplot(find_gnuplot(getenv("PATH") == nullptr ? "" : getenv("PATH"))) {}

Gnuplot::Gnuplot(std::optional<fs::path> program, std::chrono::seconds limit)
    : program_(std::move(program)), limit_(limit) {}

Rendered Gnuplot::render(const Figure& figure, const fs::path& folder) const {
  Rendered rendered;
  if (!program_) {
    rendered.warnings.push_back(fmt::format("Figure {} was not drawn: gnuplot was not found.", figure.name));
    return rendered;
  }
  const Figure scaled = on_scale(figure);
  const auto keep = [&](const char* ending, const Drawn& drawn) {
    if (!drawn.problem.empty()) {
      rendered.warnings.push_back(fmt::format("{}{} was not drawn: {}.", figure.name, ending, drawn.problem));
      return;
    }
    const fs::path file = folder / (file_stem(figure.name) + ending);
    write_text_file(file, drawn.picture);
    rendered.files.push_back(file);
  };
  try {
    const WorkFolder work(folder);
    const Draughtsman gnuplot(*program_, limit_, work.path());
    if (figure.frame_seconds > 0.0) {
      keep(".svg", gnuplot.draw_frames(scaled));
      return rendered;
    }
    const FigureLayout layout = lay_out(scaled);
    for (const auto& [kind, ending] :
         {std::pair{Picture::svg, ".svg"}, std::pair{Picture::pdf, ".pdf"}, std::pair{Picture::png, ".png"}}) {
      keep(ending, gnuplot.draw(scaled, layout, kind));
    }
    if (std::string words = letters_replaced(figure, layout); !words.empty()) {
      rendered.warnings.push_back(std::move(words));
    }
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    rendered.warnings.push_back(fmt::format("Figure {} was not drawn: {}", figure.name, error.what()));
  }
  return rendered;
}

}  // namespace mrnn
