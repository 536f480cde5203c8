#include "variance_figure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

namespace dpca {
namespace {

constexpr Index shown_components = 15;

/// One box of a bar.
mrnn::Polygon box(double left, double right, double low, double high, int colour, double tint) {
  return {{left, right, right, left}, {low, low, high, high}, colour, colour, tint};
}

/// Only in the key.
mrnn::Series swatch(const std::string& label, int colour) {
  mrnn::Series series;
  series.kind = mrnn::Series::Kind::scatter;
  series.label = label;
  series.colour = colour;
  return series;
}

/// Whole numbers from 1; of many, every fifth.
std::vector<mrnn::AxisName> numbered(Index count) {
  std::vector<mrnn::AxisName> names;
  for (Index k = 1; k <= count; ++k) {
    if (count <= 8 || k == 1 || k % 5 == 0) names.push_back({static_cast<double>(k), std::to_string(k)});
  }
  return names;
}

/// The marginalisations that have a colour and a name; of many, the rest are taken together as others, in grey.
struct Palette {
  explicit Palette(const Outcome& outcome) {
    std::vector<std::size_t> all(outcome.marginalisations.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    named = largest(outcome, all);
    others = named.size() < all.size();
  }
  int colour(std::size_t marginalisation) const {
    const auto found = std::ranges::find(named, marginalisation);
    return found == named.end() ? mrnn::grey : static_cast<int>(found - named.begin());
  }
  std::vector<std::size_t> named;
  bool others = false;
};

/// Each component's explained variance, stacked by whose variance it is.
mrnn::Panel stacked_panel(const Outcome& outcome, const Palette& palette) {
  mrnn::Panel panel;
  panel.title = "Variance of each component";
  const Index count = std::min(shown_components, outcome.explained.single.size());
  panel.x = {"component", 0.4, static_cast<double>(count) + 0.6};
  panel.x.names = numbered(count);
  panel.y = {"explained variance (%)", 0.0, std::nullopt};
  for (const std::size_t m : palette.named) {
    panel.series.push_back(swatch(outcome.marginalisations[m].name, palette.colour(m)));
  }
  if (palette.others) panel.series.push_back(swatch("others", mrnn::grey));
  for (Index k = 0; k < count; ++k) {
    double low = 0.0;
    for (std::size_t m = 0; m < outcome.marginalisations.size(); ++m) {
      // Small negative shares, of parts that the component disturbs, are not drawn.
      const double share = std::max(0.0, 100.0 * outcome.explained.by_part(k, static_cast<Index>(m)));
      if (share == 0.0) continue;
      const double middle = static_cast<double>(k) + 1.0;
      panel.polygons.push_back(box(middle - 0.4, middle + 0.4, low, low + share, palette.colour(m), 1.0));
      low += share;
    }
  }
  return panel;
}

mrnn::Panel cumulative_panel(const Outcome& outcome) {
  mrnn::Panel panel;
  panel.title = "Variance of components together";
  panel.x.label = "components";
  panel.x.low = 0.4;
  panel.y = {"explained variance (%)", 0.0, 102.0};
  const Index count = std::min(shown_components, outcome.explained.single.size());
  panel.x.names = numbered(count);
  const auto curve = [&](const char* label, const Eigen::VectorXd& shares, int colour, bool dashed) {
    mrnn::Series line;
    line.label = label;
    line.colour = colour;
    line.dashed = dashed;
    for (Index k = 0; k < count; ++k) {
      line.x.push_back(static_cast<double>(k) + 1.0);
      line.y.push_back(100.0 * shares(k));
    }
    panel.series.push_back(std::move(line));
  };
  curve("PCA", outcome.explained.principal, mrnn::black, true);
  curve("dPCA", outcome.explained.cumulative, 1, false);
  const double signal = 100.0 * signal_variance(outcome) / outcome.total;
  if (signal > 0.0) panel.guides.push_back({mrnn::Guide::Kind::horizontal, signal, "signal"});
  return panel;
}

/// Shares of all variance and, paler, of the signal.
mrnn::Panel shares_panel(const Outcome& outcome, const Palette& palette) {
  mrnn::Panel panel;
  panel.title = "Variance of marginalisations";
  panel.y = {"share (%)", 0.0, std::nullopt};
  const Eigen::VectorXd signal = signal_shares(outcome);
  panel.series = {swatch("total", mrnn::grey)};
  if (signal.allFinite()) panel.series.push_back(swatch("signal", mrnn::light_grey));
  double rest = 1.0, rest_of_signal = 1.0;
  const auto add = [&](const std::string& name, double total, double of_signal, int colour) {
    const double middle = static_cast<double>(panel.x.names.size()) + 1.0;
    panel.x.names.push_back({middle, name});
    panel.polygons.push_back(box(middle - 0.38, middle, 0.0, 100.0 * total, colour, 1.0));
    rest -= total;
    rest_of_signal -= of_signal;
    if (!signal.allFinite()) return;
    panel.polygons.push_back(box(middle, middle + 0.38, 0.0, 100.0 * std::max(0.0, of_signal), colour, 0.45));
  };
  for (const std::size_t m : palette.named) {
    const auto row = static_cast<Index>(m);
    add(outcome.marginalisations[m].name, outcome.explained.shares(row), signal(row), palette.colour(m));
  }
  if (palette.others) add("others", rest, rest_of_signal, mrnn::grey);
  panel.x.low = 0.4;
  panel.x.high = static_cast<double>(panel.x.names.size()) + 0.6;
  return panel;
}

/// Row 0 of a heat map is at its bottom.
mrnn::Panel overlap_panel(const Outcome& outcome) {
  mrnn::Panel panel;
  panel.title = "Overlaps of components";
  const Index count = std::min(shown_components, outcome.explained.single.size());
  panel.x.label = panel.y.label = "component";
  panel.x.names = panel.y.names = numbered(count);
  mrnn::HeatMap map;
  map.values = outcome.explained.overlaps.topLeftCorner(count, count);
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < i; ++j) map.values(i, j) = outcome.explained.correlations(i, j);
  }
  map.x_low = map.y_low = 0.5;
  map.x_high = map.y_high = static_cast<double>(count) + 0.5;
  map.label = "overlap or correlation";
  map.diverging = true;
  map.low = -1.0;
  map.high = 1.0;
  panel.heat_map = std::move(map);
  panel.equal_aspect = true;
  return panel;
}

mrnn::Panel lambda_panel(const LambdaSearch& search) {
  mrnn::Panel panel;
  panel.title = "Choice of lambda";
  panel.x.label = "lambda";
  panel.x.log = true;
  panel.y.label = "share of variance missed";
  panel.guides.push_back({mrnn::Guide::Kind::vertical, search.lambdas(search.best), "chosen"});
  mrnn::Series band, line;
  band.kind = mrnn::Series::Kind::band;
  band.x = line.x = values(search.lambdas);
  band.y = values(search.errors.colwise().minCoeff().transpose());
  band.upper = values(search.errors.colwise().maxCoeff().transpose());
  line.y = values(search.errors.colwise().mean().transpose());
  band.colour = line.colour = 0;
  panel.series = {std::move(band), std::move(line)};
  return panel;
}

}  // namespace

