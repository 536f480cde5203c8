#include "significance.hpp"

#include <algorithm>
#include <numeric>

#include "mrnn/random.hpp"

namespace dpca {
namespace {

/// Classes of the cells that a marginalisation tells apart: the class of each, numbered from 0.
struct Classes {
  std::vector<int> of_cell;
  int count = 0;
};

Classes classes_of(const Grid& grid, Term axes) {
  const std::vector<Index> lengths = grid.lengths();
  Classes classes;
  classes.count = 1;
  for (std::size_t f = 0; f < lengths.size(); ++f) {
    if (((axes >> f) & 1U) != 0U) classes.count *= static_cast<int>(lengths[f]);
  }
  for (Index cell = 0; cell < grid.cells(); ++cell) {
    Index left = cell;
    int number = 0, place = 1;
    for (std::size_t f = lengths.size(); f-- > 0;) {
      if (((axes >> f) & 1U) != 0U) {
        number += static_cast<int>(left % lengths[f]) * place;
        place *= static_cast<int>(lengths[f]);
      }
      left /= lengths[f];
    }
    classes.of_cell.push_back(number);
  }
  return classes;
}

/// Share of the cells whose trial lies nearest to the mean of its class, at each time.
/// @param train, test  projections, [cells x time] with time fastest
Eigen::RowVectorXd recognised(const Eigen::RowVectorXd& train, const Eigen::RowVectorXd& test, const Classes& classes) {
  const auto cells = std::ssize(classes.of_cell);
  const Index steps = train.size() / cells;
  MatrixXd means = MatrixXd::Zero(classes.count, steps);
  for (Index cell = 0; cell < cells; ++cell) {
    // All classes have as many cells: sums, scaled once, are means.
    means.row(classes.of_cell[static_cast<std::size_t>(cell)]) += train.segment(cell * steps, steps);
  }
  means *= static_cast<double>(classes.count) / static_cast<double>(cells);
  Eigen::RowVectorXd share = Eigen::RowVectorXd::Zero(steps);
  for (Index cell = 0; cell < cells; ++cell) {
    for (Index t = 0; t < steps; ++t) {
      Index nearest = 0;
      (means.col(t).array() - test(cell * steps + t)).abs().minCoeff(&nearest);
      if (nearest == classes.of_cell[static_cast<std::size_t>(cell)]) share(t) += 1.0;
    }
  }
  return share / static_cast<double>(cells);
}

/// The components of a marginalisation that are tested: its first ones, by their place in the decomposition.
struct Group {
  std::size_t marginalisation = 0;
  Classes classes;
  std::vector<Index> components;
  MatrixXd encoders;  ///< in the reduced space
  MatrixXd accuracy;  ///< [components x time]
  Eigen::RowVectorXd shuffled;
};

std::vector<Group> groups_of(const Tested& tested) {
  std::vector<Group> groups;
  const Term time = Term{1} << tested.grid.factors.size();
  for (std::size_t m = 0; m < tested.marginalisations.size(); ++m) {
    const Term factors = tested.marginalisations[m].axes() & ~time;
    if (factors == 0) continue;  // nothing to tell apart
    Group group{m, classes_of(tested.grid, factors), {}, {}, {}, {}};
    for (std::size_t k = 0; k < tested.found.origin.size(); ++k) {
      if (tested.found.origin[k] == m && std::ssize(group.components) < tested_components) {
        group.components.push_back(static_cast<Index>(k));
      }
    }
    if (group.components.empty()) continue;
    const auto count = std::ssize(group.components);
    group.encoders.resize(tested.data.basis.cols(), count);
    for (Index k = 0; k < count; ++k) {
      group.encoders.col(k) =
          tested.data.basis.transpose() * tested.found.encoders.col(group.components[static_cast<std::size_t>(k)]);
    }
    group.accuracy = MatrixXd::Zero(count, tested.data.data.steps);
    group.shuffled = Eigen::RowVectorXd::Zero(tested.data.data.steps);
    groups.push_back(std::move(group));
  }
  return groups;
}

/// For each reference the column of `encoders` that is most like it and not yet taken; -1: none left.
std::vector<Index> match(const MatrixXd& references, const MatrixXd& encoders) {
  MatrixXd likeness = (references.transpose() * encoders).cwiseAbs();
  std::vector<Index> matched(static_cast<std::size_t>(references.cols()), -1);
  for (Index k = 0; k < references.cols() && k < encoders.cols(); ++k) {
    Index best = 0;
    likeness.row(k).maxCoeff(&best);
    matched[static_cast<std::size_t>(k)] = best;
    likeness.col(best).setConstant(-1.0);
  }
  return matched;
}

/// The axes on which a split is decoded, one row each; the order is that of the group's components.
MatrixXd axes_of(const Pair& pair, const Group& group, bool shuffled) {
  if (shuffled) return pair.decoders.leftCols(1).transpose();
  MatrixXd axes = MatrixXd::Zero(group.encoders.cols(), pair.decoders.rows());
  const std::vector<Index> matched = match(group.encoders, pair.encoders);
  for (std::size_t k = 0; k < matched.size(); ++k) {
    if (matched[k] >= 0) axes.row(static_cast<Index>(k)) = pair.decoders.col(matched[k]).transpose();
  }
  return axes;
}

/// Mean accuracy over the splits: of each group [components x time], or of its first component where shuffled.
std::vector<MatrixXd> accuracies(const Splitter& splitter, const std::vector<Group>& groups, const Tested& tested,
                                 Index splits, bool shuffled, mrnn::RandomStream& random) {
  std::vector<MatrixXd> sums;
  for (const Group& group : groups) {
    sums.push_back(MatrixXd::Zero(shuffled ? 1 : group.encoders.cols(), tested.data.data.steps));
  }
  for (Index number = 0; number < splits; ++number) {
    const Split split = splitter.draw(random);
    const Demixer demixer(split.moments, split.train_moment);
    const double ridge = ridge_of(tested.lambda, split.moments);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const Pair pair = demixer.demix(groups[g].marginalisation, ridge, shuffled ? 1 : tested_components);
      if (pair.decoders.cols() == 0) continue;
      const MatrixXd axes = axes_of(pair, groups[g], shuffled);
      const MatrixXd train = axes * split.train.values, test = axes * split.test;
      for (Index k = 0; k < axes.rows(); ++k)
        sums[g].row(k) += recognised(train.row(k), test.row(k), groups[g].classes);
    }
  }
  for (MatrixXd& sum : sums) sum /= static_cast<double>(splits);
  return sums;
}

/// Trials in other cells, each of which has as many as before.
std::vector<int> shuffle(std::vector<int> cells, mrnn::RandomStream& random) {
  for (std::size_t left = cells.size(); left > 1; --left) std::swap(cells[left - 1], cells[random.below(left)]);
  return cells;
}

Significance collect(const std::vector<Group>& groups, Index consecutive) {
  Index rows = 0;
  for (const Group& group : groups) rows += std::ssize(group.components);
  const Index steps = groups.empty() ? 0 : groups.front().accuracy.cols();
  Significance all{{}, MatrixXd(rows, steps), MatrixXd(rows, steps), Eigen::VectorXd(rows), MatrixXd(rows, steps)};
  for (const Group& group : groups) {
    for (std::size_t k = 0; k < group.components.size(); ++k) {
      const auto row = std::ssize(all.components);
      all.components.push_back(group.components[k]);
      all.accuracy.row(row) = group.accuracy.row(static_cast<Index>(k));
      all.shuffled.row(row) = group.shuffled;
      all.chance(row) = 1.0 / group.classes.count;
      Eigen::RowVectorXd flags = (all.accuracy.row(row).array() > all.shuffled.row(row).array()).cast<double>();
      keep_runs(flags, consecutive);
      all.significant.row(row) = flags;
    }
  }
  return all;
}

}  // namespace

