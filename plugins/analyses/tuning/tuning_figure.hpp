#pragma once

#include <string>
#include <vector>

#include "curves.hpp"
#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"
#include "responses.hpp"

namespace tuning {

/// All that was found for the units of one population.
struct Tuned {
  Population population;
  MeanCurves curves;
  Measures measures;
  MatrixXd coefficients;
  VectorXd r_squared, p;
  VectorXd variance;  ///< 0: the unit's response never changes
  std::vector<bool> significant;

  Index count() const noexcept;  ///< significant units
};

struct Drawing {
  const std::vector<Tuned>& populations;
  const Points& points;
  const Regression& regression;
  const Scale& scale;
  const mrnn::Network& network;
  std::string variable, quantity;
  double low = 0.0, high = 1.0;  ///< of the variable
  bool tested = true;            ///< else all units count as tuned
};

/// The best fitted units of the populations, in turn.
mrnn::Figure draw_examples(const Drawing& drawing);
/// Preferred values of the tuned units, and how well all units are fitted, by population.
mrnn::Figure draw_distribution(const Drawing& drawing);

}  // namespace tuning
