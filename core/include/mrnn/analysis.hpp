#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/backend.hpp"
#include "mrnn/config.hpp"
#include "mrnn/figure.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"
#include "mrnn/registry.hpp"
#include "mrnn/simulation.hpp"

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
};

/// What an analysis hands back; the runner writes and draws it.
struct MRNN_EXPORT AnalysisResults {
  std::vector<NamedArray> arrays;
  std::vector<NamedTexts> texts;
  std::vector<Figure> figures;
  std::vector<std::string> summary;  ///< a line or two of plain words, printed and shown in the report

  void add(NamedArray array);
  void add(std::string name, const Eigen::Ref<const Eigen::MatrixXd>& matrix, std::vector<std::string> axes,
           std::string units, std::string description);
  void scalar(std::string name, double value, std::string units, std::string description);
};

/// What an analysis may look at and use.
class MRNN_EXPORT AnalysisContext {
 public:
  AnalysisContext(const Network& network, const Parameters& parameters, std::vector<const Simulation*> simulations,
                  const Backend& backend, const SessionOptions& options);

  const Network& network() const noexcept { return network_; }
  const Parameters& parameters() const noexcept { return parameters_; }
  /// Those named by `simulation` in the configuration, in that order; at least one.
  const std::vector<const Simulation*>& simulations() const noexcept { return simulations_; }
  const Simulation& simulation() const noexcept { return *simulations_.front(); }
  std::uint64_t seed() const noexcept { return options_.seed; }

  /// A session of its own on the run's backend, in double precision, with the parameters written and
  /// the simulation's trials loaded.
  std::unique_ptr<Session> open(const Simulation& simulation) const;

 private:
  const Network& network_;
  const Parameters& parameters_;
  std::vector<const Simulation*> simulations_;
  const Backend& backend_;
  SessionOptions options_;
};

/// Looks at a network and its simulations, and says what it sees as named arrays and figures. One
/// object per [[analysis]] table; made, and its names checked, before anything runs.
class MRNN_EXPORT Analysis {
 public:
  virtual ~Analysis();

  /// What the simulations must have recorded (x, h, y; all units); checked before anything runs.
  virtual Record needs() const { return {}; }
  virtual void run(const AnalysisContext& context, AnalysisResults& results) const = 0;
};

/// Factories read their keys from an [[analysis]] table (`name`, `plugin` and `simulation` are the
/// runner's); the runner calls finish() on it afterwards.
using AnalysisRegistry = Registry<Analysis, const ConfigNode&, const Network&>;

}  // namespace mrnn
