#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "report/training_parts.hpp"

namespace mrnn {
namespace {

constexpr double pale_width = 1.6;
constexpr int blue = 0, light = 16;  // light + k is a paler palette colour k

std::vector<double> as_numbers(const std::vector<std::int64_t>& counts) {
  return {counts.begin(), counts.end()};
}

bool any_finite(const std::vector<double>& values) {
  return std::ranges::any_of(values, [](double value) { return std::isfinite(value); });
}

bool all_positive(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return !std::isfinite(value) || value > 0.0; });
}

/// Whether a part of the loss is nearly all of it, so that its curve would lie on that of the whole.
bool hides(const std::vector<double>& part, const std::vector<double>& whole) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (std::isfinite(whole[i]) && std::abs(whole[i] - part[i]) > 0.02 * std::abs(whole[i])) return false;
  }
  return true;
}

/// The largest value of a panel's series from an iteration on; 0: none is positive.
double largest_from(double iteration, const Panel& panel) {
  double largest = 0.0;
  for (const Series& series : panel.series) {
    for (std::size_t k = 0; k < series.x.size(); ++k) {
      if (series.x[k] >= iteration && std::isfinite(series.y[k])) largest = std::max(largest, series.y[k]);
    }
  }
  return largest;
}

/// Ends a logarithmic axis above what comes after the start of training, where the first values would take a decade or
/// more of it for themselves.
void cut_start(std::int64_t iterations, Panel& panel) {
  constexpr double start = 0.05, room = 2.0;  // share of the iterations; above the largest value later
  const double later = largest_from(start * static_cast<double>(iterations), panel);
  if (panel.y.log && later > 0.0 && largest_from(0.0, panel) > 10.0 * room * later) panel.y.high = room * later;
}

/// A curve against the iteration; a single value as a point.
Series curve(std::string label, const std::vector<std::int64_t>& iterations, const std::vector<double>& values,
             int colour, double width) {
  Series series;
  series.kind = values.size() == 1 ? Series::Kind::scatter : Series::Kind::line;
  series.label = std::move(label);
  series.x = as_numbers(iterations);
  series.y = values;
  series.colour = colour;
  series.width = series.kind == Series::Kind::scatter ? 0.0 : width;
  return series;
}

/// Draws the panels of one training.
class Curves {
 public:
  Curves(const TrainingPlan& plan, const TrainingOutcome& outcome) : plan_(plan), outcome_(outcome) {}

  Panel loss() const {
    const TrainingHistory& history = outcome_.history;
    Panel panel = empty_panel("Loss", "loss");
    int colour = 2;
    for (const auto& [name, values] : history.terms) {
      if (!any_finite(values) || hides(values, history.loss)) continue;
      panel.series.push_back(curve(name, history.iteration, values, colour++, 1.0));
    }
    panel.series.push_back(curve("batch", history.iteration, history.loss, light + blue, pale_width));
    add_validation(history.validation_loss, panel);
    panel.y.log = all_positive(history.loss) && all_positive(history.validation_loss);
    if (plan_.stop_loss && (!panel.y.log || *plan_.stop_loss > 0.0)) {
      panel.guides.push_back({Guide::Kind::horizontal, *plan_.stop_loss, "stop"});
    }
    cut_start(outcome_.iterations, panel);
    return panel;
  }

  Panel performance(const std::string& label) const {
    const TrainingHistory& history = outcome_.history;
    Panel panel = empty_panel("Performance", label);
    if (any_finite(history.performance)) {
      panel.series.push_back(curve("batch", history.iteration, history.performance, light + blue, pale_width));
    }
    add_validation(history.validation_performance, panel);
    if (plan_.stop_performance) panel.guides.push_back({Guide::Kind::horizontal, *plan_.stop_performance, "stop"});
    return panel;
  }

  Panel gradient() const {
    const TrainingHistory& history = outcome_.history;
    Panel panel = empty_panel("Gradient", "norm of the gradient");
    panel.series.push_back(curve("", history.iteration, history.gradient_norm, blue, 1.0));
    panel.y.log = all_positive(history.gradient_norm);
    cut_start(outcome_.iterations, panel);
    const double clip = plan_.optimiser.clip_norm;
    if (clip > 0.0) panel.guides.push_back({Guide::Kind::horizontal, clip, "clip"});
    return panel;
  }

