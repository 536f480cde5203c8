#include "mrnn/loss.hpp"

#include <fmt/format.h>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

OutputLoss loss_of(const Loss& loss, std::size_t output) {
  return loss.outputs.empty() ? OutputLoss{} : loss.outputs[output];
}

/// The penalties that a loss may have, in the order of its terms.
struct PenaltyPart {
  const char* name;
  double Penalties::*factor;
  double PenaltyTerms::*value;
};
constexpr PenaltyPart penalty_parts[] = {
    {"l1_weights", &Penalties::l1_weights, &PenaltyTerms::l1_weights},
    {"l2_weights", &Penalties::l2_weights, &PenaltyTerms::l2_weights},
    {"l1_rates", &Penalties::l1_rates, &PenaltyTerms::l1_rates},
    {"l2_rates", &Penalties::l2_rates, &PenaltyTerms::l2_rates},
    {"rate_target", &Penalties::rate_target, &PenaltyTerms::rate_target},
    {"wiring", &Penalties::wiring, &PenaltyTerms::wiring},
    {"vanishing_gradient", &Penalties::vanishing_gradient, &PenaltyTerms::vanishing_gradient},
};

std::vector<std::string> output_names(const Network& network, const Loss& loss) {
  std::vector<std::string> names;
  const auto& outputs = network.output_layouts();
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const std::string kind = loss_of(loss, k).kind == LossKind::mse ? "mse" : "cross_entropy";
    names.push_back(outputs.size() == 1 ? kind : kind + "_" + outputs[k].name);
  }
  return names;
}

}  // namespace

LossTerms named_terms(const Network& network, const Loss& loss, const std::vector<double>& outputs,
                      const PenaltyTerms& penalties) {
  LossTerms made;
  const auto add = [&made](std::string name, double value) {
    made.terms.emplace_back(std::move(name), value);
    made.total += value;
  };
  const std::vector<std::string> names = output_names(network, loss);
  for (std::size_t k = 0; k < names.size(); ++k) add(names[k], outputs[k]);
  for (const auto& [name, factor, value] : penalty_parts) {
    if (loss.penalties.*factor != 0.0) add(name, penalties.*value);
  }
  return made;
}

std::vector<std::string> loss_term_names(const Network& network, const Loss& loss) {
  std::vector<std::string> names = output_names(network, loss);
  for (const auto& [name, factor, value] : penalty_parts) {
    if (loss.penalties.*factor != 0.0) names.emplace_back(name);
  }
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
