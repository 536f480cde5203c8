#include "dsa_report.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace dsa {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

std::string number(double value) {
  std::ostringstream text;
  text.precision(3);
  text << value;
  return text.str();
}

/// `0.1`, or `0.1 to 0.3` where items differ.
std::string range(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return number(low) == number(high) ? number(low) : number(low) + " to " + number(high);
}

std::vector<double> numbers(const std::vector<Index>& values) {
  return {values.begin(), values.end()};
}

/// One row per item, NaN where an item has fewer, or is left out.
MatrixXd rows_of(const std::vector<ItemFit>& fits, const auto& row_of) {
  Index longest = 0;
  for (const ItemFit& fit : fits) longest = fit.empty() ? longest : std::max<Index>(longest, row_of(fit).size());
  MatrixXd rows = MatrixXd::Constant(std::ssize(fits), longest, missing);
  for (Index k = 0; k < rows.rows(); ++k) {
    const ItemFit& fit = fits[static_cast<std::size_t>(k)];
    if (fit.empty()) continue;
    const VectorXd row = row_of(fit);
    rows.row(k).head(row.size()) = row.transpose();
  }
  return rows;
}

/// The first item that is not left out; there is one.
const ItemFit& first_fit(const std::vector<ItemFit>& fits) {
  return *std::ranges::find_if_not(fits, &ItemFit::empty);
}

/// A matrix per item, (item, to, from); NaN of one that is left out.
void add_matrices(const Report& report, const std::string& name, const std::vector<std::string>& axes,
                  const std::string& description, const auto& matrix_of, mrnn::AnalysisResults& results) {
  const MatrixXd& first = matrix_of(first_fit(report.fits.items));
  mrnn::NamedArray array{name, {std::ssize(report.fits.items), first.rows(), first.cols()}, {}, "1", axes, description};
  for (const ItemFit& fit : report.fits.items) {
    const MatrixXd matrix = fit.empty() ? MatrixXd::Constant(first.rows(), first.cols(), missing) : matrix_of(fit);
    for (Index i = 0; i < matrix.rows(); ++i) {
      for (Index j = 0; j < matrix.cols(); ++j) array.values.push_back(matrix(i, j));
    }
  }
  results.add(std::move(array));
}

/// Eigenvalues of the items of one panel over each other, with the unit circle.
mrnn::Panel eigenvalue_panel(const Report& report, const std::vector<std::size_t>& items, const std::string& title,
                             bool by_region) {
  mrnn::Panel panel;
  panel.title = title;
  panel.x.label = "real part";
  panel.y.label = "imaginary part";
  panel.equal_aspect = true;
  panel.guides.push_back({mrnn::Guide::Kind::circle, 1.0, ""});
  for (std::size_t k = 0; k < items.size(); ++k) {
    const mrnn::ComparedItem& item = report.activities.items()[items[k]];
    const Eigen::VectorXcd& values = report.fits.items[items[k]].eigenvalues;
    mrnn::Series points;
    points.kind = mrnn::Series::Kind::scatter;
    points.label = title.empty() ? item.label : item.label.substr(0, item.label.rfind(": "));
    const int colour = mrnn::region_colour(report.network, item.part);
    points.colour = by_region && colour != mrnn::grey ? colour : static_cast<int>(k);
    // Smaller points over larger rings: none hides another.
    points.open = k + 1 < items.size();
    points.width = 5.0 + 2.5 * static_cast<double>((items.size() - 1 - k) % 5);
    for (const auto& value : values) {
      points.x.push_back(value.real());
      points.y.push_back(value.imag());
    }
    panel.series.push_back(std::move(points));
  }
  return panel;
}

/// Height above the real axis that panels show, at least, as a share of their width.
constexpr double flattest = 0.3;

