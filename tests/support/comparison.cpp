#include "comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace test {

double relative_error(const Eigen::Ref<const Eigen::MatrixXd>& actual,
                      const Eigen::Ref<const Eigen::MatrixXd>& expected) {
  if (actual.rows() != expected.rows() || actual.cols() != expected.cols()) {
    return std::numeric_limits<double>::infinity();
  }
  if (actual.size() == 0) return 0.0;
  if (!actual.allFinite() || !expected.allFinite()) return std::numeric_limits<double>::infinity();
  const double largest = expected.cwiseAbs().maxCoeff();
  return (actual - expected).cwiseAbs().maxCoeff() / (largest > 1e-300 ? largest : 1.0);
}

double relative_error(const mrnn::Sequence& actual, const mrnn::Sequence& expected) {
  if (actual.units != expected.units || actual.trials != expected.trials || actual.steps != expected.steps) {
    return std::numeric_limits<double>::infinity();
  }
  const auto size = static_cast<mrnn::Index>(actual.data.size());
  using Vector = Eigen::Map<const Eigen::VectorXd>;
  return relative_error(Vector(actual.data.data(), size), Vector(expected.data.data(), size));
}

double distance_as_sets(const Eigen::VectorXcd& first, const Eigen::VectorXcd& second) {
  const auto n = static_cast<std::size_t>(first.size());
  const double infinity = std::numeric_limits<double>::infinity();
  const auto cost = [&](std::size_t i, std::size_t j) {
    return std::norm(first[static_cast<Eigen::Index>(i) - 1] - second[static_cast<Eigen::Index>(j) - 1]);
  };
  // Rows and columns count from 1; match[j] is the row of column j, match[0] the row being placed.
  std::vector<double> row_price(n + 1, 0.0), column_price(n + 1, 0.0);
  std::vector<std::size_t> match(n + 1, 0), way(n + 1, 0);
  for (std::size_t row = 1; row <= n; ++row) {
    std::vector<double> least(n + 1, infinity);
    std::vector<bool> used(n + 1, false);
    std::size_t column = 0;
    match[0] = row;
    do {
      used[column] = true;
      std::size_t next = 0;
      double step = infinity;
      for (std::size_t j = 1; j <= n; ++j) {
        if (used[j]) continue;
        const double slack = cost(match[column], j) - row_price[match[column]] - column_price[j];
        if (slack < least[j]) {
          least[j] = slack;
          way[j] = column;
        }
        if (least[j] < step) {
          step = least[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j <= n; ++j) {
        if (used[j]) {
          row_price[match[j]] += step;
          column_price[j] -= step;
        } else {
          least[j] -= step;
        }
      }
      column = next;
    } while (match[column] != 0);
    for (; column != 0; column = way[column]) match[column] = match[way[column]];
  }
  double largest = 0.0;
  for (std::size_t j = 1; j <= n; ++j) largest = std::max(largest, std::sqrt(cost(match[j], j)));
  return largest;
}

}  // namespace test
