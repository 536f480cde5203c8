#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// What came of drawing: the files written, and in whole sentences what did not work. A figure that cannot
/// be drawn never fails a run.
struct Rendered {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> warnings;
};

/// Draws figures by running the gnuplot program, without a shell; text reaches it quoted, in a
/// script, so that nothing in a figure can be taken for a command.
class MRNN_EXPORT Gnuplot {
 public:
  /// The first gnuplot on PATH.
  Gnuplot();
  /// A given program; `limit` is how long one drawing may take.
  explicit Gnuplot(std::optional<std::filesystem::path> program, std::chrono::seconds limit = std::chrono::seconds(60));

  bool available() const noexcept { return program_.has_value(); }

  /// Writes NAME.svg, NAME.pdf and NAME.png into `folder`, which must exist; of an animation NAME.svg alone. Same
  /// figure, same gnuplot: same bytes.
  Rendered render(const Figure& figure, const std::filesystem::path& folder) const;

 private:
  std::optional<std::filesystem::path> program_;
  std::chrono::seconds limit_;
};

/// The first executable called gnuplot in a list of folders such as PATH.
MRNN_EXPORT std::optional<std::filesystem::path> find_gnuplot(const std::string& search_path);

}  // namespace mrnn
