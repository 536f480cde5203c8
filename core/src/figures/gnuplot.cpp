#include "figures/gnuplot.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>

#include "figures/child_process.hpp"
#include "figures/figure_files.hpp"
#include "figures/figure_layout.hpp"
#include "figures/figure_scale.hpp"
#include "figures/gnuplot_script.hpp"
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

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string xml_escaped(std::string text) {
  replace_all(text, "&", "&amp;");
  replace_all(text, "<", "&lt;");
  replace_all(text, ">", "&gt;");
  return text;
}

/// Says what gnuplot leaves out: faces for machines without Arial, hard edges of the cells of heat maps, and
/// the figure's own title for readers who hear it.
std::string finished_svg(std::string svg, const Figure& figure) {
  // As some versions of gnuplot write it; others know the weight.
  replace_all(svg, "font-family=\"Arial:Bold\"", "font-family=\"Arial\" font-weight=\"bold\"");
  replace_all(svg, "font-family=\"Arial\"", "font-family=\"Arial, Helvetica, sans-serif\"");
  replace_all(svg, "<image ", "<image style='image-rendering:pixelated' ");
  const std::string title = xml_escaped(clean_text(figure.title.empty() ? figure.name : figure.title));
  replace_all(svg, "<title>Gnuplot</title>", "<title>" + title + "</title>");
  return svg;
}

/// Without the time it was made, so that the same figure has the same bytes.
std::string finished_pdf(std::string pdf) {
  constexpr std::string_view key = "/CreationDate (D:";
  const std::size_t begin = pdf.find(key);
  if (begin == std::string::npos) return pdf;
  for (std::size_t at = begin + key.size(); at < pdf.size() && pdf[at] != ')'; ++at) {
    // In place, since the file tells where each of its parts begins.
    if (pdf[at] >= '0' && pdf[at] <= '9')
      pdf[at] = "20000101000000"[std::min<std::size_t>(at - begin - key.size(), 13)];
  }
  return pdf;
}

std::string four_bytes(std::uint32_t number) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift & 0xFFU);
  return bytes;
}

/// The check sum of a part of a PNG file: CRC-32 as in ISO 3309.
std::uint32_t check_sum(std::string_view bytes) {
  std::uint32_t sum = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    sum ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 1U) != 0 ? sum >> 1U ^ 0xEDB88320U : sum >> 1U;
  }
  return ~sum;
}

/// With its resolution, so that programs know the printed size: behind the first part, which has a fixed length.
std::string finished_png(std::string png) {
  constexpr std::size_t behind_header = 33;
  const auto per_metre = static_cast<std::uint32_t>(std::lround(dots_per_inch / 0.0254));
  const std::string part = "pHYs" + four_bytes(per_metre) + four_bytes(per_metre) + '\x01';
  return png.insert(behind_header, four_bytes(9) + part + four_bytes(check_sum(part)));
}

bool is_whole(const std::string& picture, Picture kind) {
  switch (kind) {
    case Picture::svg:
      return picture.find("</svg>") != std::string::npos;
    case Picture::pdf:
      return picture.starts_with("%PDF") && picture.find("%%EOF") != std::string::npos;
    case Picture::png:
      return picture.size() > 45 && picture.starts_with("\x89PNG") && picture.find("IEND") != std::string::npos;
  }
  return false;
}

std::string finished(std::string picture, Picture kind, const Figure& figure) {
  switch (kind) {
    case Picture::svg:
      return finished_svg(std::move(picture), figure);
    case Picture::pdf:
      return finished_pdf(std::move(picture));
    case Picture::png:
      return finished_png(std::move(picture));
  }
  return picture;
}

constexpr std::array kinds{std::pair{Picture::svg, ".svg"}, std::pair{Picture::pdf, ".pdf"},
                           std::pair{Picture::png, ".png"}};

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
  const Figure drawn = on_scale(figure);
  const FigureLayout layout = lay_out(drawn);
  try {
    const WorkFolder work(folder);
    // The script is a named file: gnuplot reads standard input a byte at a time.
    const fs::path script = fs::absolute(work.path() / "script");
    const Streams streams{"/dev/null", work.path() / "picture", work.path() / "errors"};
    for (const auto& [kind, ending] : kinds) {
      write_text_file(script, gnuplot_script(drawn, layout, kind));
      const Ending end = run_program(*program_, {"-d", script.string()}, streams, limit_);
      std::string picture = read_all(streams.out);
      if (!end.ended_well || !is_whole(picture, kind)) {
        const std::string how = end.ended_well ? "wrote no picture" : end.how;
        const std::string complaint = first_complaint(read_all(streams.error));
        rendered.warnings.push_back(fmt::format("{}{} was not drawn: {} {}{}{}.", figure.name, ending,
                                                program_->string(), how, complaint.empty() ? "" : ": ", complaint));
        continue;
      }
      const fs::path file = folder / (file_stem(figure.name) + ending);
      write_text_file(file, finished(std::move(picture), kind, figure));
      rendered.files.push_back(file);
    }
  } catch (const Error& error) {
    rendered.warnings.push_back(fmt::format("Figure {} was not drawn: {}", figure.name, error.what()));
  }
  return rendered;
}

}  // namespace mrnn
