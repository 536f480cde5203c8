#include "mrnn/transport.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr Index none = -1;

/// Ships whole amounts from rows to columns. Between calls of ship() the plan is the cheapest for what has been
/// shipped: prices u, v keep every reduced cost c - u - v at 0 or above, and at 0 where something is shipped (Ahuja,
/// Magnanti & Orlin 1993, section 9.7).
class Shipping {
 public:
  using Amounts = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic>;

  Shipping(const Eigen::Ref<const MatrixXd>& costs, std::int64_t supply, std::int64_t demand)
      : costs_(costs),
        row_price_(costs.rowwise().minCoeff()),
        column_price_(Eigen::VectorXd::Zero(costs.cols())),
        supply_(static_cast<std::size_t>(costs.rows()), supply),
        demand_(static_cast<std::size_t>(costs.cols()), demand),
        plan_(Amounts::Zero(costs.rows(), costs.cols())) {}

  void ship_all() {
    std::int64_t wanted = std::accumulate(demand_.begin(), demand_.end(), std::int64_t{0});
    for (Index row = 0; row < costs_.rows(); ++row) {
      while (supply_[static_cast<std::size_t>(row)] > 0 && wanted > 0) wanted -= ship(row);
    }
  }
  const Amounts& plan() const { return plan_; }

 private:
  /// Dijkstra's tree of cheapest ways from one row, over reduced costs.
  struct Tree {
    Eigen::VectorXd to_row, to_column;      ///< lengths; infinite: not reached
    std::vector<Index> row_by, column_by;   ///< the column (row) before it
    std::vector<bool> has_row, has_column;  ///< length is final
  };

  void add_row(Index row, double length, Index by, Tree& tree) const {
    tree.has_row[static_cast<std::size_t>(row)] = true;
    tree.to_row(row) = length;
    tree.row_by[static_cast<std::size_t>(row)] = by;
    for (Index column = 0; column < costs_.cols(); ++column) {
      if (tree.has_column[static_cast<std::size_t>(column)]) continue;
      const double reduced = std::max(0.0, costs_(row, column) - row_price_(row) - column_price_(column));
      if (length + reduced >= tree.to_column(column)) continue;
      tree.to_column(column) = length + reduced;
      tree.column_by[static_cast<std::size_t>(column)] = row;
    }
  }

  static Index nearest(const Tree& tree) {
    Index found = none;
    for (Index column = 0; column < tree.to_column.size(); ++column) {
      if (tree.has_column[static_cast<std::size_t>(column)]) continue;
      if (found == none || tree.to_column(column) < tree.to_column(found)) found = column;
    }
    return found;
  }

  /// Sends what it can along the cheapest way from `start` to a column that still needs something. Amount sent.
  std::int64_t ship(Index start) {
    const auto rows = static_cast<std::size_t>(costs_.rows()), columns = static_cast<std::size_t>(costs_.cols());
    const double far = std::numeric_limits<double>::infinity();
    Tree tree{Eigen::VectorXd::Constant(costs_.rows(), far),
              Eigen::VectorXd::Constant(costs_.cols(), far),
              std::vector<Index>(rows, none),
              std::vector<Index>(columns, none),
              std::vector<bool>(rows, false),
              std::vector<bool>(columns, false)};
    add_row(start, 0.0, none, tree);
    Index end = nearest(tree);
    while (demand_[static_cast<std::size_t>(end)] == 0) {
      tree.has_column[static_cast<std::size_t>(end)] = true;
      // What a column gets from another row can be taken back.
      for (Index row = 0; row < costs_.rows(); ++row) {
        if (plan_(row, end) > 0 && !tree.has_row[static_cast<std::size_t>(row)]) {
          add_row(row, tree.to_column(end), end, tree);
        }
      }
      end = nearest(tree);
    }
    update_prices(tree, tree.to_column(end));
    return send(tree, end);
  }

  void update_prices(const Tree& tree, double length) {
    for (Index row = 0; row < costs_.rows(); ++row) {
      if (tree.has_row[static_cast<std::size_t>(row)]) row_price_(row) += length - tree.to_row(row);
    }
    for (Index column = 0; column < costs_.cols(); ++column) {
      if (tree.has_column[static_cast<std::size_t>(column)]) column_price_(column) -= length - tree.to_column(column);
    }
  }

  std::int64_t send(const Tree& tree, Index end) {
    std::int64_t amount = demand_[static_cast<std::size_t>(end)];
    Index row = none;
    const auto walk = [&](auto&& visit) {
      Index column = end;
      while (column != none) {
        row = tree.column_by[static_cast<std::size_t>(column)];
        const Index back = tree.row_by[static_cast<std::size_t>(row)];
        visit(row, column, back);
        column = back;
      }
    };
    walk([&](Index from, Index, Index back) {
      if (back != none) amount = std::min(amount, plan_(from, back));
    });
    std::int64_t& left = supply_[static_cast<std::size_t>(row)];
    amount = std::min(amount, left);
    walk([&](Index from, Index to, Index back) {
      plan_(from, to) += amount;
      if (back != none) plan_(from, back) -= amount;
    });
    left -= amount;
    demand_[static_cast<std::size_t>(end)] -= amount;
    return amount;
  }

  const Eigen::Ref<const MatrixXd>& costs_;
  Eigen::VectorXd row_price_, column_price_;
  std::vector<std::int64_t> supply_, demand_;
  Amounts plan_;
};

void require_finite(const Eigen::Ref<const MatrixXd>& costs) {
  if (!costs.allFinite()) throw RunError("costs of a transport are not finite");
}

}  // namespace

std::vector<Index> best_assignment(const Eigen::Ref<const MatrixXd>& costs) {
  require_finite(costs);
  if (costs.rows() > costs.cols()) {
    const std::vector<Index> rows = best_assignment(costs.transpose().eval());
    std::vector<Index> columns(static_cast<std::size_t>(costs.rows()), none);
    for (std::size_t column = 0; column < rows.size(); ++column) {
      columns[static_cast<std::size_t>(rows[column])] = static_cast<Index>(column);
    }
    return columns;
  }
  std::vector<Index> columns(static_cast<std::size_t>(costs.rows()), none);
  if (costs.size() == 0) return columns;
  Shipping shipping(costs, 1, 1);
  shipping.ship_all();
  for (Index row = 0; row < costs.rows(); ++row) {
    shipping.plan().row(row).maxCoeff(&columns[static_cast<std::size_t>(row)]);
  }
  return columns;
}

MatrixXd optimal_transport(const Eigen::Ref<const MatrixXd>& costs) {
  require_finite(costs);
  if (costs.size() == 0) return MatrixXd::Zero(costs.rows(), costs.cols());
  // m rows with n each, n columns with m each, are m n whole amounts of 1 / (m n).
  const std::int64_t rows = costs.rows(), columns = costs.cols(), shared = std::gcd(rows, columns);
  Shipping shipping(costs, columns / shared, rows / shared);
  shipping.ship_all();
  return shipping.plan().cast<double>() * (static_cast<double>(shared) / static_cast<double>(rows * columns));
}

}  // namespace mrnn
