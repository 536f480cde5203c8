#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/sequence.hpp"

namespace dsa {

using mrnn::Index;

/// Consecutive steps [first, last) of a trial.
struct Stretch {
  Index trial = 0, first = 0, last = 0;
};

/// How activity becomes rows of delays.
struct Delays {
  Index count = 10;    ///< k
  Index interval = 1;  ///< d, in steps
  /// Steps before the first row of a trial.
  Index lead() const noexcept { return (count - 1) * interval; }
};

/// How activity is prepared.
struct Preparation {
  Index components = 0;  ///< so many leading ones; 0: all where the rows of delays stay short enough
  bool centre = false;   ///< subtract the mean over samples
  Index delays = 1;      ///< the most that are tried
};

/// Activity of one item in as many coordinates as are kept, and where trials have it.
struct Courses {
  mrnn::Sequence values;  ///< [coordinates x trials] per step
  std::vector<Stretch> stretches;
  double kept = 1.0;  ///< share of the sum of squares
};

/// Rows of delays have at most so many columns: more units are first projected onto their leading components. The
/// factorisation below takes 2 rows columns^2 operations and never holds the rows.
inline constexpr Index most_columns = 500;

Courses prepare(mrnn::Sequence activity, const Preparation& preparation);

/// Rows of delays of a stretch, [x_t, x_(t-d), ..., x_(t-(k-1)d)] for each t from first + lead: [rows x columns]; empty
/// where it is too short.
Eigen::MatrixXd delay_rows(const Courses& courses, const Stretch& stretch, const Delays& delays);

/// H = U S V^T of the rows of delays H of all stretches.
struct DelayBasis {
  Eigen::VectorXd singular_values;  ///< falling
  Eigen::MatrixXd v;                ///< [columns x columns]
  Index rows = 0;                   ///< of H

  /// Directions that are more than rounding, as numpy's matrix_rank.
  Index rank() const;
  /// Share of the sum of squares that the leading ones hold.
  double share(Index rank) const;
};
DelayBasis find_basis(const Courses& courses, const std::vector<Stretch>& stretches, const Delays& delays);

/// Rows of U for a stretch: H V S^-1 of the leading `rank` directions, [rows x rank].
Eigen::MatrixXd coordinates(const DelayBasis& basis, const Eigen::MatrixXd& rows, Index rank);

}  // namespace dsa
