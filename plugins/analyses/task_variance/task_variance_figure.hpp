#pragma once

#include <string>
#include <vector>

#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"
#include "table.hpp"

namespace task_variance {

/// Normalised variance of the active units, in the order of their clusters, for each task.
mrnn::Figure draw_table(const Table& table);
/// How the number of clusters was chosen, and whose units the clusters are.
mrnn::Figure draw_clusters(const Table& table, const mrnn::Network& network);

}  // namespace task_variance
