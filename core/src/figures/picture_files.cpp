#include "figures/picture_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "figures/figure_text.hpp"

namespace mrnn {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

/// Removes what begins and ends so.
void remove_all(std::string& text, std::string_view begin, std::string_view end) {
  for (std::size_t from = text.find(begin); from != std::string::npos; from = text.find(begin, from)) {
    const std::size_t to = text.find(end, from);
    if (to == std::string::npos) return;
    text.erase(from, to + end.size() - from);
  }
}

std::string xml_escaped(std::string text) {
  replace_all(text, "&", "&amp;");
  replace_all(text, "<", "&lt;");
  replace_all(text, ">", "&gt;");
  return text;
}

std::string finished_svg(std::string svg, const Figure& figure) {
  // As some versions of gnuplot write it; others know the weight.
  replace_all(svg, "font-family=\"Arial:Bold\"", "font-family=\"Arial\" font-weight=\"bold\"");
  replace_all(svg, "font-family=\"Arial\"", "font-family=\"Arial, Helvetica, sans-serif\"");
  replace_all(svg, "<image ", "<image style='image-rendering:pixelated' ");
  const std::string title = xml_escaped(clean_text(figure.title.empty() ? figure.name : figure.title));
  replace_all(svg, "<title>Gnuplot</title>", "<title>" + title + "</title>");
  remove_all(svg, "<title>gnuplot_plot_", "</title>");  // browsers show them where the mouse rests
  replace_all(svg, "\t\t<text></text>\n", "");
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

/// When a frame of many is seen.
std::string timing(std::size_t frame, std::size_t count, double seconds) {
  const auto share = [count](std::size_t k) { return static_cast<double>(k) / static_cast<double>(count); };
  std::string values = frame == 0 ? "visible" : "hidden;visible";
  std::string times = frame == 0 ? "0" : fmt::format("0;{:.6f}", share(frame));
  if (frame + 1 < count) {
    values += ";hidden";
    times += fmt::format(";{:.6f}", share(frame + 1));
  }
  return fmt::format(
      "<animate attributeName='visibility' calcMode='discrete' repeatCount='indefinite' dur='{:g}s' values='{}' "
      "keyTimes='{}'/>",
      seconds * static_cast<double>(count), values, times);
}

}  // namespace

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

std::string animated_svg(const std::vector<std::string>& frames, double seconds) {
  constexpr std::string_view canvas = "<g id=\"gnuplot_canvas\">", end = "</svg>";
  std::string film;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string& frame = frames[i];
    const std::size_t begin = frame.find(canvas), stop = frame.rfind(end);
    if (begin == std::string::npos || stop == std::string::npos) continue;
    if (film.empty()) film = frame.substr(0, begin);
    std::string drawing = frame.substr(begin, stop - begin);
    if (i > 0) remove_all(drawing, "<defs>", "</defs>");  // all have the same
    remove_all(drawing, " id=\"gnuplot_", "\"");
    film += fmt::format("<g visibility='{}'>{}\n{}</g>\n", i == 0 ? "visible" : "hidden",
                        timing(i, frames.size(), seconds), drawing);
  }
  return film + "</svg>\n";
}

}  // namespace mrnn