  Panel rate() const {
    const TrainingHistory& history = outcome_.history;
    Panel panel = empty_panel("Learning rate", "rate");
    panel.series.push_back(curve("", history.iteration, history.rate, blue, 1.5));
    panel.y.log = plan_.schedule.kind == RateSchedule::Kind::step || plan_.schedule.kind == RateSchedule::Kind::plateau;
    if (!panel.y.log) panel.y.low = 0.0;
    return panel;
  }

 private:
  Panel empty_panel(std::string title, std::string label) const {
    Panel panel;
    panel.title = std::move(title);
    panel.x.label = "iteration";
    panel.x.low = 0.0;
    panel.x.high = static_cast<double>(std::max<std::int64_t>(outcome_.iterations, 1));
    panel.y.label = std::move(label);
    add_stages(panel);
    return panel;
  }

  void add_validation(const std::vector<double>& values, Panel& panel) const {
    if (!any_finite(values)) return;
    panel.series.push_back(curve("validation", outcome_.history.validation_iteration, values, blue, 2.2));
  }

  /// A line where each further stage of a curriculum begins.
  void add_stages(Panel& panel) const {
    const TrainingHistory& history = outcome_.history;
    for (std::size_t i = 1; i < history.stage.size(); ++i) {
      if (history.stage[i] == history.stage[i - 1]) continue;
      panel.guides.push_back({Guide::Kind::vertical, static_cast<double>(history.iteration[i]),
                              "stage " + std::to_string(history.stage[i] + 1)});
    }
  }

  const TrainingPlan& plan_;
  const TrainingOutcome& outcome_;
};

/// Whether a panel has the line where training ends.
bool shows_stop(const Figure& figure) {
  const auto has_stop = [](const Panel& panel) {
    return std::ranges::any_of(panel.guides, [](const Guide& guide) { return guide.label == "stop"; });
  };
  return std::ranges::any_of(figure.panels, has_stop);
}

/// Says what lies above an axis that cut_start() has ended.
std::string describe_start(const Figure& figure) {
  std::string words;
  for (const Panel& panel : figure.panels) {
    if (!panel.y.log || !panel.y.high) continue;
    words += fmt::format(" The first values of \"{}\" lie above its axis: up to {:.2g}.", panel.title,
                         largest_from(0.0, panel));
  }
  return words;
}

std::string caption(const TrainingPlan& plan, const Task& task, const TrainingHistory& history) {
  std::string text = "Pale: of each logged iteration's batch, before its update";
  const auto drawn = [&](const auto& term) { return any_finite(term.second) && !hides(term.second, history.loss); };
  if (std::ranges::any_of(history.terms, drawn)) text += "; its parts in other colours";
  text += ".";
  if (!history.validation_iteration.empty()) {
    text += task.holds_out_trials() ? " Bold: of trials held out for validation"
                                    : " Bold: of validation, on trials that training learns from";
    text += history.terms.size() > 1 ? ", the loss without penalties." : ".";
  }
  if (plan.optimiser.clip_norm > 0.0) text += " Gradients longer than the line marked clip were scaled down to it.";
  return text;
}

}  // namespace

std::optional<Figure> training_curves(const TrainingPlan& plan, const Task& task, const TrainingOutcome& outcome) {
  const TrainingHistory& history = outcome.history;
  if (history.iteration.empty() && history.validation_iteration.empty()) return std::nullopt;
  const Curves curves(plan, outcome);
  Figure figure;
  figure.name = "training";
  figure.title = "Training";
  figure.caption = caption(plan, task, history);
  figure.panels.push_back(curves.loss());
  if (any_finite(history.performance) || any_finite(history.validation_performance)) {
    figure.panels.push_back(curves.performance(task.performance_label()));
  }
  if (any_finite(history.gradient_norm)) figure.panels.push_back(curves.gradient());
  if (plan.schedule.kind != RateSchedule::Kind::constant || plan.schedule.warmup > 0) {
    figure.panels.push_back(curves.rate());
  }
  figure.caption += describe_start(figure);
  if (shows_stop(figure)) figure.caption += " Training ends at the line marked stop.";
  figure.columns = figure.panels.size() == 3 ? 3 : 2;
  return figure;
}

}  // namespace mrnn