std::vector<double> values(const Eigen::Ref<const Eigen::VectorXd>& vector) {
  return {vector.begin(), vector.end()};
}

std::vector<std::size_t> largest(const Outcome& outcome, std::vector<std::size_t> of) {
  const auto share = [&](std::size_t m) { return outcome.explained.shares(static_cast<Index>(m)); };
  std::ranges::stable_sort(of, std::greater<>(), share);
  of.resize(std::min(of.size(), most_drawn));
  std::ranges::sort(of);
  return of;
}

mrnn::Figure draw_variances(const Outcome& outcome) {
  mrnn::Figure figure;
  figure.name = "variance";
  figure.title = "Variance explained by demixed principal components";
  figure.columns = outcome.search ? 3 : 2;
  const Palette palette(outcome);
  figure.panels = {stacked_panel(outcome, palette), cumulative_panel(outcome), shares_panel(outcome, palette),
                   overlap_panel(outcome)};
  figure.caption =
      "Each component's explained variance, by the marginalisation whose variance it is, beside that of "
      "principal components; the share of each marginalisation; products of encoders (lower right) and correlations of "
      "projections (upper left).";
  if (outcome.search) {
    figure.panels.push_back(lambda_panel(*outcome.search));
    figure.caption += " Last: variance not found in trials held out, by the regularisation; mean and range of " +
                      std::to_string(lambda_repeats) + " repeats.";
  }
  return figure;
}

}  // namespace dpca
