#include "fold_tables.hpp"

#include "mrnn/linear_algebra.hpp"

namespace communication_subspace {
namespace {

using Eigen::MatrixXd;
using mrnn::Index;

Index count_samples(const Activity& activity, const std::vector<Index>& fold, Index number) {
  Index samples = 0;
  for (std::size_t k = 0; k < fold.size(); ++k) {
    if (fold[k] == number) samples += std::ssize(activity.steps_of(activity.trials[k]));
  }
  return samples;
}

/// [1 X Y] of one fold.
MatrixXd samples_of(const Activity& activity, const std::vector<Index>& rows, const std::vector<Index>& fold,
                    Index number) {
  MatrixXd table(count_samples(activity, fold, number), 1 + std::ssize(rows));
  table.col(0).setOnes();
  Index sample = 0;
  for (std::size_t k = 0; k < fold.size(); ++k) {
    if (fold[k] != number) continue;
    for (const Index step : activity.steps_of(activity.trials[k])) {
      const auto values = activity.values.at(step).col(activity.trials[k]);
      for (std::size_t r = 0; r < rows.size(); ++r) table(sample, static_cast<Index>(r) + 1) = values(rows[r]);
      ++sample;
    }
  }
  return table;
}

/// Two tables as one.
Table join(const Table& a, const Table& b) {
  MatrixXd both(a.factor.rows() + b.factor.rows(), a.factor.cols());
  both << a.factor, b.factor;
  return {mrnn::triangular_factor(std::move(both)), a.sources};
}

}  // namespace

MatrixXd Table::about(const Eigen::RowVectorXd& means) const {
  MatrixXd centred = factor.rightCols(factor.cols() - 1);
  centred.row(0) -= factor(0, 0) * means;
  return centred;
}

double Table::target_squares() const {
  return factor.bottomRightCorner(factor.rows() - 1, targets()).squaredNorm();
}

std::vector<Table> fold_tables(const Activity& activity, const std::vector<Index>& source,
                               const std::vector<Index>& target, const std::vector<Index>& fold, Index folds) {
  std::vector<Index> rows;
  for (const std::vector<Index>* units : {&source, &target}) {
    for (const Index unit : *units) rows.push_back(activity.row_of(unit));
  }
  std::vector<Table> tables;
  for (Index number = 0; number < folds; ++number) {
    tables.push_back({mrnn::triangular_factor(samples_of(activity, rows, fold, number)), std::ssize(source)});
  }
  return tables;
}

Table each_training(const std::vector<Table>& tables, const std::function<void(std::size_t, const Table&)>& visit) {
  // after[f]: all tables after f, so that each is joined three times and not once for every fold.
  std::vector<Table> after(tables.size());
  for (std::size_t f = tables.size() - 1; f > 0; --f) {
    after[f - 1] = f == tables.size() - 1 ? tables[f] : join(tables[f], after[f]);
  }
  Table before;
  for (std::size_t f = 0; f < tables.size(); ++f) {
    const bool last = f + 1 == tables.size();
    visit(f, f == 0 ? after[f] : last ? before : join(before, after[f]));
    before = f == 0 ? tables[f] : join(before, tables[f]);
  }
  return before;
}

}  // namespace communication_subspace
