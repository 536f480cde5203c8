#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/backend.hpp"
#include "mrnn/config.hpp"
#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/progress.hpp"
#include "mrnn/registry.hpp"
#include "mrnn/simulation.hpp"
#include "mrnn/task.hpp"

namespace mrnn {

/// An array of results with its meaning. Row-major, first axis slowest, as in the file.
struct NamedArray {
  std::string name;
  std::vector<Index> shape;
  std::vector<double> values;
  std::string units;              ///< `ms`, `1/ms`, `a.u.`, `1` for none
  std::vector<std::string> axes;  ///< one name per dimension: `trial`, `time`, `unit`
  std::string description;
};

/// Words to store beside the arrays, such as the names of conditions.
struct NamedTexts {
  std::string name;
  std::vector<std::string> values;
  std::string description;
  std::string axis = {};  ///< what there is one of each of, as in the axes of arrays: `condition`
};

/// What an analysis hands back; the runner writes and draws it.
struct MRNN_EXPORT AnalysisResults {
  std::vector<NamedArray> arrays;
  std::vector<NamedTexts> texts;
  std::vector<Figure> figures;
  std::vector<std::string> summary;  ///< a line or two of plain words, printed and shown in the report

  /// @throws ShapeError where values or axes do not fit the shape, or the name is taken
  void add(NamedArray array);
  /// The same of a matrix, rows first. With one axis named, a single column is a vector.
  void add(std::string name, const Eigen::Ref<const Eigen::MatrixXd>& matrix, std::vector<std::string> axes,
           std::string units, std::string description);
  void scalar(std::string name, double value, std::string units, std::string description);

  /// By name. @throws RunError where there is none.
  const NamedArray& array(const std::string& name) const;
};

/// Another analysis of the run, whose results one looks at.
struct EarlierAnalysis {
  std::string key;     ///< of the table that names it
  std::string label;   ///< of the other analysis, which is listed before
  std::string plugin;  ///< the other one's; empty: any
};

/// What an analysis may use beside the network and its simulations.
struct AnalysisResources {
  const Backend& backend;
  SessionOptions options = {};   ///< of the run
  Progress* progress = nullptr;  ///< null: nobody is told
  std::string work = {};         ///< what progress says is going on: `analysis "spectrum"`
  std::map<std::string, const AnalysisResults*> earlier = {};  ///< by label; null: that analysis failed
};

/// What an analysis may look at and use.
class MRNN_EXPORT AnalysisContext {
 public:
  AnalysisContext(const Network& network, const Parameters& parameters, std::vector<const Simulation*> simulations,
                  AnalysisResources resources);

  const Network& network() const noexcept { return network_; }
  const Parameters& parameters() const noexcept { return parameters_; }
  /// Those named by `simulation` in the configuration, in that order; at least one.
  const std::vector<const Simulation*>& simulations() const noexcept { return simulations_; }
  const Simulation& simulation() const noexcept { return *simulations_.front(); }
  std::uint64_t seed() const noexcept { return resources_.options.seed; }

  /// What an analysis that is listed before this one handed back. @param label  one of earlier_analyses()
  /// @throws RunError where that one failed.
  const AnalysisResults& earlier(const std::string& label) const;

  /// A session of its own on the run's backend, in double precision, with the parameters written and
  /// the simulation's trials loaded. Its noise is that of the simulation.
  std::unique_ptr<Session> open(const Simulation& simulation) const;
  /// Runs a simulation again with its trials changed (other inputs, more interventions), its noise and the run's
  /// precision, in batches that fit a fixed amount of memory. @throws Interrupted.
  Simulation rerun(const Simulation& simulation, Trials trials, const Record& record) const;

  /// For work that takes longer than a second: it has `total` equal parts.
  void expect(long total) const;
  /// So many of them are done in all, as many as before or more; the place where the user's wish to stop is looked at.
  /// @throws Interrupted.
  void advance(long done) const;

 private:
  const Network& network_;
  const Parameters& parameters_;
  std::vector<const Simulation*> simulations_;
  AnalysisResources resources_;
};

/// Looks at a network and its simulations, and says what it sees as named arrays and figures. One
/// object per [[analysis]] table; made, and its names checked, before anything runs.
class MRNN_EXPORT Analysis {
 public:
  virtual ~Analysis();

  /// What the simulations must have recorded (x, h, y; all units); checked before anything runs.
  virtual Record needs() const { return {}; }
  virtual void run(const AnalysisContext& context, AnalysisResults& results) const = 0;
  /// Analyses whose results it looks at; checked before anything runs.
  virtual std::vector<EarlierAnalysis> earlier_analyses() const { return {}; }
  /// Do the conditions, epochs, trials and steps exist that its keys name? Called before anything runs, with
  /// simulations that have their metadata, epochs and numbers of trials and steps, but no activity, inputs or targets
  /// yet.  @throws ConfigError.
  virtual void check(const std::vector<const Simulation*>& planned) const;
};

/// For an analysis of one simulation. @param why  `a flow field is that of one simulation`
/// @throws ConfigError where the key `simulation` names several.
MRNN_EXPORT void expect_one_simulation(const ConfigNode& config, std::string_view why);

/// Factories read their keys from an [[analysis]] table (`name`, `plugin` and `simulation` are the
/// runner's); the runner calls finish() on it afterwards.
using AnalysisRegistry = Registry<Analysis, const ConfigNode&, const Network&>;

}  // namespace mrnn
