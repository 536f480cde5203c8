// The twenty cognitive tasks of Yang et al. (2019), all done by one network.

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/channels.hpp"
#include "mrnn/duration.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/rings.hpp"
#include "mrnn/trial_writer.hpp"
#include "rules.hpp"
#include "stimuli.hpp"

namespace yang19 {
namespace {

using mrnn::Channels;
using mrnn::ConfigNode;
using mrnn::Index;
using mrnn::Network;
using mrnn::StepRange;
using mrnn::TrialRequest;
using std::numbers::pi;

// As published: bumps, targets, loss mask (times in ms), and what counts as a response.
constexpr double bump_height = 0.8, bump_width = pi / 8.0;
constexpr double baseline = 0.05, fixation_target = 0.8;
constexpr double settling = 100.0, grace = 100.0;
constexpr double response_weight = 5.0, fixation_factor = 2.0;
constexpr double fixation_threshold = 0.5, tolerance = 0.2 * pi;

/// Activity, at a stimulus of strength 1, of a channel that prefers another direction.
double bump(double angle) {
  const double z = angle / bump_width;
  return bump_height * std::exp(-0.5 * z * z);
}

/// What has one rule and one timing in training.
enum class RulePer : std::uint8_t { batch, trial };

/// A trial as drawn.
struct DrawnTrial {
  const Rule* rule = nullptr;
  std::vector<double> durations;  ///< ms, per epoch
  Stimuli stimuli;
};

StepRange steps_shown(const mrnn::TrialWriter& writer, Index trial, const Shown& epochs) {
  return {writer.epoch(trial, epoch_names[epochs.from]).first, writer.epoch(trial, epoch_names[epochs.to]).last};
}

class Yang19 final : public mrnn::Task {
 public:
  Yang19(const ConfigNode& config, const Network& network);

  mrnn::Trials make(const TrialRequest& request) const override;
  Index default_trials() const override { return std::ssize(rules_); }
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override;
  std::string performance_label() const override { return "share of correct trials"; }
  std::optional<mrnn::Psychometric> psychometric() const override;

 private:
  void read_rules(const ConfigNode& config);
  void read_probabilities(const ConfigNode& config);
  const Family& family(const Rule& rule) const { return families_[rule.family]; }
  Index levels(const Rule& rule) const { return 2 * std::ssize(family(rule).coherences); }

  const Rule& choose_rule(const TrialRequest& request, std::uint64_t id, double share) const;
  DrawnTrial draw(const TrialRequest& request, std::uint64_t id, const DrawnTrial* same_as) const;
  void write_inputs(mrnn::TrialWriter& writer, Index trial, const DrawnTrial& drawn) const;
  void write_targets(mrnn::TrialWriter& writer, Index trial, double response) const;
  void write_metadata(mrnn::TrialWriter& writer, Index trial, const DrawnTrial& drawn) const;
  Index steps(double time) const { return mrnn::to_steps(time, network_.spec().dt); }

