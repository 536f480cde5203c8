// The figure of the analysis; all of it is of the first state.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gramians_report.hpp"

namespace gramians {
namespace {

using mrnn::Index;

/// Values below this share of the largest are rounding, not dynamics.
constexpr double drawn_decades = 1e-12;

mrnn::Series spectrum(const Eigen::VectorXd& values, const std::string& label, int colour) {
  mrnn::Series series;
  series.label = label;
  series.colour = colour;
  for (Index i = 0; i < values.size() && values(i) > drawn_decades * values(0); ++i) {
    series.x.push_back(static_cast<double>(i + 1));
    series.y.push_back(values(i) / values(0));
  }
  return series;
}

/// Whole numbers from 1, at most about eight of them.
mrnn::Axis count_axis(std::string label, Index count) {
  mrnn::Axis axis{std::move(label), 0.5, static_cast<double>(count) + 0.5};
  Index apart = 1;
  for (Index scale = 1; count / apart > 8; scale *= 10) {
    for (const Index factor : {2, 5, 10}) {
      if (count / apart > 8) apart = factor * scale;
    }
  }
  for (Index k = apart; k <= count; k += apart) axis.names.push_back({static_cast<double>(k), std::to_string(k)});
  return axis;
}

mrnn::Panel spectra(const StateGramians& state) {
  mrnn::Panel panel;
  panel.title = "axes of the gramians";
  panel.y.label = "value, relative to the largest";
  panel.y.log = true;
  panel.series = {spectrum(state.reach_values, "controllability", 0), spectrum(state.see_values, "observability", 1),
                  spectrum(state.hankel, "Hankel values", 7)};
  std::size_t longest = 1;
  for (const mrnn::Series& series : panel.series) longest = std::max(longest, series.x.size());
  panel.x = count_axis("axis", static_cast<Index>(longest));
  return panel;
}

/// A unit leaves most in its own region; the colours tell the others apart.
void scale_between(const Eigen::MatrixXd& values, double floor, mrnn::HeatMap& map) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (Index to = 0; to < values.rows(); ++to) {
    for (Index from = 0; from < values.cols(); ++from) {
      if (to == from) continue;
      const double value = std::log10(values(to, from));
      if (!(value >= floor)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (!(high > low)) return;
  map.low = low;
  map.high = high;
}

/// Row 0 of a heat map lies below; the first region is shown above.
mrnn::Panel influence(const Report& report) {
  const Eigen::MatrixXd& values = report.states.front().between_regions;
  mrnn::Panel panel;
  panel.title = "what a unit leaves in a region";
  mrnn::HeatMap map;
  map.values = values.colwise().reverse().array().log10();
  const double floor = std::log10(values.maxCoeff() * drawn_decades);
  for (double& value : map.values.reshaped()) {
    if (!(value >= floor)) value = std::numeric_limits<double>::quiet_NaN();
  }
  map.x_high = static_cast<double>(values.cols());
  map.y_high = static_cast<double>(values.rows());
  map.label = "log10 of energy";
  scale_between(values, floor, map);
  panel.heat_map = std::move(map);
  panel.x = {"driven region", 0.0, static_cast<double>(values.cols())};
  panel.y = {"region reached", 0.0, static_cast<double>(values.rows())};
  for (std::size_t r = 0; r < report.parts.size(); ++r) {
    panel.x.names.push_back({static_cast<double>(r) + 0.5, report.parts[r].name});
    panel.y.names.push_back({static_cast<double>(values.rows()) - static_cast<double>(r) - 0.5, report.parts[r].name});
  }
  return panel;
}

/// How much of what the sources reach, and of what the targets see, lies in each region.
mrnn::Panel by_region(const Report& report) {
  const StateGramians& state = report.states.front();
  mrnn::Panel panel;
  panel.title = "by region";
  panel.x = {"region", -0.5, static_cast<double>(report.parts.size()) - 0.5};
  panel.y.label = "share of the trace";
  panel.y.log = true;
  for (std::size_t r = 0; r < report.parts.size(); ++r) {
    panel.x.names.push_back({static_cast<double>(r), report.parts[r].name});
  }
  const auto add = [&](const Eigen::VectorXd& traces, int colour, bool open) {
    mrnn::Series series;
    series.kind = mrnn::Series::Kind::scatter;
    series.colour = colour;
    series.open = open;
    for (Index r = 0; r < traces.size(); ++r) {
      if (!(traces(r) > drawn_decades * traces.sum())) continue;
      series.x.push_back(static_cast<double>(r));
      series.y.push_back(traces(r) / traces.sum());
    }
    panel.series.push_back(std::move(series));
  };
  add(state.to_regions.rowwise().sum(), 0, false);
  add(state.seen_regions, 1, true);
  return panel;
}

/// Time constant of a mode, ms.
double time_constant(const std::complex<double>& value, double dt) {
  return dt / std::abs(std::log(std::abs(value)));
}

mrnn::Panel modes(const Report& report) {
  const StateGramians& state = report.states.front();
  mrnn::Panel panel;
  panel.title = "leading modes";
  panel.x.label = "time constant (ms)";
  panel.y.label = "strength, relative to the largest";
  panel.x.log = panel.y.log = true;
  const auto add = [&](const Eigen::MatrixXd& strengths, const std::string& label, int colour, bool open) {
    const Eigen::VectorXd all = strengths.rowwise().norm();
    mrnn::Series series;
    series.kind = mrnn::Series::Kind::scatter;
    series.label = label;
    series.colour = colour;
    series.open = open;
    for (Index k = 0; k < all.size(); ++k) {
      if (!(all(k) > drawn_decades * all.maxCoeff())) continue;
      series.x.push_back(time_constant(state.modes(k), report.dt));
      series.y.push_back(all(k) / all.maxCoeff());
    }
    panel.series.push_back(std::move(series));
  };
  add(state.mode_reach, "driven by the sources", 0, false);
  add(state.mode_seen, "seen by the targets", 1, true);
  return panel;
}

}  // namespace

mrnn::Figure draw(const Report& report) {
  const StateGramians& state = report.states.front();
  mrnn::Figure figure;
  figure.name = "gramians";
  figure.title = "Controllability and observability";
  figure.caption = "Linearised at " + state.simulation + ", trial " + std::to_string(state.trial) + ", step " +
                   std::to_string(state.step) + ". Directions in state space that sources reach and targets see.";
  figure.panels.push_back(spectra(state));
  if (report.parts.size() > 1) {
    figure.panels.push_back(influence(report));
    figure.caption +=
        " Colours: what one impulse of drive to a unit of one region leaves in another, squared and summed over steps; "
        "their range is that between different regions; blank: nothing, or rounding.";
    figure.panels.push_back(by_region(report));
  }
  if (state.modes.size() > 0) {
    figure.panels.push_back(modes(report));
    figure.caption += " Modes: |l^T B| and |C r| of unit vectors.";
  }
  figure.columns = 0;
  return figure;
}

}  // namespace gramians
