#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "mrnn/components.hpp"
#include "report.hpp"

namespace fixed_points {
namespace {

/// Trajectories drawn, and states that define the components.
constexpr Index most_trajectories = 40, most_samples = 4000;
/// Half the length of an unstable mode's line, as a share of the panel's range.
constexpr double mode_length = 0.07;
/// A third component is shown from this share of the variance on.
constexpr double worth_showing = 0.01;
/// Points are told apart up to so many unstable modes; those with more look alike.
constexpr Index most_modes = 5;
/// Colours by number of unstable modes 0, 1, 2, ...
constexpr std::array<int, 6> colours{0, 1, 2, 3, 4, 7};
constexpr int marginal_colour = 5, slow_colour = 6;

/// The components of the activity that was searched from, and what is drawn in them.
class View {
 public:
  View(const mrnn::AnalysisContext& context, const Report& report) : context_(context), report_(report) {
    find_components();
  }
  Index dimensions() const { return components_.directions.cols(); }
  double share(Index component) const { return components_.shares(component); }
  std::string label(Index component) const {
    return component < dimensions() ? mrnn::component_label(components_, component) : "a.u.";
  }
  /// A state of the chosen units in the components. [3]
  Eigen::Vector3d place(const Eigen::VectorXd& x) const { return turn(x - mean_); }
  Eigen::Vector3d turn(const Eigen::VectorXd& difference) const {
    Eigen::Vector3d at = Eigen::Vector3d::Zero();
    at.head(dimensions()) = components_.directions.transpose() * difference;
    return at;
  }
  /// Trajectories of some trials, a break after each: [3 x steps].
  Eigen::MatrixXd trajectories() const;

 private:
  void find_components();
  Eigen::VectorXd state(const mrnn::Simulation& simulation, Index trial, Index step) const {
    return simulation.state(context_.network(), context_.parameters(), trial, step)(units_);
  }

  const mrnn::AnalysisContext& context_;
  const Report& report_;
  std::vector<Index> units_ = report_.units.indices();
  Eigen::VectorXd mean_;
  mrnn::Components components_;
};

void View::find_components() {
  Index states = 0;
  for (const mrnn::Simulation* simulation : context_.simulations()) {
    states += simulation->trials.count * simulation->steps.size();
  }
  const Index every = std::max<Index>(1, (states + most_samples - 1) / most_samples);
  Eigen::MatrixXd samples(std::ssize(units_), (states + every - 1) / every);
  Index state_number = 0, sample = 0;
  for (const mrnn::Simulation* simulation : context_.simulations()) {
    for (Index trial = 0; trial < simulation->trials.count; ++trial) {
      for (Index step = simulation->steps.first; step < simulation->steps.last; ++step) {
        if (state_number++ % every == 0) samples.col(sample++) = state(*simulation, trial, step);
      }
    }
  }
  mean_ = samples.rowwise().mean();
  components_ = mrnn::principal_components(samples.colwise() - mean_, 3);
}

Eigen::MatrixXd View::trajectories() const {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Eigen::Vector3d> path;
  const Index each = std::max<Index>(1, most_trajectories / std::ssize(context_.simulations()));
  for (const mrnn::Simulation* simulation : context_.simulations()) {
    for (Index trial = 0; trial < std::min(each, simulation->trials.count); ++trial) {
      for (Index step = simulation->steps.first; step < simulation->steps.last; ++step) {
        path.push_back(place(state(*simulation, trial, step)));
      }
      path.push_back(Eigen::Vector3d::Constant(nan));
    }
  }
  Eigen::MatrixXd all(3, std::ssize(path));
  for (Index k = 0; k < all.cols(); ++k) all.col(k) = path[static_cast<std::size_t>(k)];
  return all;
}

/// How points of one sort look.
struct Sort {
  std::string label;
  int colour = 0;
  bool open = false;
  double width = 7.0;

