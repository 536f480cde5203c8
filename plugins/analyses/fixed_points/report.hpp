#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "choice.hpp"
#include "mrnn/analysis.hpp"
#include "points.hpp"
#include "recurrence.hpp"
#include "scyfi.hpp"

namespace fixed_points {

/// Where each seed's search ended.
struct SeedEnds {
  std::vector<Ending> ending;
  std::vector<Index> iterations;
  Eigen::VectorXd q;
  std::vector<Index> point;  ///< number of the point it led to; -1: none
};

/// Everything the analysis has found.
struct Report {
  mrnn::Selection units;
  Seeds seeds;
  SeedEnds ends;
  std::vector<Point> points;
  std::vector<Cycle> cycles;  ///< by the exact solver
  bool asked_for_cycles = false;
  std::vector<Followed> followed;       ///< where no stable fixed point was found
  std::vector<Eigen::MatrixXd> orbits;  ///< of the different cycles among them [n x steps]
  std::vector<double> periods;          ///< of the orbits, in steps
  std::string input_words;
  double dt = 1.0;  ///< ms
};

void add_arrays(const mrnn::AnalysisContext& context, const Report& report, mrnn::AnalysisResults& results);
void add_summary(const Report& report, mrnn::AnalysisResults& results);
mrnn::Figure draw(const mrnn::AnalysisContext& context, const Report& report);

}  // namespace fixed_points
