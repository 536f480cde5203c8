#pragma once

#include <Eigen/Core>
#include <memory>
#include <vector>

#include "choice.hpp"
#include "search.hpp"

namespace fixed_points {

/// Seeds of one simulation that see the same network, as many as are worked on together.
struct Group {
  std::size_t simulation = 0;
  Index network = 0;         ///< number of their circumstances
  std::vector<Index> seeds;  ///< ascending
};

/// Where the search takes place: the simulations made ready, the seeds, and which of them see the same network.
class Terrain {
 public:
  Terrain(const mrnn::AnalysisContext& context, const mrnn::Selection& units, const SeedChoice& seeds,
          const InputChoice& inputs);

  const mrnn::AnalysisContext& context() const noexcept { return context_; }
  const mrnn::Network& network() const noexcept { return context_.network(); }
  double dt() const noexcept { return network().spec().dt; }  ///< ms
  const mrnn::Selection& units() const noexcept { return units_; }
  mrnn::Selection other_units() const { return units_.complement(network().units()); }
  const Seeds& seeds() const noexcept { return seeds_; }
  Index seed_count() const noexcept { return starts_.cols(); }
  const Eigen::MatrixXd& starts() const noexcept { return starts_; }  ///< seeds' states of the units [n x seeds]
  double spread() const noexcept { return spread_; }  ///< mean distance of the seeds from their centroid
  const std::vector<Group>& groups() const noexcept { return groups_; }
  const mrnn::Simulation& simulation_of(Index seed) const;
  /// The map under the moments of some seeds of a group; one at a time.
  StepMap map(const Group& group, const std::vector<Index>& seeds) const;

 private:
  void make_groups();

  const mrnn::AnalysisContext& context_;
  mrnn::Selection units_;
  Seeds seeds_;
  Eigen::MatrixXd starts_;
  double spread_ = 0.0;
  std::vector<std::unique_ptr<Ground>> grounds_;  ///< one per simulation
  std::vector<Group> groups_;
};

/// How far the work has come, in parts of which there are as many as the terrain has seeds for each stage of it.
class Pace {
 public:
  Pace(const mrnn::AnalysisContext& context, long total) : context_(context) { context.expect(total); }

  /// Counts the seeds that have come to an end, or only looks whether the user wants to stop.
  Tell counting() {
    return [this](long ended) { context_.advance(done_ += ended); };
  }
  Tell watching() {
    return [this](long /*ended*/) { context_.advance(done_); };
  }
  void advance(long parts) { context_.advance(done_ += parts); }

 private:
  const mrnn::AnalysisContext& context_;
  long done_ = 0;
};

}  // namespace fixed_points
