#include "spectrum_report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <sstream>

namespace eigen_spectrum {
namespace {

using mrnn::Index;
using mrnn::LinearForm;

constexpr std::size_t summary_lines = 6;

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

std::string duration(double ms) {
  return ms >= 1000.0 ? number(ms / 1000.0) + " s" : number(ms) + " ms";
}

std::string label(const StateSpectrum& state) {
  return state.simulation + ", trial " + std::to_string(state.trial) + ", step " + std::to_string(state.step);
}

/// Which step, and when: the key `times` is in ms.
std::string when(const StateSpectrum& state, double dt) {
  std::ostringstream text;
  text << " (" << static_cast<double>(state.step) * dt << " ms)";
  return text.str();
}

/// (state, eigenvalue) from a function of one state's eigenvalues.
mrnn::NamedArray per_value(const std::vector<StateSpectrum>& states, std::string name, std::string units,
                           std::string description,
                           const std::function<Eigen::VectorXd(const Eigen::VectorXcd&)>& values) {
  const Index count = states.front().spectrum.values.size();
  mrnn::NamedArray array{std::move(name),  {std::ssize(states), count}, {},
                         std::move(units), {"state", "eigenvalue"},     std::move(description)};
  for (const StateSpectrum& state : states) {
    const Eigen::VectorXd row = values(state.spectrum.values);
    array.values.insert(array.values.end(), row.begin(), row.end());
  }
  return array;
}

/// (state) from a function of one state.
mrnn::NamedArray per_state(const std::vector<StateSpectrum>& states, std::string name, std::string units,
                           std::string description, const std::function<double(const StateSpectrum&)>& value) {
  mrnn::NamedArray array{std::move(name), {std::ssize(states)},  {}, std::move(units),
                         {"state"},       std::move(description)};
  for (const StateSpectrum& state : states) array.values.push_back(value(state));
  return array;
}

/// (state, mode, unit), real and imaginary part.
void add_vectors(const std::vector<StateSpectrum>& states, const std::string& name, const std::string& description,
                 Eigen::MatrixXcd mrnn::Spectrum::*vectors, mrnn::AnalysisResults& results) {
  const Eigen::MatrixXcd& first = states.front().spectrum.*vectors;
  if (first.cols() == 0) return;
  const std::vector<Index> shape{std::ssize(states), first.cols(), first.rows()};
  mrnn::NamedArray real{name + "_real", shape, {}, "1", {"state", "mode", "unit"}, description + ", real part"};
  mrnn::NamedArray imaginary{
      name + "_imag", shape, {}, "1", {"state", "mode", "unit"}, description + ", imaginary part"};
  for (const StateSpectrum& state : states) {
    for (const std::complex<double>& entry : (state.spectrum.*vectors).reshaped()) {
      real.values.push_back(entry.real());
      imaginary.values.push_back(entry.imag());
    }
  }
  results.add(std::move(real));
  results.add(std::move(imaginary));
}

double largest_magnitude(const StateSpectrum& state) {
  return state.spectrum.values.cwiseAbs().maxCoeff();
}
double largest_real(const StateSpectrum& state) {
  return state.spectrum.values.real().maxCoeff();
}

/// Of the modes that decay, in ms; 0 where none does.
double slowest(const StateSpectrum& state, LinearForm form, double dt) {
  const Eigen::VectorXd times = mrnn::time_constants(state.spectrum.values, form, dt);
  double longest = 0.0;
  for (Index i = 0; i < times.size(); ++i) {
    const std::complex<double> value = state.spectrum.values(i);
    const bool decays = form == LinearForm::continuous ? value.real() < 0.0 : std::abs(value) < 1.0;
    if (decays) longest = std::max(longest, times(i));
  }
  return longest;
}

// --- Figure ---------------------------------------------------------------------------------------------

struct Box {
  double x_low, x_high, y_low, y_high;
  double extent() const { return std::max(x_high - x_low, y_high - y_low); }
};

Box around(const std::vector<const StateSpectrum*>& states) {
  Box box{1e300, -1e300, 1e300, -1e300};
  for (const StateSpectrum* state : states) {
    const Eigen::VectorXd real = state->spectrum.values.real(), imaginary = state->spectrum.values.imag();
    box.x_low = std::min(box.x_low, real.minCoeff());
    box.x_high = std::max(box.x_high, real.maxCoeff());
    box.y_low = std::min(box.y_low, imaginary.minCoeff());
    box.y_high = std::max(box.y_high, imaginary.maxCoeff());
  }
  return box;
}

/// A square about the box with some air, so that equal units of both axes fill the panel.
Box square(const Box& box) {
  const double x = 0.5 * (box.x_low + box.x_high), y = 0.5 * (box.y_low + box.y_high);
  const double half = std::max(0.55 * box.extent(), 1e-3);
  return {x - half, x + half, y - half, y + half};
}

/// How eigenvalues are taken and timed.
struct Terms {
  LinearForm form;
  double dt;  ///< ms
};

mrnn::Panel panel(const std::vector<const StateSpectrum*>& states, const Terms& terms, const Box& limits,
                  std::string title) {
  const LinearForm form = terms.form;
  const bool continuous = form == LinearForm::continuous;
  mrnn::Panel panel;
  panel.title = std::move(title);
  panel.x = {continuous ? "real part (1/ms)" : "real part", limits.x_low, limits.x_high};
  panel.y = {continuous ? "imaginary part (1/ms)" : "imaginary part", limits.y_low, limits.y_high};
  panel.equal_aspect = true;
  const auto border = continuous ? mrnn::Guide::Kind::vertical : mrnn::Guide::Kind::circle;
  if (form != LinearForm::partial) panel.guides.push_back({border, continuous ? 0.0 : 1.0, ""});
  // A few states have a colour each; of many, those of a trial have the same.
  const bool few = states.size() <= summary_lines;
  std::vector<Index> trials;
  for (std::size_t k = 0; k < states.size(); ++k) {
    const StateSpectrum* state = states[k];
    const auto known = std::ranges::find(trials, state->trial) - trials.begin();
    const bool first = known == std::ssize(trials);
    if (first) trials.push_back(state->trial);
    mrnn::Series series;
    series.kind = mrnn::Series::Kind::scatter;
    series.colour = few ? static_cast<int>(k) : static_cast<int>(known);
    // Smaller points over larger rings: none hides another.
    series.open = few && k + 1 < states.size();
    if (few) series.width = 4.0 + 2.5 * static_cast<double>(states.size() - 1 - k);
    const std::string trial = "trial " + std::to_string(state->trial);
    if (few && states.size() > 1)
      series.label = trial + ", step " + std::to_string(state->step) + when(*state, terms.dt);
    if (!few && first && std::ranges::any_of(states, [&](const auto* other) { return other->trial != state->trial; })) {
      series.label = trial;
    }
    for (const std::complex<double>& value : state->spectrum.values) {
      series.x.push_back(value.real());
      series.y.push_back(value.imag());
    }
    panel.series.push_back(std::move(series));
  }
  return panel;
}

void add_panels(const std::vector<const StateSpectrum*>& states, const Terms& terms, mrnn::Figure& figure) {
  const LinearForm form = terms.form;
  const std::string& name = states.front()->simulation;
  const Box data = around(states);
  Box whole = data;
  const double reach = form == LinearForm::discrete ? 1.0 : 0.0;  // of the unit circle, or of the line Re = 0
  whole.x_low = std::min(whole.x_low, -reach);
  whole.x_high = std::max(whole.x_high, reach);
  whole.y_low = std::min(whole.y_low, -reach);
  whole.y_high = std::max(whole.y_high, reach);
  figure.panels.push_back(panel(states, terms, square(whole), name));
  if (form != LinearForm::discrete || data.extent() > 0.5 * whole.extent()) return;
  Box near = data;
  if (near.x_high > 0.8) near.x_high = std::max(near.x_high, 1.0);  // keep the border of stability in sight
  figure.panels.push_back(panel(states, terms, square(near), name + ", enlarged"));
}

}  // namespace

void add_arrays(const std::vector<StateSpectrum>& states, LinearForm form, double dt, mrnn::AnalysisResults& results) {
  const std::string units = form == LinearForm::continuous ? "1/ms" : "1";
  results.add(per_value(states, "eigenvalues_real", units, "eigenvalues, largest first, real part",
                        [](const auto& values) { return Eigen::VectorXd(values.real()); }));
  results.add(per_value(states, "eigenvalues_imag", units, "eigenvalues, largest first, imaginary part",
                        [](const auto& values) { return Eigen::VectorXd(values.imag()); }));
  if (form == LinearForm::continuous) {
    results.add(per_state(states, "spectral_abscissa", units, "largest real part of an eigenvalue", largest_real));
  } else {
    results.add(per_state(states, "spectral_radius", units, "largest magnitude of an eigenvalue", largest_magnitude));
  }
  if (form != LinearForm::partial) {
    results.add(per_value(states, "time_constants", "ms", "time in which a mode decays or grows by e",
                          [&](const auto& values) { return mrnn::time_constants(values, form, dt); }));
    results.add(per_value(states, "frequencies", "Hz", "frequency at which a mode turns",
                          [&](const auto& values) { return mrnn::frequencies(values, form, dt); }));
    results.add(per_state(states, "stable", "1", "1 where all modes decay, else 0", [&](const StateSpectrum& state) {
      return mrnn::is_stable(state.spectrum.values, form) ? 1.0 : 0.0;
    }));
  }
  results.add(per_state(states, "trial", "1", "trial of each state",
                        [](const StateSpectrum& state) { return static_cast<double>(state.trial); }));
  results.add(per_state(states, "step", "1", "step whose inputs act on each state",
                        [](const StateSpectrum& state) { return static_cast<double>(state.step); }));
  add_vectors(states, "right", "right eigenvectors of the leading modes, of length 1", &mrnn::Spectrum::right, results);
  add_vectors(states, "left", "left eigenvectors, l_i^T r_j = delta_ij; NaN where an eigenvalue is defective",
              &mrnn::Spectrum::left, results);
  if (states.front().from_excluded.size() > 0) {
    const Eigen::MatrixXd& first = states.front().from_excluded;
    mrnn::NamedArray array{"from_excluded",
                           {std::ssize(states), first.rows(), first.cols()},
                           {},
                           units,
                           {"state", "unit", "excluded_unit"},
                           "derivative with respect to the units left out"};
    for (const StateSpectrum& state : states) {
      const Eigen::MatrixXd rows = state.from_excluded.transpose();  // row-major
      array.values.insert(array.values.end(), rows.data(), rows.data() + rows.size());
    }
    results.add(std::move(array));
  }
  mrnn::NamedTexts names{"states", {}, "simulation, trial and step of each state", "state"};
  for (const StateSpectrum& state : states) names.values.push_back(label(state));
  results.texts.push_back(std::move(names));
}

void add_summary(const std::vector<StateSpectrum>& states, LinearForm form, double dt, mrnn::AnalysisResults& results) {
  for (std::size_t i = 0; i < std::min(states.size(), summary_lines); ++i) {
    const StateSpectrum& state = states[i];
    std::string line = label(state) + when(state, dt) + ": ";
    line += form == LinearForm::continuous ? "largest real part " + number(largest_real(state)) + " per ms"
                                           : "spectral radius " + number(largest_magnitude(state));
    if (form == LinearForm::partial) {
      line += " of the partial derivative (without the leak, so without a statement on stability)";
    } else {
      line += mrnn::is_stable(state.spectrum.values, form) ? " (stable)" : " (unstable)";
      const double longest = slowest(state, form, dt);
      if (longest > 0.0) line += ", slowest decay " + duration(longest);
    }
    results.summary.push_back(std::move(line));
  }
  if (states.size() > summary_lines) {
    results.summary.push_back("and " + std::to_string(states.size() - summary_lines) + " more states");
  }
}

mrnn::Figure draw(const std::vector<StateSpectrum>& states, LinearForm form, double dt) {
  mrnn::Figure figure;
  figure.name = "eigenvalues";
  figure.title = form == LinearForm::partial ? "Eigenvalues of the partial derivative, without the leak"
                                             : "Eigenvalues of the linearised network";
  figure.caption = form == LinearForm::partial      ? "They say nothing of stability."
                   : form == LinearForm::continuous ? "Modes to the left of the line decay."
                                                    : "The circle has radius 1. Modes inside it decay.";
  bool rings = false;
  for (std::size_t i = 0; i < states.size();) {
    std::vector<const StateSpectrum*> together;
    const std::string& simulation = states[i].simulation;
    for (; i < states.size() && states[i].simulation == simulation; ++i) together.push_back(&states[i]);
    if (together.size() > 1 && together.size() <= summary_lines) rings = true;
    add_panels(together, {form, dt}, figure);
  }
  if (rings) figure.caption += " Rings of several sizes only keep states from hiding each other.";
  figure.columns = figure.panels.size() == 1 ? 1 : 2;
  return figure;
}

}  // namespace eigen_spectrum
