#include "files/results_simulation.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

constexpr Index elements_at_once = Index{1} << 20;  // of a buffer between memory and file

/// Chunks of up to 65,536 elements (512 KiB of doubles), long in units, then in steps.
std::vector<Index> sequence_chunk(Index trials, Index steps, Index units) {
  constexpr Index most = 65536;
  const Index in_units = std::clamp<Index>(units, 1, 256);
  const Index in_steps = std::clamp<Index>(steps, 1, most / in_units);
  return {std::clamp<Index>(trials, 1, std::max<Index>(1, most / (in_units * in_steps))), in_steps, in_units};
}

/// Steps of memory [unit, trial, step] to file order (trial, time, unit), part by part.
template <class Scalar>
void write_sequence(Hdf5Writer& writer, const std::string& name, const BasicSequence<Scalar>& all) {
  Hdf5Array array = writer.create(name, element_of<Scalar>(), {{all.trials, all.steps, all.units}, {}, {}});
  if (all.empty()) return;
  const Index steps_at_once = std::clamp<Index>(elements_at_once / all.units, 1, all.steps);
  const Index trials_at_once = std::clamp<Index>(elements_at_once / (all.units * all.steps), 1, all.trials);
  std::vector<Scalar> part;
  for (Index trial = 0; trial < all.trials; trial += trials_at_once) {
    const Index trials = std::min(trials_at_once, all.trials - trial);
    for (Index step = 0; step < all.steps; step += steps_at_once) {
      const Index steps = std::min(steps_at_once, all.steps - step);
      part.resize(static_cast<std::size_t>(trials * steps * all.units));
      Scalar* out = part.data();
      for (Index b = trial; b < trial + trials; ++b) {
        for (Index t = step; t < step + steps; ++t, out += all.units) {
          std::copy_n(all.data.data() + all.units * (b + all.trials * t), all.units, out);
        }
      }
      array.write<Scalar>({trial, step, 0}, {trials, steps, all.units}, part);
    }
  }
}

/// A box of (trials, steps, units) of an array.
struct Box {
  UnitRange trials;
  StepRange steps;
  UnitRange units;
  double* at(std::vector<double>& values, Index trial, Index step) const {
    return values.data() + ((trial - trials.start) * steps.size() + step - steps.first) * units.size;
  }
};

/// Writes an array of mostly zeros chunk by chunk, compressed; chunks of zeros are left out.
/// `fill(box, values)` puts a box of it into zeros.
template <class Fill>
void write_sparse(Hdf5Writer& writer, const std::string& name, const std::vector<Index>& shape, const Fill& fill) {
  const std::vector<Index> chunk = sequence_chunk(shape[0], shape[1], shape[2]);
  Hdf5Array array = writer.create(name, Element::float64, {shape, chunk, ArrayLayout::Packing::compressed});
  std::vector<double> values;
  for (Index trial = 0; trial < shape[0]; trial += chunk[0]) {
    for (Index step = 0; step < shape[1]; step += chunk[1]) {
      for (Index unit = 0; unit < shape[2]; unit += chunk[2]) {
        const Box box{{trial, std::min(chunk[0], shape[0] - trial)},
                      {step, std::min(step + chunk[1], shape[1])},
                      {unit, std::min(chunk[2], shape[2] - unit)}};
        values.assign(static_cast<std::size_t>(box.trials.size * box.steps.size() * box.units.size), 0.0);
        fill(box, values);
        if (std::ranges::all_of(values, [](double value) { return value == 0.0; })) continue;
        array.write<double>({trial, step, unit}, {box.trials.size, box.steps.size(), box.units.size}, values);
      }
    }
  }
}

void copy_box(const Sequence& all, const Box& box, std::vector<double>& values) {
  for (Index trial = box.trials.start; trial < box.trials.end(); ++trial) {
    for (Index step = box.steps.first; step < box.steps.last; ++step) {
      std::copy_n(all.data.data() + all.units * (trial + all.trials * step) + box.units.start, box.units.size,
                  box.at(values, trial, step));
    }
  }
}

/// s_t += strength course_t, where the drive acts within the box.
void add_drive(const Intervention& intervention, const Drive& drive, const Box& box, std::vector<double>& values) {
  const Index first = std::max(box.steps.first, intervention.steps.first);
  const Index last = std::min(box.steps.last, intervention.steps.last);
  for (Index trial = box.trials.start; trial < box.trials.end(); ++trial) {
    if (!intervention.acts_on(trial)) continue;
    for (Index step = first; step < last; ++step) {
      double* out = box.at(values, trial, step);
      Index selected = 0;
      for (const UnitRange& range : drive.units.ranges()) {
        const Index from = std::max(range.start, box.units.start);
        const Index to = std::min(range.end(), box.units.end());
        for (Index unit = from; unit < to; ++unit) {
          out[unit - box.units.start] +=
              drive.strength[selected + unit - range.start] * drive.course[step - intervention.steps.first];
        }
        selected += range.size;
      }
    }
  }
}

