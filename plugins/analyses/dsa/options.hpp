#pragma once

#include <vector>

#include "dynamics.hpp"
#include "mrnn/comparison.hpp"
#include "similarity.hpp"
#include "sweep.hpp"

namespace dsa {

enum class Metric { angular, euclidean, wasserstein, controllability };
enum class Criterion { aic, mase };

/// How the rank is found: as given, or by the singular values s.
struct RankChoice {
  std::vector<Index> given;  ///< empty: by one of the others
  double threshold = 0.0;    ///< s above it
  double explained = 0.0;    ///< share of the sum of s^2

  Index of(const DelayBasis& basis) const;
};

/// All keys of dsa but those of Comparison.
struct Options {
  Sweep sweep;
  RankChoice rank;
  Preparation preparation;
  FitChoice fit;
  Search search;
  Metric metric = Metric::angular;
  Criterion criterion = Criterion::aic;
  bool normalise = true;
  bool inputs = false;
  Index horizon = 0;  ///< 0: the rank

  bool is_sweep() const { return sweep.delays.size() > 1 || sweep.ranks.size() > 1; }
};

Options read_options(const mrnn::ConfigNode& config, const mrnn::Comparison& comparison);

/// What `mrnn list` says of them.
const char* describe_options();

}  // namespace dsa
