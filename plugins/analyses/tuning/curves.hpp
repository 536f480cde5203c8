#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "mrnn/random.hpp"

namespace tuning {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using Index = Eigen::Index;

/// The variable on a line, or on a circle of this period.
struct Scale {
  bool circular = false;
  double period = 360.0;
  Index most_points = 12;  ///< more different values are put into so many bins of equal width

  double angle(double value) const noexcept;  ///< radians
};

/// Trials put together by value of the variable, ascending.
struct Points {
  VectorXd values;              ///< the value, or the middle of the bin
  std::vector<Index> of_trial;  ///< the point of each trial
  VectorXd trials;              ///< of each point
  bool binned = false;
};
/// @param variable  of each trial; on a circle within [0, period)
Points make_points(const VectorXd& variable, const Scale& scale);

/// Mean response at each point, [units x points]; the SEM of a single trial is 0.
struct MeanCurves {
  MatrixXd mean, sem;
};
MeanCurves mean_curves(const MatrixXd& responses, const Points& points);

/// What describes the curves, one entry a unit; NaN where a unit's response never changes.
struct Measures {
  VectorXd preferred;    ///< circle: where the cosine is largest; line: the point with the largest mean
  VectorXd depth;        ///< largest less smallest mean
  VectorXd selectivity;  ///< (max - min) / (|max| + |min|) of the means
  VectorXd vector_length, vector_direction;  ///< circle: sum m exp(i angle) / sum m, m the means above 0
};
Measures measure(const MatrixXd& mean, const Points& points, const Scale& scale);
/// Where the fitted cosine is largest, in [0, period). @param coefficients  of Regression
VectorXd preferred_directions(const MatrixXd& coefficients, const Scale& scale);

/// Sum of squares over trials about the mean of each unit; 0 where there is nothing but rounding.
VectorXd sums_of_squares(const MatrixXd& responses);

/// Least squares over single trials: r = c0 + c1 v, or c0 + c1 cos(angle) + c2 sin(angle).
class Regression {
 public:
  Regression(const VectorXd& variable, const Scale& scale);

  MatrixXd coefficients(const MatrixXd& responses) const;  ///< [units x 2 or 3]
  /// Share of each unit's variance over trials that the fit explains; 0 where there is none.
  VectorXd r_squared(const MatrixXd& responses) const;
  /// (1 + shuffles whose R^2 is as large or larger) / (1 + shuffles): the variable is permuted over the trials.
  VectorXd p_values(const MatrixXd& responses, Index shuffles, mrnn::RandomStream& random,
                    const std::function<void()>& done) const;
  double at(const Eigen::Ref<const Eigen::RowVectorXd>& coefficients, double value) const;

 private:
  Scale scale_;
  VectorXd mean_;      ///< of each regressor
  MatrixXd basis_;     ///< [trials x regressors], orthonormal, columns of mean 0
  MatrixXd triangle_;  ///< centred regressors = basis triangle
};

}  // namespace tuning
