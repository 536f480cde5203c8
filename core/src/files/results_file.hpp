#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "files/hdf5_file.hpp"
#include "mrnn/analysis.hpp"
#include "mrnn/export.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/session.hpp"
#include "mrnn/simulation.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// How a run came about: what is needed to do it again.
struct RunInfo {
  std::string experiment;  ///< its name
  std::string config;      ///< the configuration as given
  std::vector<std::string> overrides;
  std::uint64_t seed = 0;
  std::string backend;
  Precision precision = Precision::float32;
  std::string device;
  int threads = 0;
  std::string created;  ///< date and time; the only thing in the file that differs from run to run
  Products products = Products::ieee;
  std::string checkpoint = {};  ///< seal_of() the one in the folder, if any: tells whether a later training began there
  int ranks = 1;                ///< that trained together
};

/// Can what an analysis handed back be written? Asked before anything is in the file. @throws RunError.
MRNN_EXPORT void check_results(const AnalysisResults& results);

/// Writes `results.h5`: write_info() and write_network() first, then the simulations and analyses in any
/// order, then finish(). Until then the file has a temporary name. @throws FileError where it cannot be
/// written, RunError for what an analysis must not return.
class MRNN_EXPORT ResultsFile {
 public:
  explicit ResultsFile(const std::filesystem::path& file);

  void write_info(const RunInfo& info);
  void write_network(const Network& network, const Parameters& parameters);
  /// The group /training: the history, and what ended it.
  void write_training(const TrainingOutcome& outcome);
  void write_simulation(const Simulation& simulation);
  /// How well its trials were done.
  /// @param measure  what the mean of the scores is, in words
  void write_scores(const Simulation& simulation, const Scores& scores, const std::string& measure);
  /// @param label  the analysis' name in the results    @param results  for which check_results() holds
  void write_analysis(const std::string& label, const AnalysisResults& results);
  void finish();

 private:
  Hdf5Writer writer_;
  Index units_ = 0;  ///< of the network
};

}  // namespace mrnn
