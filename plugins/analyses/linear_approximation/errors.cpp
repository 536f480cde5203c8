#include "errors.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace linear_approximation {

using mrnn::Index;

std::vector<Part> parts_of(const mrnn::Network& network, const mrnn::Selection& units) {
  std::vector<Part> parts;
  const std::vector<Index> chosen = units.indices();
  for (const mrnn::RegionLayout& region : network.regions()) {
    Part part{region.name, {}};
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (region.range.contains(chosen[i])) part.places.push_back(static_cast<Index>(i));
    }
    if (!part.places.empty()) parts.push_back(std::move(part));
  }
  return parts;
}

ErrorSums::ErrorSums(std::vector<Part> parts, Index units, Index trials, Index steps)
    : parts_(std::move(parts)),
      squares_(std::ssize(parts_), trials, steps),
      mean_(Eigen::MatrixXd::Zero(units, trials)),
      spread_(Eigen::MatrixXd::Zero(std::ssize(parts_), trials)) {}

void ErrorSums::add(Index step, Index first, const Eigen::MatrixXd& full, const Eigen::MatrixXd& linear) {
  auto mean = mean_.middleCols(first, full.cols());
  const Eigen::MatrixXd before = full - mean;
  mean += before / static_cast<double>(step + 1);
  const Eigen::MatrixXd about_mean = before.cwiseProduct(full - mean);  // Welford (1962)
  const Eigen::MatrixXd error = (linear - full).cwiseAbs2();
  for (Index r = 0; r < std::ssize(parts_); ++r) {
    const std::vector<Index>& places = parts_[static_cast<std::size_t>(r)].places;
    for (Index k = 0; k < full.cols(); ++k) {
      const double square = error.col(k)(places).sum();
      squares_(r, first + k, step) = std::isfinite(square) ? square : std::numeric_limits<double>::infinity();
      spread_(r, first + k) += about_mean.col(k)(places).sum();
    }
  }
}

double ErrorSums::variance(Index trial) const {
  return spread_.col(trial).sum() / static_cast<double>(steps());
}

double ErrorSums::variance(Index part, Index trial) const {
  return spread_(part, trial) / static_cast<double>(steps());
}

}  // namespace linear_approximation
