#pragma once

#include <Eigen/Core>
#include <functional>
#include <string>
#include <vector>

#include "channels.hpp"

namespace gramians {

/// What is wanted of one linear system.
struct Request {
  mrnn::Index terms = 0;  ///< steps of a finite horizon; 0: infinite
  mrnn::Index modes = 10;
  bool keep_matrices = false;
};

/// What was found at one state. Sources: groups of `from`, targets: groups of `to`, columns and rows: their channels.
struct StateGramians {
  std::string simulation;
  mrnn::Index trial = 0, step = 0;

  double spectral_radius = 0.0;
  Eigen::VectorXd reach_values, see_values;  ///< eigenvalues of the gramians, falling [n]
  Eigen::MatrixXd reach_axes, see_axes;      ///< leading eigenvectors [n x modes]
  Eigen::VectorXd hankel;                    ///< singular values, falling [n]
  Eigen::VectorXd column_average;            ///< trace of the gramian of each column of B alone
  Eigen::VectorXd column_modal;              ///< 1 - |A b|^2 / |b|^2
  Eigen::VectorXd row_energy;                ///< least energy that moves each row of C x by 1
  Eigen::VectorXd seen_regions;              ///< part of the trace of the observability gramian in each region
  Eigen::MatrixXd to_regions;                ///< part of the trace in each region by each source [regions x sources]
  Eigen::MatrixXd between_regions;           ///< the same for one unit of drive to each unit of a region [to x from]
  Eigen::VectorXcd modes;                    ///< leading eigenvalues of A
  Eigen::MatrixXd mode_reach;                ///< |l^T B| / |l| of each source [modes x sources]
  Eigen::MatrixXd mode_seen;                 ///< |C r| / |r| of each target [modes x targets]
  Eigen::MatrixXd reach, see;                ///< the gramians [n x n], or empty
  Eigen::VectorXd energy, unreachable;       ///< of each displacement
};

/// Everything of `state` but what it is called.
/// @param jacobian       of the same system, for its spectrum
/// @param displacements  whose least energy is wanted [n x any number]
/// @throws RunError where the system is unstable and the horizon infinite.
StateGramians measure(const LinearSystem& system, const mrnn::Linearisation& jacobian,
                      const std::vector<Group>& sources, const std::vector<Group>& targets,
                      const std::vector<Part>& parts, const Eigen::MatrixXd& displacements, const Request& request,
                      const std::function<void(double)>& progress);

}  // namespace gramians
