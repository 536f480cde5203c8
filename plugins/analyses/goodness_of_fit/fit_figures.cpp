#include "fit_figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mrnn::fit {
namespace {

constexpr double not_drawn = std::numeric_limits<double>::quiet_NaN();
/// Where all channels have a larger R², the axis need not begin at 0.
constexpr double well_fitted = 0.9;
/// Part of the room of a channel in which the groups stand beside each other.
constexpr double spread = 0.6;
constexpr std::size_t most_trials = 3, most_rows = 9;
constexpr int blue = 0, darker = 8;  // darker + k is a darker palette colour k

/// Channels of an output whose R^2 is a number, the best first.
std::vector<Index> ranked(const Scores& scores, Index group) {
  std::vector<Index> order;
  for (Index k = 0; k < scores.r2.cols(); ++k) {
    if (std::isfinite(scores.r2(group, k))) order.push_back(k);
  }
  std::ranges::stable_sort(order, [&](Index a, Index b) { return scores.r2(group, a) > scores.r2(group, b); });
  return order;
}

/// The best, the middle one and the worst of them.
std::vector<Index> examples(const std::vector<Index>& order) {
  if (order.size() <= 3) return order;
  return {order.front(), order[order.size() / 2], order.back()};
}

/// The first trial of each group, filled up with the first others.
std::vector<Index> example_trials(const Conditions& groups) {
  std::vector<Index> chosen;
  std::vector<int> seen;
  for (const bool only_new : {true, false}) {
    for (std::size_t trial = 0; trial < groups.of_trial.size() && chosen.size() < most_trials; ++trial) {
      const int group = groups.of_trial[trial];
      const bool is_new = std::ranges::find(seen, group) == seen.end();
      const bool taken = std::ranges::find(chosen, static_cast<Index>(trial)) != chosen.end();
      if (group < 0 || taken || (only_new && !is_new)) continue;
      seen.push_back(group);
      chosen.push_back(static_cast<Index>(trial));
    }
  }
  std::ranges::sort(chosen);
  return chosen;
}

/// A row of the figure: a channel of an output.
struct Row {
  const Scores* scores = nullptr;
  Index channel = 0;  ///< of the output
};

class Traces {
 public:
  Traces(const Compared& compared, const Conditions& groups, double dt, Index first_step)
      : compared_(compared), groups_(groups), dt_(dt), first_step_(first_step) {}

  Panel panel(const Row& row, Index trial) const {
    const Index channel = row.scores->channels[static_cast<std::size_t>(row.channel)];
    Panel made;
    Series target = series(compared_.targets, channel, trial), output = series(compared_.outputs, channel, trial);
    target.label = "target";
    target.dashed = true;
    target.colour = blue + darker;
    output.label = "output";
    output.colour = blue;
    made.series = {std::move(output), std::move(target)};
    made.y.label = row.scores->output + " " + std::to_string(row.channel);
    return made;
  }

  std::string title(Index trial) const {
    const auto group = static_cast<std::size_t>(groups_.of_trial[static_cast<std::size_t>(trial)]);
    return "trial " + std::to_string(trial) +
           (groups_.grouped ? ", " + groups_.by + " " + groups_.list[group].name : "");
  }

 private:
  Series series(const Sequence& values, Index channel, Index trial) const {
    Series made;
    for (Index step = 0; step < values.steps; ++step) {
      const bool counts = compared_.weights(channel, trial, step) != 0.0;
      made.x.push_back(dt_ * static_cast<double>(first_step_ + step));
      made.y.push_back(counts ? values(channel, trial, step) : not_drawn);
    }
    return made;
  }

  const Compared& compared_;
  const Conditions& groups_;
  double dt_;
  Index first_step_;
};

/// By rank in the first group that has scores.
std::vector<Row> rows_of(const std::vector<Scores>& scores) {
  std::vector<Row> rows;
  for (const Scores& output : scores) {
    std::vector<Index> order;
    for (Index group = 0; group < output.r2.rows() && order.empty(); ++group) order = ranked(output, group);
    for (const Index channel : examples(order)) {
      if (rows.size() < most_rows) rows.push_back({&output, channel});
    }
  }
  return rows;
}

double lowest_of(const std::vector<Scores>& scores) {
  double lowest = 1.0;
  for (const Scores& output : scores) {
    for (const double r2 : output.r2.reshaped()) lowest = std::min(lowest, std::isfinite(r2) ? r2 : lowest);
  }
  return lowest;
}

}  // namespace

