#pragma once

#include <Eigen/Core>
#include <vector>

#include "options.hpp"
#include "points.hpp"
#include "scyfi.hpp"
#include "terrain.hpp"

namespace fixed_points {

/// Where each seed's search ended.
struct SeedEnds {
  std::vector<Ending> ending;
  std::vector<Index> iterations;
  Eigen::VectorXd q;
  std::vector<Index> point;  ///< number of the point it led to; -1: none
};

/// What the searches from all seeds, and between the points they led to, have found.
struct Findings {
  SeedEnds ends;
  std::vector<Point> points;  ///< states only
  std::vector<Cycle> cycles;  ///< by the exact solver
};

Findings find(const Terrain& terrain, const Options& options, Pace& pace);

}  // namespace fixed_points