void write_stimulus(Hdf5Writer& writer, const std::string& name, const Trials& trials, Index units) {
  const bool driven = std::ranges::any_of(trials.interventions, [](const Intervention& intervention) {
    return std::holds_alternative<Drive>(intervention.what);
  });
  if (trials.stimulus.empty() && !driven) return;
  write_sparse(writer, name, {trials.count, trials.steps, units}, [&](const Box& box, std::vector<double>& values) {
    if (!trials.stimulus.empty()) copy_box(trials.stimulus, box, values);
    for (const Intervention& intervention : trials.interventions) {
      if (const auto* drive = std::get_if<Drive>(&intervention.what)) add_drive(intervention, *drive, box, values);
    }
  });
}

void write_activity(Hdf5Writer& writer, const std::string& name, const Simulation::Activity& activity) {
  std::visit(
      [&](const auto& sequence) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(sequence)>, std::monostate>) {
          write_sequence(writer, name, sequence);
        }
      },
      activity);
}

Index units_in(const Simulation::Activity& activity) {
  if (const auto* sequence = std::get_if<Sequence>(&activity)) return sequence->units;
  if (const auto* sequence = std::get_if<FloatSequence>(&activity)) return sequence->units;
  return 0;
}

/// Which units and steps the recorded arrays hold.
void write_record(Hdf5Writer& writer, const std::string& group, const Simulation& simulation) {
  std::vector<std::int64_t> units;
  for (const Index unit : simulation.record.units.indices()) units.push_back(unit);
  if (units.empty()) {
    units.resize(static_cast<std::size_t>(std::max(units_in(simulation.x), units_in(simulation.h))));
    std::iota(units.begin(), units.end(), std::int64_t{0});
  }
  std::vector<std::int64_t> steps(static_cast<std::size_t>(simulation.steps.size()));
  std::iota(steps.begin(), steps.end(), simulation.steps.first);
  writer.write(group + "/units", {std::ssize(units)}, units);
  writer.write(group + "/steps", {std::ssize(steps)}, steps);
}

/// A name for metadata that HDF5 can hold and that is not taken.
std::string free_name(const Hdf5Writer& writer, const std::string& group, std::string name) {
  std::ranges::replace(name, '/', '_');
  if (name.empty() || name == ".") name += "metadata";
  while (writer.has(group + "/" + name)) name += "_metadata";
  return group + "/" + name;
}

void write_metadata(Hdf5Writer& writer, const std::string& group, const Trials& trials) {
  const Index count = trials.count;
  writer.write(group + "/id", {count}, trials.ids);
  for (const Epoch& epoch : trials.epochs) {
    const std::vector<std::int64_t> first(epoch.first.begin(), epoch.first.end());
    const std::vector<std::int64_t> last(epoch.last.begin(), epoch.last.end());
    writer.write(free_name(writer, group, "epoch_" + epoch.name + "_first"), {count}, first);
    writer.write(free_name(writer, group, "epoch_" + epoch.name + "_last"), {count}, last);
  }
  for (const auto& [name, values] : trials.numbers) writer.write(free_name(writer, group, name), {count}, values);
  for (const auto& [name, values] : trials.texts) writer.write_texts(free_name(writer, group, name), values);
}

}  // namespace

void write_simulation_group(Hdf5Writer& writer, const Simulation& simulation, Index units) {
  const std::string group = "/simulations/" + simulation.name;
  const Trials& trials = simulation.trials;
  writer.group(group);
  writer.attribute(group, "noise", simulation.noise == Noise::on ? "on" : "off");
  writer.attribute(group, "seed", simulation.seed);
  write_record(writer, group, simulation);
  write_activity(writer, group + "/x", simulation.x);
  write_activity(writer, group + "/h", simulation.h);
  write_activity(writer, group + "/y", simulation.y);
  write_sequence(writer, group + "/inputs", trials.inputs);
  if (!trials.targets.empty()) write_sequence(writer, group + "/targets", trials.targets);
  if (!trials.mask.empty()) {
    write_sparse(writer, group + "/mask", {trials.count, trials.steps, trials.mask.units},
                 [&](const Box& box, std::vector<double>& values) { copy_box(trials.mask, box, values); });
  }
  write_stimulus(writer, group + "/stimulus", trials, units);
  write_metadata(writer, group + "/trials", trials);
}

}  // namespace mrnn
