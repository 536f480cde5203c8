// How many dimensions the activity of each region fills.

#include <Eigen/Eigenvalues>

#include "mrnn/plugin.hpp"

namespace {

/// PR = (sum l)^2 / sum l^2 over the eigenvalues l of the covariance of activity h over trials and time: 1 when
/// all variance lies along one direction, the number of units when it is isotropic, 0 when there is none.
class EffectiveDimensions final : public mrnn::Analysis {
 public:
  explicit EffectiveDimensions(const mrnn::ConfigNode& options) : floor_(options.number("variance_floor", 0.0)) {}

  mrnn::Record needs() const override {
    mrnn::Record record;
    record.h = true;
    return record;
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    for (const mrnn::RegionLayout& region : context.network().regions()) {
      const auto rates = context.simulation().activity(mrnn::Quantity::h, mrnn::Selection({region.range}));
      const Eigen::Map<const Eigen::MatrixXd> all(rates.data.data(), rates.units, rates.trials * rates.steps);
      const Eigen::MatrixXd centred = all.colwise() - all.rowwise().mean();
      const Eigen::MatrixXd covariance = centred * centred.transpose();
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance, Eigen::EigenvaluesOnly);
      const Eigen::VectorXd variance = solver.eigenvalues().cwiseMax(floor_);
      const double total = variance.sum();
      const double ratio = total > 0.0 ? total * total / variance.squaredNorm() : 0.0;
      results.scalar(region.name, ratio, "1", "participation ratio of the activity");
    }
  }

 private:
  double floor_;  ///< variances below this count as this
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "effective_dimensions",
      [](const mrnn::ConfigNode& options, const mrnn::Network&) {
        return std::make_unique<EffectiveDimensions>(options);
      },
      "dimensionality of each region's activity", "variance_floor = 0.0");
}

}  // namespace

MRNN_PLUGIN("effective_dimensions", "1.0", attach)
