#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "mrnn/components.hpp"
#include "report.hpp"

namespace fixed_points {
namespace {

/// Trajectories drawn, and states that define the components.
constexpr Index most_trajectories = 10, most_samples = 4000;
/// So many fixed points have components of their own, which show how they lie to each other.
constexpr Index points_for_components = 4;
constexpr double second_direction = 1e-3;  // least share of the second of them
/// Room around points in their own components, and around all that is drawn in those of the activity.
constexpr double wide_room = 0.3, room = 0.08;
/// Half the length of an unstable mode's line, as a share of the panel's range.
constexpr double mode_length = 0.07;
/// Real part from which on the edge of the unit circle is shown, and half the side of the smallest square.
constexpr double near_edge = 0.8, smallest_square = 0.05;
/// Eigenvalues drawn in all.
constexpr Index most_eigenvalues = 20'000;
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
  explicit View(const Report& report) : context_(report.terrain.context()), report_(report) {
    of_points_ = find_components_of_points();
    if (!of_points_) find_components();
  }
  Index dimensions() const { return components_.directions.cols(); }
  double share(Index component) const { return components_.shares(component); }
  std::string label(Index component) const {
    if (component >= dimensions()) return "a.u.";
    const std::string label = mrnn::component_label(components_, component);
    return of_points_ ? "PC " + std::to_string(component + 1) + " of points" + label.substr(label.find(" (")) : label;
  }
  bool of_points() const { return of_points_; }
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
  std::vector<Index> units_ = report_.terrain.units().indices();
  bool find_components_of_points();
  Eigen::VectorXd mean_;
  mrnn::Components components_;
  bool of_points_ = false;
};

bool View::find_components_of_points() {
  std::vector<const Point*> points;
  for (const Point& point : report_.found.points) {
    if (point.at.kind == Kind::fixed && !point.outlier) points.push_back(&point);
  }
  if (std::ssize(points) < points_for_components) return false;
  Eigen::MatrixXd samples(std::ssize(units_), std::ssize(points));
  for (Index k = 0; k < samples.cols(); ++k) samples.col(k) = points[static_cast<std::size_t>(k)]->at.x;
  mean_ = samples.rowwise().mean();
  components_ = mrnn::principal_components(samples.colwise() - mean_, 3);
  return components_.shares.size() > 1 && components_.shares(1) >= second_direction;
}

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
  if (!std::isfinite(samples.squaredNorm())) samples.setZero();  // nothing to be seen
  mean_ = samples.rowwise().mean();
  components_ = mrnn::principal_components(samples.colwise() - mean_, 3);
}

