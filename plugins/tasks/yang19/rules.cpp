#include "rules.hpp"

namespace yang19 {
namespace {

using mrnn::Duration;

enum FamilyNumber : std::size_t { fdgo, reactgo, delaygo, dm, delaydm, dms, dmc };

Duration constant(double time) {
  return Duration::constant(time);
}

Duration one_of(std::vector<double> times) {
  return Duration::one_of(std::move(times));
}

Duration uniform(double low, double high) {
  return Duration::uniform(low, high);
}

/// In the order of FamilyNumber. Durations in ms: fixation, stimulus1, delay1, stimulus2, delay2, go.
std::vector<Family> published_families() {
  const Duration none = constant(0), onset = one_of({200, 400, 600}), brief = one_of({200, 400, 600});
  const Duration delay = one_of({200, 400, 800, 1600}), response = constant(500);
  return {
      {"fdgo", {uniform(300, 700), uniform(500, 1500), none, none, none, response}, {{{stimulus1, go}, {}}}},
      {"reactgo", {uniform(500, 2500), none, none, none, none, response}, {{{go, go}, {}}}, true},
      {"delaygo", {one_of({300, 500, 700}), brief, delay, none, none, response}, {{{stimulus1, stimulus1}, {}}}},
      {"dm",
       {uniform(100, 400), one_of({400, 800, 1600}), none, none, none, response},
       {{{stimulus1, stimulus1}, {stimulus1, stimulus1}}},
       false,
       {0.01, 0.02, 0.04, 0.08}},
      {"delaydm",
       {onset, brief, delay, brief, uniform(100, 300), response},
       {{{stimulus1, stimulus1}, {stimulus2, stimulus2}}},
       false,
       {0.08, 0.16, 0.32}},
      {"dms", {onset, brief, delay, none, none, response}, {{{stimulus1, stimulus1}, {go, go}}}, true},
      {"dmc",
       {onset, brief, delay, none, none, brief},
       {{{stimulus1, stimulus1}, {go, go}}},
       true,
       {},
       Matching::same_half},
  };
}

void read_durations(const mrnn::ConfigNode& table, double dt, Family& family) {
  for (std::size_t epoch = 0; epoch < epoch_names.size(); ++epoch) {
    Duration& duration = family.durations[epoch];
    if (duration.longest() > 0.0) duration = Duration::read(table, epoch_names[epoch], duration);
  }
  table.finish();
  mrnn::check_lasts_a_step(table, epoch_names[go], family.durations[go], dt);
}

}  // namespace

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules{
      {"fdgo", fdgo, Logic::towards},
      {"reactgo", reactgo, Logic::towards},
      {"delaygo", delaygo, Logic::towards},
      {"fdanti", fdgo, Logic::away},
      {"reactanti", reactgo, Logic::away},
      {"delayanti", delaygo, Logic::away},
      {"dm1", dm, Logic::stronger, 0},
      {"dm2", dm, Logic::stronger, 1},
      {"contextdm1", dm, Logic::attended, 0},
      {"contextdm2", dm, Logic::attended, 1},
      {"multidm", dm, Logic::summed},
      {"delaydm1", delaydm, Logic::stronger, 0},
      {"delaydm2", delaydm, Logic::stronger, 1},
      {"contextdelaydm1", delaydm, Logic::attended, 0},
      {"contextdelaydm2", delaydm, Logic::attended, 1},
      {"multidelaydm", delaydm, Logic::summed},
      {"dmsgo", dms, Logic::match},
      {"dmsnogo", dms, Logic::nonmatch},
      {"dmcgo", dmc, Logic::match},
      {"dmcnogo", dmc, Logic::nonmatch},
  };
  return rules;
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Rule& rule : all_rules()) names.push_back(rule.name);
  return names;
}

std::vector<Family> read_families(const mrnn::ConfigNode& config, double dt) {
  std::vector<Family> families = published_families();
  const auto timing = config.find_table("timing");
  for (Family& family : families) {
    const auto table = timing ? timing->find_table(family.name) : std::nullopt;
    if (table) read_durations(*table, dt, family);
  }
  if (timing) timing->finish();
  if (config.flag("easy", false)) {
    for (double& coherence : families[dm].coherences) coherence *= 10.0;
    for (double& coherence : families[delaydm].coherences) coherence *= 2.0;
  }
  return families;
}

}  // namespace yang19
