#include "mrnn/conditions.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "mrnn/figure.hpp"
#include "mrnn/names.hpp"

namespace mrnn {
namespace {

using Values = std::vector<std::string>;

/// The shortest text that reads back to the same number.
std::string text_of(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

/// Numbers that differ by less than this share of the largest magnitude are one value: 0.1 + 0.2 is 0.3.
constexpr double rounding = 1e-12;

/// What each number among the metadata of all simulations is called. Of those that differ by rounding alone, the
/// shortest text stands for all.
std::map<double, std::string> name_numbers(const std::string& name, const std::vector<const Simulation*>& simulations) {
  std::set<double> all;
  for (const Simulation* simulation : simulations) {
    const auto found = simulation->trials.numbers.find(name);
    if (found == simulation->trials.numbers.end()) continue;
    std::ranges::copy_if(found->second, std::inserter(all, all.end()),
                         [](double value) { return std::isfinite(value); });
  }
  const double largest = all.empty() ? 0.0 : std::max(std::abs(*all.begin()), std::abs(*all.rbegin()));
  std::map<double, std::string> names;
  for (auto first = all.begin(); first != all.end();) {
    std::string shortest = text_of(*first);
    auto last = std::next(first);
    for (; last != all.end() && *last - *std::prev(last) <= rounding * largest; ++last) {
      if (std::string text = text_of(*last); text.size() < shortest.size()) shortest = std::move(text);
    }
    for (; first != last; ++first) names[*first] = shortest;
  }
  return names;
}

/// One text per trial, empty for none; nothing where the trials have no such metadata.
std::optional<Values> values_of(const Trials& trials, const std::string& name,
                                const std::map<double, std::string>& names) {
  if (const auto found = trials.texts.find(name); found != trials.texts.end()) return found->second;
  const auto found = trials.numbers.find(name);
  if (found == trials.numbers.end()) return std::nullopt;
  Values values;
  for (const double number : found->second) values.push_back(std::isfinite(number) ? names.at(number) : "");
  return values;
}

std::vector<std::string> names_of(const Trials& trials) {
  std::vector<std::string> names;
  for (const auto& entry : trials.texts) names.push_back(entry.first);
  for (const auto& entry : trials.numbers) names.push_back(entry.first);
  return names;
}

[[noreturn]] void fail_unknown(const ConfigNode& config, std::string_view key, const std::string& name,
                               const Simulation& simulation) {
  config.fail(key, unknown_name("per-trial metadata", name, names_of(simulation.trials)) + " (simulation \"" +
                       simulation.name + "\")");
}

[[noreturn]] void fail_empty(const ConfigNode& config, std::string_view key, const std::string& name) {
  config.fail(key, "is \"" + name + "\", which has no value in any trial");
}

/// The number that begins at a place of a text, with its sign at the begin of a word; nothing where none begins.
std::optional<double> number_at(std::string_view text, std::size_t& at) {
  const auto is_digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  const bool sign = at < text.size() && text[at] == '-' && (at == 0 || text[at - 1] == ' ');
  if (!is_digit(sign ? at + 1 : at)) return std::nullopt;
  double value = 0.0;
  const char* end = text.data() + text.size();
  at = static_cast<std::size_t>(std::from_chars(text.data() + at, end, value, std::chars_format::fixed).ptr -
                                text.data());
  return value;
}

/// The order in which people sort words with numbers: `8 %` before `16 %`.
bool naturally_before(const std::string& first, const std::string& second) {
  for (std::size_t i = 0, j = 0; i < first.size() && j < second.size();) {
    const std::size_t here = i, there = j;
    const std::optional<double> one = number_at(first, i), other = number_at(second, j);
    if (one && other) {
      if (*one != *other) return *one < *other;
      continue;
    }
    const auto one_letter = static_cast<unsigned char>(first[here]),
               other_letter = static_cast<unsigned char>(second[there]);
    if (one_letter != other_letter) return one_letter < other_letter;
    i = here + 1;
    j = there + 1;
  }
  return first.size() != second.size() ? first.size() < second.size() : first < second;
}

/// Distinct values of all simulations, in the order in which they are shown.
Values distinct(const std::vector<Values>& of_simulations, bool numeric) {
  Values all;
  for (const Values& values : of_simulations) {
    for (const std::string& value : values) {
      if (!value.empty() && std::ranges::find(all, value) == all.end()) all.push_back(value);
    }
  }
  if (numeric) {
    std::ranges::stable_sort(all, {}, [](const std::string& value) { return std::stod(value); });
  } else {
    std::ranges::stable_sort(all, naturally_before);
  }
  return all;
}

/// Values of every trial of every simulation, and whether they are numbers.
struct Metadata {
  std::vector<Values> of_simulations;
  bool numeric = true;
};

/// Nothing where some simulation has no such metadata and nobody asked for it.
std::optional<Metadata> read_one(const ConfigNode& config, const std::string& by,
                                 const std::vector<const Simulation*>& simulations) {
  Metadata metadata;
  const std::map<double, std::string> names = name_numbers(by, simulations);
  for (const Simulation* simulation : simulations) {
    auto values = values_of(simulation->trials, by, names);
    if (!values && config.has("by")) fail_unknown(config, "by", by, *simulation);
    if (!values) return std::nullopt;
    metadata.of_simulations.push_back(std::move(*values));
    metadata.numeric = metadata.numeric && !simulation->trials.texts.contains(by);
  }
  return metadata;
}

/// What several metadata say of one trial, in one text; empty where one of them says nothing.
std::string combined(const std::vector<Metadata>& parts, const Values& names, std::size_t simulation,
                     std::size_t trial) {
  std::string text;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const std::string& value = parts[k].of_simulations[simulation][trial];
    if (value.empty()) return "";
    text += (k > 0 ? ", " : "") + (parts[k].numeric ? names[k] + " " + value : value);
  }
  return text;
}

std::optional<Metadata> read_metadata(const ConfigNode& config, const Values& by,
                                      const std::vector<const Simulation*>& simulations) {
  if (by.empty()) config.fail("by", "is an empty list; at least one name is needed");
  if (by.size() == 1) return read_one(config, by.front(), simulations);
  std::vector<Metadata> parts;
  for (const std::string& name : by) {
    if (std::ranges::count(by, name) > 1) config.fail("by", "names \"" + name + "\" twice");
    parts.push_back(*read_one(config, name, simulations));
  }
  Metadata whole{{}, false};
  for (std::size_t s = 0; s < simulations.size(); ++s) {
    Values& values = whole.of_simulations.emplace_back();
    for (std::size_t trial = 0; trial < parts.front().of_simulations[s].size(); ++trial) {
      values.push_back(combined(parts, by, s, trial));
    }
  }
  return whole;
}

/// Adds the conditions of one simulation, numbered on from those before, and where its trials belong.
void add_simulation(const std::string& prefix, std::size_t simulation, const Values& values, const Values& shown,
                    Conditions& conditions) {
  std::vector<int> number(shown.size(), -1);  // of each value's condition in this simulation
  for (std::size_t v = 0; v < shown.size(); ++v) {
    const auto trials = static_cast<Index>(std::ranges::count(values, shown[v]));
    if (trials == 0) continue;
    number[v] = static_cast<int>(conditions.list.size());
    conditions.list.push_back({conditions.grouped ? prefix + shown[v] : prefix, simulation, v, trials});
  }
  for (const std::string& value : values) {
    const auto found = static_cast<std::size_t>(std::ranges::find(shown, value) - shown.begin());
    conditions.of_trial.push_back(found == shown.size() ? -1 : number[found]);
  }
}

/// Does the colour say which value, and dashes which simulation?
bool by_value(const Conditions& conditions) {
  std::set<std::size_t> simulations, values;
  for (const Condition& condition : conditions.list) {
    simulations.insert(condition.simulation);
    values.insert(condition.value);
  }
  return simulations.size() <= 2 && values.size() > 1;
}

}  // namespace

Conditions group_trials(const ConfigNode& config, const std::vector<const Simulation*>& simulations) {
  const Values names = config.texts("by", {"condition"});
  const std::string by = join(names);
  std::optional<Metadata> metadata = read_metadata(config, names, simulations);
  Conditions conditions;
  conditions.grouped = metadata.has_value();
  if (!metadata) {
    metadata.emplace();
    metadata->numeric = false;
    for (const auto* simulation : simulations) metadata->of_simulations.emplace_back(simulation->trials.count, "all");
  }
  const Values shown = distinct(metadata->of_simulations, metadata->numeric);
  if (shown.empty()) fail_empty(config, "by", by);
  if (conditions.grouped) conditions.by = by;
  conditions.values = shown;
  if (metadata->numeric) {
    for (const std::string& value : shown) conditions.numbers.push_back(std::stod(value));
  }
  for (std::size_t s = 0; s < simulations.size(); ++s) {
    const std::string& name = simulations[s]->name;
    const std::string prefix = !conditions.grouped ? name : simulations.size() == 1 ? "" : name + ": ";
    add_simulation(prefix, s, metadata->of_simulations[s], shown, conditions);
  }
  return conditions;
}

std::vector<std::pair<std::size_t, std::size_t>> comparisons(const Conditions& conditions) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs, with_catches;
  const std::vector<Condition>& list = conditions.list;
  const bool several = !list.empty() && list.back().simulation > 0;
  const auto is_catch = [&](std::size_t number) { return conditions.values[list[number].value] == "catch"; };
  for (std::size_t before = 0; before < list.size() && list[before].simulation == 0; ++before) {
    for (std::size_t after = before + 1; after < list.size(); ++after) {
      const bool paired = list[after].simulation > 0 && list[after].value == list[before].value;
      if (several && !paired) continue;
      const bool other = !several && (is_catch(before) || is_catch(after));
      (other ? with_catches : pairs).emplace_back(before, after);
    }
  }
  return pairs.empty() ? with_catches : pairs;
}

