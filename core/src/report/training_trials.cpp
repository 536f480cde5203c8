#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "mrnn/names.hpp"
#include "report/training_parts.hpp"

namespace mrnn {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Index most_lines = 8;     // in a panel; more channels are shown as colours
constexpr Index most_overlaid = 2;  // more lines stand one above the other
constexpr std::size_t most_trials = 3;
constexpr const char *input_value = "input", *output_value = "output y", *target_value = "target";
constexpr int darker = 8;  // darker + k is a darker palette colour k
/// Values that go less far on one side of 0, as a share of the other, are not worth half of the colours.
constexpr double least_opposite = 0.25;

/// A line of a row: a channel, its name and colour.
struct Channel {
  Index index = 0;
  std::string name;
  int colour = 0;
};

/// A row of panels: some channels of the inputs or of the outputs.
struct Row {
  std::string name;
  const Sequence* values = nullptr;
  const Sequence* targets = nullptr;  ///< drawn with lines; with colours only on the same scale; nothing: none
  std::string value;                  ///< of these words, what it shows
  std::vector<Channel> channels;
  bool as_colours() const noexcept { return std::ssize(channels) > most_lines; }
};

/// Named as in the configuration and in arrays, where channels count from 0.
std::vector<Channel> channels_of(const std::string& name, UnitRange range, int colour, int colour_step) {
  std::vector<Channel> channels;
  for (Index k = 0; k < range.size; ++k) {
    channels.push_back({range.start + k, range.size == 1 ? name : fmt::format("{} {}", name, k),
                        colour + static_cast<int>(k) * colour_step});
  }
  return channels;
}

/// Small inputs share a row, large ones have their own; then each output.
std::vector<Row> rows_of(const Network& network, const Trials& trials, const Sequence& outputs) {
  std::vector<Row> rows;
  for (const NamedRange& input : network.input_regions()) {
    std::vector<Channel> channels = channels_of(input.name, input.range, region_colour(network, input.name), 0);
    const bool joins = !rows.empty() && std::ssize(rows.back().channels) + input.range.size <= most_lines;
    if (!joins) rows.push_back({"input", &trials.inputs, nullptr, input_value, {}});
    rows.back().channels.insert(rows.back().channels.end(), channels.begin(), channels.end());
    if (rows.back().as_colours()) rows.back().name = input.name;
  }
  for (Row& row : rows) {  // several lines have their names beside them
    if (row.channels.size() == 1) row.name = row.channels.front().name;
  }
  const Sequence* targets = trials.targets.empty() ? nullptr : &trials.targets;
  for (const OutputLayout& output : network.output_layouts()) {
    Row row{output.name, &outputs, targets, output_value, channels_of(output.name, output.range, 0, 1)};
    if (row.as_colours() && targets != nullptr) {
      rows.push_back({output.name + " (target)", targets, &outputs, target_value, row.channels});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string condition_of(const Trials& trials, Index trial) {
  const auto condition = trials.texts.find("condition");
  const auto task = trials.texts.find("task");
  std::string words;
  if (task != trials.texts.end()) words = task->second[static_cast<std::size_t>(trial)];
  if (condition != trials.texts.end()) {
    words += (words.empty() ? "" : ": ") + condition->second[static_cast<std::size_t>(trial)];
  }
  return words;
}

/// The first trials whose conditions differ, filled up with the first others.
std::vector<Index> choose(const Trials& trials) {
  std::vector<Index> chosen;
  std::set<std::string> seen;
  for (const bool only_new : {true, false}) {
    for (Index trial = 0; trial < trials.count && chosen.size() < most_trials; ++trial) {
      const bool is_new = seen.insert(condition_of(trials, trial)).second;
      if (std::ranges::find(chosen, trial) == chosen.end() && (is_new || !only_new)) chosen.push_back(trial);
    }
  }
  std::ranges::sort(chosen);
  return chosen;
}

/// NaN where it is a target that does not count.
double shown(const Trials& trials, const Sequence& values, Index channel, Index trial, Index step) {
  const bool counts = &values != &trials.targets || trials.mask.empty() || trials.mask(channel, trial, step) != 0.0;
  return counts ? values(channel, trial, step) : nan;
}

/// What a row shows over all chosen trials, so that its panels have one scale.
std::pair<double, double> extent(const Row& row, const Trials& trials, const std::vector<Index>& chosen) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Index trial : chosen) {
    for (Index step = 0; step < trial_end(trials, trial); ++step) {
      for (const Channel& channel : row.channels) {
        for (const Sequence* values : {row.values, row.targets}) {
          if (values == nullptr) continue;
          const double value = shown(trials, *values, channel.index, trial, step);
          if (std::isnan(value)) continue;
          low = std::min(low, value);
          high = std::max(high, value);
        }
      }
    }
  }
  if (low > high) return {0.0, 1.0};  // nothing
  return low < high ? std::pair{low, high} : std::pair{low - 0.5, low + 0.5};
}

/// Draws the panels, column after column.
class TrialPanels {
 public:
  TrialPanels(const Trials& trials, Scores scores, std::vector<Index> chosen, double dt)
      : trials_(trials), scores_(std::move(scores)), chosen_(std::move(chosen)), dt_(dt) {
    for (const Index trial : chosen_) end_ = std::max(end_, trial_end(trials_, trial));
  }

  Panel draw(const Row& row, std::size_t column) const {
    Panel panel;
    panel.y.label = row.name;
    panel.x.low = 0.0;
    panel.x.high = static_cast<double>(end_) * dt_;
    if (row.as_colours()) {
      add_colours(row, chosen_[column], panel);
    } else {
      add_lines(row, column, panel);
    }
    for (const Epoch& epoch : trials_.epochs) {
      const auto k = static_cast<std::size_t>(chosen_[column]);
      if (epoch.first[k] >= epoch.last[k]) continue;
      panel.guides.push_back({Guide::Kind::epoch, static_cast<double>(epoch.first[k]) * dt_, "",
                              static_cast<double>(epoch.last[k]) * dt_});
    }
    return panel;
  }

  /// Words for the first and the last panel of a column.
  void add_words(std::size_t column, Panel& first, Panel& last) const {
    const std::string condition = condition_of(trials_, chosen_[column]);
    first.title = condition.empty() ? fmt::format("trial {}", chosen_[column]) : condition;
    if (has_score(column)) first.title += fmt::format(" (score {:.2g})", scores_.score(chosen_[column]));
    std::size_t guide = 0;
    for (const Epoch& epoch : trials_.epochs) {
      const auto k = static_cast<std::size_t>(chosen_[column]);
      if (epoch.first[k] < epoch.last[k]) first.guides[guide++].label = epoch.name;
    }
    last.x.label = "time (ms)";
  }

  /// Whether the task says how well a trial was done.
  bool has_score(std::size_t column) const {
    return scores_.score.size() > 0 && std::isfinite(scores_.score(chosen_[column]));
  }

 private:
  void add_colours(const Row& row, Index trial, Panel& panel) const {
    const auto [low, high] = extent(row, trials_, chosen_);
    HeatMap map;
    const Index steps = trial_end(trials_, trial);
    map.values.resize(std::ssize(row.channels), steps);
    for (Index step = 0; step < steps; ++step) {
      for (std::size_t k = 0; k < row.channels.size(); ++k) {
        map.values(static_cast<Index>(k), step) = shown(trials_, *row.values, row.channels[k].index, trial, step);
      }
    }
    map.x_high = static_cast<double>(steps) * dt_;
    map.y_low = -0.5;
    map.y_high = static_cast<double>(row.channels.size()) - 0.5;
    map.label = row.value + " (a.u.)";
    const double widest = std::max(-low, high);
    map.diverging = std::min(-low, high) >= least_opposite * widest;
    map.low = map.diverging ? -widest : low;
    map.high = map.diverging ? widest : high;
    shade_gaps(map.values, panel);
    panel.heat_map = std::move(map);
  }

  /// Grey where there is no value, since white is a colour of some maps: a band per gap, over all neighbouring channels
  /// that have it.
  void shade_gaps(const Eigen::MatrixXd& values, Panel& panel) const {
    std::map<std::pair<Index, Index>, std::size_t> open;  // bands that the channel before has, by their steps
    for (Index channel = 0; channel < values.rows(); ++channel) {
      std::map<std::pair<Index, Index>, std::size_t> here;
      for (const std::pair<Index, Index>& gap : gaps_of(values.row(channel))) {
        const double top = static_cast<double>(channel) + 0.5;
        if (const auto known = open.find(gap); known != open.end()) {
          panel.series[known->second].upper.assign(2, top);
          here.insert(*known);
          continue;
        }
        here.emplace(gap, panel.series.size());
        Series band;
        band.kind = Series::Kind::band;
        band.colour = grey;
        band.x = {static_cast<double>(gap.first) * dt_, static_cast<double>(gap.second) * dt_};
        band.y.assign(2, top - 1.0);
        band.upper.assign(2, top);
        panel.series.push_back(std::move(band));
      }
      open = std::move(here);
    }
  }

  /// First steps and ends of runs of NaN.
  static std::vector<std::pair<Index, Index>> gaps_of(const Eigen::RowVectorXd& values) {
    std::vector<std::pair<Index, Index>> gaps;
    for (Index step = 0; step < values.size(); ++step) {
      if (!std::isnan(values(step))) continue;
      if (!gaps.empty() && gaps.back().second == step) {
        ++gaps.back().second;
      } else {
        gaps.emplace_back(step, step + 1);
      }
    }
    return gaps;
  }

  void add_lines(const Row& row, std::size_t column, Panel& panel) const {
    const auto [low, high] = extent(row, trials_, chosen_);
    const bool stacked =
        std::ssize(row.channels) > most_overlaid || (row.targets == nullptr && row.channels.size() > 1);
    const double spacing = stacked ? 1.25 * (high - low) : 0.0;
    const bool keyed = column == 0;
    for (std::size_t k = 0; k < row.channels.size(); ++k) {
      const Channel& channel = row.channels[k];
      const double offset = -static_cast<double>(k) * spacing;
      Series line = series_of(*row.values, channel.index, chosen_[column], offset);
      line.colour = channel.colour;
      if (keyed && !stacked && row.channels.size() > 1) line.label = channel.name;
      panel.series.push_back(std::move(line));
      if (stacked) panel.y.names.push_back({0.5 * (low + high) + offset, channel.name});
      if (row.targets == nullptr) continue;
      Series target = series_of(*row.targets, channel.index, chosen_[column], offset);
      target.dashed = true;
      target.colour = channel.colour + darker;
      target.width = 1.2;
      if (keyed && k == 0) target.label = "target";
      panel.series.push_back(std::move(target));
    }
    if (stacked) panel.y.label.clear();  // each line has its name
    const double room = 0.08 * (high - low);
    panel.y.low = low - room - static_cast<double>(row.channels.size() - 1) * spacing;
    panel.y.high = high + room;
  }

  /// Every value lasts for its step, so that a pulse of one step looks like one.
  Series series_of(const Sequence& values, Index channel, Index trial, double offset) const {
    Series series;
    for (Index step = 0; step < trial_end(trials_, trial); ++step) {
      const double value = shown(trials_, values, channel, trial, step) + offset;
      series.x.insert(series.x.end(), {static_cast<double>(step) * dt_, static_cast<double>(step + 1) * dt_});
      series.y.insert(series.y.end(), {value, value});
    }
    return series;
  }

  const Trials& trials_;
  Scores scores_;
  std::vector<Index> chosen_;
  double dt_;
  Index end_ = 0;
};

/// `inputs (without their noise) and outputs`: what the rows drawn as lines, or those drawn as colours, show.
std::string shown_in(const std::vector<Row>& rows, bool as_colours) {
  std::vector<std::string> words;
  for (const auto& [value, word] : {std::pair{input_value, "inputs (without their noise)"},
                                    std::pair{output_value, "outputs"}, std::pair{target_value, "targets"}}) {
    const auto matches = [&, value = value](const Row& row) {
      return row.as_colours() == as_colours && row.value == value;
    };
    if (std::ranges::any_of(rows, matches)) words.emplace_back(word);
  }
  std::string all = join(words);
  if (const auto last = all.rfind(", "); last != std::string::npos) all.replace(last, 2, " and ");
  return all;
}

std::string caption_of(const std::vector<Row>& rows, const Trials& trials, const std::vector<Panel>& panels) {
  const std::string lines = shown_in(rows, false), colours = shown_in(rows, true);
  const auto wanted = [](const Row& row) { return !row.as_colours() && row.targets != nullptr; };
  std::vector<std::string> sentences;
  if (!lines.empty()) sentences.push_back("Solid: " + lines + ".");
  if (std::ranges::any_of(rows, wanted)) sentences.emplace_back("Dashed: targets, where the loss counts them.");
  if (!colours.empty()) sentences.push_back("Colours: " + colours + ", channel by channel.");
  const auto has_gaps = [](const Panel& panel) { return panel.heat_map && !panel.series.empty(); };
  if (std::ranges::any_of(panels, has_gaps)) sentences.emplace_back("Grey: targets that the loss does not count.");
  if (!trials.epochs.empty()) {
    sentences.emplace_back("Lines from top to bottom: borders of the epochs named above.");
  }
  return join(sentences, " ");
}

}  // namespace

std::optional<Figure> training_trials(const Network& network, const Task& task, const Trials& trials,
                                      const Sequence& outputs) {
  if (trials.count == 0 || trials.steps == 0 || outputs.empty()) return std::nullopt;
  const std::vector<Index> chosen = choose(trials);
  const std::vector<Row> rows = rows_of(network, trials, outputs);
  const TrialPanels panels(trials, scores_of(task, trials, outputs), chosen, network.spec().dt);
  Figure figure;
  figure.name = "training_examples";
  figure.title = "Examples of trials after training";
  figure.columns = static_cast<int>(chosen.size());
  figure.panel_height = 110.0;
  figure.panel_width = chosen.size() == 1 ? 400.0 : 186.0;
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < chosen.size(); ++column) figure.panels.push_back(panels.draw(row, column));
  }
  figure.caption = caption_of(rows, trials, figure.panels);
  bool scored = false;
  for (std::size_t column = 0; column < chosen.size(); ++column) scored = scored || panels.has_score(column);
  if (scored) figure.caption += " Score: how well the trial was done, from 0 to 1 (" + task.performance_label() + ").";
  for (std::size_t column = 0; column < chosen.size(); ++column) {
    panels.add_words(column, figure.panels[column], figure.panels[figure.panels.size() - chosen.size() + column]);
  }
  return figure;
}

}  // namespace mrnn
