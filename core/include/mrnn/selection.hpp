#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

using Index = Eigen::Index;

/// Consecutive units (or channels): [start, start + size).
struct UnitRange {
  Index start = 0;
  Index size = 0;

  Index end() const noexcept { return start + size; }
  bool contains(Index unit) const noexcept { return unit >= start && unit < end(); }
  bool operator==(const UnitRange&) const = default;
};

/// Consecutive time steps: [first, last).
struct StepRange {
  Index first = 0;
  Index last = 0;

  Index size() const noexcept { return last - first; }
  bool contains(Index step) const noexcept { return step >= first && step < last; }
  bool operator==(const StepRange&) const = default;
};

/// Chosen units in a stated order, as a list of ranges.
class MRNN_EXPORT Selection {
 public:
  Selection() = default;
  explicit Selection(std::vector<UnitRange> ranges);

  const std::vector<UnitRange>& ranges() const noexcept { return ranges_; }
  Index size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  bool contains(Index unit) const noexcept;
  /// Unit numbers, in order.
  std::vector<Index> indices() const;
  /// All of 0..units-1 that are not selected, ascending.
  Selection complement(Index units) const;
  /// The chosen rows of a [units x anything] matrix. @throws ShapeError where it has fewer rows.
  Eigen::MatrixXd rows_of(const Eigen::Ref<const Eigen::MatrixXd>& all) const;
  bool operator==(const Selection&) const = default;

 private:
  std::vector<UnitRange> ranges_;
  Index size_ = 0;
};

}  // namespace mrnn
