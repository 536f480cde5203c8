#include "truth.hpp"

#include <utility>

#include "mrnn/linearisation.hpp"

namespace curbd {

Truth::Truth(const mrnn::AnalysisContext& context, const std::vector<std::string>& selectors, std::vector<Index> trials)
    : context_(context), trials_(std::move(trials)) {
  for (const std::string& selector : selectors) units_.push_back(context.network().select(selector));
}

Eigen::MatrixXd Truth::current(std::size_t to, std::size_t from, Index trial) const {
  const mrnn::Simulation& simulation = context_.simulation();
  const mrnn::Pathway pathway(context_.network(), mrnn::Pathway::Source::recurrent, units_[to], units_[from]);
  const Index number = trials_[static_cast<std::size_t>(trial)];
  const mrnn::StepRange recorded = simulation.recorded(number);
  const mrnn::StepRange steps{recorded.first + 1, recorded.last};
  mrnn::WeightsInForce weights(context_.network(), context_.parameters());
  Eigen::MatrixXd current(units_[to].size(), steps.size());
  for (const mrnn::StepRange& run : stretches_of_weights(simulation.trials.interventions, number, steps)) {
    current.middleCols(run.first - steps.first, run.size()) =
        pathway.current(weights.at(simulation.trials, number, run.first),
                        activity_before(simulation, context_.network(), context_.parameters(), number, run));
  }
  return current;
}

}  // namespace curbd
