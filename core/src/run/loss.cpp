#include "mrnn/loss.hpp"

#include <fmt/format.h>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

OutputLoss loss_of(const Loss& loss, std::size_t output) {
  return loss.outputs.empty() ? OutputLoss{} : loss.outputs[output];
}

}  // namespace

std::vector<std::string> loss_term_names(const Network& network, const Loss& loss) {
  std::vector<std::string> names;
  const auto& outputs = network.output_layouts();
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const std::string kind = loss_of(loss, k).kind == LossKind::mse ? "mse" : "cross_entropy";
    names.push_back(outputs.size() == 1 ? kind : kind + "_" + outputs[k].name);
  }
  const Penalties& penalties = loss.penalties;
  const auto add = [&names](double factor, const char* name) {
    if (factor != 0.0) names.emplace_back(name);
  };
  add(penalties.l1_weights, "l1_weights");
  add(penalties.l2_weights, "l2_weights");
  add(penalties.l1_rates, "l1_rates");
  add(penalties.l2_rates, "l2_rates");
  add(penalties.rate_target, "rate_target");
  add(penalties.wiring, "wiring");
  add(penalties.vanishing_gradient, "vanishing_gradient");
  return names;
}

void check_loss(const Network& network, const Loss& loss) {
  const auto& outputs = network.output_layouts();
  if (outputs.empty()) throw ShapeError("a loss needs an output; the network has none");
  if (!loss.outputs.empty() && loss.outputs.size() != outputs.size()) {
    throw ShapeError(fmt::format("{} losses for {} outputs; one each is needed", loss.outputs.size(), outputs.size()));
  }
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (loss_of(loss, k).kind != LossKind::cross_entropy) continue;
    if (outputs[k].activation == OutputActivation::softmax && outputs[k].readout == Readout::weights) continue;
    throw ShapeError(fmt::format("cross_entropy needs an output with activation = \"softmax\"; \"{}\" has another",
                                 outputs[k].name));
  }
  const auto regions = std::ssize(network.regions());
  const Eigen::MatrixXd& distances = loss.penalties.distances;
  if (loss.penalties.wiring != 0.0 && (distances.rows() != regions || distances.cols() != regions)) {
    throw ShapeError(
        fmt::format("the distances of the wiring penalty are {} x {}; {} x {} is needed, one per pair of "
                    "regions",
                    distances.rows(), distances.cols(), regions, regions));
  }
}

}  // namespace mrnn