/// All panels show the same part of the plane: the eigenvalues and 1, where slow modes are.
void show_same_part(mrnn::Figure& figure) {
  double left = 1.0, right = 1.0, top = 0.05;
  for (const mrnn::Panel& panel : figure.panels) {
    for (const mrnn::Series& points : panel.series) {
      for (std::size_t k = 0; k < points.x.size(); ++k) {
        left = std::min(left, points.x[k]);
        right = std::max(right, points.x[k]);
        top = std::max(top, std::abs(points.y[k]));
      }
    }
  }
  const double margin = 0.1 * std::max(right - left, 2.0 * top);
  top = std::max(top, flattest * (right - left));
  for (mrnn::Panel& panel : figure.panels) {
    panel.x.low = left - margin;
    panel.x.high = right + margin;
    panel.y.low = -(top + margin);
    panel.y.high = top + margin;
  }
}

/// Of a single simulation all regions over each other, else a panel per region.
mrnn::Figure eigenvalue_figure(const Report& report) {
  const std::vector<mrnn::ComparedItem>& items = report.activities.items();
  std::vector<std::vector<std::size_t>> of_part;
  std::size_t sources = 0;
  for (std::size_t k = 0; k < items.size(); ++k) {
    if (report.activities.is_left_out(k)) continue;
    of_part.resize(std::max(of_part.size(), items[k].number + 1));
    of_part[items[k].number].push_back(k);
    sources = std::max(sources, items[k].source + 1);
  }
  mrnn::Figure figure;
  figure.name = "eigenvalues";
  figure.title = "Eigenvalues of the fitted dynamics";
  figure.caption =
      "One step of the fitted linear dynamics. Within the circle, modes decay. Sizes of rings only keep them from "
      "hiding each other.";
  figure.columns = 0;
  if (sources == 1 || of_part.size() == 1) {
    std::vector<std::size_t> all;
    for (const std::vector<std::size_t>& part : of_part) all.insert(all.end(), part.begin(), part.end());
    std::ranges::sort(all);
    figure.panels.push_back(eigenvalue_panel(report, all, "", sources == 1));
    show_same_part(figure);
    return figure;
  }
  for (const std::vector<std::size_t>& part : of_part) {
    if (part.empty()) continue;
    figure.panels.push_back(eigenvalue_panel(report, part, items[part.front()].part, false));
    // One key is enough.
    if (figure.panels.size() == 1) continue;
    for (mrnn::Series& series : figure.panels.back().series) series.label.clear();
  }
  show_same_part(figure);
  return figure;
}

mrnn::Panel sweep_panel(const Sweep& sweep, const MatrixXd& scores, const std::string& label, bool labelled) {
  mrnn::Panel panel;
  panel.x.label = "rank";
  for (const Index rank : sweep.ranks) panel.x.names.push_back({static_cast<double>(rank), std::to_string(rank)});
  panel.y.label = label;
  for (Index d = 0; d < scores.rows(); ++d) {
    mrnn::Series line;
    line.colour = static_cast<int>(d);
    const Index delays = sweep.delays[static_cast<std::size_t>(d)];
    if (labelled) line.label = std::to_string(delays) + (delays == 1 ? " delay" : " delays");
    line.x = numbers(sweep.ranks);
    for (Index r = 0; r < scores.cols(); ++r) line.y.push_back(scores(d, r));
    mrnn::Series points = line;
    points.kind = mrnn::Series::Kind::scatter;
    points.label.clear();
    panel.series.push_back(std::move(line));
    panel.series.push_back(std::move(points));
  }
  return panel;
}

/// Scores of all choices, averaged over items.
void add_sweep(const Sweep& sweep, const Scores& scores, mrnn::AnalysisResults& results) {
  results.add("sweep_aic", scores.aic, {"delays", "rank"}, "1", "Akaike's criterion per number, trials held out");
  results.add("sweep_mase", scores.mase, {"delays", "rank"}, "1", "mean absolute scaled error, trials held out");
  const std::vector<double> delays = numbers(sweep.delays), ranks = numbers(sweep.ranks);
  results.add("sweep_delays", Eigen::Map<const VectorXd>(delays.data(), std::ssize(delays)), {"delays"}, "1", "tried");
  results.add("sweep_ranks", Eigen::Map<const VectorXd>(ranks.data(), std::ssize(ranks)), {"rank"}, "1", "tried");
  mrnn::Figure figure;
  figure.name = "sweep";
  figure.title = "Choice of delays and rank";
  figure.caption = "How well trials that were held out are predicted, averaged over what is compared; lower is better.";
  figure.columns = 2;
  figure.panels.push_back(sweep_panel(sweep, scores.aic, "AIC per number", true));
  figure.panels.push_back(sweep_panel(sweep, scores.mase, "MASE", false));
  results.figures.push_back(std::move(figure));
}

}  // namespace

