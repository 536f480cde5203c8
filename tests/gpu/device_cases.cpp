#include "device_cases.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "config/spec_names.hpp"
#include "tolerances.hpp"

using namespace mrnn;

namespace test {
namespace {

std::string region_name(Index k) {
  return "r" + std::to_string(k);
}

/// Each larger than the one before where there are units enough.
void add_regions(const DeviceCase& one, NetworkSpec& spec) {
  const Index units = one.training.units, count = std::min(one.regions, units);
  constexpr double tau[] = {50.0, 25.0, 80.0, 40.0};
  Index end = 0;
  for (Index k = 0; k < count; ++k) {
    const Index start = end;
    end = std::max(k + 1, units * (k + 1) * (k + 2) / (count * (count + 1)));
    Region region{region_name(k), end - start};
    region.tau = tau[k % 4];
    region.noise = k % 3 == 2 ? 0.4 : 0.2;
    if (k % 2 == 1) region.sign = Sign::inhibitory;
    if (k % 2 == 0 && region.units > 3) region.cell_types = {{"e", 0.7, {}}, {"i", 0.3, Sign::inhibitory}};
    const auto first = static_cast<Index>(one.training.activation);
    if (one.mixed) region.activation = static_cast<Activation>((first + k) % 6);
    spec.regions.push_back(region);
  }
}

/// A quarter of the pairs have no connection; of the others some are sparse.
void add_connections(const DeviceCase& one, NetworkSpec& spec) {
  const Index count = std::ssize(spec.regions);
  constexpr double sparsity[] = {0.0, 0.5, 0.9};
  for (Index to = 0; to < count; ++to) {
    for (Index from = 0; from < count; ++from) {
      if (to != from && (from + 2 * to) % 4 == 3) continue;
      Connection connection{region_name(from), region_name(to)};
      const bool has_types = !spec.regions[static_cast<std::size_t>(from)].cell_types.empty();
      if (has_types && to == from + 1) connection.from += ".e";
      if (to != from) connection.sparsity = sparsity[(from + to) % 3];
      connection.autapses = to != 1;
      spec.connections.push_back(connection);
    }
  }
  const Index tones = one.channels / 3;
  if (one.channels > 0) {
    spec.inputs = {{"cue", one.channels - tones}};
    spec.connections.push_back({"cue", region_name(0)});
  }
  if (tones > 0) {
    spec.inputs.push_back({"tone", tones});
    spec.connections.push_back({"tone", region_name(count - 1)});
    if (count > 2) spec.connections.push_back({"tone", region_name(1), {}, 0.5});
  }
}

/// The kinds in the order of network_spec().
void add_outputs(NetworkSpec& spec) {
  const Index count = std::ssize(spec.regions), middle = count / 2;
  const Index raw = spec.regions[static_cast<std::size_t>(middle)].units;
  spec.outputs = {{"out", 2}, {"choice", 3}, {"gate", 1, {region_name(middle)}}, {"raw", raw, {region_name(middle)}}};
  spec.outputs[1].from = {region_name(count - 1)};
  if (count > 1) spec.outputs[1].from.push_back(region_name(0));
  spec.outputs[1].activation = OutputActivation::softmax;
  spec.outputs[2].activation = OutputActivation::sigmoid;
  spec.outputs[2].sign = Sign::inhibitory;
  spec.outputs[3].readout = Readout::identity;
}

constexpr Precision both[] = {Precision::float64, Precision::float32};

const char* name(Precision precision) {
  return precision == Precision::float64 ? "float64" : "float32";
}

}  // namespace

std::string describe(const DeviceCase& one) {
  std::ostringstream text;
  text << describe(one.training) << ", " << one.regions << " regions, " << one.channels << " channels"
       << (one.mixed ? ", mixed activations" : "") << ", seed " << one.seed;
  return text.str();
}

Training make(const DeviceCase& one) {
  NetworkSpec spec;
  spec.dynamics = one.training.dynamics;
  spec.activation = one.training.activation;
  spec.dale = one.training.dale;
  spec.dt = 10.0;
  spec.tau = 50.0;
  spec.noise_input = 0.2;
  add_regions(one, spec);
  add_connections(one, spec);
  add_outputs(spec);
  // Of weights of mean magnitude 0.2 and of one sign the sum over a unit's sources stays below one, of any signs the
  // spectral radius: rounding errors do not grow.
  const auto units = static_cast<double>(one.training.units);
  const double scale = std::min(1.0, one.training.dale == Dale::none ? 3.0 / std::sqrt(units) : 4.0 / units);
  Training training = draw_training(spec, one.training, one.seed, scale);
  for (double& value : training.trials.inputs.data) value /= scale;
  return training;
}

Index sparsest_record(Index steps) {
  return static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(steps))));
}

Activity run_forward(Session& session, const Training& training) {
  session.load(training.trials);
  session.forward({.x = true, .h = true, .y = true}, training.noise);
  return {session.read_activity(Quantity::x), session.read_activity(Quantity::h), session.read_activity(Quantity::y)};
}

SessionGradient run_backward(Session& session, const Training& training, Index backward_every) {
  session.load(training.trials);
  session.forward({.backward_every = backward_every}, training.noise);
  LossTerms terms = session.backward(training.loss);
  return {std::move(terms), session.read_gradients()};
}

void check_activity(const Activity& actual, const Activity& expected, double tolerance) {
  {
    INFO("x");
    check_error(relative_error(actual.x, expected.x), tolerance);
  }
  {
    INFO("h");
    check_error(relative_error(actual.h, expected.h), tolerance);
  }
  INFO("y");
  check_error(relative_error(actual.y, expected.y), tolerance);
}

double gradient_tolerance_of(Precision precision) {
  return precision == Precision::float64 ? reference_gradient_tolerance : single_gradient_tolerance;
}

void check_forward(const Training& training) {
  const Activity expected = run_forward(*open(On::eigen, training), training);
  for (const Precision precision : both) {
    CAPTURE(name(precision));
    check_activity(run_forward(*open(On::device, training, precision), training), expected,
                   precision == Precision::float64 ? device_tolerance : single_tolerance);
  }
}

void check_backward(const Training& training, Index backward_every) {
  const SessionGradient expected = run_backward(*open(On::eigen, training), training, 1);
  for (const Precision precision : both) {
    CAPTURE(name(precision), backward_every);
    const SessionGradient actual = run_backward(*open(On::device, training, precision), training, backward_every);
    check_terms(actual.terms, expected.terms, gradient_tolerance_of(precision));
    check_groups(actual.gradient, expected.gradient, gradient_tolerance_of(precision));
  }
}

}  // namespace test