  bool operator==(const Sort& other) const { return label == other.label; }
};

Sort sort_of(const Point& point) {
  if (point.at.kind == Kind::ghost) return {"ghost", slow_colour, true, 6.0};
  if (point.at.kind == Kind::slow) return {"slow point", slow_colour, false, 4.0};
  const Index modes = point.stability.unstable;
  if (modes == 0 && point.stability.marginal > 0) return {"marginal", marginal_colour, false, 6.0};
  const int colour = colours[static_cast<std::size_t>(std::min(modes, most_modes))];
  if (modes == 0) return {"stable", colour, false, 9.0};
  if (modes >= most_modes) return {std::to_string(most_modes) + " or more unstable modes", colour, true, 8.0};
  return {std::to_string(modes) + (modes == 1 ? " unstable mode" : " unstable modes"), colour, true, 8.0};
}

/// Sorts in the order of the key: stable, marginal, 1, 2, ... unstable modes, ghosts, slow points.
std::vector<Sort> sorts_of(const std::vector<Point>& points) {
  const auto rank = [](const Point& point) {
    if (point.at.kind != Kind::fixed) return Index{1'000'000} + static_cast<Index>(point.at.kind);
    const Index modes = point.stability.unstable;
    return modes == 0 ? Index{point.stability.marginal > 0} : modes + 1;
  };
  std::vector<const Point*> ordered;
  for (const Point& point : points) ordered.push_back(&point);
  std::ranges::stable_sort(ordered, {}, [&](const Point* point) { return rank(*point); });
  std::vector<Sort> sorts;
  for (const Point* point : ordered) {
    const Sort sort = sort_of(*point);
    if (std::ranges::find(sorts, sort) == sorts.end()) sorts.push_back(sort);
  }
  return sorts;
}

mrnn::Series scatter(const Sort& sort) {
  mrnn::Series series;
  series.kind = mrnn::Series::Kind::scatter;
  series.label = sort.label;
  series.colour = sort.colour;
  series.open = sort.open;
  series.width = sort.width;
  return series;
}

/// Lowest and highest finite value with some air.
std::array<double, 2> range_of(const Eigen::RowVectorXd& values) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low < high)) return {low - 1.0, high + 1.0};
  const double air = 0.08 * (high - low);
  return {low - air, high + air};
}

/// Points over trajectories in two components.
class PlanePanel {
 public:
  PlanePanel(const Report& report, const View& view, Index horizontal, Index vertical)
      : report_(report), view_(view), x_(horizontal), y_(vertical) {}

  mrnn::Panel make() {
    const Eigen::MatrixXd path = view_.trajectories();
    std::vector<Eigen::Vector3d> places;
    Eigen::MatrixXd all(3, path.cols() + std::ssize(report_.points));
    all.leftCols(path.cols()) = path;
    for (std::size_t p = 0; p < report_.points.size(); ++p) {
      const Point& point = report_.points[p];
      places.push_back(view_.place(point.at.x));
      all.col(path.cols() + static_cast<Index>(p)) =
          point.outlier ? Eigen::Vector3d::Constant(std::numeric_limits<double>::quiet_NaN()) : places.back();
    }
    const std::array<double, 2> horizontal = range_of(all.row(x_)), vertical = range_of(all.row(y_));
    panel_.x = {view_.label(x_), horizontal[0], horizontal[1]};
    panel_.y = {view_.label(y_), vertical[0], vertical[1]};
    scale_ = {mode_length * (horizontal[1] - horizontal[0]), mode_length * (vertical[1] - vertical[0])};
    add_path(path);
    add_orbits();
    for (std::size_t p = 0; p < places.size(); ++p) add_modes(report_.points[p], places[p]);
    for (const Sort& sort : sorts_of(report_.points)) {
      mrnn::Series series = scatter(sort);
      for (std::size_t p = 0; p < places.size(); ++p) {
        if (!(sort_of(report_.points[p]) == sort)) continue;
        series.x.push_back(places[p](x_));
        series.y.push_back(places[p](y_));
      }
      panel_.series.push_back(std::move(series));
    }
    return std::move(panel_);
  }

