#include "resampling.hpp"

#include <utility>

namespace dpca {

Splitter::Splitter(const ReducedData& data, const Grid& grid, const std::vector<Marginalisation>& marginalisations,
                   MatrixXd fixed_noise)
    : data_(data), grid_(grid), marginalisations_(marginalisations), fixed_noise_(std::move(fixed_noise)) {
  assign(data.data.cell);
}

void Splitter::assign(std::vector<int> cells) {
  const TrialData& data = data_.data;
  cells_ = std::move(cells);
  members_.assign(grid_.counts.size(), {});
  sums_ = MatrixXd::Zero(data.values.rows(), grid_.cells() * data.steps);
  for (Index trial = 0; trial < data.trials(); ++trial) {
    const int cell = cells_[static_cast<std::size_t>(trial)];
    members_[static_cast<std::size_t>(cell)].push_back(trial);
    sums_.middleCols(cell * data.steps, data.steps) += data.of(trial);
  }
}

Split Splitter::draw(mrnn::RandomStream& random) const {
  const TrialData& data = data_.data;
  Split split;
  split.train.lengths = grid_.lengths();
  split.train.lengths.push_back(data.steps);
  split.train.values.resize(sums_.rows(), sums_.cols());
  split.test.resize(sums_.rows(), sums_.cols());
  std::vector<Index> held_out;
  for (std::size_t cell = 0; cell < members_.size(); ++cell) {
    const std::size_t trials = members_[cell].size();
    held_out.push_back(members_[cell][random.below(trials)]);
    const Index first = static_cast<Index>(cell) * data.steps;
    split.test.middleCols(first, data.steps) = data.of(held_out.back());
    split.train.values.middleCols(first, data.steps) =
        (sums_.middleCols(first, data.steps) - data.of(held_out.back())) / static_cast<double>(trials - 1);
  }
  Eigen::VectorXd mean;
  split.train = centred(std::move(split.train), mean);
  split.test.colwise() -= mean;
  split.moments = moments(split.train, marginalisations_);
  split.train_moment = moment(held_out, mean, split.moments);
  return split;
}

/// X X^T + C_noise is the sum of z z^T over all trials of a cell and time, divided by the trials, about the mean.
MatrixXd Splitter::moment(const std::vector<Index>& held_out, const Eigen::VectorXd& mean,
                          const Moments& moments) const {
  if (fixed_noise_.size() > 0) return moments.total + fixed_noise_;
  MatrixXd sum = -static_cast<double>(sums_.cols()) * mean * mean.transpose();
  for (std::size_t cell = 0; cell < members_.size(); ++cell) {
    const double weight = 1.0 / static_cast<double>(members_[cell].size() - 1);
    for (const Index trial : members_[cell]) {
      if (trial != held_out[cell]) sum += weight * data_.moments[static_cast<std::size_t>(trial)];
    }
  }
  return sum;
}

}  // namespace dpca
