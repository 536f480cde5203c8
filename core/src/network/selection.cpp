#include "mrnn/selection.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "mrnn/error.hpp"

namespace mrnn {

Selection::Selection(std::vector<UnitRange> ranges) {
  for (const UnitRange& range : ranges) {
    if (range.size == 0) continue;
    size_ += range.size;
    if (!ranges_.empty() && ranges_.back().end() == range.start) {
      ranges_.back().size += range.size;
    } else {
      ranges_.push_back(range);
    }
  }
}

bool Selection::contains(Index unit) const noexcept {
  return std::ranges::any_of(ranges_, [unit](const UnitRange& range) { return range.contains(unit); });
}

std::vector<Index> Selection::indices() const {
  std::vector<Index> all;
  all.reserve(static_cast<std::size_t>(size_));
  for (const UnitRange& range : ranges_) {
    for (Index unit = range.start; unit < range.end(); ++unit) all.push_back(unit);
  }
  return all;
}

Selection Selection::complement(Index units) const {
  std::vector<UnitRange> sorted = ranges_;
  std::ranges::sort(sorted, {}, &UnitRange::start);
  std::vector<UnitRange> rest;
  Index next = 0;
  for (const UnitRange& range : sorted) {
    if (range.start > next) rest.push_back({next, range.start - next});
    next = std::max(next, range.end());
  }
  if (next < units) rest.push_back({next, units - next});
  return Selection(std::move(rest));
}

Eigen::MatrixXd Selection::rows_of(const Eigen::Ref<const Eigen::MatrixXd>& all) const {
  for (const UnitRange& range : ranges_) {
    if (range.start >= 0 && range.size >= 0 && range.end() <= all.rows()) continue;
    throw ShapeError("units " + std::to_string(range.start) + " to " + std::to_string(range.end() - 1) + " of " +
                     std::to_string(all.rows()) + " rows");
  }
  Eigen::MatrixXd chosen(size_, all.cols());
  Index row = 0;
  for (const UnitRange& range : ranges_) {
    chosen.middleRows(row, range.size) = all.middleRows(range.start, range.size);
    row += range.size;
  }
  return chosen;
}

}  // namespace mrnn
