#pragma once

#include <optional>
#include <string>
#include <vector>

#include "options.hpp"

namespace dsa {

/// What was fitted to one item; nothing to one that is left out.
struct ItemFit {
  double kept = 1.0;  ///< share of the sum of squares of the activity that its components hold
  DelayBasis basis;
  Dynamics dynamics;
  Eigen::VectorXcd eigenvalues;  ///< of A, by falling magnitude

  bool empty() const { return dynamics.a.size() == 0; }
};

/// Linear dynamics of one rank, fitted to every item.
struct Fits {
  std::vector<ItemFit> items;
  Delays delays;
  Index rank = 0;
  std::optional<Scores> scores = std::nullopt;  ///< of a sweep, averaged over items
  std::vector<std::string> remarks = {};        ///< for the summary
};

/// Parts of the work that fit_all() tells the context of, for AnalysisContext::expect().
long parts_of_fitting(const Options& options, const mrnn::ComparedActivities& activities);

/// Items whose activity does not change, and so has no dynamics.
std::vector<std::size_t> still_items(const mrnn::ComparedActivities& activities);

/// @throws RunError where trials are too short or activity has no rank.
Fits fit_all(const Options& options, const mrnn::ComparedActivities& activities, const mrnn::AnalysisContext& context);

}  // namespace dsa