Figure draw_scores(const std::vector<Scores>& scores, const Conditions& groups) {
  Figure figure;
  figure.name = "scores";
  figure.title = "Variance of the targets that is explained";
  figure.caption =
      "R² of each channel over the trials and steps that count, channels from the best to the worst of each group. "
      "1 is a perfect fit, 0 no better than the mean of the target.";
  if (groups.grouped) figure.caption += " Groups stand a little apart.";
  const double lowest = lowest_of(scores);
  for (const Scores& output : scores) {
    Panel panel;
    panel.title = output.output;
    panel.x.label = "channel, by rank";
    panel.y.label = "R²";
    panel.y.high = 1.0;
    if (lowest < well_fitted) panel.guides.push_back({Guide::Kind::horizontal, 0.0, ""});
    panel.x.low = 0.5;
    panel.x.high = static_cast<double>(output.channels.size()) + 0.5;
    if (groups.grouped) panel.key_title = groups.by + ":";
    for (Index group = 0; group < output.r2.rows(); ++group) {
      Series series;
      const double aside =
          (static_cast<double>(group) + 0.5) / static_cast<double>(output.r2.rows()) - 0.5;  // of the room of a channel
      for (const Index channel : ranked(output, group)) {
        series.x.push_back(static_cast<double>(series.x.size() + 1) + spread * aside);
        series.y.push_back(output.r2(group, channel));
      }
      series.kind = Series::Kind::scatter;
      if (groups.grouped) series.label = groups.list[static_cast<std::size_t>(group)].name;
      series.colour = static_cast<int>(group);
      panel.series.push_back(std::move(series));
    }
    figure.panels.push_back(std::move(panel));
  }
  figure.columns = scores.size() > 1 ? 2 : 1;
  figure.shared_y = true;
  return figure;
}

Figure draw_traces(const std::vector<Scores>& scores, const Compared& compared, const Conditions& groups, double dt,
                   Index first_step) {
  const Traces traces(compared, groups, dt, first_step);
  const std::vector<Row> rows = rows_of(scores);
  const std::vector<Index> trials = example_trials(groups);
  Figure figure;
  figure.name = "traces";
  figure.title = "Targets and outputs";
  figure.caption =
      "The best, the middle and the worst channel of each output, by R², in single trials. Solid: output; dashed: "
      "target; where it does not count neither is drawn.";
  figure.columns = static_cast<int>(trials.size());
  figure.shared_x = true;
  figure.panel_height = 110.0;
  figure.panel_width = trials.size() == 1 ? 400.0 : 186.0;
  for (const Row& row : rows) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const std::size_t first = figure.panels.size();
    for (const Index trial : trials) {
      Panel panel = traces.panel(row, trial);
      for (const Series& series : panel.series) {
        for (const double value : series.y) {
          if (std::isnan(value)) continue;
          low = std::min(low, value);
          high = std::max(high, value);
        }
      }
      const bool keyed = figure.panels.empty();
      for (Series& series : panel.series) series.label = keyed ? series.label : "";
      figure.panels.push_back(std::move(panel));
    }
    if (!(low < high)) continue;
    for (std::size_t k = first; k < figure.panels.size(); ++k) {
      figure.panels[k].y.low = low - 0.05 * (high - low);
      figure.panels[k].y.high = high + 0.05 * (high - low);
    }
  }
  for (std::size_t column = 0; column < trials.size() && !figure.panels.empty(); ++column) {
    figure.panels[column].title = traces.title(trials[column]);
    figure.panels[figure.panels.size() - trials.size() + column].x.label = "time (ms)";
  }
  return figure;
}

}  // namespace mrnn::fit
