#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/hdf5.hpp"
#include "mrnn/network.hpp"
#include "mrnn/session.hpp"
#include "mrnn/simulation.hpp"

namespace mrnn {

/// A finished run, read back from its results.h5. The file stays open, so that what is read later belongs to the
/// same run even if another one replaces it meanwhile. Only what is asked for is read.
class MRNN_EXPORT StoredRun {
 public:
  /// @param run  its folder, or its results.h5
  /// @throws FileError where there is none, where it is unfinished, or where the file is something else.
  explicit StoredRun(const std::filesystem::path& run);

  const std::filesystem::path& file() const noexcept { return reader_.file(); }
  const std::string& experiment() const noexcept { return experiment_; }
  double dt() const noexcept { return dt_; }  ///< ms
  const std::vector<RegionLayout>& regions() const noexcept { return regions_; }
  const std::vector<NamedRange>& inputs() const noexcept { return inputs_; }
  const std::vector<NamedRange>& outputs() const noexcept { return outputs_; }
  const std::vector<std::string>& simulations() const noexcept { return simulations_; }  ///< names, sorted

  /// As Network::select(). @throws ConfigError without a position for an unknown name (nearest match in the text).
  Selection select(std::string_view selector) const;

  /// A simulation without its activity: how many trials and steps, what is known of each trial, its epochs, and in
  /// `record` what it has recorded. Inputs, targets and interventions are left out.
  /// @throws ConfigError without a position for an unknown name.
  Simulation simulation(std::string_view name) const;
  /// Adds the activity of chosen units (x, h; `record.units` names them then) or of all outputs (y), in the precision
  /// of the file.
  void read(Simulation& simulation, Quantity what, const Selection& units) const;
  /// What the trials of a simulation were given, without noise: [I x trials] per step.
  Sequence read_inputs(std::string_view simulation) const;

 private:
  void read_structure();
  void check_simulation(std::string_view name) const;

  Hdf5Reader reader_;
  std::string experiment_;
  double dt_ = 0.0;
  std::vector<RegionLayout> regions_;
  std::vector<NamedRange> inputs_, outputs_;
  std::vector<std::string> simulations_;
};

}  // namespace mrnn
