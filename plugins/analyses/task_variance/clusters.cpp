#include "clusters.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace task_variance {
namespace {

/// Squared distances of all points from one, [points].
VectorXd squared_distances(const MatrixXd& points, const Eigen::RowVectorXd& centre) {
  return (points.rowwise() - centre).rowwise().squaredNorm();
}

/// Centres drawn one after the other, each with a probability that grows with the squared distance from the nearest.
MatrixXd draw_centres(const MatrixXd& points, Index clusters, mrnn::RandomStream& random) {
  MatrixXd centres(clusters, points.cols());
  centres.row(0) = points.row(static_cast<Index>(random.below(static_cast<std::uint64_t>(points.rows()))));
  VectorXd nearest = squared_distances(points, centres.row(0));
  for (Index k = 1; k < clusters; ++k) {
    double left = random.uniform() * nearest.sum();
    Index chosen = 0;
    for (Index point = 0; point < points.rows(); ++point) {
      if (nearest(point) <= 0.0) continue;
      chosen = point;
      left -= nearest(point);
      if (left < 0.0) break;
    }
    centres.row(k) = points.row(chosen);
    nearest = nearest.cwiseMin(squared_distances(points, centres.row(k)));
  }
  return centres;
}

/// Each point to its nearest centre.
Clustering assign(const MatrixXd& points, const MatrixXd& centres) {
  Clustering found{std::vector<int>(static_cast<std::size_t>(points.rows()), 0), 0.0};
  VectorXd nearest = VectorXd::Constant(points.rows(), std::numeric_limits<double>::infinity());
  for (Index k = 0; k < centres.rows(); ++k) {
    const VectorXd squares = squared_distances(points, centres.row(k));
    for (Index point = 0; point < points.rows(); ++point) {
      if (!(squares(point) < nearest(point))) continue;
      nearest(point) = squares(point);
      found.labels[static_cast<std::size_t>(point)] = static_cast<int>(k);
    }
  }
  found.inertia = nearest.sum();
  return found;
}

/// Means of the clusters. An empty one moves to the point that lies farthest from its centre.
MatrixXd means_of(const MatrixXd& points, const Clustering& found, const MatrixXd& centres) {
  MatrixXd means = MatrixXd::Zero(centres.rows(), centres.cols());
  VectorXd counts = VectorXd::Zero(centres.rows());
  VectorXd away(points.rows());
  for (Index point = 0; point < points.rows(); ++point) {
    const int label = found.labels[static_cast<std::size_t>(point)];
    means.row(label) += points.row(point);
    counts(label) += 1.0;
    away(point) = (points.row(point) - centres.row(label)).squaredNorm();
  }
  for (Index k = 0; k < centres.rows(); ++k) {
    if (counts(k) > 0.0) {
      means.row(k) /= counts(k);
      continue;
    }
    Index farthest = 0;
    away.maxCoeff(&farthest);
    away(farthest) = 0.0;
    means.row(k) = points.row(farthest);
  }
  return means;
}

Clustering lloyd(const MatrixXd& points, MatrixXd centres) {
  constexpr int most_rounds = 300;
  Clustering found = assign(points, centres);
  for (int round = 0; round < most_rounds; ++round) {
    centres = means_of(points, found, centres);
    Clustering next = assign(points, centres);
    const bool settled = next.labels == found.labels;
    found = std::move(next);
    if (settled) break;
  }
  return found;
}

}  // namespace

Clustering k_means(const MatrixXd& points, Index clusters, Index restarts, mrnn::RandomStream& random) {
  Clustering best;
  best.inertia = std::numeric_limits<double>::infinity();
  for (Index start = 0; start < restarts; ++start) {
    Clustering found = lloyd(points, draw_centres(points, clusters, random));
    if (found.inertia < best.inertia) best = std::move(found);
  }
  return best;
}

MatrixXd distances(const MatrixXd& points) {
  MatrixXd all(points.rows(), points.rows());
  for (Index point = 0; point < points.rows(); ++point) {
    all.col(point) = squared_distances(points, points.row(point)).cwiseSqrt();
  }
  return all;
}

double silhouette(const MatrixXd& distances, const std::vector<int>& labels) {
  const int clusters = 1 + *std::ranges::max_element(labels);
  VectorXd counts = VectorXd::Zero(clusters);
  for (const int label : labels) counts(label) += 1.0;
  double sum = 0.0;
  for (Index point = 0; point < distances.cols(); ++point) {
    VectorXd means = VectorXd::Zero(clusters);
    for (Index other = 0; other < distances.rows(); ++other) {
      means(labels[static_cast<std::size_t>(other)]) += distances(other, point);
    }
    const int own = labels[static_cast<std::size_t>(point)];
    if (counts(own) < 2.0) continue;
    const double within = means(own) / (counts(own) - 1.0);
    double nearest = std::numeric_limits<double>::infinity();
    for (int k = 0; k < clusters; ++k) {
      if (k != own && counts(k) > 0.0) nearest = std::min(nearest, means(k) / counts(k));
    }
    const double larger = std::max(within, nearest);
    if (larger > 0.0) sum += (nearest - within) / larger;
  }
  return sum / static_cast<double>(distances.cols());
}

}  // namespace task_variance
