#include "measure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mrnn/names.hpp"
#include "mrnn/trial_writer.hpp"

namespace mrnn::dataset {
namespace {

constexpr double not_scored = std::numeric_limits<double>::quiet_NaN();

template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& metadata) {
  std::vector<std::string> names;
  for (const auto& entry : metadata) names.push_back(entry.first);
  return names;
}

/// A key that names one of `known`.
std::string known_name(const ConfigNode& config, std::string_view key, std::string_view kind,
                       const std::vector<std::string>& known) {
  const std::string name = config.text(key);
  if (std::ranges::find(known, name) == known.end()) config.fail(key, unknown_name(kind, name, known));
  return name;
}

UnitRange read_output(const ConfigNode& config, const Network& network) {
  std::vector<std::string> names;
  for (const OutputLayout& output : network.output_layouts()) names.push_back(output.name);
  if (!config.has("output")) return {0, network.outputs()};
  const std::string name = known_name(config, "output", "output", names);
  return network.output_layouts()[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())].range;
}

bool counts(const Trials& trials, UnitRange channels, Index trial, Index step) {
  if (trials.mask.empty()) return true;
  return (trials.mask.at(step).col(trial).segment(channels.start, channels.size).array() != 0.0).any();
}

}  // namespace

Measure::Measure(const ConfigNode& task, const Contents& contents, const Network& network) {
  if (task.kind("score") == ConfigKind::text) {
    task.choice("score", std::vector<std::string>{"choice"});
    kind_ = Kind::choice;
    channels_ = {0, network.outputs()};
  } else if (const auto score = task.find_table("score")) {
    read_score(*score, contents, network);
    score->finish();
  }
  if (kind_ != Kind::none && contents.targets.empty()) {
    task.fail("score", network.outputs() == 0 ? "needs a network with outputs" : "needs targets, which the file lacks");
  }
  if (kind_ == Kind::choice && network.output_layouts().size() > 1 && channels_.size == network.outputs()) {
    task.fail("score", "is about one output, and the network has several; score = { measure = \"choice\", output = \"" +
                           network.output_layouts().front().name + "\" } names one");
  }
  if (const auto curve = task.find_table("psychometric")) {
    if (kind_ != Kind::choice) task.fail("psychometric", "needs choices: score = \"choice\"");
    read_psychometric(*curve, contents);
    curve->finish();
  }
}

void Measure::read_score(const ConfigNode& score, const Contents& contents, const Network& network) {
  const std::vector<std::string> kinds{"choice", "tolerance"};
  kind_ = score.choice("measure", kinds) == "choice" ? Kind::choice : Kind::tolerance;
  channels_ = read_output(score, network);
  if (kind_ == Kind::tolerance) {
    tolerance_ = score.positive("tolerance");
    return;
  }
  if (score.has("epoch")) {
    std::vector<std::string> epochs;
    for (const Epoch& epoch : contents.epochs) epochs.push_back(epoch.name);
    epoch_ = known_name(score, "epoch", "epoch in the file", epochs);
  }
  if (channels_.size == 1) threshold_ = score.number("threshold", 0.0);
}

void Measure::read_psychometric(const ConfigNode& psychometric, const Contents& contents) {
  Psychometric curve;
  curve.variable = known_name(psychometric, "variable", "number in the file", names_of(contents.numbers));
  curve.x_label = psychometric.text("label", curve.variable);
  if (psychometric.has("by")) {
    std::vector<std::string> known = names_of(contents.texts);
    for (std::string& name : names_of(contents.numbers)) known.push_back(std::move(name));
    curve.group = known_name(psychometric, "by", "metadata in the file", known);
  }
  counted_ = psychometric.count_or("choice", 1, 0, std::max<Index>(channels_.size, 2) - 1);
  curve.y_label = channels_.size == 1 ? std::string("share of outputs ") + (counted_ == 1 ? "above " : "below ") +
                                            number_words(threshold_)
                                      : "share of choices of channel " + std::to_string(counted_);
  constexpr Index usual_conditions = 25;  // a file does not say how many it has
  curve.conditions = std::min(contents.trials, usual_conditions);
  curve_ = std::move(curve);
}

Scores Measure::score(const Trials& trials, const Sequence& outputs) const {
  if (kind_ == Kind::none) return {};
  Scores scores{Eigen::VectorXd::Constant(trials.count, not_scored), {}};
  if (curve_) scores.choice = scores.score;
  for (Index trial = 0; trial < trials.count; ++trial) {
    if (kind_ == Kind::tolerance) {
      scores.score[trial] = share_within(trials, outputs, trial);
      continue;
    }
    const auto step = judged_step(trials, trial);
    if (!step) continue;
    const auto correct = wanted(trials, trial, *step);
    if (!correct) continue;
    const Index chosen = choice(outputs, trial, *step);
    scores.score[trial] = chosen == *correct ? 1.0 : 0.0;
    if (curve_) scores.choice[trial] = chosen == counted_ ? 1.0 : 0.0;
  }
  return scores;
}

std::string Measure::label() const {
  if (kind_ == Kind::tolerance) return "share of outputs within " + number_words(tolerance_) + " of the target";
  return "share of correct choices";
}

/// None: the trial lacks the epoch, or nothing of it counts.
std::optional<Index> Measure::judged_step(const Trials& trials, Index trial) const {
  StepRange steps{0, trial_end(trials, trial)};
  if (!epoch_.empty()) {
    steps = epoch_steps(trials, epoch_, trial);
    steps.last = std::min(steps.last, trial_end(trials, trial));
  }
  for (Index step = steps.last - 1; step >= steps.first; --step) {
    if (counts(trials, channels_, trial, step)) return step;
  }
  return std::nullopt;
}

/// The correct choice; none where two targets are the largest, as in catch trials, or the only one is the threshold.
std::optional<Index> Measure::wanted(const Trials& trials, Index trial, Index step) const {
  const auto targets = trials.targets.at(step).col(trial).segment(channels_.start, channels_.size);
  if (channels_.size == 1) {
    if (targets[0] == threshold_) return std::nullopt;
    return targets[0] > threshold_ ? 1 : 0;
  }
  Index largest = 0;
  const double most = targets.maxCoeff(&largest);
  if ((targets.array() == most).count() > 1) return std::nullopt;
  return largest;
}

Index Measure::choice(const Sequence& outputs, Index trial, Index step) const {
  const auto values = outputs.at(step).col(trial).segment(channels_.start, channels_.size);
  if (channels_.size == 1) return values[0] > threshold_ ? 1 : 0;
  Index largest = 0;
  values.maxCoeff(&largest);
  return largest;
}

double Measure::share_within(const Trials& trials, const Sequence& outputs, Index trial) const {
  double within = 0.0, all = 0.0;
  for (Index step = 0; step < trial_end(trials, trial); ++step) {
    for (Index channel = channels_.start; channel < channels_.end(); ++channel) {
      if (!trials.mask.empty() && trials.mask(channel, trial, step) == 0.0) continue;
      all += 1.0;
      const double error = outputs(channel, trial, step) - trials.targets(channel, trial, step);
      within += std::abs(error) <= tolerance_ ? 1.0 : 0.0;
    }
  }
  return within / all;  // NaN, does not count, where the mask is zero throughout
}

}  // namespace mrnn::dataset