  const Network& network_;
  Index ring_;  ///< channels of each ring
  Channels inputs_, outputs_;
  std::vector<Family> families_;
  RulePer rule_per_ = RulePer::batch;
  std::vector<const Rule*> rules_;
  std::vector<const Rule*> comparisons_;  ///< those of the rules that compare strengths
  std::vector<double> weights_;           ///< of the rules in training batches
};

Yang19::Yang19(const ConfigNode& config, const Network& network)
    : network_(network),
      ring_(config.count_or("ring", 32, 2)),
      inputs_(config, network, Channels::Side::input,
              {{"fixation", 1, "1: fixate"},
               {"ring1", ring_, "a ring of directions"},
               {"ring2", ring_, "another"},
               {"rule", std::ssize(all_rules()), "1 on the channel of the rule"}}),
      outputs_(config, network, Channels::Side::output,
               {{"fixation", 1, "high: fixating"}, {"ring", ring_, "a ring of directions"}}),
      families_(read_families(config, network.spec().dt)) {
  const std::array<std::string, 2> units{"batch", "trial"};
  rule_per_ = config.choice("rule_per", units, "batch") == "batch" ? RulePer::batch : RulePer::trial;
  read_rules(config);
  read_probabilities(config);
}

void Yang19::read_rules(const ConfigNode& config) {
  const std::vector<std::string> known = rule_names();
  const std::vector<std::string> names = config.texts("rules", known);
  if (names.empty()) config.fail("rules", "is an empty list; one rule or more is accepted");
  for (const std::string& name : names) {
    const auto found = std::ranges::find(all_rules(), name, &Rule::name);
    if (found == all_rules().end()) config.fail("rules", mrnn::unknown_name("rule", name, known));
    if (std::ranges::find(rules_, &*found) != rules_.end()) config.fail("rules", "\"" + name + "\" is listed twice");
    rules_.push_back(&*found);
  }
  std::ranges::copy_if(rules_, std::back_inserter(comparisons_), [](const Rule* rule) { return rule->compares(); });
}

void Yang19::read_probabilities(const ConfigNode& config) {
  const auto table = config.find_table("probabilities");
  for (const Rule* rule : rules_) {
    const double usual = rule->name == "contextdm1" || rule->name == "contextdm2" ? 5.0 : 1.0;
    weights_.push_back(table ? table->within(rule->name, 0.0, 1e6, usual) : usual);
  }
  if (table) table->finish();
  if (std::accumulate(weights_.begin(), weights_.end(), 0.0) <= 0.0) {
    config.fail("probabilities", "are all 0; one rule at least needs a number above 0");
  }
}

std::optional<mrnn::Psychometric> Yang19::psychometric() const {
  if (comparisons_.empty()) return std::nullopt;
  Index round = 1;  // so that rules with different numbers of coherences end together
  for (const Rule* rule : comparisons_) round = std::lcm(round, levels(*rule));
  return mrnn::Psychometric{.variable = "coherence",
                            .x_label = "coherence, positive: stimulus 1 is stronger",
                            .y_label = "share of choices of stimulus 1",
                            .group = "rule",
                            .conditions = round * std::ssize(comparisons_)};
}

/// In training batches by chance, else in turn.
const Rule& Yang19::choose_rule(const TrialRequest& request, std::uint64_t id, double share) const {
  if (request.mode == TrialRequest::Mode::psychometric && !comparisons_.empty()) {
    return *comparisons_[id % comparisons_.size()];
  }
  if (request.stream != mrnn::Stream::training_trials) return *rules_[id % rules_.size()];
  double rest = share * std::accumulate(weights_.begin(), weights_.end(), 0.0);
  std::size_t last = 0;  // of those that can be chosen, should rounding leave a rest
  for (std::size_t number = 0; number < rules_.size(); ++number) {
    if (weights_[number] <= 0.0) continue;
    if (rest < weights_[number]) return *rules_[number];
    rest -= weights_[number];
    last = number;
  }
  return *rules_[last];
}

/// @param same_as  a trial whose rule and timing this one has too, or null. Trials take the same random numbers for
/// these either way, so that the stimuli of a trial of a rule do not depend on it.
DrawnTrial Yang19::draw(const TrialRequest& request, std::uint64_t id, const DrawnTrial* same_as) const {
  mrnn::RandomStream random(request.seed, request.stream, id);
  DrawnTrial drawn{&choose_rule(request, id, random.uniform()), {}, {}};
  for (const mrnn::Duration& duration : family(*drawn.rule).durations) drawn.durations.push_back(duration.draw(random));
  if (same_as) {
    drawn.rule = same_as->rule;
    drawn.durations = same_as->durations;
  }
  std::optional<Index> level;
  if (request.mode == TrialRequest::Mode::psychometric && drawn.rule->compares()) {
    level = static_cast<Index>(id / comparisons_.size()) % levels(*drawn.rule);
  }
  drawn.stimuli = draw_stimuli(*drawn.rule, family(*drawn.rule), level, random);
  return drawn;
}

mrnn::Trials Yang19::make(const TrialRequest& request) const {
  const bool shared = request.stream == mrnn::Stream::training_trials && rule_per_ == RulePer::batch &&
                      request.mode == TrialRequest::Mode::random;
  std::vector<DrawnTrial> drawn;
  std::vector<std::vector<double>> durations;
  for (Index trial = 0; trial < request.count; ++trial) {
    const std::uint64_t id = request.first + static_cast<std::uint64_t>(trial);
    drawn.push_back(draw(request, id, shared && trial > 0 ? &drawn.front() : nullptr));
    durations.push_back(drawn.back().durations);
  }
  mrnn::TrialWriter writer(network_, request, epoch_names, durations);
  for (Index trial = 0; trial < request.count; ++trial) {
    const DrawnTrial& one = drawn[static_cast<std::size_t>(trial)];
    write_inputs(writer, trial, one);
    write_targets(writer, trial, one.stimuli.response);
    write_metadata(writer, trial, one);
  }
  return writer.take();
}

void Yang19::write_inputs(mrnn::TrialWriter& writer, Index trial, const DrawnTrial& drawn) const {
  const Family& timing = family(*drawn.rule);
  const StepRange response = writer.epoch(trial, epoch_names[go]), whole = writer.whole(trial);
  const auto rule = static_cast<Index>(drawn.rule - all_rules().data());
  writer.input(trial, inputs_["fixation"].start, {0, timing.fixation_stays ? whole.last : response.first}, 1.0);
  writer.input(trial, inputs_["rule"].start + rule, whole, 1.0);
  const std::array<mrnn::UnitRange, 2> rings{inputs_["ring1"], inputs_["ring2"]};
  // Stimuli that are shown together add up; else they follow each other.
  const bool together = timing.shown[0] == timing.shown[1];
  for (std::size_t ring = 0; ring < 2; ++ring) {
    for (Index k = 0; k < ring_; ++k) {
      double sum = 0.0;
      for (std::size_t s = 0; s < 2; ++s) {
        const Stimulus& stimulus = drawn.stimuli.shown[s];
        if (stimulus.strengths[ring] == 0.0) continue;
        const double angle = mrnn::angle_between(mrnn::preferred_direction(k, ring_), stimulus.location);
        const double height = stimulus.strengths[ring] * bump(angle);
        sum = together ? sum + height : height;
        writer.input(trial, rings[ring].start + k, steps_shown(writer, trial, timing.shown[s]), sum);
      }
    }
  }
}

void Yang19::write_targets(mrnn::TrialWriter& writer, Index trial, double response) const {
  const StepRange whole = writer.whole(trial), wanted = writer.epoch(trial, epoch_names[go]);
  const StepRange before{std::min(steps(settling), wanted.first), wanted.first};
  const StepRange after{std::min(wanted.first + steps(grace), wanted.last), wanted.last};
  const mrnn::UnitRange fixation_channel = outputs_["fixation"], ring = outputs_["ring"];
  const bool responds = !std::isnan(response);

  writer.target(trial, fixation_channel.start, whole, fixation_target);
  if (responds) writer.target(trial, fixation_channel.start, wanted, baseline);
  for (Index k = 0; k < ring_; ++k) {
    writer.target(trial, ring.start + k, whole, baseline);
    if (!responds) continue;
    const double angle = mrnn::angle_between(mrnn::preferred_direction(k, ring_), response);
    writer.target(trial, ring.start + k, wanted, baseline + bump(angle));
  }
  for (const auto& [channels, factor] : {std::pair{fixation_channel, fixation_factor}, std::pair{ring, 1.0}}) {
    writer.mask(trial, channels, before, factor);
    writer.mask(trial, channels, after, factor * response_weight);
  }
}

void Yang19::write_metadata(mrnn::TrialWriter& writer, Index trial, const DrawnTrial& drawn) const {
  const Stimuli& stimuli = drawn.stimuli;
  writer.text(trial, "condition", drawn.rule->name);
  writer.text(trial, "rule", drawn.rule->name);
  writer.number(trial, "correct", mrnn::degrees(stimuli.response));
  writer.number(trial, "coherence", stimuli.coherence);
  writer.number(trial, "match", stimuli.match);
  for (std::size_t s = 0; s < 2; ++s) {
    const std::string name = "stimulus" + std::to_string(s + 1);
    writer.number(trial, name, mrnn::degrees(stimuli.shown[s].location));
    for (std::size_t ring = 0; ring < 2; ++ring) {
      writer.number(trial, name + "_ring" + std::to_string(ring + 1), stimuli.shown[s].strengths[ring]);
    }
  }
}

mrnn::Scores Yang19::score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const {
  const Index fixation_channel = outputs_["fixation"].start;
  const mrnn::UnitRange ring = outputs_["ring"];
  const auto radians = [&](const std::string& name, Index trial) {
    return trials.numbers.at(name)[static_cast<std::size_t>(trial)] * (pi / 180.0);
  };
  mrnn::Scores scores{Eigen::VectorXd::Zero(trials.count), Eigen::VectorXd::Constant(trials.count, absent)};
  for (Index trial = 0; trial < trials.count; ++trial) {
    const Index last = mrnn::epoch_steps(trials, epoch_names[go], trial).last - 1;
    const bool fixating = outputs(fixation_channel, trial, last) > fixation_threshold;
    const double wanted = radians("correct", trial);
    if (fixating) {
      scores.score[trial] = std::isnan(wanted) ? 1.0 : 0.0;
      continue;
    }
    const double direction = mrnn::population_direction(outputs.at(last).col(trial).segment(ring.start, ring.size));
    scores.score[trial] = mrnn::angle_between(direction, wanted) < tolerance ? 1.0 : 0.0;
    const double to_first = mrnn::angle_between(direction, radians("stimulus1", trial));
    const double to_second = mrnn::angle_between(direction, radians("stimulus2", trial));
    if (!std::isnan(to_second)) scores.choice[trial] = to_first < to_second ? 1.0 : 0.0;
  }
  return scores;
}

void attach(mrnn::PluginContext& context) {
  context.add_task(
      "yang19",
      [](const ConfigNode& config, const Network& network) { return std::make_unique<Yang19>(config, network); },
      "the twenty cognitive tasks of Yang et al. (2019)",
      "rules                default: all; fdgo reactgo delaygo fdanti reactanti delayanti dm1 dm2 contextdm1\n"
      "                     contextdm2 multidm delaydm1 delaydm2 contextdelaydm1 contextdelaydm2 multidelaydm\n"
      "                     dmsgo dmsnogo dmcgo dmcnogo\n"
      "probabilities        table: rule = relative number of training batches; default: contextdm1 and 2: 5, else 1\n"
      "rule_per = \"batch\"   in training, rule and timing are one draw per `batch` (as published) or `trial`;\n"
      "                     elsewhere the rules take turns\n"
      "easy = false         larger coherences: tenfold for dm, twofold for delaydm rules\n"
      "ring = 32            channels of each ring\n"
      "timing               table: family = { epoch = ms }; families fdgo reactgo delaygo dm delaydm dms dmc, epochs\n"
      "                     fixation stimulus1 delay1 stimulus2 delay2 go; ms as a number, [low, high],\n"
      "                     { choices = [...] } or { mean = ..., low = ..., high = ... }\n"
      "inputs, outputs      names of the network's for `fixation`, `ring1`, `ring2`, `rule`; `fixation`, `ring`");
}

}  // namespace
}  // namespace yang19

MRNN_PLUGIN("yang19", "1.0", yang19::attach)
