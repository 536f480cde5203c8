#pragma once

#include <Eigen/Core>
#include <vector>

#include "mrnn/network.hpp"

namespace mrnn {

/// Merges rectangles that lie side by side and are of the same class of density into larger ones. Fewer,
/// larger blocks mean fewer, larger matrix products.
std::vector<Block> merge_neighbours(std::vector<Block> blocks);

/// Is there a matrix for every block, of its shape, and do all lie within rows x columns? @throws ShapeError
void check_blocks(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values, Index rows,
                  Index columns);

/// Share of nonzero entries.
double density_of(const PatternMatrix& pattern);

}  // namespace mrnn
