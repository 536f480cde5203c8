#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "search.hpp"

namespace fixed_points {

/// A closed orbit of the map: x[0] -> x[1] -> ... -> x[0].
struct Cycle {
  Index seed = 0;
  Index network = 0;     ///< number of its circumstances
  Eigen::VectorXd held;  ///< input u [I], then what comes from outside [n]
  std::vector<Eigen::VectorXd> x;
  double q = 0.0;           ///< 1/2 |F(F(...x[0])) - x[0]|^2
  Eigen::VectorXcd values;  ///< of the product of the Jacobians along it, by falling magnitude
};

/// The exact solver for units that are relu or linear (SCYFI; Eisenmann et al. 2023). In each of the regions, in which
/// every unit is either active or silent, F is affine. So a guess of the pattern D of active units (for a cycle, of one
/// pattern per step) gives the only candidate there can be, by one system of linear equations; where the candidate's
/// own pattern is the guess, it is a fixed point to the last digit; otherwise its pattern is the next guess.
class Scyfi {
 public:
  /// @param numbers  of the seeds of all, one per moment of the map: what is drawn for a seed depends on its own
  Scyfi(const StepMap& map, const SearchOptions& options, std::uint64_t seed, std::vector<Index> numbers);

  /// Fixed points. Every other seed begins with its own pattern, the rest with random ones; each begins afresh from a
  /// random pattern where guesses repeat, and ends with its first hit or after so many systems as there may be
  /// iterations.
  Search fixed_points(const Eigen::MatrixXd& seeds, const Tell& tell) const;
  /// Cycles of so many steps, at most one per seed; those that are shorter in truth are left out.
  std::vector<Cycle> cycles(const Eigen::MatrixXd& seeds, Index period, double distance, const Tell& tell) const;

 private:
  using Pattern = std::vector<bool>;
  /// F(x) = J x + c within a region.
  struct Affine {
    Eigen::VectorXd post, pre, constant;
  };
  struct Orbit {
    std::vector<Eigen::VectorXd> x;
    Index solved = 0;  ///< systems
  };

  Affine affine(const Pattern& pattern, Index moment) const;
  Eigen::VectorXd apply(const Affine& step, const Eigen::VectorXd& x) const;
  Eigen::MatrixXd jacobian(const Affine& step) const;
  Pattern pattern(const Eigen::VectorXd& x, Index moment) const;
  std::vector<Pattern> patterns_from(Eigen::VectorXd x, Index moment, Index period) const;
  /// The candidate of a guess; empty where its equations are singular.
  std::vector<Eigen::VectorXd> candidate(const std::vector<Pattern>& guess, Index moment) const;
  Orbit search(const Eigen::VectorXd& seed, Index moment, Index period) const;
  Eigen::VectorXcd eigenvalues(const std::vector<Eigen::VectorXd>& x, Index moment) const;

  const StepMap& map_;
  SearchOptions options_;
  std::uint64_t seed_;
  std::vector<Index> numbers_;
  Eigen::MatrixXd weights_;       ///< W [n x n]
  Eigen::VectorXd leak_, alpha_;  ///< [n]; 0 where the activity is held
  Eigen::MatrixXd drive_;         ///< W_in u + b and what comes from outside [n x moments]
  Eigen::MatrixXd fixed_;         ///< what F(x) has beyond leak and drive: held activity [n x moments]
};

/// Is every chosen unit relu or linear?
bool is_piecewise_linear(const mrnn::Network& network, const std::vector<Index>& units);

}  // namespace fixed_points
