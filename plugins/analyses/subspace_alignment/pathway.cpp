#include "pathway.hpp"

#include <algorithm>
#include <limits>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/selectors.hpp"

namespace subspace_alignment {
namespace {

using Eigen::MatrixXd;
using mrnn::Index;

/// W [to x from], zero where there is no connection.
MatrixXd weights_of(const mrnn::Network& network, const mrnn::Parameters& parameters,
                    const mrnn::ScaleWeights& pathway) {
  MatrixXd sources = MatrixXd::Zero(network.units(), pathway.from.size()), all = sources;
  Index column = 0;
  for (const Index unit : pathway.from.indices()) sources(unit, column++) = 1.0;
  mrnn::multiply(network.recurrent_blocks(), mrnn::effective_weights(network, parameters).recurrent, sources, all);
  return pathway.to.rows_of(all);
}

}  // namespace

PathwayChoice::PathwayChoice(const mrnn::ConfigNode& config, const mrnn::Network& network) {
  components_ = config.count_or("potent_components", 0, 0);
  if (!config.has("pathways")) {
    if (components_ > 0) config.fail("potent_components", "has no meaning without pathways");
    return;
  }
  const std::vector<std::string> texts = config.texts("pathways");
  const std::vector<mrnn::ScaleWeights> weights = mrnn::read_connections(config, "pathways", network);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k].source == mrnn::ScaleWeights::Source::input) {
      config.fail("pathways", "names \"" + texts[k] + "\", which begins at an input; its source must be a region");
    }
    std::string name = texts[k];
    std::erase_if(name, [](char c) { return c == ' ' || c == '\t'; });
    const auto arrow = name.find("->");
    const std::string from = name.substr(0, arrow), to = name.substr(arrow + 2);
    if (components_ > weights[k].from.size()) {
      config.fail("potent_components", "is " + std::to_string(components_) + "; \"" + from + "\" has only " +
                                           std::to_string(weights[k].from.size()) + " units");
    }
    list_.push_back({from + "_to_" + to, from + " to " + to, {from, weights[k].from}, weights[k]});
  }
}

PotentPower potent_power(const mrnn::Network& network, const mrnn::Parameters& parameters, const Pathway& pathway,
                         const std::vector<ActivitySet>& sets, Index components) {
  const MatrixXd weights = weights_of(network, parameters, pathway.weights);
  const mrnn::Svd factors = mrnn::svd(weights);
  const Index rank = factors.rank();
  if (rank == 0) throw mrnn::RunError("all weights of \"" + pathway.name + "\" are 0, so nothing passes along it");
  const Index potent = components > 0 ? std::min(components, rank) : rank;
  PotentPower found{factors.v.leftCols(potent), factors.values, Eigen::VectorXd(std::ssize(sets)),
                    Eigen::VectorXd(std::ssize(sets))};
  for (Index s = 0; s < found.share.size(); ++s) {
    const ActivitySet& set = sets[static_cast<std::size_t>(s)];
    if (!set.varies()) {
      found.share(s) = found.gain(s) = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const MatrixXd& covariance = set.covariance.matrix;
    const double power = covariance.trace();
    found.share(s) = found.axes.cwiseProduct(covariance * found.axes).sum() / power;
    const double passed = weights.cwiseProduct(weights * covariance).sum();
    found.gain(s) = passed / (weights.squaredNorm() * power / static_cast<double>(weights.cols()));
  }
  return found;
}

}  // namespace subspace_alignment
