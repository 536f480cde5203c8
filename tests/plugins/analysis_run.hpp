#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/runtime.hpp"

namespace test {

/// What the tests of analyses start from: a network, its parameters, and simulations of it.
struct Subject {
  mrnn::Network network;
  mrnn::Parameters parameters;
  std::vector<mrnn::Simulation> simulations = {};
  std::map<std::string, const mrnn::AnalysisResults*> earlier = {};  ///< for those that look at others
};

/// Runs trials without noise in double precision and keeps x, h and y of every step.
mrnn::Simulation simulate(const Subject& subject, const std::string& name, const mrnn::Trials& trials);

/// Makes an analysis from the keys of its table, as the runner does.
std::unique_ptr<mrnn::Analysis> make_analysis(const std::string& plugin, const std::string& keys,
                                              const mrnn::Network& network);

/// Counts the parts of the work, checks that they never become fewer, and asks to stop once so many are done.
class CountingProgress final : public mrnn::Progress {
 public:
  void begin(const std::string& /*what*/, long parts) override {
    total = parts;
    done = 0;
  }
  void advance(long parts) override {
    CHECK(parts >= done);
    done = parts;
  }
  bool interrupted() const override { return stop_at > 0 && done >= stop_at; }

  long total = 0, done = 0;
  long stop_at = 0;  ///< 0: never
};

/// Runs an analysis on all simulations of the subject.
mrnn::AnalysisResults analyse(const Subject& subject, const std::string& plugin, const std::string& keys,
                              mrnn::Progress* progress = nullptr);

/// Work that is told to its end, part by part.
void check_progress(const Subject& subject, const std::string& plugin, const std::string& keys);

/// The message of the mistake in these keys; empty where there is none.
std::string mistake(const Subject& subject, const std::string& plugin, const std::string& keys);

/// The message of what is wrong with the file that these keys name; empty where there is nothing.
std::string file_mistake(const Subject& subject, const std::string& plugin, const std::string& keys);
/// The message of the RunError of an analysis; empty where there is none.
std::string failure(const Subject& subject, const std::string& plugin, const std::string& keys);

bool has_array(const mrnn::AnalysisResults& results, const std::string& name);

const mrnn::NamedArray& array(const mrnn::AnalysisResults& results, const std::string& name);

const std::vector<std::string>& texts(const mrnn::AnalysisResults& results, const std::string& name);

/// One element of an array.
double at(const mrnn::NamedArray& array, const std::vector<mrnn::Index>& index);

/// The same by name.
double at(const mrnn::AnalysisResults& results, const std::string& name, const std::vector<mrnn::Index>& index);

}  // namespace test
