#include "psth_figure.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace psth {
namespace {

using mrnn::Index;

/// More conditions than this cannot be told apart by colour.
constexpr std::size_t most_conditions = 12;
constexpr std::size_t most_marks = 6;

void add_condition(const Drawing& drawing, const Average& average, std::size_t number, bool labelled,
                   mrnn::Panel& panel) {
  const auto row = static_cast<Index>(number);
  const mrnn::ConditionStyle style = mrnn::condition_style(drawing.conditions, number);
  mrnn::Series line, band;
  band.kind = mrnn::Series::Kind::band;
  line.colour = band.colour = style.colour;
  line.dashed = style.dashed;
  if (labelled) line.label = drawing.conditions.list[number].name;
  for (Index t = 0; t < drawing.time.size(); ++t) {
    const double mean = average.mean(row, t), sem = average.sem(row, t);
    if (!std::isfinite(mean)) continue;
    line.x.push_back(drawing.time(t));
    line.y.push_back(mean);
    if (average.counts(row, t) < 2.0) continue;
    band.x.push_back(drawing.time(t));
    band.y.push_back(mean - sem);
    band.upper.push_back(mean + sem);
  }
  if (!band.x.empty()) panel.series.push_back(std::move(band));
  if (!line.x.empty()) panel.series.push_back(std::move(line));
}

}  // namespace

mrnn::Figure draw(const Drawing& drawing) {
  const std::size_t shown = std::min(drawing.conditions.list.size(), most_conditions);
  const std::string quantity = drawing.populations.quantity == mrnn::Quantity::h   ? "activity h"
                               : drawing.populations.quantity == mrnn::Quantity::x ? "pre-activation x"
                                                                                   : "output y";
  mrnn::Figure figure;
  figure.name = "psth";
  figure.title = "Mean " + quantity + " over units and trials";
  figure.caption = "Bands: standard error of the mean over trials.";
  if (!drawing.marks.empty()) figure.caption += " Vertical lines: an intervention begins or ends, or time zero.";
  if (shown < drawing.conditions.list.size()) {
    figure.caption += " Only the first " + std::to_string(shown) + " of " +
                      std::to_string(drawing.conditions.list.size()) + " conditions are drawn.";
  }
  figure.columns = 0;
  figure.shared_x = true;
  for (std::size_t p = 0; p < drawing.populations.list.size(); ++p) {
    mrnn::Panel panel;
    panel.title = drawing.populations.list[p].name;
    panel.x.label = drawing.time_label;
    panel.y.label = quantity + " (a.u.)";
    for (const double mark : drawing.marks) panel.guides.push_back({mrnn::Guide::Kind::vertical, mark, ""});
    // One key is enough.
    for (std::size_t c = 0; c < shown; ++c) add_condition(drawing, drawing.averages[p], c, p == 0 && shown > 1, panel);
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

std::vector<double> intervention_times(const std::vector<const mrnn::Simulation*>& simulations, Index zero_step,
                                       double dt) {
  std::set<Index> steps;
  for (const mrnn::Simulation* simulation : simulations) {
    for (const mrnn::Intervention& intervention : simulation->trials.interventions) {
      for (const Index step : {intervention.steps.first, intervention.steps.last}) {
        if (step > simulation->steps.first && step < simulation->steps.last) steps.insert(step);
      }
    }
  }
  std::vector<double> times;
  for (const Index step : steps) {
    if (times.size() < most_marks) times.push_back(static_cast<double>(step - zero_step) * dt);
  }
  return times;
}

}  // namespace psth
