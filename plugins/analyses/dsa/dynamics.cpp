#include "dynamics.hpp"

#include <cmath>

#include "mrnn/linear_algebra.hpp"

namespace dsa {
namespace {

using Eigen::MatrixXd;

/// The inputs of the later step of each pair: [pairs x channels].
MatrixXd inputs_of(const mrnn::Sequence& inputs, const Stretch& stretch, Index first, Index count) {
  MatrixXd values(count, inputs.units);
  for (Index k = 0; k < count; ++k) values.row(k) = inputs.at(first + k).col(stretch.trial).transpose();
  return values;
}

/// The rows and columns of the leading coordinates and of the inputs.
std::vector<Index> chosen(Index rank, Index coordinates, Index all) {
  std::vector<Index> indices;
  for (Index k = 0; k < rank; ++k) indices.push_back(k);
  for (Index k = coordinates; k < all; ++k) indices.push_back(k);
  return indices;
}

/// Of all maps of this rank the one with the least error (Izenman 1975): A projected onto the leading directions of
/// what it predicts.
MatrixXd reduce_rank(const MatrixXd& a, const MatrixXd& products, Index rank) {
  const MatrixXd leading = mrnn::symmetric_eigen(a * products * a.transpose()).vectors.leftCols(rank);
  return leading * (leading.transpose() * a);
}

}  // namespace

double Dynamics::non_normality() const {
  return (a * a.transpose() - a.transpose() * a).norm();
}

Moments collect(const Courses& courses, const std::vector<Stretch>& stretches, const mrnn::Sequence& inputs,
                const DelayBasis& basis, const Delays& delays, const FitChoice& choice, Index rank) {
  const Index channels = inputs.units, s = choice.steps_ahead;
  Moments moments{MatrixXd::Zero(rank + channels, rank + channels), MatrixXd::Zero(rank, rank + channels),
                  MatrixXd::Zero(rank, rank), Eigen::VectorXd::Ones(channels), 0};
  for (const Stretch& stretch : stretches) {
    const MatrixXd v = coordinates(basis, delay_rows(courses, stretch, delays), rank);
    const Index pairs = v.rows() - s;
    if (pairs < 1) continue;
    MatrixXd z(pairs, rank + channels);
    z.leftCols(rank) = v.topRows(pairs);
    if (channels > 0) z.rightCols(channels) = inputs_of(inputs, stretch, stretch.first + delays.lead() + s, pairs);
    const auto later = v.bottomRows(pairs);
    moments.before += z.transpose() * z;
    moments.across += later.transpose() * z;
    moments.after += later.transpose() * later;
    moments.pairs += pairs;
  }
  // As the coordinates are of norm about 1, so should the inputs be for the ridge to mean the same.
  for (Index k = 0; k < channels; ++k) {
    const double norm = std::sqrt(moments.before(rank + k, rank + k));
    if (norm > 0.0) moments.scale(k) = norm;
  }
  Eigen::VectorXd scale = Eigen::VectorXd::Ones(rank + channels);
  scale.tail(channels) = moments.scale.cwiseInverse();
  moments.before = scale.asDiagonal() * moments.before * scale.asDiagonal();
  moments.across = moments.across * scale.asDiagonal();
  return moments;
}

Dynamics fit(const Moments& moments, const FitChoice& choice, Index rank) {
  const Index coordinates = moments.after.rows(), all = moments.before.rows();
  const std::vector<Index> kept = chosen(rank, coordinates, all);
  const MatrixXd before = moments.before(kept, kept), across = moments.across.topRows(rank)(Eigen::all, kept);
  MatrixXd regularised = before;
  regularised.diagonal().array() += choice.ridge;
  MatrixXd map = mrnn::solve(regularised, across.transpose()).transpose();
  if (choice.reduced_rank > 0 && choice.reduced_rank < rank) map = reduce_rank(map, regularised, choice.reduced_rank);
  Dynamics dynamics;
  dynamics.a = map.leftCols(rank);
  dynamics.b = map.rightCols(all - coordinates) * moments.scale.cwiseInverse().asDiagonal();
  const double total = moments.after.topLeftCorner(rank, rank).trace();
  const double unexplained = total - 2.0 * map.cwiseProduct(across).sum() + (map * before).cwiseProduct(map).sum();
  dynamics.error = std::max(0.0, unexplained) / total;
  return dynamics;
}

}  // namespace dsa
