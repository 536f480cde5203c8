#pragma once

#include <utility>
#include <vector>

#include "mrnn/figure.hpp"

namespace test {

/// One panel with one line.
inline mrnn::Figure line_figure(std::vector<double> x, std::vector<double> y) {
  mrnn::Figure figure;
  figure.name = "lines";
  figure.panels.resize(1);
  figure.panels[0].series = {{mrnn::Series::Kind::line, "rate", std::move(x), std::move(y), {}}};
  return figure;
}

}  // namespace test