void keep_runs(Eigen::Ref<Eigen::RowVectorXd> flags, Index least) {
  for (Index first = 0; first < flags.size();) {
    Index last = first;
    while (last < flags.size() && flags(last) > 0.0) ++last;
    if (last - first < least) flags.segment(first, last - first).setZero();
    first = last + 1;
  }
}

Significance test_components(const Tested& tested, const SignificanceRules& rules, std::uint64_t seed,
                             const std::string& stream, const std::function<void()>& done) {
  std::vector<Group> groups = groups_of(tested);
  Splitter splitter(tested.data, tested.grid, tested.marginalisations, tested.fixed_noise);
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, stream + " splits");
  std::vector<MatrixXd> truth = accuracies(splitter, groups, tested, rules.splits, false, random);
  for (std::size_t g = 0; g < groups.size(); ++g) groups[g].accuracy = std::move(truth[g]);
  done();
  for (Index number = 0; number < rules.shuffles; ++number) {
    mrnn::RandomStream shuffling(seed, mrnn::Stream::analyses, stream + " shuffle " + std::to_string(number));
    splitter.assign(shuffle(tested.data.data.cell, shuffling));
    const auto by_chance = accuracies(splitter, groups, tested, rules.splits, true, shuffling);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      groups[g].shuffled = groups[g].shuffled.cwiseMax(by_chance[g].row(0));
    }
    done();
  }
  return collect(groups, rules.consecutive);
}

}  // namespace dpca
