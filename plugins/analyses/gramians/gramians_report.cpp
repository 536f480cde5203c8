#include "gramians_report.hpp"

#include <algorithm>
#include <functional>
#include <iomanip>
#include <sstream>
#include <utility>

namespace gramians {
namespace {

using mrnn::Index;
using Values = std::function<Eigen::MatrixXd(const StateGramians&)>;

constexpr std::size_t summary_lines = 6;

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

std::string label(const StateGramians& state) {
  return state.simulation + ", trial " + std::to_string(state.trial) + ", step " + std::to_string(state.step);
}

/// Collects (state, ...) arrays.
class Stack {
 public:
  Stack(const Report& report, mrnn::AnalysisResults& results) : report_(report), results_(results) {}

  void scalars(const std::string& name, const std::string& units, const std::string& description,
               const std::function<double(const StateGramians&)>& value) {
    add(name, units, {"state"}, description,
        [&](const StateGramians& state) { return Eigen::MatrixXd::Constant(1, 1, value(state)); });
  }
  void vectors(const std::string& name, const std::string& axis, const std::string& units,
               const std::string& description, const Values& values) {
    add(name, units, {"state", axis}, description, values);
  }
  void matrices(const std::string& name, const std::string& row, const std::string& column, const std::string& units,
                const std::string& description, const Values& values) {
    add(name, units, {"state", row, column}, description, values);
  }

 private:
  /// One matrix per state, of which the axes after `state` are columns (vectors), or rows and columns.
  void add(const std::string& name, const std::string& units, std::vector<std::string> axes,
           const std::string& description, const Values& values) {
    const Eigen::MatrixXd first = values(report_.states.front());
    if (first.size() == 0) return;
    mrnn::NamedArray array{name, {std::ssize(report_.states)}, {}, units, std::move(axes), description};
    if (array.axes.size() == 2) array.shape.push_back(first.size());
    if (array.axes.size() == 3) array.shape.insert(array.shape.end(), {first.rows(), first.cols()});
    for (const StateGramians& state : report_.states) {
      const Eigen::MatrixXd row_major = values(state).transpose();
      array.values.insert(array.values.end(), row_major.data(), row_major.data() + row_major.size());
    }
    results_.add(std::move(array));
  }