void add_arrays(const Report& report, mrnn::AnalysisResults& results) {
  const std::vector<ItemFit>& fits = report.fits.items;
  mrnn::add_items(report.activities, results);
  results.add("dynamics_error",
              rows_of(fits, [](const ItemFit& fit) { return VectorXd::Constant(1, fit.dynamics.error); }), {"item"},
              "1", "share of the sum of squares of v that one step of the fitted dynamics misses");
  results.add("kept", rows_of(fits, [](const ItemFit& fit) { return VectorXd::Constant(1, fit.kept); }), {"item"}, "1",
              "share of the sum of squares of the activity that the components keep");
  results.add(
      "explained",
      rows_of(fits, [&](const ItemFit& fit) { return VectorXd::Constant(1, fit.basis.share(report.fits.rank)); }),
      {"item"}, "1", "share of the sum of squares of the rows of delays that the rank holds");
  results.add("non_normality",
              rows_of(fits, [](const ItemFit& fit) { return VectorXd::Constant(1, fit.dynamics.non_normality()); }),
              {"item"}, "1", "Frobenius norm of A A^T - A^T A");
  results.add("singular_values", rows_of(fits, [](const ItemFit& fit) { return fit.basis.singular_values; }),
              {"item", "direction"}, "a.u.", "of the rows of delays, falling; NaN where an item has fewer");
  results.add("eigenvalues_real", rows_of(fits, [](const ItemFit& fit) { return VectorXd(fit.eigenvalues.real()); }),
              {"item", "mode"}, "1", "of A, magnitudes falling");
  results.add("eigenvalues_imag", rows_of(fits, [](const ItemFit& fit) { return VectorXd(fit.eigenvalues.imag()); }),
              {"item", "mode"}, "1", "of A, magnitudes falling");
  add_matrices(
      report, "dynamics", {"item", "to", "from"}, "A: v(t + s) = A v(t)",
      [](const ItemFit& fit) -> const MatrixXd& { return fit.dynamics.a; }, results);
  if (first_fit(fits).dynamics.b.cols() > 0) {
    add_matrices(
        report, "input_effect", {"item", "to", "channel"}, "B: v(t + 1) = A v(t) + B u(t + 1)",
        [](const ItemFit& fit) -> const MatrixXd& { return fit.dynamics.b; }, results);
  }
  results.scalar("rank", static_cast<double>(report.fits.rank), "1", "of the dynamics");
  results.scalar("delays", static_cast<double>(report.fits.delays.count), "1", "in each row");
}

void add_summary(const Report& report, mrnn::AnalysisResults& results) {
  results.summary = report.fits.remarks;
  std::vector<double> explained, errors, kept;
  for (const ItemFit& fit : report.fits.items) {
    if (fit.empty()) continue;
    explained.push_back(100.0 * fit.basis.share(report.fits.rank));
    errors.push_back(100.0 * fit.dynamics.error);
    kept.push_back(100.0 * fit.kept);
  }
  const Index count = report.fits.delays.count;
  std::string line = "rank " + std::to_string(report.fits.rank) + " of rows of " + std::to_string(count) +
                     (count == 1 ? " delay" : " delays") + ": " + range(explained) +
                     " % of their sum of squares; one step of the dynamics misses " + range(errors) + " % of it";
  if (*std::ranges::min_element(kept) < 100.0) line += "; components keep " + range(kept) + " % of the activity";
  results.summary.push_back(std::move(line));
}

void add_figures(const Report& report, mrnn::AnalysisResults& results) {
  mrnn::Figure figure;
  figure.name = "distances";
  figure.title = "Dynamic similarity";
  figure.caption = "Distances between linear dynamics fitted to delays of the activity.";
  mrnn::add_comparison(report.activities, report.network, report.distances, std::move(figure), results);
  results.figures.push_back(eigenvalue_figure(report));
  if (report.fits.scores) add_sweep(report.sweep, *report.fits.scores, results);
}

}  // namespace dsa