Eigen::MatrixXd View::trajectories() const {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Eigen::Vector3d> path;
  const Index each = std::max<Index>(1, most_trajectories / std::ssize(context_.simulations()));
  for (const mrnn::Simulation* simulation : context_.simulations()) {
    for (Index trial = 0; trial < std::min(each, simulation->trials.count); ++trial) {
      const mrnn::StepRange recorded = simulation->recorded(trial);
      for (Index step = recorded.first; step < recorded.last; ++step) {
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

/// Sorts in the order of the key, which is that of drawing: slow points, ghosts, stable, marginal, 1, 2, ... unstable
/// modes.
std::vector<Sort> sorts_of(const std::vector<Point>& points) {
  const auto rank = [](const Point& point) {
    if (point.at.kind != Kind::fixed) return -static_cast<Index>(point.at.kind);
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
std::array<double, 2> range_of(const Eigen::RowVectorXd& values, double share) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low < high)) return {low - 1.0, high + 1.0};
  const double air = share * (high - low);
  return {low - air, high + air};
}

std::array<double, 2> widened(const std::array<double, 2>& range, double more) {
  return {range[0] - 0.5 * more, range[1] + 0.5 * more};
}

/// Points over trajectories in two components.
class PlanePanel {
 public:
  PlanePanel(const Report& report, const View& view, Index horizontal, Index vertical)
      : report_(report), view_(view), x_(horizontal), y_(vertical) {}

  mrnn::Panel make() {
    const Eigen::MatrixXd path = view_.trajectories();
    set_range(path);
    add_path(path);
    add_orbits();
    for (const Point& point : report_.found.points) add_modes(point);
    for (const Sort& sort : sorts_of(report_.found.points)) {
      mrnn::Series series = scatter(sort);
      for (const Point& point : report_.found.points) {
        if (!(sort_of(point) == sort)) continue;
        const Eigen::Vector3d at = view_.place(point.at.x);
        series.x.push_back(at(x_));
        series.y.push_back(at(y_));
      }
      panel_.series.push_back(std::move(series));
    }
    return std::move(panel_);
  }

 private:
  void set_range(const Eigen::MatrixXd& path) {
    Eigen::MatrixXd all =
        Eigen::MatrixXd::Constant(3, std::ssize(report_.found.points), path.size() > 0 ? path(0, 0) : 0.0);
    for (Index p = 0; p < all.cols(); ++p) {
      const Point& point = report_.found.points[static_cast<std::size_t>(p)];
      const double nan = std::numeric_limits<double>::quiet_NaN();
      all.col(p) = point.outlier ? Eigen::Vector3d::Constant(nan) : view_.place(point.at.x);
    }
    if (!view_.of_points()) {
      const Index points = all.cols();
      all.conservativeResize(Eigen::NoChange, points + path.cols());
      all.rightCols(path.cols()) = path;
    }
    const double air = view_.of_points() ? wide_room : room;
    std::array<double, 2> horizontal = range_of(all.row(x_), air), vertical = range_of(all.row(y_), air);
    const double width = horizontal[1] - horizontal[0], height = vertical[1] - vertical[0];
    panel_.equal_aspect = height > 0.5 * width && width > 0.5 * height;
    if (panel_.equal_aspect) {  // panels of one size
      (width < height ? horizontal : vertical) =
          widened(width < height ? horizontal : vertical, std::abs(width - height));
    }
    panel_.x = {view_.label(x_), horizontal[0], horizontal[1]};
    panel_.y = {view_.label(y_), vertical[0], vertical[1]};
    reach_ = mode_length * std::min(horizontal[1] - horizontal[0], vertical[1] - vertical[0]);
  }

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
    for (const Eigen::MatrixXd& states : report_.fates.orbits) {
      add_line(states, mrnn::black, 2.0);
      if (&states == &report_.fates.orbits.front()) panel_.series.back().label = "cycle";
    }
  }

  /// Where activity goes from a saddle; where it does not come to rest, or that was not followed, the direction in
  /// which it leaves.
  void add_modes(const Point& point) {
    if (point.at.kind != Kind::fixed) return;
    const int colour = sort_of(point).colour;
    const Index modes = std::min(point.stability.unstable, point.stability.right.cols());
    for (Index mode = 0; mode < modes; ++mode) {
      for (const double side : {1.0, -1.0}) {
        const auto rests = [&](const Departure& one) { return one.mode == mode && one.side == side && one.to >= 0; };
        const auto departure = std::ranges::find_if(point.departures, rests);
        add_line(departure != point.departures.end() ? departure->path : direction(point, mode, side), colour, 1.5);
      }
    }
  }

  Eigen::MatrixXd direction(const Point& point, Index mode, double side) const {
    const Eigen::VectorXd along = point.stability.right.col(mode).real();
    Eigen::MatrixXd line(along.size(), 2);
    line << point.at.x, point.at.x + side * reach_ / std::max(view_.turn(along).norm(), 1e-300) * along;
    return line;
  }

  void add_line(const Eigen::MatrixXd& states, int colour, double width) {
    mrnn::Series line;
    line.colour = colour;
    line.width = width;
    for (Index k = 0; k < states.cols(); ++k) {
      const Eigen::Vector3d at = view_.place(states.col(k));
      line.x.push_back(at(x_));
      line.y.push_back(at(y_));
    }
    panel_.series.push_back(std::move(line));
  }

  const Report& report_;
  const View& view_;
  Index x_, y_;
  double reach_ = 1.0;  ///< half length of a mode's line
  mrnn::Panel panel_;
};

/// A square about values in the plane, with the edge of stability in sight where they come near to it.
void set_limits(mrnn::Panel& panel) {
  double low = 1.0, high = -1.0, top = 0.0;
  for (const mrnn::Series& series : panel.series) {
    for (const double x : series.x) {
      low = std::min(low, x);
      high = std::max(high, x);
    }
    for (const double y : series.y) top = std::max(top, y);
  }
  if (high > near_edge) high = std::max(high, 1.0);
  const double half = std::max({0.55 * (high - low), 1.1 * top, smallest_square}), middle = 0.5 * (low + high);
  panel.x.low = middle - half;
  panel.x.high = middle + half;
  panel.y.low = -half;
  panel.y.high = half;
}

/// The eigenvalues of all points, of many points the leading ones.
mrnn::Panel eigenvalues(const std::vector<Point>& points) {
  const Index each = std::max<Index>(1, most_eigenvalues / std::ssize(points));
  mrnn::Panel panel;
  panel.x.label = "real part of eigenvalue";
  panel.y.label = "imaginary part";
  panel.equal_aspect = true;
  panel.guides.push_back({mrnn::Guide::Kind::circle, 1.0, ""});
  const std::vector<Sort> sorts = sorts_of(points);
  for (std::size_t k = 0; k < sorts.size(); ++k) {
    const Sort& sort = sorts[k];
    mrnn::Series series = scatter(sort);
    series.label.clear();
    // Smaller shapes over larger ones: an eigenvalue of one sort never hides that of another.
    series.width = 4.0 + 2.5 * static_cast<double>(sorts.size() - 1 - k);
    for (const Point& point : points) {
      if (!(sort_of(point) == sort)) continue;
      for (const std::complex<double>& value :
           point.stability.values.head(std::min(each, point.stability.values.size()))) {
        series.x.push_back(value.real());
        series.y.push_back(value.imag());
      }
    }
    panel.series.push_back(std::move(series));
  }
  set_limits(panel);
  return panel;
}

}  // namespace

mrnn::Figure draw(const Report& report) {
  const View view(report);
  mrnn::Figure figure;
  figure.name = "fixed_points";
  figure.title = "Fixed points with " + report.input_words;
  figure.caption =
      std::string("Points by stability over trajectories (grey), in the principal components of ") +
      (view.of_points() ? "the points" : "the activity") +
      ". Lines from points: where activity goes that leaves them along an unstable mode, without noise; straight ones "
      "only show the direction.";
  figure.panels.push_back(PlanePanel(report, view, 0, 1).make());
  if (view.dimensions() > 2 && view.share(2) >= worth_showing) {
    figure.panels.push_back(PlanePanel(report, view, 0, 2).make());
    for (mrnn::Series& series : figure.panels.back().series) series.label.clear();
  }
  if (!report.found.points.empty()) {
    figure.panels.push_back(eigenvalues(report.found.points));
    if (sorts_of(report.found.points).size() > 1) {
      figure.caption +=
          " Eigenvalues: as the points, with sizes that only keep those of one sort from hiding another's.";
    }
  }
  figure.columns = static_cast<int>(figure.panels.size());
  return figure;
}

}  // namespace fixed_points