int value_colour(const Conditions& conditions, std::size_t value) {
  const std::vector<double>& numbers = conditions.numbers;
  if (numbers.size() < 2) return static_cast<int>(value);
  const auto below = std::ranges::count_if(numbers, [](double number) { return number < 0.0; });
  const auto above = std::ranges::count_if(numbers, [](double number) { return number > 0.0; });
  // By rank, not by size: values are often spaced as 1, 2, 4, 8, 16.
  const auto rank = static_cast<std::ptrdiff_t>(value);
  if (below == 0 || above == 0)
    return ordered_colour(static_cast<double>(rank) / static_cast<double>(numbers.size() - 1));
  const auto most = static_cast<double>(std::max(below, above));
  if (numbers[value] < 0.0) return centred_colour(static_cast<double>(rank - below) / most);
  if (numbers[value] > 0.0) return centred_colour(static_cast<double>(rank + 1 + above - std::ssize(numbers)) / most);
  return centred_colour(0.0);
}

std::string key_title(const Conditions& conditions) {
  return conditions.numbers.empty() ? "" : conditions.by + ":";
}

ConditionStyle condition_style(const Conditions& conditions, std::size_t number) {
  const Condition& condition = conditions.list[number];
  if (by_value(conditions)) return {value_colour(conditions, condition.value), condition.simulation == 1};
  return {static_cast<int>(number), false};
}

