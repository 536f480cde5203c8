#pragma once

#include <Eigen/Core>
#include <vector>

#include "spectrum_report.hpp"

namespace eigen_spectrum {

/// States of one trial of one simulation, in the order of their steps, and their modes followed from each to the next.
struct Trajectory {
  std::vector<std::size_t> states;           ///< indices into all states
  std::vector<std::vector<mrnn::Index>> at;  ///< [state][track]: which of the state's eigenvalues the track is

  mrnn::Index tracks() const { return std::ssize(at.front()); }
};

/// The eigenvalue of `next` that continues each one of `previous`: the pairs with the least sum of distances in the
/// complex plane (Kuhn 1955, in time n^3). As many in both.
std::vector<mrnn::Index> match(const Eigen::VectorXcd& previous, const Eigen::VectorXcd& next);

/// Trials with two states or more. At most the leading `most_tracks` eigenvalues are followed; in the first state,
/// track k is eigenvalue k.
std::vector<Trajectory> follow(const std::vector<StateSpectrum>& states);
inline constexpr mrnn::Index most_tracks = 64;

}  // namespace eigen_spectrum