 private:
  void add_path(const Eigen::MatrixXd& path) {
    mrnn::Series line;
    line.colour = mrnn::light_grey;
    line.width = 1.0;
    for (Index k = 0; k < path.cols(); ++k) {
      line.x.push_back(path(x_, k));
      line.y.push_back(path(y_, k));
    }
    panel_.series.push_back(std::move(line));
  }

  void add_orbits() {
    for (const Eigen::MatrixXd& states : report_.orbits) {
      mrnn::Series line;
      line.label = panel_.series.size() == 1 ? "cycle" : "";
      line.colour = mrnn::black;
      line.width = 2.0;
      for (Index k = 0; k < states.cols(); ++k) {
        const Eigen::Vector3d at = view_.place(states.col(k));
        line.x.push_back(at(x_));
        line.y.push_back(at(y_));
      }
      panel_.series.push_back(std::move(line));
    }
  }

  /// The directions in which activity leaves a saddle, real and imaginary part of a mode that turns, as lines through
  /// it of the length that they have in this plane.
  void add_modes(const Point& point, const Eigen::Vector3d& place) {
    if (point.at.kind != Kind::fixed) return;
    const Index modes = std::min(point.stability.unstable, point.stability.right.cols());
    for (Index mode = 0; mode < modes; ++mode) {
      const bool second = point.stability.values(mode).imag() < 0.0;
      const Eigen::VectorXcd& vector = point.stability.right.col(mode);
      const Eigen::VectorXd part = second ? Eigen::VectorXd(vector.imag()) : Eigen::VectorXd(vector.real());
      const Eigen::Vector3d along = view_.turn(part);
      const double length = along.norm();
      if (!(length > 0.0)) continue;
      const double reach = std::min(scale_[0], scale_[1]) / length;
      mrnn::Series line;
      line.colour = sort_of(point).colour;
      line.width = 1.5;
      for (const double side : {-1.0, 1.0}) {
        line.x.push_back(place(x_) + side * reach * along(x_));
        line.y.push_back(place(y_) + side * reach * along(y_));
      }
      panel_.series.push_back(std::move(line));
    }
  }

  const Report& report_;
  const View& view_;
  Index x_, y_;
  std::array<double, 2> scale_{};
  mrnn::Panel panel_;
};

/// The eigenvalues of all points.
mrnn::Panel eigenvalues(const std::vector<Point>& points) {
  mrnn::Panel panel;
  panel.x.label = "real part of eigenvalue";
  panel.y.label = "imaginary part";
  panel.equal_aspect = true;
  panel.guides.push_back({mrnn::Guide::Kind::circle, 1.0, ""});
  for (const Sort& sort : sorts_of(points)) {
    mrnn::Series series = scatter(sort);
    series.label.clear();
    series.width = 5.0;
    for (const Point& point : points) {
      if (!(sort_of(point) == sort)) continue;
      for (const std::complex<double>& value : point.stability.values) {
        series.x.push_back(value.real());
        series.y.push_back(value.imag());
      }
    }
    panel.series.push_back(std::move(series));
  }
  return panel;
}

}  // namespace

mrnn::Figure draw(const mrnn::AnalysisContext& context, const Report& report) {
  const View view(context, report);
  mrnn::Figure figure;
  figure.name = "fixed_points";
  figure.title = "Fixed points";
  figure.caption =
      "Points by stability over trajectories (grey) in the principal components of the activity. Lines through points: "
      "directions of their unstable modes.";
  figure.panels.push_back(PlanePanel(report, view, 0, 1).make());
  if (view.dimensions() > 2 && view.share(2) >= worth_showing) {
    figure.panels.push_back(PlanePanel(report, view, 0, 2).make());
    for (mrnn::Series& series : figure.panels.back().series) series.label.clear();
  }
  if (!report.points.empty()) figure.panels.push_back(eigenvalues(report.points));
  figure.columns = static_cast<int>(figure.panels.size());
  return figure;
}

}  // namespace fixed_points
