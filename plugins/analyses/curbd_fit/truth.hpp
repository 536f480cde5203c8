#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/currents.hpp"

namespace curbd {

using mrnn::Index;

/// The currents of the network that made the data, known where the data are a simulation of it.
class Truth {
 public:
  /// @param context  must outlive this    @param trials  of its simulation, in the order of the data
  Truth(const mrnn::AnalysisContext& context, const std::vector<std::string>& selectors, std::vector<Index> trials);

  Index trials() const noexcept { return std::ssize(trials_); }
  /// W_ab h_b(k), k = 0 ... steps - 2, of a trial of the data: what the activity of sample k sends into the next step,
  /// under the weights then in force [units of a x steps - 1].
  Eigen::MatrixXd current(std::size_t to, std::size_t from, Index trial) const;

 private:
  const mrnn::AnalysisContext& context_;
  std::vector<mrnn::Selection> units_;
  std::vector<Index> trials_;
};

}  // namespace curbd
