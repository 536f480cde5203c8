#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/choices.hpp"
#include "mrnn/config.hpp"

namespace psychometric {

/// The answers of one simulation in one group of trials.
struct Group {
  std::string name;            ///< of its curve: `control`, `motion`, `control: motion`
  std::size_t simulation = 0;  ///< index
  std::size_t value = 0;       ///< index of the group among all values
  mrnn::Answers answers;
};

/// What the curves are about.
struct Question {
  std::string variable, group;  ///< metadata; the group may be empty
  std::string x_label, y_label;
};

/// From the tasks of the simulations and the keys `variable` and `by`. @throws ConfigError where one of them knows no
/// choices, or where their curves are about different things.
Question read_question(const mrnn::ConfigNode& config, const std::vector<const mrnn::Simulation*>& simulations);

/// Do the simulations have the metadata that the question names? @throws ConfigError.
void check(const mrnn::ConfigNode& config, const Question& question,
           const std::vector<const mrnn::Simulation*>& simulations);

/// Can other trials be run with the manipulations of the simulations? @throws ConfigError where these act on chosen
/// trials only, or by epoch.
void check_rerun(const mrnn::ConfigNode& config, const std::vector<const mrnn::Simulation*>& simulations);

/// Whole rounds of the psychometric trials of a simulation's task, `count` or a few more, run like the simulation: with
/// its manipulations and its noise. @throws ConfigError as check_rerun().
mrnn::Simulation run_psychometric(const mrnn::ConfigNode& config, const mrnn::AnalysisContext& context,
                                  const mrnn::Simulation& simulation, mrnn::Index count);

/// One group for each value of the metadata and each simulation in which it has answers. Trials without a choice, a
/// score or a value do not count.
std::vector<Group> collect(const mrnn::ConfigNode& config, const Question& question,
                           const std::vector<const mrnn::Simulation*>& simulations,
                           const mrnn::AnalysisContext& context);

}  // namespace psychometric
