#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/linearisation.hpp"
#include "report/training_parts.hpp"

namespace mrnn {
namespace {

constexpr Index all_up_to = 500;  // units; of larger networks only the leading eigenvalues
constexpr Index leading = 20;
constexpr Index at_most = 3000;  // units; of larger networks they take minutes, and more than the training of some

/// Eigenvalues of W itself: of a linearisation without leak whose gains are all 1.
Eigen::VectorXcd eigenvalues(const Network& network, const Parameters& parameters) {
  const Index units = network.units();
  const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(units, 1);
  const Jacobians gains{Eigen::MatrixXd::Zero(units, 1), ones, ones};
  const EffectiveWeights weights = effective_weights(network, parameters);
  SpectrumOptions options;
  if (units > all_up_to) options.count = leading;
  return spectrum(Linearisation(network, weights.recurrent, gains, 0), options).values;
}

double radius(const Eigen::VectorXcd& values) {
  return values.size() == 0 ? 0.0 : values.cwiseAbs().maxCoeff();
}

/// The distance from 0 within which nine tenths of all eigenvalues lie.
double bulk(const Eigen::VectorXcd& before, const Eigen::VectorXcd& after) {
  std::vector<double> distances;
  for (const Eigen::VectorXcd* values : {&before, &after}) {
    for (const std::complex<double>& value : *values) distances.push_back(std::abs(value));
  }
  std::ranges::sort(distances);
  return distances.empty() ? 0.0 : distances[distances.size() * 9 / 10];
}

Panel plane(const Eigen::VectorXcd& values, double half, std::string title) {
  Panel panel;
  panel.title = std::move(title);
  panel.equal_aspect = true;
  panel.x = {"real part", -half, half};
  panel.y = {"imaginary part", -half, half};
  panel.guides.push_back({Guide::Kind::circle, 1.0, ""});
  Series points;
  points.kind = Series::Kind::scatter;
  for (const std::complex<double>& value : values) {
    points.x.push_back(value.real());
    points.y.push_back(value.imag());
  }
  panel.series.push_back(std::move(points));
  return panel;
}

}  // namespace

std::optional<Figure> training_eigenvalues(const Network& network, const Parameters& before, const Parameters& after) {
  if (network.recurrent_blocks().empty() || network.units() > at_most) return std::nullopt;
  Figure figure;
  figure.name = "training_eigenvalues";
  figure.title = "Eigenvalues of the recurrent weights";
  try {
    const Eigen::VectorXcd first = eigenvalues(network, before), last = eigenvalues(network, after);
    const double whole = 1.1 * std::max({radius(first), radius(last), 1.0}), most = 1.3 * bulk(first, last);
    figure.panels = {plane(first, whole, "Before training"), plane(last, whole, "After training")};
    if (most > 0.0 && most < 0.5 * whole) {
      figure.panels.push_back(plane(first, most, "Before training, enlarged"));
      figure.panels.push_back(plane(last, most, "After training, enlarged"));
    }
    figure.caption = fmt::format(
        "Eigenvalues of the matrix of effective weights W{}; spectral radius {:.3g} before training, {:.3g} after. The "
        "circle has radius 1. Whether activity grows or decays depends on the activation and the leak too: see the "
        "analysis eigen_spectrum for the linearised network.",
        network.units() > all_up_to ? fmt::format(", the {} largest", leading) : "", radius(first), radius(last));
  } catch (const RunError& error) {
    figure.panels.emplace_back();
    figure.caption = fmt::format("The eigenvalues could not be computed: {}.", error.what());
  }
  figure.columns = figure.panels.size() == 1 ? 1 : 2;
  return figure;
}

}  // namespace mrnn
