#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "resampling.hpp"

namespace dpca {

struct SignificanceRules {
  Index splits = 100, shuffles = 100;
  Index consecutive = 10;  ///< time points
};

/// Dimensions in which components are tested.
inline constexpr Index tested_dimensions = 50;
/// Components of each marginalisation that are tested.
inline constexpr Index tested_components = 3;

/// What is tested, in the reduced space.
struct Tested {
  const ReducedData& data;
  const Grid& grid;
  const std::vector<Marginalisation>& marginalisations;
  const Decomposition& found;  ///< of all units
  MatrixXd fixed_noise;        ///< as for the Splitter
  double lambda = 0.0;
};

/// Whether trials that were held out can be told apart by a component.
struct Significance {
  std::vector<Index> components;  ///< tested, indices into the decomposition
  MatrixXd accuracy;              ///< [tested x time] share of trials whose class is recognised
  MatrixXd shuffled;              ///< [tested x time] the best of the shuffles
  Eigen::VectorXd chance;         ///< of each tested component: 1 / classes
  MatrixXd significant;           ///< [tested x time] 1 or 0
};

/// Nearest class mean at each time, on the axis of a component (Kobak et al. 2016). In each split one trial of each
/// cell is held out and the rest demixed anew; classes are the combinations of the levels of the factors that the
/// marginalisation names. The same with trials shuffled among cells, where the first component is taken. Significant:
/// above all shuffles, for at least so many time points in a row.
/// @param stream  names the random draws    @param done  called after the true classes and after each shuffle
Significance test_components(const Tested& tested, const SignificanceRules& rules, std::uint64_t seed,
                             const std::string& stream, const std::function<void()>& done);

/// Keeps runs of ones of at least this length.
void keep_runs(Eigen::Ref<Eigen::RowVectorXd> flags, Index least);

}  // namespace dpca
