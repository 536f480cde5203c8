#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"

namespace curbd {

using mrnn::Index;

/// The activity that the model is trained on. Samples of all trials one after the other.
struct Data {
  std::vector<mrnn::NamedRange> regions;  ///< ranges of rows
  std::vector<double> scales;             ///< of each region, what its activity was divided by
  mrnn::Sequence samples;                 ///< one trial of as many steps as there are samples: [units] per sample
  std::vector<mrnn::StepRange> trials;    ///< samples of each trial
  std::vector<mrnn::StepRange> segments;  ///< samples from one reset to the next
  double dt = 1.0;                        ///< ms between samples
  double clipped = 0.0;                   ///< share of the values that lay beyond what the activation can reach

  Index units() const { return samples.units; }
  Index count() const { return samples.steps; }
  /// [units x samples]
  Eigen::Map<const Eigen::MatrixXd> activity() const { return {samples.data.data(), samples.units, samples.steps}; }
};

enum class Scale : std::uint8_t { global, region, none };

/// What is fitted, and how it is prepared: the keys regions and trials of a simulation, or file, group, dataset, dt and
/// region of a file; normalise; reset_points.
class DataSource {
 public:
  DataSource(const mrnn::ConfigNode& config, const mrnn::Network& network, mrnn::Activation activation);

  bool from_file() const noexcept { return file_.has_value(); }
  /// Selectors of the regions, for data from a simulation.
  const std::vector<std::string>& selectors() const noexcept { return selectors_; }
  /// Numbers of the trials taken, for data from a simulation.
  std::vector<Index> trials_of(const mrnn::Simulation& simulation) const;
  double dt() const noexcept { return dt_; }
  /// @throws ConfigError for trials and resets that a simulation, or the file, does not have.
  void check(const mrnn::Simulation& planned) const;

  /// Divided by the largest |value| and clipped to what the activation can reach. @throws RunError for activity that
  /// does not vary, ConfigError for trials and resets that are not there.
  Data make(const mrnn::AnalysisContext& context) const;

 private:
  void read_file(const mrnn::ConfigNode& config);
  void read_simulation(const mrnn::ConfigNode& config, const mrnn::Network& network);
  Data recorded(const mrnn::Simulation& simulation) const;
  void scale(Data& data) const;
  void check_resets(Index samples) const;
  void cut(Data& data) const;

  mrnn::ConfigNode config_;  ///< for the position in messages
  mrnn::Activation activation_;
  double dt_;
  std::vector<mrnn::NamedRange> regions_;
  std::vector<std::string> selectors_;
  std::vector<mrnn::Selection> units_;
  std::optional<std::vector<Index>> trials_;
  std::optional<Data> file_;
  Scale scale_ = Scale::global;
  std::optional<std::vector<Index>> resets_;
};

}  // namespace curbd
