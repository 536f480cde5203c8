// Exact optimal transport, against scipy.

#include "mrnn/transport.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "mrnn/error.hpp"

namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr double tolerance = 1e-12;

/// 3 sin(1.7 i + 0.9 j^2 + 0.2)
MatrixXd waves(Index rows, Index columns) {
  return MatrixXd::NullaryExpr(
      rows, columns, [](Index i, Index j) { return 3.0 * std::sin(1.7 * double(i) + 0.9 * double(j * j) + 0.2); });
}

}  // namespace

TEST_CASE("an assignment has the least cost, and each row a column of its own", "[transport]") {
  MatrixXd costs(3, 3);
  costs << 4, 1, 3, 2, 0, 5, 3, 2, 2;

  CHECK(mrnn::best_assignment(costs) == std::vector<Index>{1, 0, 2});
  // scipy.optimize.linear_sum_assignment
  CHECK(mrnn::best_assignment(waves(9, 9)) == std::vector<Index>{1, 4, 8, 7, 5, 3, 6, 0, 2});
  CHECK(mrnn::best_assignment(waves(5, 8)) == std::vector<Index>{5, 4, 6, 0, 2});
}

TEST_CASE("where there are more rows than columns, some rows have none", "[transport]") {
  CHECK(mrnn::best_assignment(waves(5, 8).transpose()) == std::vector<Index>{3, -1, 4, -1, 1, 0, 2, -1});
  CHECK(mrnn::best_assignment(MatrixXd(2, 0)) == std::vector<Index>{-1, -1});
}

TEST_CASE("transport between unequal numbers of points is exact", "[transport]") {
  const MatrixXd costs = waves(4, 6).cwiseAbs();

  const MatrixXd plan = mrnn::optimal_transport(costs);

  // scipy.optimize.linprog with rows that sum to 1/4 and columns that sum to 1/6
  CHECK_THAT(plan.cwiseProduct(costs).sum(), WithinRel(1.4115509836841136, tolerance));
  CHECK((plan.rowwise().sum().array() - 1.0 / 4.0).abs().maxCoeff() < tolerance);
  CHECK((plan.colwise().sum().array() - 1.0 / 6.0).abs().maxCoeff() < tolerance);
  CHECK(plan.minCoeff() >= 0.0);
}

TEST_CASE("transport between equal numbers of points is an assignment", "[transport]") {
  const MatrixXd costs = waves(9, 9);

  const MatrixXd plan = mrnn::optimal_transport(costs);

  const std::vector<Index> columns = mrnn::best_assignment(costs);
  for (Index row = 0; row < 9; ++row) CHECK(plan(row, columns[static_cast<std::size_t>(row)]) == 1.0 / 9.0);
}

TEST_CASE("costs that are not finite are refused", "[transport]") {
  MatrixXd costs = waves(2, 2);
  costs(1, 0) = std::numeric_limits<double>::quiet_NaN();

  CHECK_THROWS_AS(mrnn::best_assignment(costs), mrnn::RunError);
  CHECK_THROWS_AS(mrnn::optimal_transport(costs), mrnn::RunError);
}
