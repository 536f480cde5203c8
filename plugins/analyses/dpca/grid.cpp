#include "grid.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace dpca {
namespace {

constexpr Index most_cells = 100'000;

/// The level of factor `number` in a cell.
Index level_of(const std::vector<Index>& lengths, Index cell, std::size_t number) {
  for (std::size_t later = lengths.size() - 1; later > number; --later) cell /= lengths[later];
  return cell % lengths[number];
}

void check_levels(const mrnn::ConfigNode& config, const Grid& grid) {
  Index cells = 1;
  for (const mrnn::Levels& factor : grid.factors) {
    const auto levels = std::ssize(factor.values);
    if (levels < 2) {
      const std::string left = grid.dropped.empty() ? "" : " left after levels without trials were dropped";
      config.fail("factors", "names \"" + factor.name + "\", which has fewer than two values" + left);
    }
    cells *= levels;
    if (cells > most_cells) {
      config.fail("factors",
                  "have more than " + std::to_string(most_cells) + " combinations of values; use coarser metadata");
    }
  }
}

/// Puts every trial that takes part into its cell.
void count(const std::vector<bool>& takes_part, Grid& grid) {
  const std::vector<Index> lengths = grid.lengths();
  const Index cells = std::accumulate(lengths.begin(), lengths.end(), Index{1}, std::multiplies<>());
  grid.counts.assign(static_cast<std::size_t>(cells), 0);
  grid.cell.assign(takes_part.size(), -1);
  for (std::size_t trial = 0; trial < takes_part.size(); ++trial) {
    if (!takes_part[trial]) continue;
    Index cell = 0;
    bool known = true;
    for (const mrnn::Levels& factor : grid.factors) {
      known = known && factor.of_trial[trial] >= 0;
      cell = cell * std::ssize(factor.values) + std::max(0, factor.of_trial[trial]);
    }
    if (!known) continue;
    grid.cell[trial] = static_cast<int>(cell);
    ++grid.counts[static_cast<std::size_t>(cell)];
  }
}

std::vector<Index> lacking_cells(const Grid& grid, Index least) {
  std::vector<Index> cells;
  for (Index cell = 0; cell < grid.cells(); ++cell) {
    if (grid.counts[static_cast<std::size_t>(cell)] < least) cells.push_back(cell);
  }
  return cells;
}

[[noreturn]] void fail_lacking(const mrnn::ConfigNode& config, const Grid& grid, const std::vector<Index>& lacking,
                               Index least) {
  const Index trials = grid.counts[static_cast<std::size_t>(lacking.front())];
  std::string problem = trials == 0 ? "no trial has " : "only " + std::to_string(trials) + " trial has ";
  problem += grid.name_of(lacking.front());
  if (trials > 0) problem += ", where " + std::to_string(least) + " are needed to hold one out";
  if (lacking.size() == 2) problem += ", and so for another combination";
  if (lacking.size() > 2) problem += ", and so for " + std::to_string(lacking.size() - 1) + " other combinations";
  config.fail("factors", problem + "; ask for more trials, or leave levels out with missing = \"drop\"");
}

/// A level of a factor.
struct Place {
  std::size_t factor = 0;
  Index level = 0;
};

/// The level that the largest share of whose cells lacks trials.
Place worst_level(const Grid& grid, const std::vector<Index>& lacking) {
  const std::vector<Index> lengths = grid.lengths();
  Place worst;
  double most = -1.0;
  for (std::size_t f = 0; f < lengths.size(); ++f) {
    std::vector<Index> lacks(static_cast<std::size_t>(lengths[f]), 0);
    for (const Index cell : lacking) ++lacks[static_cast<std::size_t>(level_of(lengths, cell, f))];
    for (Index level = 0; level < lengths[f]; ++level) {
      const double share = static_cast<double>(lacks[static_cast<std::size_t>(level)] * lengths[f]);
      // Of levels that lack as much, one of the factor with more levels is missed less.
      if (share > most) {
        most = share;
        worst = {f, level};
      }
    }
  }
  return worst;
}

void remove(Index removed, mrnn::Levels& factor) {
  factor.values.erase(factor.values.begin() + removed);
  for (int& level : factor.of_trial) {
    if (level == removed) {
      level = -1;
    } else if (level > removed) {
      --level;
    }
  }
}

void drop(const Place& place, Grid& grid) {
  mrnn::Levels& factor = grid.factors[place.factor];
  grid.dropped.push_back(factor.name + " = " + factor.values[static_cast<std::size_t>(place.level)]);
  remove(place.level, factor);
}

/// Levels that only trials have which take no part, such as that of catch trials.
void remove_unused(const std::vector<bool>& takes_part, mrnn::Levels& factor) {
  for (Index level = std::ssize(factor.values); level-- > 0;) {
    bool used = false;
    for (std::size_t trial = 0; trial < takes_part.size(); ++trial) {
      used = used || (takes_part[trial] && factor.of_trial[trial] == level);
    }
    if (!used) remove(level, factor);
  }
}

}  // namespace

std::vector<Index> Grid::lengths() const {
  std::vector<Index> lengths;
  for (const mrnn::Levels& factor : factors) lengths.push_back(std::ssize(factor.values));
  return lengths;
}

std::string Grid::name_of(Index cell) const {
  std::string name;
  for (std::size_t f = 0; f < factors.size(); ++f) {
    if (f > 0) name += ", ";
    name += factors[f].name + " = " + factors[f].values[static_cast<std::size_t>(level_of(lengths(), cell, f))];
  }
  return name;
}

Grid make_grid(const mrnn::ConfigNode& config, std::vector<mrnn::Levels> factors, const std::vector<bool>& takes_part,
               const GridRules& rules) {
  Grid grid;
  grid.factors = std::move(factors);
  for (mrnn::Levels& factor : grid.factors) remove_unused(takes_part, factor);
  for (;;) {
    check_levels(config, grid);
    count(takes_part, grid);
    const std::vector<Index> lacking = lacking_cells(grid, rules.least);
    if (lacking.empty()) return grid;
    if (!rules.drop_missing) fail_lacking(config, grid, lacking, rules.least);
    drop(worst_level(grid, lacking), grid);
  }
}

}  // namespace dpca