  const Report& report_;
  mrnn::AnalysisResults& results_;
};

void add_gramians(Stack& stack) {
  stack.vectors("controllability", "axis", "a.u.", "eigenvalues of the controllability gramian, largest first",
                [](const auto& state) { return state.reach_values; });
  stack.vectors("observability", "axis", "a.u.", "eigenvalues of the observability gramian, largest first",
                [](const auto& state) { return state.see_values; });
  stack.vectors("hankel", "axis", "a.u.", "Hankel singular values, largest first",
                [](const auto& state) { return state.hankel; });
  stack.matrices("controllability_axes", "axis", "unit", "1", "leading eigenvectors of the controllability gramian",
                 [](const auto& state) { return Eigen::MatrixXd(state.reach_axes.transpose()); });
  stack.matrices("observability_axes", "axis", "unit", "1", "leading eigenvectors of the observability gramian",
                 [](const auto& state) { return Eigen::MatrixXd(state.see_axes.transpose()); });
  stack.matrices("controllability_gramian", "unit", "unit", "a.u.", "W_c, states that inputs of energy 1 reach",
                 [](const auto& state) { return state.reach; });
  stack.matrices("observability_gramian", "unit", "unit", "a.u.", "W_o, energy of the outputs after a state",
                 [](const auto& state) { return state.see; });
}

void add_channels(Stack& stack) {
  stack.vectors("average_controllability", "source", "a.u.", "trace of the gramian of each source channel alone",
                [](const auto& state) { return state.column_average; });
  stack.vectors("modal_controllability", "source", "1",
                "share of its first effect that each source channel loses within a step",
                [](const auto& state) { return state.column_modal; });
  stack.vectors("target_energy", "target", "a.u.", "least energy of an input that moves each target channel by 1",
                [](const auto& state) { return state.row_energy; });
}

void add_regions(Stack& stack) {
  stack.matrices("region_controllability", "region", "source_group", "a.u.",
                 "part of the trace of the gramian of each source group that lies in each region",
                 [](const auto& state) { return state.to_regions; });
  stack.vectors("region_observability", "region", "a.u.",
                "part of the trace of the observability gramian that lies in each region",
                [](const auto& state) { return state.seen_regions; });
  stack.matrices("region_influence", "to", "from", "a.u.",
                 "what a unit impulse of drive to one unit leaves in a region, squared, summed over units and steps, "
                 "mean over the units of the region it is given to",
                 [](const auto& state) { return state.between_regions; });
}

void add_modes(Stack& stack) {
  stack.vectors("modes_real", "mode", "1", "leading eigenvalues of the Jacobian, real part",
                [](const auto& state) { return Eigen::MatrixXd(state.modes.real()); });
  stack.vectors("modes_imag", "mode", "1", "leading eigenvalues of the Jacobian, imaginary part",
                [](const auto& state) { return Eigen::MatrixXd(state.modes.imag()); });
  stack.matrices("mode_controllability", "mode", "source_group", "a.u.",
                 "|l^T B| / |l|, how strongly each source group drives each mode",
                 [](const auto& state) { return state.mode_reach; });
  stack.matrices("mode_observability", "mode", "target_group", "a.u.",
                 "|C r| / |r|, how strongly each mode is seen by each target group",
                 [](const auto& state) { return state.mode_seen; });
}

void add_names(const Report& report, mrnn::AnalysisResults& results) {
  const auto names_of = [](const auto& list) {
    std::vector<std::string> names;
    for (const auto& entry : list) names.push_back(entry.name);
    return names;
  };
  mrnn::NamedTexts states{"states", {}, "simulation, trial and step of each state", "state"};
  for (const StateGramians& state : report.states) states.values.push_back(label(state));
  results.texts.push_back(std::move(states));
  results.texts.push_back({"sources", channel_names(report.sources), "channels of the sources", "source"});
  results.texts.push_back({"source_groups", names_of(report.sources), "names of the sources", "source_group"});
  results.texts.push_back({"targets", channel_names(report.targets), "channels of the targets", "target"});
  results.texts.push_back({"target_groups", names_of(report.targets), "names of the targets", "target_group"});
  results.texts.push_back({"regions", names_of(report.parts), "regions of the linearised units", "region"});
}

}  // namespace

void add_arrays(const Report& report, mrnn::AnalysisResults& results) {
  Stack stack(report, results);
  add_gramians(stack);
  add_channels(stack);
  add_regions(stack);
  add_modes(stack);
  stack.vectors("reach_energy", "reached", "a.u.",
                "least energy of an input that displaces the state to each of those to be reached",
                [](const auto& state) { return state.energy; });
  stack.vectors("unreachable", "reached", "1", "share of each displacement that no input can bring about",
                [](const auto& state) { return state.unreachable; });
  stack.scalars("spectral_radius", "1", "of the Jacobian", [](const auto& state) { return state.spectral_radius; });
  stack.scalars("trial", "1", "trial of each state",
                [](const auto& state) { return static_cast<double>(state.trial); });
  stack.scalars("step", "1", "step whose inputs act on each state",
                [](const auto& state) { return static_cast<double>(state.step); });
  add_names(report, results);
}

void add_summary(const Report& report, mrnn::AnalysisResults& results) {
  for (std::size_t i = 0; i < std::min(report.states.size(), summary_lines); ++i) {
    const StateGramians& state = report.states[i];
    const double total = state.hankel.sum();
    Index axes = 0;
    for (double sum = 0.0; axes < state.hankel.size() && sum < 0.99 * total; ++axes) sum += state.hankel(axes);
    std::string line = label(state) + ": ";
    line += report.terms > 0 ? "over " + number(static_cast<double>(report.terms) * report.dt) + " ms, "
                             : "over infinite time, ";
    line += "average controllability " + number(state.reach_values.sum()) + ", observability " +
            number(state.see_values.sum()) + "; " + std::to_string(axes) + " of " +
            std::to_string(state.hankel.size()) + " directions carry 99 % from sources to targets";
    results.summary.push_back(std::move(line));
  }
  if (report.states.size() > summary_lines) {
    results.summary.push_back("and " + std::to_string(report.states.size() - summary_lines) + " more states");
  }
}

}  // namespace gramians
