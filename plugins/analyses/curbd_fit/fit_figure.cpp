#include "fit_figure.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <string>
#include <utility>

namespace curbd {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Of heat maps: more cannot be seen.
constexpr Index most_columns = 300, most_rows = 200;
/// Of the matrix of panels, along each side.
constexpr std::size_t most_regions = 6;

std::string number(double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << value;
  return text.str();
}

/// A component as it is drawn: divided by its standard deviation over all samples for which the truth is known.
VectorXd scaled(const VectorXd& component) {
  const Eigen::ArrayXd known = component.array().isFinite().select(component.array(), 0.0);
  const double count = static_cast<double>(component.array().isFinite().count());
  return component / std::sqrt(known.square().sum() / count);
}

/// Over the samples for which both are known.
double product(const VectorXd& a, const VectorXd& b) {
  const Eigen::ArrayXd products = a.array() * b.array();
  return products.isFinite().select(products, 0.0).sum();
}

class Drawing {
 public:
  Drawing(const Found& found, const mrnn::Network* network)
      : found_(found),
        network_(network),
        trial_(found.data.trials.front()),
        regions_(std::min(found.regions(), most_regions)) {}

  mrnn::Figure curves() const {
    mrnn::Figure figure;
    figure.name = "curbd_learning";
    figure.title = "How well the model reproduces the data";
    figure.caption = "pVar: share of the variance explained. chi2: sum over samples of the mean squared error. ";
    figure.caption += found_.options.free_runs > 0 ? "After the line the weights no longer learn." : "";
    figure.columns = 2;
    mrnn::Panel p_var = curve("variance explained, pVar (share)", found_.fit.p_var);
    mrnn::Panel chi2 = curve("sum of squared errors, chi2", found_.fit.chi2);
    p_var.y.high = 1.0;
    if (*std::ranges::min_element(found_.fit.p_var) < -1.0) p_var.y.low = -1.0;
    chi2.y.log = true;
    figure.panels = {std::move(p_var), std::move(chi2)};
    return figure;
  }

  mrnn::Figure activity() const {
    mrnn::Figure figure;
    figure.name = "curbd_activity";
    figure.title = "Data and model";
    figure.caption = "Activity of the units of each region in the data and in the last run of the model" + in_trial() +
                     ", and of the unit that varies most.";
    figure.columns = 3;
    for (std::size_t r = 0; r < regions_; ++r) {
      const mrnn::NamedRange& region = found_.data.regions[r];
      const MatrixXd data = rows(found_.data.samples, region.range), model = rows(found_.fit.model, region.range);
      const double largest = std::max(data.cwiseAbs().maxCoeff(), model.cwiseAbs().maxCoeff());
      figure.panels.push_back(map(region.name + ": data", data, largest, "h (scaled)"));
      figure.panels.push_back(map(region.name + ": model", model, largest, "h (scaled)"));
      Index unit = 0;
      (data.colwise() - data.rowwise().mean()).rowwise().squaredNorm().maxCoeff(&unit);
      mrnn::Panel example;
      example.title = region.name + ": unit " + std::to_string(unit);
      example.x.label = "time (ms)";
      example.y.label = "h (scaled)";
      example.series.push_back(course(data.row(unit), mrnn::black, true, r == 0 ? "data" : ""));
      example.series.push_back(course(model.row(unit), colour(r), false, r == 0 ? "model" : ""));
      std::swap(example.series[0], example.series[1]);  // the data on top
      figure.panels.push_back(std::move(example));
    }
    return figure;
  }

  mrnn::Figure currents() const {
    mrnn::Figure figure;
    figure.name = "curbd_currents";
    figure.title = "Currents by target (rows) and source (columns)";
    figure.caption = "C = J h, the current that each unit of the target receives from the source" + in_trial() +
                     ". Panels of a row share their colours." + left_out();
    figure.columns = static_cast<int>(regions_);
    for (std::size_t to = 0; to < regions_; ++to) {
      std::vector<MatrixXd> all;
      double largest = 0.0;
      for (std::size_t from = 0; from < regions_; ++from) {
        all.push_back(weights_between(found_.data, found_.fit.weights, {to, from}, found_.part) *
                      rows(found_.fit.model, found_.data.regions[from].range));
        largest = std::max(largest, all.back().cwiseAbs().maxCoeff());
      }
      for (std::size_t from = 0; from < regions_; ++from) {
        figure.panels.push_back(map(title(to, from), all[from], largest, "C (a.u.)"));
      }
    }
    return figure;
  }

  mrnn::Figure truth() const {
    mrnn::Figure figure;
    figure.name = "curbd_truth";
    figure.title = "Recovered and true currents by target (rows) and source (columns)";
    figure.caption = "Leading principal component of each current" + in_trial() +
                     ", divided by its standard deviation, its sign chosen to agree; r: correlation over all units and "
                     "samples, r1: of these components." +
                     left_out();
    figure.columns = static_cast<int>(regions_);
    for (std::size_t to = 0; to < regions_; ++to) {
      for (std::size_t from = 0; from < regions_; ++from) figure.panels.push_back(truth_panel(to, from));
    }
    return figure;
  }

 private:
  int colour(std::size_t region) const {
    const std::string& name = found_.data.regions[region].name;
    return network_ != nullptr && name != "all" ? mrnn::region_colour(*network_, name) : static_cast<int>(region);
  }

