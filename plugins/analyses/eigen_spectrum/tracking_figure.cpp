#include "tracking_figure.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace eigen_spectrum {
namespace {

using mrnn::Index;
using mrnn::LinearForm;

/// Modes drawn, and trials with a row of panels of their own: more cannot be told apart.
constexpr std::size_t most_modes = 6;
constexpr std::size_t most_trajectories = 4;
constexpr std::size_t fewest_states = 3;

/// One trial's tracks, with what is needed to draw them.
class Drawing {
 public:
  Drawing(const std::vector<StateSpectrum>& states, const Trajectory& trajectory, LinearForm form, double dt)
      : states_(states), trajectory_(trajectory), form_(form), continuous_(form == LinearForm::continuous), dt_(dt) {
    choose();
  }

  const StateSpectrum& first() const { return states_[trajectory_.states.front()]; }

  /// |lambda|, or Re lambda, over time.
  mrnn::Panel over_time(const mrnn::Simulation& simulation, bool labelled) const {
    mrnn::Panel panel;
    panel.x.label = "time (ms)";
    panel.y.label = continuous_ ? "real part (1/ms)" : "magnitude";
    if (has_border()) panel.guides.push_back({mrnn::Guide::Kind::horizontal, continuous_ ? 0.0 : 1.0, ""});
    add_epochs(simulation, panel);
    for (std::size_t m = 0; m < modes_.size(); ++m) {
      mrnn::Series line;
      line.colour = static_cast<int>(m);
      if (labelled) line.label = "mode " + std::to_string(m + 1);
      for (std::size_t s = 0; s < trajectory_.states.size(); ++s) {
        line.x.push_back(static_cast<double>(states_[trajectory_.states[s]].step) * dt_);
        line.y.push_back(size(value(s, modes_[m])));
      }
      panel.series.push_back(std::move(line));
    }
    return panel;
  }

  /// The paths in the upper half of the plane, with a point where they end.
  mrnn::Panel in_plane() const {
    mrnn::Panel panel;
    panel.x.label = continuous_ ? "real part (1/ms)" : "real part";
    panel.y.label = continuous_ ? "imaginary part (1/ms)" : "imaginary part";
    const auto border = continuous_ ? mrnn::Guide::Kind::vertical : mrnn::Guide::Kind::circle;
    if (has_border()) panel.guides.push_back({border, continuous_ ? 0.0 : 1.0, ""});
    frame(panel);
    for (std::size_t m = 0; m < modes_.size(); ++m) {
      mrnn::Series path, end;
      path.colour = end.colour = static_cast<int>(m);
      end.kind = mrnn::Series::Kind::scatter;
      for (std::size_t s = 0; s < trajectory_.states.size(); ++s) {
        path.x.push_back(value(s, modes_[m]).real());
        path.y.push_back(value(s, modes_[m]).imag());
      }
      end.x = {path.x.back()};
      end.y = {path.y.back()};
      panel.series.push_back(std::move(path));
      panel.series.push_back(std::move(end));
    }
    return panel;
  }

 private:
  /// Of stability: not without the leak.
  bool has_border() const { return form_ != LinearForm::partial; }
  std::complex<double> value(std::size_t state, Index track) const {
    const Index k = trajectory_.at[state][static_cast<std::size_t>(track)];
    return states_[trajectory_.states[state]].spectrum.values(k);
  }
  double size(const std::complex<double>& value) const { return continuous_ ? value.real() : std::abs(value); }

  /// Those that are largest at some time; of a conjugate pair the one that is mostly above the real line.
  void choose() {
    std::vector<double> largest(static_cast<std::size_t>(trajectory_.tracks()), -1e300);
    std::vector<double> height(largest.size(), 0.0);
    for (std::size_t s = 0; s < trajectory_.states.size(); ++s) {
      for (std::size_t k = 0; k < largest.size(); ++k) {
        largest[k] = std::max(largest[k], size(value(s, static_cast<Index>(k))));
        height[k] += value(s, static_cast<Index>(k)).imag();
      }
    }
    modes_.resize(largest.size());
    std::iota(modes_.begin(), modes_.end(), Index{0});
    std::erase_if(modes_, [&](Index k) { return height[static_cast<std::size_t>(k)] < 0.0; });
    std::ranges::stable_sort(modes_, std::ranges::greater(),
                             [&](Index k) { return largest[static_cast<std::size_t>(k)]; });
    modes_.resize(std::min(modes_.size(), most_modes));
  }