std::vector<std::size_t> evenly_spread(std::size_t count, std::size_t most) {
  std::vector<std::size_t> chosen;
  const std::size_t kept = std::min(count, most);
  for (std::size_t k = 0; k < kept; ++k) chosen.push_back(kept == 1 ? 0 : k * (count - 1) / (kept - 1));
  return chosen;
}

DrawnConditions::DrawnConditions(const Conditions& conditions, std::size_t most) : conditions_(conditions) {
  const std::vector<Condition>& list = conditions.list;
  const std::size_t simulations = list.empty() ? 1 : list.back().simulation + 1;
  if (conditions.values.size() < 2) {
    values_ = evenly_spread(conditions.values.size(), 1);
    numbers_ = evenly_spread(list.size(), most);
    return;
  }
  values_ = evenly_spread(conditions.values.size(), std::max<std::size_t>(1, most / simulations));
  for (std::size_t number = 0; number < list.size(); ++number) {
    if (std::ranges::binary_search(values_, list[number].value)) numbers_.push_back(number);
  }
}

bool DrawnConditions::contains(std::size_t number) const {
  return std::ranges::binary_search(numbers_, number);
}

int DrawnConditions::colour(std::size_t value) const {
  if (conditions_.numbers.size() > 1) return value_colour(conditions_, value);
  return static_cast<int>(std::ranges::lower_bound(values_, value) - values_.begin());
}

