#include "ratio_figure.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace participation_ratio {
namespace {

using mrnn::Index;

constexpr double point_size = 8.0;  // pixels
/// Share of the distance between groups over which their populations are spread.
constexpr double spread = 0.5;
constexpr double headroom = 1.15;
/// Pixels: of a panel of groups so much for each, and of one over time.
constexpr double group_width = 90.0, widest_groups = 640.0, panel_width = 360.0, panel_height = 280.0;
constexpr int most_columns = 2;

const std::string words = "participation ratio";

mrnn::Series error_bar(double x, double mean, double sem, int colour) {
  mrnn::Series bar;
  bar.x = {x, x};
  bar.y = {mean - sem, mean + sem};
  bar.colour = colour;
  return bar;
}

double highest(const std::vector<Estimates>& estimates) {
  double top = 1.0;
  for (const Estimates& estimate : estimates) {
    for (Index g = 0; g < estimate.ratio.size(); ++g) {
      const double sem = std::isfinite(estimate.sem(g)) ? estimate.sem(g) : 0.0;
      if (std::isfinite(estimate.ratio(g))) top = std::max(top, estimate.ratio(g) + sem);
    }
  }
  return top;
}

/// One point with its bar.
void add_point(const Estimates& estimate, Index group, double x, int colour, mrnn::Series& points, mrnn::Panel& panel) {
  const double ratio = estimate.ratio(group), sem = estimate.sem(group);
  if (!std::isfinite(ratio)) return;
  points.x.push_back(x);
  points.y.push_back(ratio);
  if (std::isfinite(sem)) panel.series.push_back(error_bar(x, ratio, sem, colour));
}

mrnn::Series points_of(int colour) {
  mrnn::Series points;
  points.kind = mrnn::Series::Kind::scatter;
  points.colour = colour;
  points.width = point_size;
  return points;
}

}  // namespace

mrnn::Figure draw_groups(const mrnn::Network& network, const std::vector<Estimates>& estimates,
                         const std::vector<std::string>& groups) {
  mrnn::Figure figure;
  figure.name = "participation_ratio";
  figure.title = "Dimensions of activity";
  figure.caption = "Participation ratio of the covariance; bars: one standard error, by the jackknife over trials.";
  mrnn::Panel panel;
  panel.y = {words, 0.0, headroom * highest(estimates)};
  const bool several = groups.size() > 1;
  const auto places = static_cast<double>(several ? groups.size() : estimates.size());
  panel.x = {"", -0.5, places - 0.5};
  for (std::size_t p = 0; p < estimates.size(); ++p) {
    const int colour = mrnn::region_colour(network, estimates[p].name);
    const double offset = several
                              ? spread * (static_cast<double>(p) + 0.5 - 0.5 * static_cast<double>(estimates.size())) /
                                    static_cast<double>(estimates.size())
                              : 0.0;
    mrnn::Series points = points_of(colour);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const double place = static_cast<double>(several ? g : p) + offset;
      add_point(estimates[p], static_cast<Index>(g), place, colour, points, panel);
    }
    if (several) points.label = estimates[p].name;
    if (!points.x.empty()) panel.series.push_back(std::move(points));
    if (!several) panel.x.names.push_back({static_cast<double>(p), estimates[p].name});
  }
  for (std::size_t g = 0; several && g < groups.size(); ++g) {
    panel.x.names.push_back({static_cast<double>(g), groups[g]});
  }
  figure.panels.push_back(std::move(panel));
  figure.panel_width = std::min(widest_groups, group_width * (1.0 + places));
  figure.panel_height = panel_height;
  return figure;
}

mrnn::Figure draw_times(const mrnn::Network& network, const TimeCourses& courses) {
  mrnn::Figure figure;
  figure.name = "participation_ratio";
  figure.title = "Dimensions of activity over time";
  figure.caption =
      "Participation ratio of the covariance over trials at each time; bands: one standard error, by the jackknife.";
  figure.columns = std::min(most_columns, static_cast<int>(courses.simulations.size()));
  figure.panel_width = panel_width;
  figure.panel_height = panel_height;
  for (std::size_t s = 0; s < courses.simulations.size(); ++s) {
    mrnn::Panel panel;
    panel.title = courses.simulations[s];
    panel.x.label = courses.time_label;
    // Logarithmic: before a trial's inputs, noise fills many more directions than activity does later.
    panel.y = {words, 1.0, headroom * highest(courses.estimates), true};
    for (const Estimates& estimate : courses.estimates) {
      mrnn::Series line, band;
      line.label = estimate.name;
      line.colour = band.colour = mrnn::region_colour(network, estimate.name);
      band.kind = mrnn::Series::Kind::band;
      for (Index t = 0; t < courses.time.size(); ++t) {
        const Index group = static_cast<Index>(s) * courses.time.size() + t;
        const double ratio = estimate.ratio(group), sem = estimate.sem(group);
        // Lines break where there is no estimate.
        line.x.push_back(courses.time(t));
        line.y.push_back(ratio);
        band.x.push_back(courses.time(t));
        band.y.push_back(ratio - sem);
        band.upper.push_back(ratio + sem);
      }
      const auto finite = [](double value) { return std::isfinite(value); };
      if (std::ranges::any_of(band.upper, finite)) panel.series.push_back(std::move(band));
      if (std::ranges::any_of(line.y, finite)) panel.series.push_back(std::move(line));
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace participation_ratio
