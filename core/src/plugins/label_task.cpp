#include "mrnn/label_task.hpp"

#include <cmath>
#include <utility>

#include "mrnn/rings.hpp"

namespace mrnn {
namespace {

/// The input of every task of this family comes first.
std::vector<ChannelGroup> with_fixation(const std::vector<ChannelGroup>& others) {
  std::vector<ChannelGroup> groups{{"fixation", 1, "1: do not respond"}};
  groups.insert(groups.end(), others.begin(), others.end());
  return groups;
}

}  // namespace

LabelTask::~LabelTask() = default;

LabelTask::LabelTask(const ConfigNode& config, const Network& network, LabelLayout layout)
    : network_(network),
      layout_(std::move(layout)),
      inputs_(config, network, Channels::Side::input, with_fixation(layout_.inputs)),
      outputs_(config, network, Channels::Side::output, {{"choice", layout_.labels, layout_.meaning}}),
      fixation_weight_(config.within("fixation_weight", 0.0, 1000.0, 1.0)),
      response_weight_(config.within("response_weight", 0.0, 1000.0, 1.0)) {
  for (const TimedEpoch& epoch : layout_.epochs) durations_.push_back(Duration::read(config, epoch.name, epoch.usual));
  check_lasts_a_step(config, layout_.epochs.back().name, durations_.back(), network.spec().dt);
}

Index LabelTask::draw_condition(RandomStream& random) const {
  return static_cast<Index>(random.below(static_cast<std::uint64_t>(conditions())));
}

Trials LabelTask::make(const TrialRequest& request) const {
  std::vector<std::string> names;
  for (const TimedEpoch& epoch : layout_.epochs) names.push_back(epoch.name);
  std::vector<Index> drawn;
  std::vector<std::vector<double>> durations;
  for (Index trial = 0; trial < request.count; ++trial) {
    const std::uint64_t id = request.first + static_cast<std::uint64_t>(trial);
    RandomStream random(request.seed, request.stream, id);
    drawn.push_back(request.mode == TrialRequest::Mode::random
                        ? draw_condition(random)
                        : static_cast<Index>(id % static_cast<std::uint64_t>(conditions())));
    std::vector<double>& times = durations.emplace_back();
    for (const Duration& duration : durations_) times.push_back(duration.draw(random));
  }

  TrialWriter writer(network_, request, names, durations);
  const Index fixation = inputs_["fixation"].start;
  const UnitRange labels = outputs_["choice"];
  for (Index trial = 0; trial < request.count; ++trial) {
    const StepRange decision = writer.epoch(trial, names.back()), before{0, decision.first};
    const Index correct = write(writer, trial, drawn[static_cast<std::size_t>(trial)]);
    writer.input(trial, fixation, before, 1.0);
    writer.target(trial, labels.start, before, 1.0);
    writer.target(trial, labels.start + correct, decision, 1.0);
    writer.mask(trial, labels, before, fixation_weight_);
    writer.mask(trial, labels, decision, response_weight_);
    writer.number(trial, "correct", static_cast<double>(correct));
  }
  return writer.take();
}

Scores LabelTask::score(const Trials& trials, const Sequence& outputs) const {
  const UnitRange labels = outputs_["choice"];
  const std::vector<double>& correct = trials.numbers.at("correct");
  Scores scores{Eigen::VectorXd::Zero(trials.count), {}};
  for (Index trial = 0; trial < trials.count; ++trial) {
    const Index last_step = epoch_steps(trials, layout_.epochs.back().name, trial).last - 1;
    Index answer = 0;
    outputs.at(last_step).col(trial).segment(labels.start, labels.size).maxCoeff(&answer);
    scores.score[trial] = answer == static_cast<Index>(correct[static_cast<std::size_t>(trial)]) ? 1.0 : 0.0;
  }
  return scores;
}

std::string LabelTask::performance_label() const {
  return "share of correct answers";
}

void LabelTask::present_direction(TrialWriter& writer, Index trial, const DirectionalStimulus& stimulus) const {
  const UnitRange ring = inputs_["stimulus"];
  for (Index k = 0; k < ring.size; ++k) {
    const double cosine = std::cos(preferred_direction(k, ring.size) - stimulus.direction);
    writer.input(trial, ring.start + k, writer.epoch(trial, stimulus.epoch), stimulus.offset + stimulus.scale * cosine);
  }
}

}  // namespace mrnn