  std::string title(std::size_t to, std::size_t from) const {
    return found_.data.regions[from].name + " to " + found_.data.regions[to].name;
  }

  std::string in_trial() const { return found_.data.trials.size() > 1 ? " in the first trial" : ""; }
  std::string left_out() const {
    if (regions_ == found_.regions()) return "";
    return " Only the first " + std::to_string(regions_) + " regions are drawn.";
  }

  mrnn::Panel curve(const std::string& label, const std::vector<double>& values) const {
    mrnn::Panel panel;
    panel.x.label = "run";
    panel.y.label = label;
    mrnn::Series series;
    for (std::size_t run = 0; run < values.size(); ++run) series.x.push_back(static_cast<double>(run + 1));
    series.y = values;
    panel.series.push_back(std::move(series));
    if (found_.options.runs > 0) {
      panel.guides.push_back({mrnn::Guide::Kind::vertical, static_cast<double>(found_.options.runs) + 0.5, ""});
    }
    return panel;
  }

  /// Activity of some units in the first trial.
  MatrixXd rows(const mrnn::Sequence& samples, mrnn::UnitRange range) const {
    const Eigen::Map<const MatrixXd> all(samples.data.data(), samples.units, samples.steps);
    return all.block(range.start, trial_.first, range.size, trial_.size());
  }

  mrnn::Series course(const Eigen::RowVectorXd& values, int palette, bool dashed, std::string label) const {
    mrnn::Series series;
    for (Index k = 0; k < values.size(); ++k) {
      series.x.push_back(static_cast<double>(k) * found_.data.dt);
      series.y.push_back(values(k));
    }
    series.colour = palette;
    series.dashed = dashed;
    series.label = std::move(label);
    return series;
  }

  /// Neighbouring samples averaged, and units left out, until it can be seen.
  static MatrixXd thinned(const MatrixXd& values) {
    const Index wide = (values.cols() + most_columns - 1) / most_columns;
    const Index high = (values.rows() + most_rows - 1) / most_rows;
    MatrixXd thin((values.rows() + high - 1) / high, (values.cols() + wide - 1) / wide);
    for (Index row = 0; row < thin.rows(); ++row) {
      for (Index column = 0; column < thin.cols(); ++column) {
        const Index first = column * wide;
        thin(row, column) = values.row(row * high).segment(first, std::min(wide, values.cols() - first)).mean();
      }
    }
    return thin;
  }

  /// Some of the units, at the middles of their rows.
  static std::vector<mrnn::AxisName> unit_names(Index units) {
    constexpr Index most = 6;
    Index apart = 1;
    for (Index scale = 1; units > most * apart; scale *= 10) {
      for (const Index factor : {2, 5, 10}) {
        if (units > most * apart) apart = factor * scale;
      }
    }
    std::vector<mrnn::AxisName> names;
    for (Index unit = 0; unit < units; unit += apart) {
      names.push_back({static_cast<double>(unit), std::to_string(unit)});
    }
    return names;
  }

  mrnn::Panel map(std::string title, const MatrixXd& values, double largest, std::string label) const {
    mrnn::Panel panel;
    panel.title = std::move(title);
    panel.x.label = "time (ms)";
    panel.y.label = "unit";
    mrnn::HeatMap heat;
    heat.values = thinned(values);
    heat.x_high = static_cast<double>(values.cols()) * found_.data.dt;
    heat.y_low = -0.5;
    heat.y_high = static_cast<double>(values.rows()) - 0.5;
    panel.y.names = unit_names(values.rows());
    heat.label = std::move(label);
    heat.diverging = true;
    if (largest > 0.0) {
      heat.low = -largest;
      heat.high = largest;
    }
    panel.heat_map = std::move(heat);
    return panel;
  }

  mrnn::Panel truth_panel(std::size_t to, std::size_t from) const {
    const Comparison& pair = found_.comparisons[found_.pair(to, from)];
    mrnn::Panel panel;
    panel.title = title(to, from);
    panel.x.label = "time (ms)";
    panel.y.label = "component (s.d.)";
    if (std::isnan(pair.component_correlation)) return panel;
    panel.title += ": r = " + number(pair.correlation) + ", r1 = " + number(pair.component_correlation);
    const Index acting = trial_.size() - 1;
    const VectorXd expected = scaled(pair.true_component);
    const VectorXd found = product(pair.true_component, pair.found_component) < 0.0 ? -scaled(pair.found_component)
                                                                                    : scaled(pair.found_component);
    const bool first = to == 0 && from == 0;
    panel.series.push_back(
        course(found.segment(trial_.first, acting).transpose(), colour(from), false, first ? "recovered" : ""));
    panel.series.push_back(
        course(expected.segment(trial_.first, acting).transpose(), mrnn::black, true, first ? "true" : ""));
    return panel;
  }

  const Found& found_;
  const mrnn::Network* network_;  ///< for the colours of regions; null where they are not its own
  mrnn::StepRange trial_;         ///< samples of the first trial
  std::size_t regions_;           ///< drawn
};

}  // namespace

void draw(const Found& found, const mrnn::Network* network, mrnn::AnalysisResults& results) {
  const Drawing drawing(found, network);
  results.figures.push_back(drawing.curves());
  results.figures.push_back(drawing.activity());
  results.figures.push_back(drawing.currents());
  if (!found.comparisons.empty()) results.figures.push_back(drawing.truth());
}

}  // namespace curbd
