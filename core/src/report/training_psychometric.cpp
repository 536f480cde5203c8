#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "mrnn/choices.hpp"
#include "mrnn/names.hpp"
#include "report/training_parts.hpp"

namespace mrnn {
namespace {

/// Ends a line, so that the next point begins another.
constexpr double gap = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_values = 25;  // of the variable; more are put into as many equal parts

/// The value of metadata in words, whether it is a text or a number; empty where there is none of that name.
std::string value_words(const Trials& trials, const std::string& name, std::size_t trial) {
  if (const auto texts = trials.texts.find(name); texts != trials.texts.end()) return texts->second[trial];
  if (const auto numbers = trials.numbers.find(name); numbers != trials.numbers.end()) {
    return number_words(numbers->second[trial]);
  }
  return "";
}

std::map<std::string, Answers> answers_by_group(const Psychometric& curve, const Trials& trials, const Scores& scores) {
  std::map<std::string, Answers> groups;
  const auto variable = trials.numbers.find(curve.variable);
  if (variable == trials.numbers.end()) return groups;
  for (Index trial = 0; trial < std::min<Index>(trials.count, scores.choice.size()); ++trial) {
    const auto k = static_cast<std::size_t>(trial);
    const bool counts = std::isfinite(scores.choice(trial)) && !std::isnan(scores.score(trial));
    if (!counts || !std::isfinite(variable->second[k])) continue;
    groups[value_words(trials, curve.group, k)].emplace_back(variable->second[k], scores.choice(trial));
  }
  return groups;
}

/// p(x) = 1 / (1 + exp(-(offset + slope x))).
struct Logistic {
  double offset = 0.0, slope = 0.0;
  double operator()(double x) const noexcept { return 1.0 / (1.0 + std::exp(-(offset + slope * x))); }
};

/// By maximum likelihood, with a faint pull towards 0 so that choices without a mistake do not make the slope
/// infinite. Newton's method on x scaled to [-1, 1], steps halved until the likelihood rises.
Logistic fit(const std::vector<Choices>& data, double middle, double half) {
  constexpr double pull = 1e-2;
  Eigen::Vector2d best(0.0, 0.0);
  const auto cost = [&](const Eigen::Vector2d& w) {
    double sum = 0.5 * pull * w.squaredNorm();
    for (const Choices& choices : data) {
      const double z = w(0) + w(1) * (choices.variable - middle) / half;
      sum += choices.trials * (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)))) - choices.chosen * z;
    }
    return sum;
  };
  for (int round = 0; round < 50; ++round) {
    Eigen::Vector2d gradient = pull * best;
    Eigen::Matrix2d curvature = pull * Eigen::Matrix2d::Identity();
    for (const Choices& choices : data) {
      const Eigen::Vector2d x(1.0, (choices.variable - middle) / half);
      const double p = 1.0 / (1.0 + std::exp(-best.dot(x)));
      gradient += (choices.trials * p - choices.chosen) * x;
      curvature += choices.trials * p * (1.0 - p) * x * x.transpose();
    }
    Eigen::Vector2d step = curvature.inverse() * gradient;
    while (step.norm() > 1e-9 && cost(best - step) > cost(best)) step *= 0.5;
    best -= step;
    if (step.norm() <= 1e-9) break;
  }
  return {best(0) - best(1) * middle / half, best(1) / half};
}

/// What a group is called, and its colour.
struct Line {
  std::string label;
  int colour = 0;
};

/// Points, their intervals and, where there are enough of them, the fitted function.
void draw(const std::vector<Choices>& data, const Line& line, Panel& panel) {
  Series points, bars;
  points.kind = Series::Kind::scatter;
  points.label = line.label;
  points.width = 6.0;
  points.colour = bars.colour = line.colour;
  bars.width = 1.0;
  for (const Choices& choices : data) {
    const double x = choices.variable;
    points.x.push_back(x);
    points.y.push_back(choices.share());
    const auto [low, high] = wilson_interval(choices);
    bars.x.insert(bars.x.end(), {x, x, gap});
    bars.y.insert(bars.y.end(), {low, high, gap});
  }
  panel.series.push_back(std::move(bars));
  const double low = data.front().variable, high = data.back().variable;
  if (data.size() >= 4) {
    const Logistic logistic = fit(data, 0.5 * (low + high), 0.5 * (high - low));
    Series fitted;
    fitted.colour = line.colour;
    for (int i = 0; i <= 200; ++i) {
      fitted.x.push_back(low + (high - low) * i / 200.0);
      fitted.y.push_back(logistic(fitted.x.back()));
    }
    panel.series.push_back(std::move(fitted));
  }
  panel.series.push_back(std::move(points));
}

}  // namespace

std::optional<Figure> training_psychometric(const Task& task, const Trials& trials, const Sequence& outputs) {
  const std::optional<Psychometric> curve = task.psychometric();
  if (!curve || trials.count == 0) return std::nullopt;
  const auto groups = answers_by_group(*curve, trials, scores_of(task, trials, outputs));
  if (groups.empty()) return std::nullopt;
  Panel panel;
  panel.x.label = curve->x_label;
  panel.y = {curve->y_label, -0.02, 1.02};
  panel.guides.push_back({Guide::Kind::horizontal, 0.5, ""});
  std::vector<std::string> counts;
  bool fitted = false;
  int colour = 0;
  for (const auto& [group, answers] : groups) {
    const std::vector<Choices> data = choices_in_parts(answers, most_values);
    fitted = fitted || data.size() >= 4;
    if (data.front().variable < 0.0 && data.back().variable > 0.0 && colour == 0) {
      panel.guides.push_back({Guide::Kind::vertical, 0.0, ""});
    }
    draw(data, {group, colour++}, panel);
    counts.push_back(fmt::format("{}{}{}", group, group.empty() ? "" : " ", answers.size()));
  }
  Figure figure;
  figure.name = "training_psychometric";
  figure.title = "Choices after training";
  figure.caption = fmt::format("Discs: shares of choices, bars: their 95 % intervals (Wilson).{} Trials: {}.",
                               fitted ? " Lines: logistic functions fitted by maximum likelihood." : "", join(counts));
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace mrnn
