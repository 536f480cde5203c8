#include "mrnn/task.hpp"

#include <cmath>
#include <limits>

namespace mrnn {

Task::~Task() = default;

double performance(const Scores& scores) {
  double sum = 0.0;
  Index counted = 0;
  for (const double score : scores.score) {
    if (std::isnan(score)) continue;
    sum += score;
    ++counted;
  }
  return counted > 0 ? sum / static_cast<double>(counted) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace mrnn
