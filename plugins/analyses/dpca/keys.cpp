#include "keys.hpp"

#include <algorithm>
#include <bit>

#include "mrnn/duration.hpp"
#include "mrnn/names.hpp"
#include "mrnn/selectors.hpp"

namespace dpca {
namespace {

/// `side:time`
std::string name_of(Term term, const std::vector<std::string>& axes) {
  std::string name;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    if (((term >> axis) & 1U) == 0U) continue;
    name += name.empty() ? axes[axis] : ":" + axes[axis];
  }
  return name;
}

/// The reverse, in any order of the axes.
Term parse_term(const mrnn::ConfigNode& config, std::string_view key, const std::string& text,
                const std::vector<std::string>& axes) {
  Term term = 0;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(':', start), text.size());
    const std::string name = text.substr(start, end - start);
    const auto axis = std::ranges::find(axes, name);
    if (axis == axes.end()) config.fail(key, mrnn::unknown_name("axis", name, axes));
    const Term bit = Term{1} << (axis - axes.begin());
    if ((term & bit) != 0U) config.fail(key, "has \"" + name + "\" twice in \"" + text + "\"");
    term |= bit;
    start = end + 1;
  }
  return term;
}

/// Each set of factors with its interaction with time, and time alone; in the order s, d, time, s:d.
std::vector<Marginalisation> usual(const std::vector<std::string>& axes) {
  const Term time = Term{1} << (axes.size() - 1);
  std::vector<Marginalisation> all;
  for (Term factors = 1; factors < time; ++factors) {
    all.push_back({name_of(factors, axes), {factors, factors | time}, 0});
  }
  // Single factors first, then time, then interactions.
  std::ranges::stable_sort(all, {}, [](const Marginalisation& m) { return std::popcount(m.terms.front()); });
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(axes.size()) - 1, {"time", {time}, 0});
  return all;
}

}  // namespace

Keys::Keys(const mrnn::ConfigNode& config, const mrnn::Network& network) {
  const std::vector<std::string> quantities{"h", "x"};
  quantity = config.choice("quantity", quantities, "h") == "h" ? mrnn::Quantity::h : mrnn::Quantity::x;
  read_populations(config, network);
  read_marginalisations(config);
  read_components(config);
  read_fit(config);
  const double dt = network.spec().dt;
  bin = std::max<Index>(1, mrnn::to_steps(config.positive("bin", dt), dt));
  significance = config.flag("significance", false);
  for (const char* key : {"splits", "shuffles", "consecutive"}) {
    if (!significance && config.has(key)) config.fail(key, "has no meaning without significance = true");
  }
  rules.splits = config.count_or("splits", rules.splits);
  rules.shuffles = config.count_or("shuffles", rules.shuffles);
  rules.consecutive = config.count_or("consecutive", rules.consecutive);
}

void Keys::read_populations(const mrnn::ConfigNode& config, const mrnn::Network& network) {
  std::vector<std::string> selectors = mrnn::read_selectors(config, "regions", network);
  if (selectors.empty()) selectors = {"*"};
  for (const std::string& selector : selectors) {
    populations.push_back({selector == "*" ? "all" : selector, network.select(selector)});
  }
}

void Keys::read_marginalisations(const mrnn::ConfigNode& config) {
  constexpr std::size_t most_factors = 5;
  factors = config.texts("factors", {"condition"});
  if (factors.empty() || factors.size() > most_factors) {
    config.fail("factors", "has " + std::to_string(factors.size()) + " names; 1 to 5 are accepted");
  }
  std::vector<std::string> axes = factors;
  axes.emplace_back("time");
  for (auto axis = axes.begin(); axis != axes.end(); ++axis) {
    if (std::find(axes.begin(), axis, *axis) == axis) continue;
    config.fail("factors",
                *axis == "time" ? "names \"time\", which is always the last axis" : "names \"" + *axis + "\" twice");
  }
  const auto table = config.find_table("marginalisations");
  if (!table) {
    marginalisations = usual(axes);
    return;
  }
  std::vector<bool> named(std::size_t{1} << axes.size(), false);
  for (const std::string& name : table->keys()) {
    Marginalisation marginalisation{name, {}, 0};
    for (const std::string& text : table->texts(name)) {
      const Term term = parse_term(*table, name, text, axes);
      if (named[term]) table->fail(name, "has the term \"" + text + "\", which is there already");
      named[term] = true;
      marginalisation.terms.push_back(term);
    }
    if (marginalisation.terms.empty()) table->fail(name, "is an empty list");
    marginalisations.push_back(std::move(marginalisation));
  }
  for (Term term = 1; term < named.size(); ++term) {
    if (!named[term]) marginalisations.push_back({name_of(term, axes), {term}, 0});
  }
  table->finish();
}

void Keys::read_components(const mrnn::ConfigNode& config) {
  constexpr Index usual_components = 10;
  if (config.kind("components") != mrnn::ConfigKind::table) {
    const Index components = config.count_or("components", usual_components);
    for (Marginalisation& marginalisation : marginalisations) marginalisation.components = components;
    return;
  }
  const mrnn::ConfigNode table = config.table("components");
  Index sum = 0;
  for (Marginalisation& marginalisation : marginalisations) {
    marginalisation.components = table.count_or(marginalisation.name, usual_components, 0);
    sum += marginalisation.components;
  }
  if (sum == 0) config.fail("components", "asks for no component of any marginalisation");
  table.finish();
}

void Keys::read_fit(const mrnn::ConfigNode& config) {
  const std::vector<std::string> covariances{"full", "diagonal", "none"};
  const std::string covariance = config.choice("noise_covariance", covariances, "full");
  noise = covariance == "full"       ? NoiseCovariance::full
          : covariance == "diagonal" ? NoiseCovariance::diagonal
                                     : NoiseCovariance::none;
  if (config.kind("lambda") == mrnn::ConfigKind::number) {
    lambda = config.at_least_zero("lambda", 0.0);
  } else if (config.text("lambda", "auto") != "auto") {
    config.fail("lambda", "is \"" + config.text("lambda") + "\"; \"auto\" or a number of 0 or more is accepted");
  }
  const std::vector<std::string> answers{"error", "drop"};
  drop_missing = config.choice("missing", answers, "error") == "drop";
}

}  // namespace dpca
