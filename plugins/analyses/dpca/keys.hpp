#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grid.hpp"
#include "marginals.hpp"
#include "mrnn/analysis.hpp"
#include "resampling.hpp"
#include "significance.hpp"

namespace dpca {

/// Units that are decomposed together.
struct Population {
  std::string name;  ///< of its arrays
  mrnn::Selection units;
};

/// The keys of the analysis, but for those of the alignment.
struct Keys {
  Keys(const mrnn::ConfigNode& config, const mrnn::Network& network);

  mrnn::Quantity quantity = mrnn::Quantity::h;
  std::vector<Population> populations;
  std::vector<std::string> factors;  ///< names of metadata
  std::vector<Marginalisation> marginalisations;
  std::optional<double> lambda;  ///< none: by cross-validation
  NoiseCovariance noise = NoiseCovariance::full;
  bool drop_missing = false;
  Index bin = 1;  ///< steps
  bool significance = false;
  SignificanceRules rules;

 private:
  void read_populations(const mrnn::ConfigNode& config, const mrnn::Network& network);
  void read_marginalisations(const mrnn::ConfigNode& config);
  void read_components(const mrnn::ConfigNode& config);
  void read_fit(const mrnn::ConfigNode& config);
};

}  // namespace dpca
