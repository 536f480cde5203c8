#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/random.hpp"

namespace task_variance {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using Index = Eigen::Index;

/// Points in groups.
struct Clustering {
  std::vector<int> labels;  ///< of each point, 0 .. clusters - 1
  double inertia = 0.0;     ///< sum of squared distances from the centres
};

/// K-means (Lloyd) from `restarts` starts drawn by k-means++ (Arthur & Vassilvitskii 2007), the one of least inertia.
/// @param points  [points x coordinates], `clusters` different ones or more
Clustering k_means(const MatrixXd& points, Index clusters, Index restarts, mrnn::RandomStream& random);

/// Distances of all pairs of points.
MatrixXd distances(const MatrixXd& points);
/// Mean over points of (b - a) / max(a, b): a the mean distance from the others of its cluster, b the smallest mean
/// distance from another cluster; 0 in a cluster of one (Rousseeuw 1987).
double silhouette(const MatrixXd& distances, const std::vector<int>& labels);

}  // namespace task_variance
