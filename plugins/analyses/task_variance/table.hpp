#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "clusters.hpp"
#include "mrnn/analysis.hpp"
#include "variances.hpp"

namespace task_variance {

/// Units of one selector.
struct Population {
  std::string name;
  mrnn::Selection units;
};

/// What was found. Units are those of all populations, one after the other.
struct Table {
  std::vector<std::string> columns;  ///< tasks, or epochs of tasks
  std::vector<Population> populations;
  std::vector<std::size_t> population;  ///< of each unit
  MatrixXd variance;                    ///< [units x columns]
  std::vector<Index> active;            ///< units whose total variance is above the threshold, ascending
  MatrixXd normalised;                  ///< [active units x columns], by the largest of each unit

  std::vector<Index> counts;       ///< numbers of clusters tried, ascending; none: too few active units
  VectorXd silhouettes, inertias;  ///< of each
  std::vector<int> labels;         ///< cluster of each active unit, in the order of their preferred columns
  std::vector<Index> preferred;    ///< column of each cluster
  std::vector<Index> order;        ///< active units (positions in `active`) by cluster
  std::size_t chosen = 0;          ///< index into `counts`

  Index clusters() const noexcept { return static_cast<Index>(preferred.size()); }
  Index size(Index cluster) const noexcept;
  /// Share of a population's active units in a cluster; 0 where it has none.
  double share(Index cluster, std::size_t population) const noexcept;
};

/// Active units and their normalised variance. @throws RunError where there is none.
void normalise(double threshold, Table& table);

/// Numbers the clusters by the column in which their normalised variance is largest, as Yang et al. do, and sorts
/// units.
void order_clusters(const std::vector<int>& labels, Table& table);

void add_arrays(const Table& table, mrnn::AnalysisResults& results);
void add_summary(const Table& table, mrnn::AnalysisResults& results);

}  // namespace task_variance