ConditionStyle DrawnConditions::style(std::size_t number) const {
  const Condition& condition = conditions_.list[number];
  if (by_value(conditions_)) return {colour(condition.value), condition.simulation == 1};
  return {static_cast<int>(std::ranges::lower_bound(numbers_, number) - numbers_.begin()), false};
}

std::string DrawnConditions::left_out() const {
  if (numbers_.size() == conditions_.list.size()) return "";
  return " Only " + std::to_string(numbers_.size()) + " of " + std::to_string(conditions_.list.size()) +
         " conditions are drawn, evenly spread.";
}

void add_trials(const Conditions& conditions, const std::vector<const Simulation*>& simulations,
                AnalysisResults& results) {
  NamedArray of_trial{"trial_condition",
                      {std::ssize(conditions.of_trial)},
                      {},
                      "1",
                      {"trial"},
                      "condition of each trial, -1 for none; trials of all simulations counted through"};
  of_trial.values.assign(conditions.of_trial.begin(), conditions.of_trial.end());
  results.add(std::move(of_trial));
  NamedTexts names{"conditions", {}, "names of the conditions", "condition"};
  for (const Condition& condition : conditions.list) names.values.push_back(condition.name);
  results.texts.push_back(std::move(names));
  NamedTexts origin{"trial_simulation", {}, "simulation of each trial", "trial"};
  for (const Simulation* simulation : simulations) {
    origin.values.insert(origin.values.end(), static_cast<std::size_t>(simulation->trials.count), simulation->name);
  }
  results.texts.push_back(std::move(origin));
}

Levels read_levels(const ConfigNode& config, std::string_view key, const std::string& name,
                   const std::vector<const Simulation*>& simulations) {
  std::vector<Values> of_simulations;
  bool numeric = true;
  const std::map<double, std::string> names = name_numbers(name, simulations);
  for (const Simulation* simulation : simulations) {
    auto values = values_of(simulation->trials, name, names);
    if (!values) fail_unknown(config, key, name, *simulation);
    numeric = numeric && !simulation->trials.texts.contains(name);
    of_simulations.push_back(std::move(*values));
  }
  Levels levels{name, distinct(of_simulations, numeric), {}};
  if (levels.values.empty()) fail_empty(config, key, name);
  for (const Values& values : of_simulations) {
    for (const std::string& value : values) {
      const auto found = std::ranges::find(levels.values, value) - levels.values.begin();
      levels.of_trial.push_back(found == std::ssize(levels.values) ? -1 : static_cast<int>(found));
    }
  }
  return levels;
}

std::vector<double> read_numbers(const ConfigNode& config, std::string_view key, const std::string& name,
                                 const std::vector<const Simulation*>& simulations) {
  std::vector<double> numbers;
  for (const Simulation* simulation : simulations) {
    const auto found = simulation->trials.numbers.find(name);
    if (found == simulation->trials.numbers.end()) {
      if (!simulation->trials.texts.contains(name)) fail_unknown(config, key, name, *simulation);
      config.fail(key, "is \"" + name + "\", which is words, not numbers");
    }
    for (const double value : found->second) {
      numbers.push_back(std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN());
    }
  }
  if (std::ranges::all_of(numbers, [](double value) { return std::isnan(value); })) fail_empty(config, key, name);
  return numbers;
}

}  // namespace mrnn