  /// The paths with some air, the border of stability in sight where it is near.
  void frame(mrnn::Panel& panel) const {
    double x_low = 1e300, x_high = -1e300, y_low = 0.0, y_high = 0.0;
    for (std::size_t s = 0; s < trajectory_.states.size(); ++s) {
      for (const Index mode : modes_) {
        x_low = std::min(x_low, value(s, mode).real());
        x_high = std::max(x_high, value(s, mode).real());
        y_low = std::min(y_low, value(s, mode).imag());
        y_high = std::max(y_high, value(s, mode).imag());
      }
    }
    if (form_ == LinearForm::discrete && x_high > 0.8) x_high = std::max(x_high, 1.0);
    if (continuous_) x_high = std::max(x_high, 0.0);
    const double least = continuous_ ? 1e-5 : 1e-4;
    const double x_air = std::max(0.05 * (x_high - x_low), least), y_air = std::max(0.05 * (y_high - y_low), least);
    panel.x.low = x_low - x_air;
    panel.x.high = x_high + x_air;
    panel.y.low = y_low - y_air;
    panel.y.high = y_high + y_air;
  }

  void add_epochs(const mrnn::Simulation& simulation, mrnn::Panel& panel) const {
    const auto trial = static_cast<std::size_t>(first().trial);
    for (const mrnn::Epoch& epoch : simulation.trials.epochs) {
      if (trial >= epoch.first.size() || epoch.first[trial] < 0 || epoch.first[trial] >= epoch.last[trial]) continue;
      panel.guides.push_back({mrnn::Guide::Kind::epoch, static_cast<double>(epoch.first[trial]) * dt_, epoch.name,
                              static_cast<double>(epoch.last[trial]) * dt_});
    }
  }

  const std::vector<StateSpectrum>& states_;
  const Trajectory& trajectory_;
  LinearForm form_;
  bool continuous_;
  double dt_;                 ///< ms
  std::vector<Index> modes_;  ///< tracks drawn
};

const mrnn::Simulation& simulation_of(const mrnn::AnalysisContext& context, const std::string& name) {
  for (const mrnn::Simulation* simulation : context.simulations()) {
    if (simulation->name == name) return *simulation;
  }
  return context.simulation();
}

}  // namespace

void add_tracks(const std::vector<StateSpectrum>& states, const std::vector<Trajectory>& trajectories,
                mrnn::AnalysisResults& results) {
  if (trajectories.empty()) return;
  const Index tracks = trajectories.front().tracks();
  mrnn::NamedArray array{
      "tracks", {std::ssize(states), tracks}, {},
      "1",      {"state", "track"},           "which eigenvalue of each state continues each mode of its trial"};
  for (std::size_t s = 0; s < states.size(); ++s) {
    for (Index k = 0; k < tracks; ++k) array.values.push_back(static_cast<double>(k));
  }
  for (const Trajectory& trajectory : trajectories) {
    for (std::size_t s = 0; s < trajectory.states.size(); ++s) {
      const auto row = static_cast<std::ptrdiff_t>(trajectory.states[s]) * tracks;
      std::ranges::copy(trajectory.at[s], array.values.begin() + row);
    }
  }
  results.add(std::move(array));
}

void draw_tracks(const mrnn::AnalysisContext& context, const std::vector<StateSpectrum>& states,
                 const std::vector<Trajectory>& trajectories, LinearForm form, mrnn::AnalysisResults& results) {
  mrnn::Figure figure;
  figure.name = "eigenvalues_over_time";
  figure.title = "Leading eigenvalues over time";
  figure.caption =
      "Each mode keeps its colour from state to state. Right: their paths in the upper half of the plane, "
      "a point where they end.";
  figure.columns = 2;
  for (const Trajectory& trajectory : trajectories) {
    if (trajectory.states.size() < fewest_states || figure.panels.size() == 2 * most_trajectories) continue;
    const Drawing drawing(states, trajectory, form, context.network().spec().dt);
    const StateSpectrum& first = drawing.first();
    mrnn::Panel time = drawing.over_time(simulation_of(context, first.simulation), figure.panels.empty());
    mrnn::Panel plane = drawing.in_plane();
    time.title = plane.title = first.simulation + ", trial " + std::to_string(first.trial);
    figure.panels.push_back(std::move(time));
    figure.panels.push_back(std::move(plane));
  }
  if (!figure.panels.empty()) results.figures.push_back(std::move(figure));
}

}  // namespace eigen_spectrum
